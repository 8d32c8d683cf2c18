package reports

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// Markdown writes what fits a CI job summary: verdicts, the score, the failed rules, one table of the runs. Of what would be
// longer than mostMarkdown the end is left out, with a sentence that says so.
func Markdown(w io.Writer, r *Report) error {
	if len(r.Runs)+len(r.Suites) == 0 {
		return errEmpty
	}
	var b bytes.Buffer
	switch {
	case r.Comparison != nil:
		mdComparison(&b, r)
	default:
		if len(r.Suites) == 1 {
			mdSuite(&b, r.Suites[0], suiteNames(r.Suites)[0])
		} else if len(r.Suites) > 1 {
			mdMatrix(&b, newMatrix(r.Suites))
		}
		if len(r.Runs) > 0 {
			mdRuns(&b, r.Runs)
		}
	}
	_, err := w.Write(mdCut(b.Bytes()))
	return err
}

// mostMarkdown is the size in bytes of the longest: GitHub drops a step's summary of more than 1 MiB altogether, and the
// step may have written something before.
const mostMarkdown = 1_000_000

// mdCut ends what is too long after a line, and not in the middle of a transcript or of a table's heading.
func mdCut(b []byte) []byte {
	if len(b) <= mostMarkdown {
		return b
	}
	cut := fmt.Sprintf("\n> ⚠ The rest, from here on, is left out: a job summary holds 1 MiB, and this one would have %s bytes. It is in the HTML and JSON reports.\n", number(int64(len(b))))
	head := b[:mostMarkdown-len(cut)]
	if open := bytes.LastIndex(head, []byte("<details>")); open > bytes.LastIndex(head, []byte("</details>")) {
		head = head[:open]
	}
	head = head[:bytes.LastIndexByte(head, '\n')+1]
	if bytes.HasPrefix(b[len(head):], []byte("|-")) {
		head = head[:bytes.LastIndexByte(head[:len(head)-1], '\n')+1]
	}
	return append(head[:len(head):len(head)], cut...)
}

func mdRuns(w io.Writer, runs []*Run) {
	fmt.Fprint(w, "## Load\n\n")
	if sweep(runs) {
		mdTrials(w, runs)
		return
	}
	for _, run := range runs {
		v := wholeVerdict(run)
		fmt.Fprintf(w, "%s **%s**\n\n", v.Tone.symbol(), md(v.Text))
		mdWarnings(w, run.Warnings)
	}
	fmt.Fprint(w, "| run | operation | requests/s | errors | hits | p50 | p90 | p99 | p99.9 | max | outcomes |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|\n")
	all := names(runs)
	for i, run := range runs {
		list := []*Operation{run.Total()}
		if len(run.Totals) > 1 {
			list = append(list, run.Totals...)
		}
		for _, o := range list {
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", md(all[i]), md(o.Name),
				perSecond(rate(o.Count, run.Recorded())), number(o.Errors), o.hitRatio(),
				o.percentile(p50), o.percentile(p90), o.percentile(p99), o.percentile(p999), o.percentile(pMax), md(o.became()))
		}
		if s := run.service(); s != nil {
			fmt.Fprintf(w, "| %s | %s | | | | %s | %s | %s | %s | %s | |\n", md(all[i]), serviceTime,
				s.percentile(p50), s.percentile(p90), s.percentile(p99), s.percentile(p999), s.percentile(pMax))
		}
	}
	fmt.Fprintln(w)
	if slices.ContainsFunc(runs, func(run *Run) bool { return !run.closed() }) {
		fmt.Fprintf(w, "%s\n\n", md(whichIsWhich))
	}
	for _, text := range accounts(runs) {
		fmt.Fprintf(w, "%s\n\n", md(text))
	}
	for i, run := range runs {
		mdObjectives(w, all[i], run.Objectives)
		mdStages(w, run, all[i])
		mdServers(w, run, all[i])
		mdAgents(w, run, all[i])
	}
	for i, run := range runs {
		mdVerification(w, all[i], run.Verification)
		if c := run.Connections; c.Renewed > 0 {
			fmt.Fprintf(w, "Connections (%s): %s %s\n\n", md(all[i]), number(c.Opened), c.became())
		}
		fmt.Fprintf(w, "Again (%s): %s\n\n", md(all[i]), mdCode(quoteCommand(run.Command)))
	}
}

func mdServers(w io.Writer, run *Run, name string) {
	if len(run.Servers) == 0 {
		return
	}
	fmt.Fprintf(w, "Servers (%s):\n\n| %s |\n|---%s|---|\n", md(name), strings.Join(serverHead, " | "), strings.Repeat("|--:", len(serverHead)-2))
	for _, s := range run.Servers {
		cells := run.serverCells(s)
		for i, text := range cells {
			cells[i] = md(text)
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	fmt.Fprintln(w)
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
func mdCode(s string) string { return "<code>" + mdText(visible(s)) + "</code>" }

// mdText is s for the inside of an HTML element.
func mdText(s string) string { return mdEscape.Replace(s) }

var mdEscape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "\\", "&#92;",
	"[", "&#91;", "]", "&#93;", "@", "&#64;", "~", "&#126;", "$", "&#36;", "#", "&#35;", "://", "&#58;//")
