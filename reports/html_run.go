package reports

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

type chart struct {
	Title, Note  string
	Wide, Narrow template.HTML
}

func newChart(p *plot, note string) chart {
	return chart{p.Title, note, p.svg(wide), p.svg(narrow)}
}

// overview compares several runs.
type overview struct {
	Table   table
	Charts  []chart
	Command string // that made all of them; "" where each has its own
}

func newOverview(runs []*Run) *overview {
	if sweep(runs) {
		return trialsOverview(runs)
	}
	o := &overview{Table: table{
		Name: "Comparison of the runs",
		Head: []string{"run", "asked for", "requests/s", "errors", "p50", "p90", "p99", "p99.9", "max"},
	}}
	all := names(runs)
	for i, run := range runs {
		t := run.Total()
		answered := cell{Text: perSecond(rate(t.Count, run.Recorded()))}
		if n := len(run.Lost()); n > 0 {
			answered = cell{answered.Text + " (" + plural(int64(n), "agent") + " lost)", true}
		}
		o.Table.Rows = append(o.Table.Rows, tableRow{
			Name: visible(all[i]), Anchor: runAnchor(i),
			Cells: append([]cell{{Text: run.load()}, answered, errorCell(t)}, percentileCells(t.Percentiles)...),
		})
	}
	if p := percentileChart(runs); len(p.Series) > 0 {
		o.Charts = append(o.Charts, newChart(p, curveNote))
	}
	for _, p := range overTime(runs) {
		o.Charts = append(o.Charts, newChart(p, ""))
	}
	return o
}

const heatNote = "Each column is a stretch of time; the stronger the colour of a cell, the larger the share of the column's requests that took so long."

const curveNote = "Each step to the right is ten times rarer: at 99.9 stands the time that one request in a thousand exceeded."

// mostUnfolded is how many runs a page shows in full. Of more a reader wants the table first, and then one.
const mostUnfolded = 4

func runAnchor(i int) string { return fmt.Sprintf("run-%d", i+1) }

type runPage struct {
	Anchor, Name string
	Verdict      *shownVerdict // nil if the page's head says it
	Warnings     []string
	Tiles        []tile
	Objectives   *table // nil if there are none
	Charts       []chart
	Operations   table
	Servers      *table // nil where there was one
	Stages       *table // nil where there was one
	Agents       *fleetPage
	Notes        []string
	Command      string
	Open         bool // its facts are unfolded
	Folded       bool // all but its figures is folded away
	Facts        []facts
}

func newRunPage(report *Report, i int, name string) runPage {
	r := report.Runs[i]
	t := r.Total()
	p := runPage{
		Anchor: runAnchor(i), Name: visible(name), Warnings: visibleAll(r.Warnings), Tiles: runTiles(r, t),
		Objectives: objectiveTable(r.Objectives), Operations: operationTable(r, t), Servers: serverTable(r), Stages: stageTable(r), Agents: newFleetPage(r), Command: commandLines(r.Command), Open: len(report.Runs) == 1,
		Facts: []facts{requestFacts(r), planFacts(r), generatorFacts(r), r.environment()},
	}
	p.Facts = append(verificationFacts(r.Verification), p.Facts...)
	if len(report.Runs) > 1 {
		v := show(verdictOfRun(r))
		p.Verdict = &v
		p.Folded = len(report.Runs) > mostUnfolded
	}
	if sweep(report.Runs) {
		p.Command = "" // one for all of them, and said once
	}
	if c := percentileChart([]*Run{r}); len(c.Series) > 0 {
		p.Charts = append(p.Charts, newChart(c, curveNote))
	}
	for _, c := range timeCharts(r) {
		note := ""
		if c.Heat != nil {
			note = heatNote
		}
		p.Charts = append(p.Charts, newChart(c, note))
	}
	warned := slices.ContainsFunc(r.Warnings, func(text string) bool { return strings.Contains(text, "closed loop") })
	if r.closed() && !warned {
		p.Notes = append(p.Notes, "A closed loop hides queueing: a client that waits for a slow reply sends nothing meanwhile, so response and service time are one. An open loop (--rate) shows what users who do not wait for each other would see.")
	}
	if !r.closed() {
		p.Notes = append(p.Notes, whichIsWhich)
	}
	if n := t.Response.tooHigh(); n > 0 {
		p.Notes = append(p.Notes, plural(n, "reply took longer than 60 s: counted as 60 s. The maximum is not known"))
	}
	return p
}

func runTiles(r *Run, t *Operation) []tile {
	list := []tile{{Name: "throughput", Value: perSecond(rate(t.Count, r.Recorded())), Unit: "/s"}}
	if r.Rate > 0 {
		list[0].Note = "of " + perSecond(r.Rate) + " asked for"
	}
	if text := r.without(); text != "" {
		list[0].Kind, list[0].Note = unsure, strings.TrimPrefix(list[0].Note+"; "+together(visible(text)), "; ")
	}
	for _, c := range []struct {
		name string
		of   func(*Percentiles) int64
	}{{"p50", p50}, {"p99", p99}, {"p99.9", p999}, {"max", pMax}} {
		list = append(list, tile{Name: c.name, Value: t.percentile(c.of)})
	}
	errors := tile{Name: "errors", Value: number(t.Errors)}
	var notes []string
	if t.Errors > 0 {
		errors.Kind, notes = bad, []string{share(t.Errors, t.Count+t.Errors)}
	}
	if d := r.Requests.Dropped; d > 0 {
		errors.Kind, notes = bad, append(notes, number(d)+" never sent")
	}
	errors.Note = strings.Join(notes, "; ")
	list = append(list, errors)
	if t.Hits+t.Misses > 0 {
		list = append(list, tile{Name: "hit ratio", Value: t.hitRatio()})
	}
	return list
}

func operationTable(r *Run, t *Operation) table {
	o := table{Name: "Operations", Head: []string{"operation", "answered", "per second", "errors", "hits", "misses", "p50", "p90", "p99", "p99.9", "max"}}
	list := r.Totals
	if len(list) != 1 {
		list = append([]*Operation{t}, list...)
	}
	for _, op := range list {
		hits, misses := na, na
		if op.Hits+op.Misses > 0 {
			hits, misses = number(op.Hits), number(op.Misses)
		}
		o.Rows = append(o.Rows, tableRow{Name: visible(op.Name), Cells: append([]cell{
			{Text: number(op.Count)}, {Text: perSecond(rate(op.Count, r.Recorded()))}, errorCell(op), {Text: hits}, {Text: misses},
		}, percentileCells(op.Percentiles)...)})
		if op.Service != nil {
			o.Rows = append(o.Rows, tableRow{Name: "service time", Quiet: true,
				Cells: append(make([]cell, 5), percentileCells(op.Service.Percentiles())...)})
		}
	}
	return o
}

func errorCell(o *Operation) cell { return cell{number(o.Errors), o.Errors > 0} }

func percentileCells(p *Percentiles) []cell {
	o := &Operation{Percentiles: p}
	return []cell{{Text: o.percentile(p50)}, {Text: o.percentile(p90)}, {Text: o.percentile(p99)}, {Text: o.percentile(p999)}, {Text: o.percentile(pMax)}}
}

func requestFacts(r *Run) facts {
	t := r.Total()
	q := r.Requests
	f := facts{Name: "Requests", Rows: []fact{
		{"preloaded", number(q.Preloaded), "before the run"},
		{"warm-up", number(q.WarmUp), "not in the figures"},
		{"recorded", number(q.Recorded), "in the figures"},
		{"errors", number(q.Errors), visible(t.outcomes())},
		{"abandoned", number(q.Abandoned), "sent, not answered in time at the end"},
		{"sent in all", number(q.sent()), "what a server that lost nothing has counted"},
		{"dropped", number(q.Dropped), "never sent: no client was free in time"},
		{"bytes sent", size(t.Sent), ""},
		{"bytes received", size(t.Received), ""},
	}}
	f.Rows = append(f.Rows, fact{"hit ratio", t.hitRatio(), "of the gets answered"})
	for _, o := range r.Totals {
		f.Rows = append(f.Rows, fact{visible(o.Name), visible(o.became()), ""})
	}
	f.Rows = append(f.Rows, fact{"connections", number(r.Connections.Opened), r.Connections.became()})
	return f
}

func planFacts(r *Run) facts {
	f := facts{Name: "Plan", Rows: []fact{
		{"started", date(r.Started), ""},
		{"took", elapsed(r.Elapsed), "recorded " + elapsed(r.Recorded())},
		{"arrival", r.arrival(), ""},
	}}
	for _, s := range r.Plan {
		f.Rows = append(f.Rows, fact{visible(s.Name), orNA(visible(s.Value)), ""})
	}
	return f
}

func generatorFacts(r *Run) facts {
	g := r.Generator
	loops, busy, cpu, perMillion := na, na, na, na
	if g.Loops > 0 {
		loops = fmt.Sprint(g.Loops)
	}
	if g.Busy > 0 {
		busy = percent(g.Busy)
	}
	if g.CPU > 0 {
		cpu = digits3(g.CPU) + " s"
		if n := r.Total().Count; n > 0 {
			perMillion = digits3(g.CPU/float64(n)*1e6) + " s"
		}
	}
	lag := na
	if p := g.SendLag.Percentiles(); p != nil {
		lag = together(fmt.Sprintf("p50 %s, p99 %s, max %s", latency(p.P50), latency(p.P99), latency(p.Max)))
	}
	return facts{"Load generator", []fact{
		{"limit", r.limit(), ""},
		{"loops", loops, ""},
		{"busiest loop", busy, "of the time"},
		{"processor time", cpu, ""},
		{"per million requests", perMillion, ""},
		{"send lag", lag, ""},
	}}
}

func (h *Histogram) tooHigh() int64 {
	if h == nil {
		return 0
	}
	return h.TooHigh
}

// commandLines is a command as a shell reads it back, broken before options: a page that breaks it where a line is full cuts them in two.
func commandLines(args []string) string {
	const width = 84 // what a page has room for
	var lines []string
	line, option := "", ""
	add := func() {
		switch {
		case line == "":
			line = option
		case len(line)+1+len(option) > width:
			lines, line = append(lines, line), "  "+option
		default:
			line += " " + option
		}
	}
	for _, a := range args {
		if quoted := quoteCommand([]string{a}); option == "" {
			option = quoted
		} else if strings.HasPrefix(quoted, "-") {
			add()
			option = quoted
		} else {
			option += " " + quoted
		}
	}
	add()
	return strings.Join(append(lines, line), " \\\n")
}
