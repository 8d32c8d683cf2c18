package reports

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// Total is all operations of the stage added. Never nil.
func (s *Stage) Total() *Operation { return sum("all", s.Totals) }

// load is what a stage asks of the server: "1,000 to 20,000/s, poisson".
func (s *Stage) load() string {
	switch {
	case s.Arrival == "closed":
		return "closed loop"
	case s.To > 0:
		return fmt.Sprintf("%s to %s/s, %s", perSecond(s.Rate), perSecond(s.To), s.Arrival)
	}
	return fmt.Sprintf("%s/s, %s", perSecond(s.Rate), s.Arrival)
}

// asked is the intended rate over time, with a gap where a closed loop has none; empty where the whole run has none.
func (r *Run) asked(end float64) (line []point) {
	if len(r.Stages) == 0 && r.Rate > 0 {
		return []point{{0, r.Rate}, {end, r.Rate}}
	}
	some := false
	for _, s := range r.Stages {
		from, to := s.Rate, s.Rate
		if s.To > 0 {
			to = s.To
		}
		if s.Arrival == "closed" {
			from, to = math.NaN(), math.NaN()
		} else {
			some = true
		}
		line = append(line, point{s.Start.Seconds(), from}, point{(s.Start + s.Length).Seconds(), to})
	}
	if !some {
		return nil
	}
	return line
}

// stageHead and stageCells are the columns that tables of stages have in every format.
var stageHead = []string{"stage", "asked for", "took", "requests/s", "errors", "never sent", "p50", "p90", "p99", "p99.9", "max"}

func stageCells(s *Stage) []string {
	t := s.Total()
	dropped := na
	if s.Arrival != "closed" {
		dropped = number(s.Dropped)
	}
	return []string{visible(s.Name), s.load(), elapsed(s.Length), perSecond(rate(t.Count, s.Length)), number(t.Errors), dropped,
		t.percentile(p50), t.percentile(p90), t.percentile(p99), t.percentile(p999), t.percentile(pMax)}
}

// stageTable is nil where there was one stage.
func stageTable(r *Run) *table {
	if len(r.Stages) == 0 {
		return nil
	}
	t := &table{Name: "Stages", Head: stageHead, Words: stageHead[1:2]}
	for _, s := range r.Stages {
		cells := stageCells(s)
		row := tableRow{Name: cells[0]}
		for i, text := range cells[1:] {
			bad := i == 3 && s.Total().Errors > 0 || i == 4 && s.Dropped > 0
			row.Cells = append(row.Cells, cell{text, bad})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func mdStages(w io.Writer, run *Run, name string) {
	if len(run.Stages) == 0 {
		return
	}
	fmt.Fprintf(w, "Stages (%s):\n\n| %s |\n|---|---%s|\n", md(name), strings.Join(stageHead, " | "), strings.Repeat("|--:", len(stageHead)-2))
	for _, s := range run.Stages {
		cells := stageCells(s)
		for i := range cells {
			cells[i] = md(cells[i])
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	fmt.Fprintln(w)
}
