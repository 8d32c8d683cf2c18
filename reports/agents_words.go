package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// agentNames is what the reader calls each agent.
func (r *Run) agentNames() []string {
	list := make([]string, len(r.Agents))
	for i, a := range r.Agents {
		if list[i] = a.Name; a.Name == "" {
			list[i] = orNA(a.ID)
		}
	}
	return distinct(list,
		func(i int) string { return r.Agents[i].Environment.Host },
		func(i int) string { return r.Agents[i].ID })
}

// calledAgent is a name within a sentence: "agent b", and not "agent agent-b".
func calledAgent(name string) string {
	if strings.HasPrefix(strings.ToLower(name), "agent") {
		return name
	}
	return "agent " + name
}

// lost says which part of the load is missing, from when on, and why: "agent c (25.0 % of the load) is missing from 12 s on: its
// connection was lost". Empty where nothing is.
func (r *Run) lost() string { return r.missing(func(*Agent) string { return "" }) }

func (r *Run) lostAndWhy() string {
	return r.missing(func(a *Agent) string {
		if a.Loss.Reason == "" {
			return ""
		}
		return ": " + cutTo(a.Loss.Reason, 200)
	})
}

func (r *Run) missing(why func(*Agent) string) string {
	const most = 3
	var parts []string
	rest, further := 0.0, int64(0)
	all := r.agentNames()
	for i, a := range r.Agents {
		if a.Loss == nil {
			continue
		}
		if len(parts) == most {
			rest, further = rest+a.Share, further+1
			continue
		}
		from := "from " + tenths(a.Loss.At) + " s on"
		if a.Loss.At == 0 {
			from = "from the start"
		}
		parts = append(parts, fmt.Sprintf("%s (%s of the load) is missing %s%s", calledAgent(all[i]), percent(a.Share), from, why(a)))
	}
	if further > 0 {
		was := "was"
		if further > 1 {
			was = "were"
		}
		parts = append(parts, fmt.Sprintf("%s more (%s of the load) %s lost", plural(further, "agent"), percent(rest), was))
	}
	return strings.Join(parts, "; ")
}

// without is lost in the fewest words: "agent c lost at 12 s".
func (r *Run) without() string {
	switch list := r.Lost(); len(list) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%s lost at %s s", calledAgent(r.agentNames()[slices.Index(r.Agents, list[0])]), tenths(list[0].Loss.At))
	default:
		return fmt.Sprintf("%d of %s lost", len(list), plural(int64(len(r.Agents)), "agent"))
	}
}

// fleetRemarks are what is to be said of the agents beside their figures.
func (r *Run) fleetRemarks() []string {
	var list []string
	for _, text := range []string{r.starts(), r.slowAgents()} {
		if text != "" {
			list = append(list, sentence(text))
		}
	}
	return list
}

// starts says how far apart the agents began, and how sure that is: the clocks of the first and the last are known to their errors.
func (r *Run) starts() string {
	spread, ok := r.StartSpread()
	if !ok {
		return ""
	}
	var first, last *Agent
	unknown := 0
	for _, a := range r.Agents {
		switch {
		case a.Started == nil:
			unknown++
			continue
		case first == nil:
			first, last = a, a
		}
		if *a.Started < *first.Started {
			first = a
		}
		if *a.Started > *last.Started {
			last = a
		}
	}
	sure := first.ClockError + last.ClockError
	text := fmt.Sprintf("the agents began within %s of each other (± %s)", latency(int64(spread)), latency(int64(sure)))
	if spread <= sure {
		text = fmt.Sprintf("the agents began together, as near as their clocks tell (± %s)", latency(int64(sure)))
	}
	if unknown > 0 {
		text += fmt.Sprintf("; of %s it is not known", plural(int64(unknown), "agent"))
	}
	return text
}

// What makes an agent a slow one: a p99 so many times that of the agent in the middle, of enough requests to have one, among enough agents to
// have a middle.
const (
	slowFactor   = 2
	slowRequests = 200
	slowAmong    = 3
)

// medianAgent is the p99 of the agent in the middle; 0 where there are too few to have one.
func (r *Run) medianAgent() int64 {
	var list []int64
	for _, a := range r.Agents {
		if p, ok := a.slowness(); ok {
			list = append(list, p)
		}
	}
	if len(list) < slowAmong {
		return 0
	}
	slices.Sort(list)
	return list[(len(list)-1)/2]
}

// slowness is an agent's p99; not ok where it has too few requests.
func (a *Agent) slowness() (p99 int64, ok bool) {
	t := a.Total()
	if t.Count < slowRequests || t.Percentiles == nil {
		return 0, false
	}
	return t.Percentiles.P99, true
}

// slow says that the agent was slower than the one in the middle.
func (a *Agent) slow(median int64) bool {
	p, ok := a.slowness()
	return ok && median > 0 && p > slowFactor*median
}

// slowAgents names those who stand out; empty where none does. All ask the same of the same servers, so it is not these that differ.
func (r *Run) slowAgents() string {
	const most = 3
	median := r.medianAgent()
	all := r.agentNames()
	var parts []string
	n := 0
	for i, a := range r.Agents {
		if !a.slow(median) {
			continue
		}
		if n++; n <= most {
			parts = append(parts, fmt.Sprintf("%s (p99 %s)", calledAgent(all[i]), a.Total().percentile(p99)))
		}
	}
	if n > most {
		parts = append(parts, fmt.Sprintf("%d more", n-most))
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("slower than the others: %s, where the one in the middle has %s; that is a machine, or its way to the server", enumerate(parts), latency(median))
}

// recorded is how long the run was recorded while the agent was there.
func (r *Run) recordedBy(a *Agent) time.Duration {
	if a.Loss == nil {
		return r.Recorded()
	}
	var d time.Duration
	for _, v := range r.Intervals {
		if v.Recorded && v.Start < a.Loss.At {
			d += min(v.Length, a.Loss.At-v.Start)
		}
	}
	return d
}

// offset writes a time that may be negative: +1.25 ms, −300 µs.
func offset(d time.Duration) string {
	if d < 0 {
		return "−" + latency(int64(-d))
	}
	return "+" + latency(int64(d))
}
