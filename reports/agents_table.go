package reports

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// column is one of a table of agents: of what each measured, or of where it did.
type column struct {
	name  string
	words bool // takes several lines
	text  func(a *Agent) string
	bad   func(a *Agent) bool // nil: never
}

// agentColumns are what each agent measured. Those that would say nothing are left out. A lost one's rate is that of the time when it was
// there.
func (r *Run) agentColumns() []column {
	median := r.medianAgent()
	slow := func(a *Agent) bool { return a.slow(median) }
	some := func(of func(*Agent) bool) bool { return slices.ContainsFunc(r.Agents, of) }
	lost := column{name: "lost", text: func(a *Agent) string {
		if a.Loss == nil {
			return "no"
		}
		return "at " + tenths(a.Loss.At) + " s"
	}, bad: func(a *Agent) bool { return a.Loss != nil }}
	dropped := column{name: "never sent", text: func(a *Agent) string { return number(a.Requests.Dropped) }, bad: func(a *Agent) bool { return a.Requests.Dropped > 0 }}
	connections := column{name: "connections", words: true, text: func(a *Agent) string { return a.Connections.String() },
		bad: func(a *Agent) bool { return a.Connections.Failed+a.Connections.Lost > 0 }}
	var list []column
	if some(lost.bad) {
		list = append(list, lost)
	}
	list = append(list,
		column{name: "share", text: func(a *Agent) string { return percent(a.Share) }},
		column{name: "clients", text: func(a *Agent) string { return number(int64(a.Clients)) }},
		column{name: "requests/s", text: func(a *Agent) string { return perSecond(rate(a.Total().Count, r.recordedBy(a))) }},
		column{name: "errors", text: func(a *Agent) string { return number(a.Total().Errors) }, bad: func(a *Agent) bool { return a.Total().Errors > 0 }})
	if some(dropped.bad) {
		list = append(list, dropped)
	}
	list = append(list,
		column{name: "p50", text: func(a *Agent) string { return a.Total().percentile(p50) }},
		column{name: "p99", text: func(a *Agent) string { return a.Total().percentile(p99) }, bad: slow},
		column{name: "to median", text: func(a *Agent) string {
			if p, ok := a.slowness(); ok && median > 0 {
				return "× " + digits3(float64(p)/float64(median))
			}
			return na
		}, bad: slow})
	// A bottleneck that no loop was busy with was one because requests were sent late.
	const busy = 0.9
	if !r.closed() {
		list = append(list, column{name: "send lag p99", text: func(a *Agent) string {
			if p := a.Generator.SendLag.Percentiles(); p != nil {
				return latency(p.P99)
			}
			return na
		}, bad: func(a *Agent) bool { return a.Generator.Bottleneck && a.Generator.Busy <= busy }})
	}
	list = append(list, column{name: "busiest loop", text: func(a *Agent) string {
		if a.Generator.Busy > 0 {
			return percent(a.Generator.Busy)
		}
		return na
	}, bad: func(a *Agent) bool { return a.Generator.Bottleneck && a.Generator.Busy > busy }})
	if some(connections.bad) {
		list = append(list, connections)
	}
	return list
}

// machineColumns are on what, and how well agreed on the time, each did it.
var machineColumns = []column{
	{name: "host", text: func(a *Agent) string { return a.Environment.Host }},
	{name: "processor", words: true, text: func(a *Agent) string { return a.Environment.CPU }},
	{name: "cores", text: func(a *Agent) string {
		if n := a.Environment.CPUs; n > 0 {
			return fmt.Sprint(n)
		}
		return ""
	}},
	{name: "loops", text: func(a *Agent) string {
		if n := a.Generator.Loops; n > 0 {
			return fmt.Sprint(n)
		}
		return ""
	}},
	{name: "system", text: func(a *Agent) string { return a.Environment.OS }},
	{name: "memlite", text: func(a *Agent) string { return a.Environment.Version }},
	{name: "clock ahead by", text: func(a *Agent) string { return offset(a.ClockOffset) + " ± " + latency(int64(a.ClockError)) }},
	{name: "began after", text: func(a *Agent) string {
		if a.Started == nil {
			return ""
		}
		return offset(*a.Started)
	}},
}

// value is a cell as every format has it.
func (c column) value(a *Agent) string { return orNA(visible(c.text(a))) }

func headOf(columns []column) []string {
	head := []string{"agent"}
	for _, c := range columns {
		head = append(head, c.name)
	}
	return head
}

func rowOf(columns []column, a *Agent, name string) []string {
	row := []string{visible(name)}
	for _, c := range columns {
		row = append(row, c.value(a))
	}
	return row
}

// agentTable is a page's.
func agentTable(r *Run, name string, columns []column) *table {
	t := &table{Name: name, Head: headOf(columns)}
	for _, c := range columns {
		if c.words {
			t.Words = append(t.Words, c.name)
		}
	}
	all := r.agentNames()
	for i, a := range r.Agents {
		row := tableRow{Name: visible(all[i])}
		for _, c := range columns {
			row.Cells = append(row.Cells, cell{together(c.value(a)), c.bad != nil && c.bad(a)})
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

// leftOut says that a table shows the worst agents only.
func leftOut(rest int64) []string {
	if rest == 0 {
		return nil
	}
	return []string{plural(rest, "agent") + " with nothing worse to show left out here: the page and the JSON have them."}
}

const (
	agentsTitle   = "Agents"
	machinesTitle = "Machines and clocks of the agents"
)

// agents writes the agents of one run for a terminal.
func (t Terminal) agents(w io.Writer, r *Run) {
	if len(r.Agents) == 0 {
		return
	}
	list, all := r.agentColumns(), r.agentNames()
	places, rest := r.worstAgents(16)
	rows := [][]string{headOf(list)}
	for _, i := range places {
		rows = append(rows, rowOf(list, r.Agents[i], cutTo(visible(all[i]), 32)))
	}
	columns(w, rows)
	for _, text := range append(r.fleetRemarks(), leftOut(rest)...) {
		t.paragraph(w, "  ", 2, visible(text))
	}
}

func mdAgents(w io.Writer, r *Run, name string) {
	if len(r.Agents) == 0 {
		return
	}
	all := r.agentNames()
	places, rest := r.worstAgents(64)
	for _, t := range []struct {
		title, align string
		columns      []column
	}{{agentsTitle, "--:", r.agentColumns()}, {machinesTitle, "---", machineColumns}} {
		fmt.Fprintf(w, "%s (%s):\n\n| %s |\n|---%s|\n", t.title, md(name), strings.Join(headOf(t.columns), " | "), strings.Repeat("|"+t.align, len(t.columns)))
		for _, i := range places {
			cells := rowOf(t.columns, r.Agents[i], all[i])
			for k, text := range cells {
				cells[k] = md(text)
			}
			fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
		}
		fmt.Fprintln(w)
	}
	for _, text := range append(r.fleetRemarks(), leftOut(rest)...) {
		fmt.Fprintf(w, "%s\n\n", md(text))
	}
}

// junitAgents is a line for each agent.
func junitAgents(r *Run) string {
	if len(r.Agents) == 0 {
		return ""
	}
	var b strings.Builder
	list, all := append(r.agentColumns(), machineColumns...), r.agentNames()
	for i, a := range r.Agents {
		text := visible(all[i])
		for _, c := range list {
			text += ", " + c.name + " " + c.value(a)
		}
		b.WriteString(fieldLine("agent", text))
	}
	for _, text := range r.fleetRemarks() {
		b.WriteString(fieldLine("agents", visible(text)))
	}
	return b.String()
}
