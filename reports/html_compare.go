package reports

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// comparisonPage is a Comparison as the page shows it.
type comparisonPage struct {
	Warnings []string
	Gates    []gateLine
	Rules    []changedRule // those that came out alike are not listed
	Figures  *differenceTable
	Charts   []chart
	Runs     *table // nil where each run has its own section
	Commands []string
	Facts    []facts
}

// gateLine is what came of something that was to fail the comparison.
type gateLine struct{ Class, Symbol, Text, Outcome, Reason string }

type changedRule struct{ Class, Symbol, Anchor, ID, Title, Level, Change, Base, Head, Reason string }

// differenceTable has a row for each figure, in groups by operation.
type differenceTable struct {
	Base, Head, Sure, Scale string // what columns are called
	Groups                  []differenceGroup
	Notes                   []string
}

type differenceGroup struct {
	Name string
	Rows []differenceRow
}

type differenceRow struct {
	Name, P, Verdict, Reason string
	Base, Head, Change       bounded
	Tone                     tone
	Drawing                  template.HTML
}

// bounded is a figure and, where it is known, what it lies between.
type bounded struct{ Figure, Within string }

func newComparisonPage(r *Report) *comparisonPage {
	c := r.Comparison
	p := &comparisonPage{Warnings: visibleAll(c.Warnings), Gates: gateLines(c), Rules: changedRules(c)}
	if len(c.Rows) == 0 {
		return p
	}
	p.Figures = newDifferenceTable(c)
	base, head := r.runsOf(&c.Base), r.runsOf(&c.Head)
	sides := []*Run{pooled(c.Base.Name, base), pooled(c.Head.Name, head)}
	if chart := percentileChart(sides); len(chart.Series) > 0 {
		note := curveNote
		if len(base)+len(head) > 2 {
			note = "All requests of a side's runs together: one slow run moves its curve, but not the table's figures, which are medians of runs. " + note
		}
		p.Charts = append(p.Charts, newChart(chart, note))
	}
	if !eachRunShown(r) {
		if chart := runByRunChart(c, base, head); chart != nil {
			p.Charts = append(p.Charts, newChart(chart, "Where the two lines cross again and again, chance is larger than the difference."))
		}
		runs := runsTable(r)
		p.Runs = &runs
		p.Facts = []facts{planFacts(base[0]), base[0].environment()}
		p.Facts[0].Rows = slices.DeleteFunc(p.Facts[0].Rows, func(f fact) bool { return f.Name == "started" || f.Name == "took" || f.Name == "target" })
		for _, run := range r.Runs {
			if text := quoteCommand(run.Command); text != "" && !slices.Contains(p.Commands, text) && len(p.Commands) < mostCommands {
				p.Commands = append(p.Commands, text)
			}
		}
	}
	return p
}

// mostCommands is enough to see how the files of a side were made.
const mostCommands = 6

// eachRunShown says whether the page has a section for each run. Those of ten rounds would be twenty pages that nobody reads: the
// JSON has them.
func eachRunShown(r *Report) bool {
	return r.Comparison == nil || len(r.Comparison.Rows) == 0 || len(r.Runs) <= 2
}

// pooled is one run with all requests of several, for a curve. The table's figures are not read from it: they are medians of runs.
func pooled(name string, runs []*Run) *Run {
	all := &Run{Title: name, Arrival: runs[0].Arrival, Clients: runs[0].Clients}
	var list []*Operation
	for _, r := range runs {
		list = append(list, r.Totals...)
	}
	all.Totals = []*Operation{sum("all", list)}
	return all
}

func gateLines(c *Comparison) []gateLine {
	var list []gateLine
	for _, g := range c.Gates {
		status := g.Status()
		list = append(list, gateLine{classOf(status), symbol(status), visible(g.Text), g.outcome(), together(visible(g.Reason))})
	}
	return list
}

func changedRules(c *Comparison) []changedRule {
	var list []changedRule
	for _, v := range c.Rules {
		status := map[string]Status{ChangeFailing: Failed, ChangePassing: Passed}[v.Change]
		if status == "" {
			status = Inconclusive
		}
		list = append(list, changedRule{classOf(status), symbol(status), aboutAnchor(&Rule{ID: v.ID}), visible(v.ID), visible(v.Title), visible(v.Level),
			v.Change, visible(v.Base), visible(v.Head), visible(v.Reason)})
	}
	return list
}

func newDifferenceTable(c *Comparison) *differenceTable {
	f := forestOf(c.Rows)
	t := &differenceTable{Base: visible(c.Base.Name), Head: visible(c.Head.Name), Sure: percent(1 - c.Alpha), Scale: f.scale(), Notes: c.notes()}
	for _, d := range c.Rows {
		group := visible(d.Operation)
		if d.Operation == "all" {
			group = "all operations"
		}
		at := slices.IndexFunc(t.Groups, func(g differenceGroup) bool { return g.Name == group })
		if at < 0 { // a gate's own figures come last, after those of all operations
			at, t.Groups = len(t.Groups), append(t.Groups, differenceGroup{Name: group})
		}
		g := &t.Groups[at]
		change := bounded{Figure: together(d.delta())}
		if d.Lo != nil && d.Hi != nil {
			change.Within = together(d.span())
		}
		g.Rows = append(g.Rows, differenceRow{
			Name: strings.TrimPrefix(visible(d.label()), visible(d.Operation)+" "), P: pValue(d.P), Verdict: visible(d.Verdict), Reason: visible(d.Reason),
			Base: boundedBy(d, d.Base), Head: boundedBy(d, d.Head), Change: change,
			Tone: d.tone(), Drawing: f.draw(d, c.Gates),
		})
	}
	return t
}

func boundedBy(d *Difference, e Estimate) bounded {
	figure, within := d.bounded(e)
	return bounded{together(figure), together(within)}
}

// runByRunChart has the p99 of each run, in the order in which a side's were made. Nil where there is none.
func runByRunChart(c *Comparison, base, head []*Run) *plot {
	p := &plot{Title: "p99 of each run"}
	lo, hi, longest := math.Inf(1), 0.0, max(len(base), len(head))
	for i, side := range [][]*Run{base, head} {
		s := series{Name: []string{c.Base.Name, c.Head.Name}[i], Colour: i}
		for j, r := range side {
			y := math.NaN()
			if all := r.Total(); all.Percentiles != nil {
				y = math.Max(1, float64(all.Percentiles.P99))
				lo, hi = math.Min(lo, y), math.Max(hi, y)
			}
			s.Points = append(s.Points, point{float64(j + 1), y})
		}
		p.Series = append(p.Series, s)
	}
	if hi == 0 {
		return nil
	}
	p.X = axis{Label: "run", Min: 0.5, Max: float64(longest) + 0.5}
	for j := range longest {
		p.X.Ticks = append(p.X.Ticks, tick{float64(j + 1), fmt.Sprint(j + 1)})
		text := fmt.Sprintf("run %d", j+1)
		for _, s := range p.Series {
			if j < len(s.Points) && !math.IsNaN(s.Points[j].Y) {
				text += fmt.Sprintf("\n%s: %s", s.Name, latency(int64(s.Points[j].Y)))
			}
		}
		p.Marks = append(p.Marks, mark{float64(j + 1), text})
	}
	p.Y = latencyAxis(lo, hi)
	return p
}

// runsTable has each run of both sides, in the order in which they were made, so that a drift can be seen.
func runsTable(r *Report) table {
	c := r.Comparison
	t := table{Name: "Runs, in the order in which they were made", Head: []string{"run", "side", "started", "requests/s", "errors", "p50", "p99", "p99.9", "max"}}
	all := names(r.Runs)
	order := slices.Concat(c.Base.Runs, c.Head.Runs)
	slices.SortStableFunc(order, func(a, b int) int { return r.Runs[a].Started.Compare(r.Runs[b].Started) })
	for _, i := range order {
		run, side := r.Runs[i], c.Head.Name
		if slices.Contains(c.Base.Runs, i) {
			side = c.Base.Name
		}
		total := run.Total()
		p := percentileCells(total.Percentiles)
		t.Rows = append(t.Rows, tableRow{Name: visible(all[i]), Cells: []cell{{Text: visible(side)}, {Text: run.Started.Format("15:04:05")},
			{Text: perSecond(rate(total.Count, run.Recorded()))}, errorCell(total), p[0], p[2], p[3], p[4]}})
	}
	return t
}
