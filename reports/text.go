package reports

import (
	"bufio"
	"fmt"
	"io"
	"unicode/utf8"
)

// Summary writes the report for a terminal: the verdicts, the failed rules with a line each, and one table of the
// runs. About ten lines; what came over the wire can not reach the terminal as control characters.
func Summary(w io.Writer, r *Report) error {
	b := bufio.NewWriter(w)
	list := verdicts(r)
	for i, s := range r.Suites {
		fmt.Fprintf(b, "%s %s\n", list[i].Tone.symbol(), visible(list[i].Text))
		fmt.Fprintf(b, "  %s · %s\n", scoreLine(s.Rules), elapsed(s.Elapsed))
		summarizeRules(b, s)
		warn(b, "", s.Warnings)
	}
	if len(r.Runs) > 0 {
		v := list[len(list)-1]
		fmt.Fprintf(b, "%s %s\n", v.Tone.symbol(), visible(v.Text))
		summarizeRuns(b, r.Runs)
		warnRuns(b, r.Runs)
	}
	return b.Flush()
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

// summarizeRules shows the failed and inconclusive rules, at most eight.
func summarizeRules(w io.Writer, s *Suite) {
	list := append(ofStatus(s.Rules, Failed), ofStatus(s.Rules, Inconclusive)...)
	for i, rule := range list {
		if i == 7 && len(list) > 8 {
			fmt.Fprintf(w, "  … and %d more\n", len(list)-i)
			break
		}
		fmt.Fprintf(w, "  %s %s %s (%s)%s\n", symbol(rule.Status), visible(rule.ID), visible(rule.Title), rule.Level, because(rule))
	}
}

// because is why a rule did not pass, on the rest of a line.
func because(rule *Rule) string {
	why := ""
	switch {
	case rule.Want != "" || rule.Got != "":
		why = fmt.Sprintf(": want %s, got %s", short(rule.Want), short(rule.Got))
	case rule.Reason != "":
		why = ": " + short(rule.Reason)
	}
	if rule.Known != "" {
		why += " [known: " + short(rule.Known) + "]"
	}
	return why
}

// short cuts what one line of a terminal or a table cell can not hold.
func short(s string) string {
	const limit = 80
	runes := []rune(visible(orNA(s)))
	if len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return string(runes)
}

// summarizeRuns lines up names to the left and figures to the right, which text/tabwriter can not.
func summarizeRuns(w io.Writer, runs []*Run) {
	rows := [][]string{{"", "requests/s", "errors", "p50", "p90", "p99", "p99.9", "max"}}
	row := func(name string, run *Run, o *Operation) {
		rows = append(rows, []string{visible(name), perSecond(rate(o.Count, run.Recorded())), number(o.Errors),
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
	}
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
