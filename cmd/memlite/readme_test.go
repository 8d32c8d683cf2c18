package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"memlite/conformance"
	"memlite/server"
)

// TestReadmeCommands runs what README.md tells people to type (the gates in its section "In CI" have a test of their own): against
// servers of our own, memcached's text protocol included, and for a shorter time. Each must do what is promised: end in 0, leave
// the files that it names.
func TestReadmeCommands(t *testing.T) {
	code := codeOf(readme(t))
	targets := targetsOf(t)
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	lite, other, classic := serving(t, "lite"), serving(t, "lite"), serving(t, "classic")
	here := strings.NewReplacer("127.0.0.1:5001", lite, "127.0.0.1:5002", other, "127.0.0.1:11211", classic,
		"10s", "300ms", "30s", "300ms", "20k/s", "2k/s", "1024", "16", "bin/memlite", "memlite", "~", "home", "/tmp/kv", "kv")
	if err := os.WriteFile("servers.yaml", targets(lite, classic), 0o666); err != nil {
		t.Fatal(err)
	}
	_, _, _ = runFor("load", lite, "--duration", "100ms", "--report", "json=run.json", "--keys", "100")
	ran := 0
	for line := range strings.Lines(code) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " #")
		line = strings.TrimSpace(line)
		switch command, rest, _ := strings.Cut(line, " "); command {
		case "":
		case "make":
			if !strings.Contains(string(makefile), "\n"+rest+":") {
				t.Errorf("%s: there is no such target", line)
			}
		case "go", "ginkgo": // the suite as a test: its flags are those of conformance/conformance_suite_test.go
			if !strings.Contains(rest, "./conformance") || !strings.Contains(rest, "--addr=") {
				t.Errorf("%s: not known", line)
			}
		case "bin/memlite":
			ran++
			if err := parses(strings.TrimPrefix(line, "bin/")); err != nil && !errors.Is(err, pflag.ErrHelp) {
				t.Errorf("%s: %v", line, err)
			}
			args := words(here.Replace(line))[1:]
			switch args[0] {
			case "serve":
				args[1] = "0" // any port
				served(t, args)
			case "conform":
				if slices.Contains(args, "--start") { // TestScripts/start does
					continue
				}
				if !slices.Contains(args, "--explain") {
					args = append(args, "--label-filter", "SET-01 || SET-04 || GET-01")
				}
				held(t, line, args)
			case "diff": // TestScripts/diff does
			case "load":
				held(t, line, append(args, "--keys", "100"))
			default:
				held(t, line, args)
			}
		default:
			t.Errorf("%s: what is that?", line)
		}
	}
	if ran < 15 {
		t.Errorf("ran %d commands of the README", ran)
	}
	for _, name := range []string{"conform.html", "load.html", "fleet.html", "matrix.html", "run.html", "home/.local/share/man/man1/memlite-load.1"} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}

// held runs a command line that must end in 0.
func held(t *testing.T, line string, args []string) {
	t.Helper()
	typed := strings.NewReader("set a 1\r\nb\r\n") // at client
	var out, errs bytes.Buffer
	if status := run(t.Context(), args, typed, &out, &errs); status != exitHeld {
		t.Errorf("%s: status %d\n%s%s", line, status, out.String(), errs.String())
	}
}

// served runs a server until it says that it listens.
func served(t *testing.T, args []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out := &untilListening{stop: cancel}
	var errs bytes.Buffer
	if status := run(ctx, args, strings.NewReader(""), out, &errs); status != exitHeld || !strings.HasPrefix(out.String(), "listening on ") {
		t.Errorf("%s: status %d\n%s%s", args, status, out.String(), errs.String())
	}
}

// untilListening stops the server whose first words it is told.
type untilListening struct {
	bytes.Buffer
	stop func()
}

func (w *untilListening) Write(b []byte) (int, error) {
	defer w.stop()
	return w.Buffer.Write(b)
}

// serving is the address of a reference server that runs until the test ends.
func serving(t *testing.T, dialect string) string {
	t.Helper()
	srv, err := server.New(server.Config{Dialect: dialect, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(ln)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
	})
	return ln.Addr().String()
}

// targetsOf checks the list of endpoints that README.md shows, and returns what makes one of the same form that is here.
func targetsOf(t *testing.T) func(lite, classic string) []byte {
	t.Helper()
	_, after, _ := strings.Cut(readme(t), "```yaml\n- name:")
	text, _, found := strings.Cut(after, "```")
	if list, err := conformance.ReadTargets("README.md", []byte("- name:"+text), conformance.Config{}); err != nil || !found || len(list) < 3 {
		t.Errorf("%+v %v", list, err)
	}
	return func(lite, classic string) []byte {
		return fmt.Appendf(nil, "- name: alice\n  addr: %s\n- name: stock memcached\n  addr: %s\n  profile: memcached\n", lite, classic)
	}
}

// What README.md links is there: files, and its own headings.
func TestReadmeLinks(t *testing.T) {
	text := readme(t)
	headings := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		headings["#"+strings.ReplaceAll(strings.ToLower(m[1]), " ", "-")] = true
	}
	links := regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1)
	for _, m := range links {
		switch link := m[1]; {
		case strings.HasPrefix(link, "https://"):
		case strings.HasPrefix(link, "#"):
			if !headings[link] {
				t.Errorf("there is no heading for %s", link)
			}
		default:
			if _, err := os.Stat(filepath.Join("../..", link)); err != nil {
				t.Error(err)
			}
		}
	}
	if len(links) < 5 {
		t.Errorf("%d links", len(links))
	}
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// codeOf returns the sh blocks of a Markdown text.
func codeOf(markdown string) string {
	var code strings.Builder
	in := false
	for line := range strings.Lines(markdown) {
		if fence := strings.TrimSpace(line); strings.HasPrefix(fence, "```") {
			in = !in && fence == "```sh"
		} else if in {
			code.WriteString(line)
		}
	}
	return code.String()
}

// readmeBlock is the code block of README.md that begins with start, a fence and what follows, without the fences.
func readmeBlock(t *testing.T, start string) string {
	t.Helper()
	text := readme(t)
	at := strings.Index(text, start)
	if at < 0 {
		t.Fatalf("README.md has no block that begins with %q", start)
	}
	_, text, _ = strings.Cut(text[at:], "\n")
	text, _, _ = strings.Cut(text, "```")
	return text
}
