package reports

import (
	"fmt"
	"slices"
	"strings"
)

// fleetPage is a run's agents as the page has them.
type fleetPage struct {
	Many     bool // more than a reader scrolls past
	Figures  *table
	Remarks  []string
	Chart    *chart // nil where there is nothing to compare
	Machines *table
	Clocks   string // what the times in Machines mean
	Again    string // what it takes besides the command
}

const clockNote = "How much an agent's wall clock was ahead of the coordinator's was measured over NATS: the truth lies within half a round trip of it. When an agent began is counted from the moment agreed, on a clock that nobody sets."

// newFleetPage is nil where there was no fleet.
func newFleetPage(r *Run) *fleetPage {
	if len(r.Agents) == 0 {
		return nil
	}
	p := &fleetPage{
		Many: len(r.Agents) > 16, Figures: agentTable(r, agentsTitle, r.agentColumns()), Machines: agentTable(r, machinesTitle, machineColumns),
		Clocks: clockNote, Again: r.fleetAgain(),
	}
	for _, text := range r.fleetRemarks() {
		p.Remarks = append(p.Remarks, together(visible(text)))
	}
	p.Remarks = append(p.Remarks, r.agentWarnings()...)
	if c := agentChart(r); c != nil {
		drawn := newChart(c, "All of them ask the same of the same servers: one that lies above the others has a slower machine, or a slower way.")
		p.Chart = &drawn
	}
	return p
}

// agentWarnings are those of single agents, as many as a reader reads. That one was a bottleneck is in its row.
func (r *Run) agentWarnings() (list []string) {
	const most = 8
	rest := int64(0)
	all := r.agentNames()
	for i, a := range r.Agents {
		for _, text := range a.Warnings {
			switch {
			case a.Generator.Bottleneck && a.Generator.Reason != "" && strings.HasSuffix(text, a.Generator.Reason):
			case len(list) == most:
				rest++
			default:
				list = append(list, together(visible(calledAgent(all[i])+": "+cutTo(text, 400))))
			}
		}
	}
	if rest > 0 {
		list = append(list, plural(rest, "more warning")+" of single agents: in the JSON.")
	}
	return list
}

// fleetAgain says where the agents were.
func (r *Run) fleetAgain() string {
	const most = 8
	var hosts []string
	n := map[string]int{}
	for _, a := range r.Agents {
		host := orNA(visible(a.Environment.Host))
		if n[host]++; !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	rest := ""
	if more := int64(len(hosts) - most); more > 0 {
		hosts, rest = hosts[:most], fmt.Sprintf(" and on %s more", plural(more, "machine"))
	}
	for i, host := range hosts {
		if n[host] > 1 {
			hosts[i] = fmt.Sprintf("%s (%d of them)", host, n[host])
		}
	}
	if rest != "" {
		return fmt.Sprintf("The load came from %s, on %s%s.", plural(int64(len(r.Agents)), "agent"), strings.Join(hosts, ", "), rest)
	}
	return fmt.Sprintf("The load came from %s, on %s.", plural(int64(len(r.Agents)), "agent"), enumerate(hosts))
}
