package reports

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Terminal says how text is laid out for whoever reads it on one. The zero value is for files and pipes.
type Terminal struct {
	Width  int  // in columns; 0: lines are as long as they get
	Colour bool // where it helps; symbols and words say the same
}

// Summary writes the report for a file or pipe.
func Summary(w io.Writer, r *Report) error { return Terminal{}.Summary(w, r) }

// Summary writes the report for a terminal: the verdicts, the score, the failed rules with a line each, and one table of
// the runs. About ten lines for each part; what came over the wire can not reach the terminal as control characters.
func (t Terminal) Summary(w io.Writer, r *Report) error { return t.write(w, r, true) }

// Outcome is Summary without the rules that did not hold, for those who have just been shown them by NotPassed.
func (t Terminal) Outcome(w io.Writer, r *Report) error { return t.write(w, r, false) }

func (t Terminal) write(w io.Writer, r *Report, list bool) error {
	b := bufio.NewWriter(w)
	if r.Comparison != nil {
		t.comparison(b, r.Comparison)
		return b.Flush()
	}
	for i, v := range verdicts(r) {
		t.paragraph(b, t.paint(v.Tone, v.Tone.symbol())+" ", 2, visible(v.Text))
		switch {
		case i == 0 && len(r.Suites) == 1:
			t.suite(b, r.Suites[0], list)
		case i == 0 && len(r.Suites) > 1:
			t.matrix(b, newMatrix(r.Suites))
		}
	}
	if sweep(r.Runs) {
		columns(b, rungRows(r.Runs))
		warn(b, "", remarks(r.Runs))
	} else if len(r.Runs) > 0 {
		summarizeRuns(b, r.Runs)
		t.objectives(b, r.Runs)
		if len(r.Runs) == 1 {
			if !r.Runs[0].closed() {
				t.paragraph(b, "  ", 2, whichIsWhich)
			}
			t.paragraph(b, "  ", 2, accounts(r.Runs)[0])
			t.agents(b, r.Runs[0])
		}
		warnRuns(b, r.Runs)
	}
	return b.Flush()
}

// paint colours text as the tone is meant.
func (t Terminal) paint(as tone, text string) string {
	code := map[tone]string{good: "32", flawed: "33", bad: "31", unsure: "33"}[as]
	if !t.Colour || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// paragraph writes text under a hanging indent, broken between words where it would pass the edge.
func (t Terminal) paragraph(w io.Writer, head string, indent int, text string) {
	fmt.Fprint(w, head)
	if t.Width <= indent+20 {
		fmt.Fprintln(w, text)
		return
	}
	at := indent
	for i, word := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at+1+n > t.Width:
			fmt.Fprint(w, "\n"+strings.Repeat(" ", indent))
			at = indent
		default:
			fmt.Fprint(w, " ")
			at++
		}
		fmt.Fprint(w, word)
		at += n
	}
	fmt.Fprintln(w)
}

// clip cuts text to the columns that are left on a line of which used are taken.
func (t Terminal) clip(text string, used int) string {
	if t.Width <= 0 {
		return text
	}
	return cutTo(text, max(t.Width-used, 10))
}

func cutTo(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// warnRuns says once what holds for all runs.
func warnRuns(w io.Writer, runs []*Run) {
	count := map[string]int{}
	for _, run := range runs {
		for _, text := range run.Warnings {
			count[text]++
		}
	}
	all := names(runs)
	for i, run := range runs {
		for _, text := range run.Warnings {
			if count[text] < len(runs) {
				warn(w, all[i]+": ", []string{text})
			} else if i == 0 {
				warn(w, "", []string{text})
			}
		}
	}
}

func warn(w io.Writer, of string, warnings []string) {
	for _, text := range warnings {
		fmt.Fprintf(w, "  ! %s\n", visible(of+text))
	}
}

// short cuts what one line of a terminal or a table cell can not hold.
func short(s string) string { return cutTo(visible(orNA(s)), 80) }

// summarizeRuns writes the table of the runs.
func summarizeRuns(w io.Writer, runs []*Run) {
	rows := [][]string{{"", "requests/s", "errors", "hits", "p50", "p90", "p99", "p99.9", "max"}}
	row := func(name string, run *Run, o *Operation) {
		rows = append(rows, []string{visible(name), perSecond(rate(o.Count, run.Recorded())), number(o.Errors), o.hitRatio(),
			o.percentile(p50), o.percentile(p90), o.percentile(p99), o.percentile(p999), o.percentile(pMax)})
	}
	all := names(runs)
	for i, run := range runs {
		row(all[i], run, run.Total())
		if len(runs) == 1 && len(run.Totals) > 1 {
			for _, o := range run.Totals {
				row("  "+o.Name, run, o)
			}
		}
		if s := run.service(); s != nil && len(runs) == 1 {
			rows = append(rows, []string{"  " + serviceTime, "", "", "", s.percentile(p50), s.percentile(p90), s.percentile(p99), s.percentile(p999), s.percentile(pMax)})
		}
		if len(runs) == 1 {
			for _, s := range run.Servers {
				row("  "+s.Address, run, s.Total())
			}
		}
	}
	columns(w, rows)
	for i, run := range runs {
		of := ""
		if len(runs) > 1 {
			of = visible(all[i]) + ": "
		}
		var parts []string
		for _, o := range run.Totals {
			parts = append(parts, visible(o.Name+" "+o.became()))
		}
		if c := run.Connections; c.Renewed > 0 {
			parts = append(parts, "connections "+number(c.Opened)+" "+c.became())
		}
		fmt.Fprintf(w, "  outcomes: %s%s\n", of, orNA(strings.Join(parts, "; ")))
		textVerification(w, of, run.Verification)
	}
	for _, run := range runs {
		if len(run.Stages) > 0 && len(runs) == 1 {
			rows := [][]string{stageHead}
			for _, s := range run.Stages {
				rows = append(rows, stageCells(s))
			}
			columns(w, rows)
		}
	}
}

// columns lines up rows: the first column to the left, the others to the right.
func columns(w io.Writer, rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, cells := range rows {
		for i, text := range cells {
			width[i] = max(width[i], utf8.RuneCountInString(text))
		}
	}
	for _, cells := range rows {
		fmt.Fprintf(w, "  %-*s", width[0], cells[0])
		for i, text := range cells[1:] {
			fmt.Fprintf(w, "  %*s", width[i+1], text)
		}
		fmt.Fprintln(w)
	}
}

// symbol and the status beside it say the same: neither is carried by colour.
func symbol(s Status) string {
	switch s {
	case Passed:
		return "✓"
	case Failed:
		return "✗"
	case Inconclusive:
		return "?"
	}
	return "–"
}
