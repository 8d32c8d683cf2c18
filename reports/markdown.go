package reports

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Markdown writes what fits a CI job summary: verdicts, the score, the failed rules, one table of the runs.
func Markdown(w io.Writer, r *Report) error {
	if len(r.Runs)+len(r.Suites) == 0 {
		return errEmpty
	}
	b := bufio.NewWriter(w)
	for _, s := range r.Suites {
		v := verdictOfSuite(s)
		fmt.Fprintf(b, "## Conformance of %s\n\n%s **%s**\n\n", md(s.Target), v.Tone.symbol(), md(v.Text))
		mdWarnings(b, s.Warnings)
		mdScore(b, s)
		mdRules(b, s)
		fmt.Fprintf(b, "Again: %s\n\n", mdCode(quoteCommand(s.Command)))
	}
	if len(r.Runs) > 0 {
		mdRuns(b, r.Runs)
	}
	return b.Flush()
}

func mdScore(w io.Writer, s *Suite) {
	fmt.Fprint(w, "| level | passed | failed | inconclusive | not run |\n|---|--:|--:|--:|--:|\n")
	for _, level := range levels {
		n := tally(ofLevel(s.Rules, level))
		passed := na
		if n.Asked() > 0 {
			passed = fmt.Sprintf("%d/%d", n.Passed, n.Asked())
		}
		fmt.Fprintf(w, "| %s | %s | %d | %d | %d |\n", level, passed, n.Failed, n.Inconclusive, n.NotRun)
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
		notes := md(rule.Reason)
		if rule.Known != "" {
			notes = strings.TrimPrefix(notes+"; known deviation: "+md(rule.Known), "; ")
		}
		fmt.Fprintf(w, "| %s %s | %s | %s | %s | %s | %s | %s |\n", symbol(rule.Status), rule.Status, md(rule.ID), rule.Level, md(rule.Title), want, got, notes)
	}
	fmt.Fprintln(w)
}

func mdRuns(w io.Writer, runs []*Run) {
	fmt.Fprint(w, "## Load\n\n")
	for _, run := range runs {
		v := verdictOfRun(run)
		fmt.Fprintf(w, "%s **%s**\n\n", v.Tone.symbol(), md(v.Text))
		mdWarnings(w, run.Warnings)
	}
	fmt.Fprint(w, "| run | operation | requests/s | errors | p50 | p90 | p99 | p99.9 | max |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n")
	all := names(runs)
	for i, run := range runs {
		list := []*Operation{run.Total()}
		if len(run.Totals) > 1 {
			list = append(list, run.Totals...)
		}
		for _, o := range list {
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", md(all[i]), md(o.Name),
				perSecond(rate(o.Count, run.Recorded())), number(o.Errors),
				o.percentile(p50), o.percentile(p90), o.percentile(p99), o.percentile(p999), o.percentile(pMax))
		}
	}
	fmt.Fprintln(w)
	for i, run := range runs {
		fmt.Fprintf(w, "Again (%s): %s\n\n", md(all[i]), mdCode(quoteCommand(run.Command)))
	}
}

func mdWarnings(w io.Writer, warnings []string) {
	for _, text := range warnings {
		fmt.Fprintf(w, "> ⚠ %s\n\n", md(text))
	}
}

// md makes text that is data of s: nothing in it is markup, HTML, a mention or a link.
func md(s string) string {
	var b strings.Builder
	for _, r := range visible(s) {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@':
			b.WriteString("&#64;")
		case strings.ContainsRune("\\`*_[]|#~>$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		}
	}
	return strings.ReplaceAll(b.String(), "://", "&#58;//")
}

// mdCode is a span of code, in HTML: a backtick or a | in s would end one of Markdown's own inside a table.
func mdCode(s string) string {
	return "<code>" + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "\\", "&#92;",
		"[", "&#91;", "]", "&#93;", "@", "&#64;", "~", "&#126;", "$", "&#36;", "#", "&#35;", "://", "&#58;//").Replace(visible(s)) + "</code>"
}
