package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"memlite/conformance"
)

// Every rule is explained whole, and fits on a terminal but for an example's own lines.
func TestExplainAll(t *testing.T) {
	status, out, errs := runFor("conform", "--explain", "all")
	if status != exitHeld || errs != "" {
		t.Fatalf("status %d, %s", status, errs)
	}
	words := strings.Join(strings.Fields(out), " ")
	for _, r := range conformance.Rules() {
		for _, part := range []string{r.ID + " " + r.Title, r.Text, r.Source, r.Example, r.Pitfall, "--label-filter " + r.ID} {
			if part == "" || !strings.Contains(words, strings.Join(strings.Fields(part), " ")) {
				t.Errorf("%s: %q is missing", r.ID, part)
			}
		}
	}
	for line := range strings.Lines(out) {
		if example := strings.HasSuffix(line, "\"\n") || strings.Contains(line, "\"*"); utf8.RuneCountInString(line) > 81 && !example {
			t.Errorf("a line of %d characters: %s", utf8.RuneCountInString(line), line)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one", 10, "  one"},
		{"one  two\nthree", 10, "  one two\n  three"},
		{"one two thr", 13, "  one two thr"},
		{"one two thre", 13, "  one two\n  thre"},
		{"ééé ééé ééé", 13, "  ééé ééé ééé"},
		{"short averyverylongword end", 10, "  short\n  averyverylongword\n  end"},
	} {
		if got := wrap(c.text, c.width, "  "); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestNearestOf(t *testing.T) {
	words := []string{"SET-01", "SET-11", "GET-01"}
	for word, want := range map[string]string{"SET-1": "SET-01 SET-11", "SET01": "SET-01", "SET-99": "SET-01 SET-11", "GET-01": "GET-01", "": "", "xyz": ""} {
		if got := strings.Join(nearestOf(word, words), " "); got != want {
			t.Errorf("nearest to %q: %q, want %q", word, got, want)
		}
	}
}
