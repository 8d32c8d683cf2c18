package reports

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	gfmast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// gfm reads Markdown as GitHub shows it.
func gfm(source []byte) ast.Node {
	return goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
}

func nodes(root ast.Node, each func(ast.Node)) {
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			each(n)
		}
		return ast.WalkContinue, nil
	})
}

// hasCells asks goldmark how many cells a row has. A reader pads a short row and drops what is too much of a long one, but
// a heading is none if it has more cells than the line of dashes below it.
func hasCells(row string, n int) bool {
	isHead := func(n int) bool {
		is := false
		nodes(gfm([]byte(row+"\n"+strings.Repeat("|---", n)+"|\n")), func(n ast.Node) { is = is || n.Kind() == gfmast.KindTable })
		return is
	}
	return isHead(n) && (n == 1 || !isHead(n-1))
}

// checkMarkdown says where text is not what it was meant to be: tables with as many cells in every row, no markup of strangers.
func checkMarkdown(t *testing.T, source []byte) (tables int) {
	t.Helper()
	rows, columns, bad := 0, 0, 0
	for line := range strings.Lines(string(source)) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		rows++
		if columns == 0 { // the heading; its dashes are next
			for columns = 1; columns < 500 && !hasCells(line, columns); columns++ {
			}
			tables++
		} else if !hasCells(line, columns) {
			if bad++; bad < 5 {
				t.Errorf("not %d cells: %.300s", columns, line)
			}
		}
	}
	read, found := 0, 0
	nodes(gfm(source), func(n ast.Node) {
		switch n := n.(type) {
		case *gfmast.Table:
			found++
			read++ // the dashes
		case *gfmast.TableHeader, *gfmast.TableRow:
			read++
		case *ast.RawHTML:
			if tag := string(n.Segments.Value(source)); tag != "<code>" && tag != "</code>" {
				t.Errorf("markup %s", tag)
			}
		case *ast.HTMLBlock:
			first := string(n.Lines().Value(source))
			if !strings.HasPrefix(first, "<details><summary>") && !strings.HasPrefix(first, "<pre>\n") && !strings.HasPrefix(first, "</details>") {
				t.Errorf("a block of markup: %.300s", first)
			}
		case *ast.Link, *ast.AutoLink, *ast.Image, *ast.CodeBlock, *ast.FencedCodeBlock:
			t.Errorf("a %s, which nobody wrote", n.Kind())
		}
	})
	if found != tables || read != rows {
		t.Errorf("%d tables with %d rows were written, and %d with %d read", tables, rows, found, read)
	}
	return tables
}

func TestMarkdownIsReadAsTables(t *testing.T) {
	r := load(t)
	foul := fixtureSuite()
	for _, bytes := range []string{"|", "a|b", `\|`, `\\|`, "`|`", "``", "\n\n| x |\n|---|\n", "</code>", "<!--", "https://example.com", "@everyone", "[a](b)", "![a](b)", "~~~", "$x$", "\xff\x00", "||||", "| |"} {
		for _, rule := range foul.Rules {
			rule.Title, rule.Reason, rule.Want, rule.Got = rule.Title+bytes, rule.Reason+bytes, rule.Want+bytes, rule.Got+bytes
			if rule.Known != "" {
				rule.Known += bytes
				rule.Transcript = append(rule.Transcript, Event{Kind: "receive", Client: 1, Bytes: []byte(bytes), Length: len(bytes), Note: bytes})
			}
		}
		foul.Title, foul.Warnings, foul.Observed = foul.Title+bytes, append(foul.Warnings, bytes), append(foul.Observed, bytes)
		foul.Command = append(foul.Command, bytes)
	}
	foulRun := *r.Runs[2]
	foulRun.Title, foulRun.Warnings, foulRun.Command = foul.Title, foul.Warnings, foul.Command
	matrix := fixtureMatrix()
	matrix.Suites = append(matrix.Suites, foul)
	foulComparison := fixtureComparison(t)
	for _, rule := range foulComparison.Comparison.Rules {
		rule.Title, rule.Reason = foul.Title, foul.Title
	}
	foulComparison.Comparison.Base.Name = foul.Title
	whole := fixtureWhole()
	for _, c := range []struct {
		name   string
		report *Report
		tables int
	}{
		{"run", &Report{Runs: r.Runs[:1]}, 1},
		{"runs", &Report{Runs: r.Runs}, 1},
		{"hostile run", &Report{Runs: []*Run{&foulRun, r.Runs[0]}}, 1},
		{"stages, servers and agents", &Report{Runs: whole.Runs}, 5},
		{"fleet", fixtureFleet(), 5},
		{"suite", &Report{Suites: r.Suites}, 2},
		{"hostile suite", &Report{Suites: []*Suite{foul}}, 2},
		{"matrix", matrix, 9},
		{"comparison", fixtureComparison(t), 2},
		{"hostile comparison", foulComparison, 2},
		{"all", &Report{Runs: append(whole.Runs, r.Runs...), Suites: append(whole.Suites, matrix.Suites...)}, 16},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Markdown(&b, c.report); err != nil {
				t.Fatal(err)
			}
			n := checkMarkdown(t, b.Bytes())
			t.Logf("%d tables, %d bytes", n, b.Len())
			if n != c.tables {
				t.Errorf("%d tables, where %d are expected", n, c.tables)
			}
		})
	}
}

// TestMarkdownFitsAJobSummary: GitHub takes 1 MiB a step, and drops what is more as a whole.
func TestMarkdownFitsAJobSummary(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, long")
	}
	course := fixtureCourse(100, 80)
	long := fixtureCourse(12, 80)
	for _, s := range long.Suites {
		for _, rule := range s.Rules {
			rule.Status, rule.Reason, rule.Transcript = Failed, strings.Repeat("why | it is so; ", 300), rule.Transcript[:20]
		}
	}
	known := &Report{Suites: long.Suites[:1]}
	long.Suites = long.Suites[1:]
	for i := range 600 {
		rule := *known.Suites[0].Rules[i%80]
		rule.ID, rule.Reason, rule.Known = fmt.Sprintf("X-%d", i), "", "known"
		known.Suites[0].Rules = append(known.Suites[0].Rules, &rule)
	}
	for _, c := range []struct {
		name   string
		report *Report
		cut    bool
	}{{"a hundred implementations", course, false}, {"long reasons", long, true}, {"many transcripts", known, true}} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Markdown(&b, c.report); err != nil {
				t.Fatal(err)
			}
			t.Logf("%d bytes", b.Len())
			if n := b.Len(); n > mostMarkdown || c.cut && n < mostMarkdown-100_000 {
				t.Errorf("%d bytes", n)
			}
			if said := bytes.Contains(b.Bytes(), []byte("is left out: a job summary holds 1 MiB")); said != c.cut {
				t.Errorf("cut: %v, said: %v", c.cut, said)
			}
			checkMarkdown(t, b.Bytes())
		})
	}
}

// TestMarkdownIsCutBetweenLines tries each place that the cut can come to: what says so is never within a table's heading
// or a transcript.
func TestMarkdownIsCutBetweenLines(t *testing.T) {
	const part = "\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n<details><summary>s</summary>\n\n<pre>\na\nb\n</pre>\n\n</details>\n\nword\n"
	for shift := range len(part) {
		before := strings.Repeat("x", mostMarkdown-1000+shift) + "\n"
		b := mdCut([]byte(before + strings.Repeat(part, 20)))
		if len(b) > mostMarkdown || len(b) < mostMarkdown-2*len(part) {
			t.Fatalf("%d: %d bytes", shift, len(b))
		}
		tail := b[len(before):]
		checkMarkdown(t, tail)
		if last := gfm(tail).LastChild(); last.Kind() != ast.KindBlockquote {
			t.Fatalf("%d: the last is a %s:\n%s", shift, last.Kind(), tail)
		}
	}
	whole := bytes.Repeat([]byte("word\n"), mostMarkdown/5)
	if b := mdCut(whole); !bytes.Equal(b, whole) {
		t.Errorf("what fits was cut to %d bytes", len(b))
	}
}

// What a failed rule wanted and got stands in the columns for it, and not in its reason too.
func TestMarkdownSaysWantAndGotOnce(t *testing.T) {
	rule := &Rule{ID: "SET-04", Level: "must", Status: Failed, Want: `"wanted"`, Got: `"other"`, Reason: `after a set: want "wanted", got "other"`}
	var b bytes.Buffer
	if err := Markdown(&b, &Report{Suites: []*Suite{{Target: "x:1", Rules: []*Rule{rule}}}}); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); strings.Count(text, "wanted") != 1 || strings.Count(text, "other") != 1 || !strings.Contains(text, "after a set") {
		t.Error(text)
	}
}
