package reports

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// agentHead and agentCells are what tables of agents have in every format: what each measured. A lost one's rate is that of the time
// when it was there.
var agentHead = []string{"agent", "share", "clients", "requests/s", "errors", "never sent", "p50", "p99", "max", "p99 to median", "send lag p99", "busiest loop", "lost"}

func (r *Run) agentCells(a *Agent, name string, median int64) []string {
	t := a.Total()
	dropped, lag, busy, far, lost := na, na, na, na, "no"
	if !r.closed() {
		dropped = number(a.Requests.Dropped)
		if p := a.Generator.SendLag.Percentiles(); p != nil {
			lag = latency(p.P99)
		}
	}
	if a.Generator.Busy > 0 {
		busy = percent(a.Generator.Busy)
	}
	if p, ok := a.slowness(); ok && median > 0 {
		far = "× " + digits3(float64(p)/float64(median))
	}
	if a.Loss != nil {
		lost = "at " + tenths(a.Loss.At) + " s"
	}
	return []string{visible(name), percent(a.Share), number(int64(a.Clients)), perSecond(rate(t.Count, r.recordedBy(a))), number(t.Errors), dropped,
		t.percentile(p50), t.percentile(p99), t.percentile(pMax), far, lag, busy, lost}
}

// machineHead and machineCells are on what, and how well agreed on the time, each did it.
var machineHead = []string{"agent", "host", "cores", "processor", "system", "memlite", "loops", "connections", "clock ahead by", "began after"}

func machineCells(a *Agent, name string) []string {
	e := a.Environment
	cores, loops, began := na, na, na
	if e.CPUs > 0 {
		cores = fmt.Sprint(e.CPUs)
	}
	if n := a.Generator.Loops; n > 0 {
		loops = fmt.Sprint(n)
	}
	if a.Started != nil {
		began = offset(*a.Started)
	}
	return []string{visible(name), orNA(visible(e.Host)), cores, orNA(visible(e.CPU)), orNA(visible(e.OS)), orNA(visible(e.Version)), loops, a.Connections.String(),
		offset(a.ClockOffset) + " ± " + latency(int64(a.ClockError)), began}
}

// agentTable is nil where there was no fleet.
func agentTable(r *Run) *table {
	if len(r.Agents) == 0 {
		return nil
	}
	t := &table{Name: "Agents", Head: agentHead}
	median, all := r.medianAgent(), r.agentNames()
	for i, a := range r.Agents {
		cells := r.agentCells(a, all[i], median)
		row := tableRow{Name: cells[0]}
		for k, text := range cells[1:] {
			bad := false
			switch agentHead[k+1] {
			case "errors":
				bad = a.Total().Errors > 0
			case "never sent":
				bad = a.Requests.Dropped > 0
			case "p99", "p99 to median":
				bad = a.slow(median)
			case "lost":
				bad = a.Loss != nil
			}
			row.Cells = append(row.Cells, cell{together(text), bad})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// machineTable is nil where there was no fleet.
func machineTable(r *Run) *table {
	if len(r.Agents) == 0 {
		return nil
	}
	t := &table{Name: "Machines and clocks of the agents", Head: machineHead, Words: []string{"processor", "connections"}}
	all := r.agentNames()
	for i, a := range r.Agents {
		cells := machineCells(a, all[i])
		row := tableRow{Name: cells[0]}
		for _, text := range cells[1:] {
			row.Cells = append(row.Cells, cell{Text: together(text)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// worstAgents are the places of at most so many agents, in their order: the lost ones, those with errors, then those with the largest p99.
// rest is how many are left out.
func (r *Run) worstAgents(most int) (places []int, rest int64) {
	for i := range r.Agents {
		places = append(places, i)
	}
	if len(places) <= most {
		return places, 0
	}
	weight := func(i int) float64 {
		a := r.Agents[i]
		t := a.Total()
		switch {
		case a.Loss != nil:
			return math.Inf(1)
		case t.Errors > 0:
			return math.MaxFloat64
		case t.Percentiles == nil:
			return 0
		}
		return float64(t.Percentiles.P99)
	}
	slices.SortStableFunc(places, func(a, b int) int {
		switch x, y := weight(a), weight(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	rest = int64(len(places) - most)
	places = places[:most]
	slices.Sort(places)
	return places, rest
}

// leftOut says that a table shows the worst agents only; empty where it shows all.
func leftOut(rest int64) string {
	if rest == 0 {
		return ""
	}
	return plural(rest, "agent") + " with nothing worse to show left out here: the page and the JSON have them"
}

// agents writes the agents of one run for a terminal, with as many columns as most have room for.
func (t Terminal) agents(w io.Writer, r *Run) {
	if len(r.Agents) == 0 {
		return
	}
	median, all := r.medianAgent(), r.agentNames()
	places, rest := r.worstAgents(16)
	narrow := func(cells []string) (row []string) {
		for i, name := range agentHead {
			if wanted := []string{"agent", "share", "requests/s", "errors", "p50", "p99", "send lag p99", "busiest loop"}; slices.Contains(wanted, name) || name == "lost" && len(r.Lost()) > 0 {
				row = append(row, cells[i])
			}
		}
		return row
	}
	rows := [][]string{narrow(agentHead)}
	for _, i := range places {
		rows = append(rows, narrow(r.agentCells(r.Agents[i], cutTo(visible(all[i]), 32), median)))
	}
	columns(w, rows)
	for _, text := range append(r.fleetRemarks(), sentence(leftOut(rest))) {
		if text != "" {
			t.paragraph(w, "  ", 2, visible(text))
		}
	}
}

func mdAgents(w io.Writer, r *Run, name string) {
	if len(r.Agents) == 0 {
		return
	}
	median, all := r.medianAgent(), r.agentNames()
	places, rest := r.worstAgents(64)
	for _, of := range []struct {
		title, right string
		head         []string
		cells        func(i int) []string
	}{
		{"Agents", "--:", agentHead, func(i int) []string { return r.agentCells(r.Agents[i], all[i], median) }},
		{"Machines and clocks of the agents", "---", machineHead, func(i int) []string { return machineCells(r.Agents[i], all[i]) }},
	} {
		fmt.Fprintf(w, "%s (%s):\n\n| %s |\n|---%s|\n", of.title, md(name), strings.Join(of.head, " | "), strings.Repeat("|"+of.right, len(of.head)-1))
		for _, i := range places {
			cells := of.cells(i)
			for k, text := range cells {
				cells[k] = md(text)
			}
			fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
		}
		fmt.Fprintln(w)
	}
	for _, text := range append(r.fleetRemarks(), sentence(leftOut(rest))) {
		if text != "" {
			fmt.Fprintf(w, "%s\n\n", md(text))
		}
	}
}

// junitAgents is a line for each agent.
func junitAgents(r *Run) string {
	var b strings.Builder
	median, all := r.medianAgent(), r.agentNames()
	for i, a := range r.Agents {
		figures, machine := r.agentCells(a, all[i], median), machineCells(a, all[i])
		text := figures[0]
		for k, value := range figures[1:] {
			text += ", " + agentHead[k+1] + " " + value
		}
		for k, value := range machine[1:] {
			text += ", " + machineHead[k+1] + " " + value
		}
		b.WriteString(fieldLine("agent", text))
	}
	for _, text := range r.fleetRemarks() {
		b.WriteString(fieldLine("agents", visible(text)))
	}
	return b.String()
}
