package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"memlite/conformance"
	"memlite/server"
)

// TestReadmeCommands runs what README.md tells people to type: the commands against 127.0.0.1:5001 on a reference server, for a
// shorter time; the others are checked to be understood.
func TestReadmeCommands(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.New(server.Config{})
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
	t.Chdir(t.TempDir()) // for the reports
	here := strings.NewReplacer("127.0.0.1:5001", ln.Addr().String(), "10s", "300ms")

	ran := 0
	for line := range strings.Lines(codeOf(string(readme))) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "bin/"))
		if !strings.HasPrefix(line, "memlite ") {
			continue
		}
		if err := parses(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if !strings.Contains(line, "127.0.0.1:5001") || strings.Contains(line, ":5002") || strings.HasPrefix(line, "memlite client") {
			continue
		}
		var out, errs bytes.Buffer
		if status := run(context.Background(), strings.Fields(here.Replace(line))[1:], strings.NewReader(""), &out, &errs); status != exitHeld {
			t.Errorf("%s: status %d\n%s%s", line, status, out.String(), errs.String())
		}
		ran++
	}
	if ran < 2 {
		t.Errorf("ran %d commands of the README", ran)
	}
	for _, name := range []string{"conform.html", "load.html"} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}

// TestReadmeTargets reads the list of endpoints that README.md shows.
func TestReadmeTargets(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(readme), "```yaml\n- name:")
	text, _, found := strings.Cut(after, "```")
	if list, err := conformance.ReadTargets("README.md", []byte("- name:"+text), conformance.Config{}); err != nil || !found || len(list) < 3 {
		t.Errorf("%+v %v", list, err)
	}
}

// codeOf returns the sh blocks of a Markdown text.
func codeOf(markdown string) string {
	var code strings.Builder
	in := false
	for line := range strings.Lines(markdown) {
		if strings.HasPrefix(line, "```") {
			in = !in && strings.TrimSpace(line) == "```sh"
		} else if in {
			code.WriteString(line)
		}
	}
	return code.String()
}
