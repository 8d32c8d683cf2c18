package reports

import (
	"fmt"
	"io"
	"strings"
)

// rungHead and rungCells are the table of a search or a scan: a row for each rate.
var rungHead = []string{"asked for", "requests/s", "trials", "held", "generator-bound", "errors", "p50", "p90", "p99", "p99.9", "max"}

func rungCells(g *Rung) []string {
	t := g.total()
	held := na
	if len(g.Trials[0].Objectives) > 0 {
		held = fmt.Sprintf("%d of %d", g.Held, len(g.Trials))
	}
	return []string{perSecond(g.Rate) + "/s", perSecond(g.reached()), fmt.Sprint(len(g.Trials)), held, fmt.Sprint(g.Bottleneck), number(t.Errors),
		t.percentile(p50), t.percentile(p90), t.percentile(p99), t.percentile(p999), t.percentile(pMax)}
}

func rungRows(runs []*Run) [][]string {
	rows := [][]string{rungHead}
	for _, g := range Rungs(runs) {
		rows = append(rows, rungCells(g))
	}
	return rows
}

// remarks are what is said of a search or scan as a whole: the last run says why there was none after it. What befell single trials
// is in their sections of the page, and in the JSON.
func remarks(runs []*Run) []string {
	var list []string
	for _, text := range runs[len(runs)-1].Warnings {
		if strings.HasPrefix(text, ScanEnded) {
			list = append(list, text)
		}
	}
	return list
}

// ScanEnded begins the warning of a scan's last run that says why higher rates were left out.
const ScanEnded = "the scan ended here"

func mdTrials(w io.Writer, runs []*Run) {
	v := verdictOfTrials(runs)
	fmt.Fprintf(w, "%s **%s**\n\n", v.Tone.symbol(), md(v.Text))
	mdWarnings(w, remarks(runs))
	for i, cells := range rungRows(runs) {
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			fmt.Fprintln(w, "|"+strings.Repeat("--:|", len(cells)))
		}
	}
	fmt.Fprintf(w, "\nAgain: %s\n\n", mdCode(quoteCommand(runs[0].Command)))
}

// trialsOverview is the table and the curve of a search or scan.
func trialsOverview(runs []*Run) *overview {
	o := &overview{Table: table{Name: "Rates", Head: rungHead}, Command: commandLines(runs[0].Command)}
	for _, g := range Rungs(runs) {
		row := tableRow{}
		for i, run := range runs {
			if run == g.Trials[0] {
				row.Anchor = runAnchor(i)
			}
		}
		cells := rungCells(g)
		row.Name = cells[0]
		for i, text := range cells[1:] {
			row.Cells = append(row.Cells, cell{text, rungHead[i+1] == "errors" && text != "0"})
		}
		o.Table.Rows = append(o.Table.Rows, row)
	}
	if p := rateChart(runs); len(p.Marks) > 0 {
		o.Charts = []chart{newChart(p, rateNote)}
	}
	return o
}

// junitSearch is the testcase of a search: its trials are meant to find where the objective is missed, and fail nothing.
func junitSearch(runs []*Run) *junitCase {
	f := FindRate(runs)
	c := &junitCase{Name: visible("search: " + f.Objective), Class: "load.search", Time: seconds(0)}
	switch text := visible(f.Sentence()); f.Status() {
	case Failed:
		c.Failure = &junitFault{text, "missed", ""}
	case Inconclusive:
		c.Error = &junitFault{text, "inconclusive", ""}
	default:
		c.Out = "\n" + text + "\n"
	}
	return c
}
