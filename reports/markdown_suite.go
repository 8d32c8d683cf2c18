package reports

import (
	"fmt"
	"io"
	"strings"
)

func mdSuite(w io.Writer, s *Suite, name string) {
	v := verdictOfSuite(s)
	fmt.Fprintf(w, "## Conformance of %s\n\n%s **%s**\n\n", md(name), v.Tone.symbol(), md(v.Text))
	for _, sentence := range s.Observed {
		fmt.Fprintf(w, "Found: %s\n\n", md(sentence))
	}
	mdWarnings(w, s.Warnings)
	mdScore(w, s)
	mdRules(w, s)
	if len(s.Command) > 0 {
		fmt.Fprintf(w, "Again: %s\n\n", mdCode(quoteCommand(s.Command)))
	}
}

func mdScore(w io.Writer, s *Suite) {
	if len(s.Rules) == 0 {
		return
	}
	fmt.Fprint(w, "| level | passed | failed | inconclusive | not run |\n|---|--:|--:|--:|--:|\n")
	for _, n := range scores(s.Rules) {
		fmt.Fprintf(w, "| %s | %s | %d | %d | %d |\n", n.Level, n.fraction(), n.Failed, n.Inconclusive, n.NotRun)
	}
	fmt.Fprintln(w)
}

func mdRules(w io.Writer, s *Suite) {
	list := append(ofStatus(s.Rules, Failed), ofStatus(s.Rules, Inconclusive)...)
	if len(list) == 0 {
		return
	}
	fmt.Fprint(w, "| | rule | level | title | want | got | |\n|---|---|---|---|---|---|---|\n")
	for _, rule := range list {
		want, got := mdCode(short(rule.Want)), mdCode(short(rule.Got))
		if rule.Want == "" && rule.Got == "" {
			want, got = "", ""
		}
		reason, more := rule.headline() // without what the columns beside it say
		notes := []string{md(strings.TrimSpace(reason + " " + more))}
		if rule.Known != "" {
			notes = append(notes, "known deviation: "+md(rule.Known))
		}
		for _, a := range rule.Attachments {
			notes = append(notes, "attached (in the HTML and JSON reports): "+md(a.Name))
		}
		if notes[0] == "" {
			notes = notes[1:]
		}
		fmt.Fprintf(w, "| %s %s | %s | %s | %s | %s | %s | %s |\n", symbol(rule.Status), rule.Status, md(rule.ID), rule.Level, md(rule.Title), want, got, strings.Join(notes, "; "))
	}
	fmt.Fprintln(w)
	for _, rule := range knownDeviations(s.Rules) {
		fmt.Fprintf(w, "<details><summary>Known deviation %s: transcript</summary>\n\n<pre>\n", md(rule.ID))
		for _, l := range rule.excerpt(12, 160) {
			fmt.Fprintln(w, mdText(l.plain()))
		}
		fmt.Fprint(w, "</pre>\n\n</details>\n\n")
	}
}

// mdDetailed is how many suites of one report have a table of their failures: a CI job summary holds 1 MiB.
const mdDetailed = 12

// mdMatrix writes several suites: the score of each, and implementations × rules.
func mdMatrix(w io.Writer, m *matrix) {
	v := verdictOfSuites(m.Suites)
	fmt.Fprintf(w, "## Conformance of %d implementations\n\n%s **%s**\n\n", len(m.Suites), v.Tone.symbol(), md(v.Text))
	fmt.Fprint(w, "| | implementation | must | should | may | failed | inconclusive | not run | |\n|--:|---|--:|--:|--:|--:|--:|--:|---|\n")
	for i, s := range m.Suites {
		g, n := grade(s), tally(s.Rules)
		fmt.Fprintf(w, "| %d | %s %s |", i+1, g.Tone.symbol(), md(m.Names[i]))
		for _, n := range scores(s.Rules) {
			fmt.Fprintf(w, " %s |", n.fraction())
		}
		text := g.Text
		if known := len(knownDeviations(s.Rules)); known > 0 {
			text += fmt.Sprintf("; %d of it known deviations", known)
		}
		fmt.Fprintf(w, " %d | %d | %d | %s |\n", n.Failed, n.Inconclusive, n.NotRun, md(text))
	}
	fmt.Fprintf(w, "\n✓ passed, ✗ failed, ? inconclusive, – not run; the columns are the implementations above.\n\n| rule | level | failed |")
	for i := range m.Suites {
		fmt.Fprintf(w, " %d |", i+1)
	}
	fmt.Fprint(w, " |\n|---|---|--:|", strings.Repeat(":-:|", len(m.Suites)), "---|\n")
	for _, f := range m.Families {
		for _, row := range f.Rows {
			fmt.Fprintf(w, "| %s | %s | %d |", md(row.Rule.ID), row.Rule.Level, row.Score.Failed)
			for _, r := range row.Cells {
				fmt.Fprintf(w, " %s |", cellSymbol(r))
			}
			fmt.Fprintf(w, " %s |\n", md(row.Rule.Title))
		}
	}
	fmt.Fprintln(w)
	for i, s := range m.Suites {
		if i == mdDetailed {
			fmt.Fprintf(w, "What failed in the other %d is in the HTML and JSON reports.\n\n", len(m.Suites)-i)
			break
		}
		fmt.Fprint(w, "#")
		mdSuite(w, s, m.Names[i])
	}
}
