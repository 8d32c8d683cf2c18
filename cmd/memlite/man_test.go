package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every page says what --help says: each flag with its value and default, each example, each exit status.
func TestManPages(t *testing.T) {
	known := regexp.MustCompile(`^\.(TH|SH|PP|TP|EX|EE|nh|ad l)( .*)?$`)
	escape := regexp.MustCompile(`\\(?:f[BIR]|\(ga|\(ha|\(ti|\(aq|\(dq|\[u[0-9A-F]{4,6}\]|[-e&])`)
	for _, c := range pages() {
		page := manPage(c, time.Time{})
		shown := readable(page)
		if c.Name() != "completion" {
			for _, part := range []string{c.Long, c.Example} {
				for word := range strings.FieldsSeq(strings.Replace(part, "Exit status:", "", 1)) {
					if !strings.Contains(shown, word) {
						t.Errorf("%s: %q of its help is missing", pageName(c), word)
					}
				}
			}
		}
		usages := c.Flags().FlagUsages()
		c.Flags().VisitAll(func(f *pflag.Flag) {
			value, usage := pflag.UnquoteUsage(f)
			switch _, after, ok := strings.Cut(shown, strings.TrimSpace("\n--"+f.Name+" "+value)+"\n"); {
			case f.Name == "help":
			case !ok:
				t.Errorf("%s: no --%s %s", pageName(c), f.Name, value)
			default:
				says, _, _ := strings.Cut(after, "\n.TP")
				says = strings.Join(strings.Fields(says), " ")
				if !strings.HasPrefix(says, usage) {
					t.Errorf("%s --%s: %q, want %q", pageName(c), f.Name, says, usage)
				}
				_, after, _ = strings.Cut(usages, "--"+f.Name+" ")
				help, _, _ := strings.Cut(after, "\n")
				if !f.Hidden && strings.Contains(help, "(default ") != strings.Contains(says, "(default ") {
					t.Errorf("%s --%s: its default is in one of page and help: %q, %q", pageName(c), f.Name, says, help)
				}
			}
		})
		for line := range strings.Lines(page) {
			line = strings.TrimSuffix(line, "\n")
			if (strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'")) && !known.MatchString(line) {
				t.Errorf("%s: %q is a request", pageName(c), line)
			}
			if rest := escape.ReplaceAllString(line, ""); strings.Contains(rest, `\`) || line != asASCII(line) {
				t.Errorf("%s: %q would not print as it stands", pageName(c), line)
			}
		}
	}
}

// pages are the commands that have one.
func pages() (list []*cobra.Command) {
	root := newRoot(nil)
	for _, c := range append(root.Commands(), root) {
		if hasPage(c) {
			list = append(list, c)
		}
	}
	return list
}

// readable is a page without its markup.
func readable(page string) string {
	for name, r := range map[string]string{`\-`: "-", `\(aq`: "'", `\(dq`: `"`, `\(ga`: "`", `\(ha`: "^", `\(ti`: "~", `\fB`: "", `\fI`: "", `\fR`: "", `\&`: "",
		`\[u2026]`: "…", `\[u00B7]`: "·", `\[u00D7]`: "×"} {
		page = strings.ReplaceAll(page, name, r)
	}
	return strings.ReplaceAll(page, `\e`, `\`)
}

func asASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0x7e {
			return -1
		}
		return r
	}, s)
}

// What roff would take for something else.
func TestPlainText(t *testing.T) {
	for text, want := range map[string]string{
		".TH is a request":  `\&.TH is a request`,
		"'br too":           `\(aqbr too`,
		`printf 'a\r\n'`:    `printf \(aqa\er\en\(aq`,
		"a-b … \"x\" `^~":   `a\-b \[u2026] \(dqx\(dq \(ga\(ha\(ti`,
		"no point. in here": "no point. in here",
	} {
		if got := plainText(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Help texts have three forms of indented lines.
func TestProse(t *testing.T) {
	var p roff
	p.prose("One\ntwo.\n\nA list:\n\n  a b  first\n       and on\n  c    second\n\nA command:\n  memlite x\n  memlite y\n")
	const want = ".PP\nA list:\n.TP\n\\fBa b\\fR\nfirst and on\n.TP\n\\fBc\\fR\nsecond\n.PP\nA command:\n.PP\n.EX\nmemlite x\nmemlite y\n.EE\n"
	if p.String() != "One two.\n"+want {
		t.Errorf("%s", p.String())
	}
}

func TestMan(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "man1")
	if status, out, errs := runFor("man", "--out", folder); status != exitHeld || out+errs != "" {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	for _, c := range pages() {
		file := filepath.Join(folder, pageName(c)+".1")
		page, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if c.HasParent() {
			if _, out, _ := runFor("man", c.Name()); out != string(page) {
				t.Errorf("man %s prints another page than it writes", c.Name())
			}
		}
		lint(t, file)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != len(pages()) {
		t.Errorf("%d files: %v", len(files), err)
	}
	for line, want := range map[string]string{
		"man nosuch":                 "there is no command \"nosuch\"",
		"man laod":                   "did you mean load?",
		"man load serve":             "unexpected argument \"serve\"",
		"man load --out x":           "leave out load",
		"man --out /dev/null/folder": "--out: mkdir",
	} {
		if status, out, errs := runFor(strings.Fields(line)...); status != exitNotRun || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%s: %d %q %q", line, status, out, errs)
		}
	}
}

// lint has those of the two usual readers of manual pages look at a page that are on this machine.
func lint(t *testing.T, file string) {
	for _, reader := range [][]string{{"mandoc", "-T", "lint"}, {"groff", "-man", "-ww", "-z", "-Tutf8"}} {
		program, err := exec.LookPath(reader[0])
		if err != nil {
			continue
		}
		if out, err := exec.Command(program, append(reader[1:], file)...).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", reader[0], err, out)
		}
	}
}
