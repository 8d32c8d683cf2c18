package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"memlite/conformance"
	"memlite/reports"
)

// A short demo: its page links every file that it made, and no other; each of them is read again or has something in it.
func TestDemo(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "out")
	d := demo{
		folder: folder, clients: []int{1, 8}, duration: 300 * time.Millisecond,
		suite: conformance.Config{Profile: "report", Level: conformance.Must, LabelFilter: "SET-01 || GET-01", Seed: 1, Timeout: time.Minute},
	}
	var out, errs bytes.Buffer
	cmd := &cobra.Command{RunE: func(cmd *cobra.Command, _ []string) error { return d.run(cmd) }}
	cmd.SetArgs(nil)
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), errs.String())
	}
	page, err := os.ReadFile(filepath.Join(folder, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	linked := map[string]bool{}
	for _, m := range regexp.MustCompile(`href="([^"#]+)"`).FindAllStringSubmatch(string(page), -1) {
		linked[m[1]] = true
		if info, err := os.Stat(filepath.Join(folder, m[1])); err != nil || info.Size() == 0 {
			t.Errorf("%s is linked: %v", m[1], err)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !linked[e.Name()] {
			t.Errorf("%s is not linked", e.Name())
		}
	}
	if want := 2 + len(reports.SuiteFormats()) + 2*len(reports.RunFormats()); len(entries) != want {
		t.Errorf("%d files, want %d", len(entries), want)
	}
	whole, err := reports.Read(filepath.Join(folder, "demo.json"))
	if err != nil || len(whole.Suites) != 1 || len(whole.Runs) != 2 || len(whole.Beside) != 0 {
		t.Errorf("%+v %v", whole, err)
	}
	alone, err := reports.Read(filepath.Join(folder, "load-8.json"))
	if err != nil || len(alone.Runs) != 1 || alone.Runs[0].Title != "8 clients" {
		t.Errorf("%+v %v", alone, err)
	}
	// The lines to make it again are lines that the program takes.
	_, again, _ := strings.Cut(string(page), `<pre class="command"><code>memlite demo`)
	again, _, _ = strings.Cut("memlite demo"+again, "</code>")
	lines := strings.Split(strings.TrimSpace(again), "\n")
	if len(lines) != 5 {
		t.Errorf("%q", lines)
	}
	for _, line := range lines {
		if err := parses(strings.TrimSuffix(line, "&amp;")); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if !strings.Contains(out.String(), "links everything else") {
		t.Error(out.String())
	}
}
