package loadgen

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"memlite/reports"
)

// maxSpread is how far apart the agents of a fleet may start.
const maxSpread = 100 * time.Millisecond

// fleet completes what is known of each agent, and adds their figures up.
func (t *Tally) fleet() {
	run := t.sum.run
	for _, c := range t.parts {
		a, alone := c.agent, c.account
		alone.state, alone.part, alone.run.Clients = c.state, true, a.Clients
		t.err = errors.Join(t.err, alone.fold())
		_ = alone.conclude() // a part has no error of its own
		if c.started {
			a.Started = &c.state.Late
		}
		a.Requests, a.Connections, a.Generator, a.Totals = alone.run.Requests, alone.run.Connections, alone.run.Generator, alone.run.Totals
		a.Warnings = alone.run.Warnings
		t.sum.state.add(&c.state)
	}
	for _, a := range run.Lost() {
		t.sum.warn("agent %s is missing from %s on (%s): %.3g %% of the load is in no figure from then on", a.Name, a.Loss.At.Round(time.Millisecond), a.Loss.Reason, 100*a.Share)
	}
	if spread, ok := run.StartSpread(); ok && spread > maxSpread {
		t.sum.warn("the agents started up to %s apart: the first seconds are not those of the whole load", spread.Round(time.Millisecond))
	}
}

// slowest says whether agents were the bottleneck of a fleet, how many, and of the worst of them why.
func slowest(agents []*reports.Agent) (bottleneck bool, reason string) {
	var worst *reports.Agent
	n := 0
	for _, a := range agents {
		if !a.Generator.Bottleneck {
			continue
		}
		n++
		if worst == nil || excess(a.Generator) > excess(worst.Generator) {
			worst = a
		}
	}
	switch {
	case n == 0:
		return false, ""
	case n == 1:
		return true, fmt.Sprintf("agent %s: %s", worst.Name, worst.Generator.Reason)
	}
	return true, fmt.Sprintf("%d of %d agents, agent %s the most: %s", n, len(agents), worst.Name, worst.Generator.Reason)
}

// excess is how far a generator is over what it may be.
func excess(g reports.Generator) float64 {
	return max(g.Busy/maxBusy, float64(g.SendLag.ValueAtQuantile(99))/float64(maxLag))
}

// add adds the figures of another execution of the same run.
func (s *State) add(o *State) {
	first := func(to *string, text string) {
		if *to == "" {
			*to = text
		}
	}
	s.Clients += o.Clients
	s.Open += o.Open
	addConnections(&s.Connections, o.Connections)
	for i, of := range o.Servers {
		if i == len(s.Servers) {
			s.Servers = append(s.Servers, ServerState{})
		}
		to := &s.Servers[i]
		to.Clients += of.Clients
		addConnections(&to.Connections, of.Connections)
		first(&to.Down, of.Down)
	}
	s.Late = max(s.Late, o.Late)
	s.Preloaded += o.Preloaded
	s.PreloadErrors += o.PreloadErrors
	s.WarmUp += o.WarmUp
	s.Abandoned += o.Abandoned
	s.Answered += o.Answered
	s.Errors += o.Errors
	s.Unasked += o.Unasked
	if len(s.Example) == 0 {
		s.Example = o.Example
	}
	first(&s.Fatal, o.Fatal)
	first(&s.DialError, o.DialError)
	s.Loops += o.Loops
	s.Busy = max(s.Busy, o.Busy)
	s.CPU += o.CPU
	if o.Verification != nil {
		if s.Verification == nil {
			s.Verification = &Verification{}
		}
		s.Verification.add(o.Verification)
	}
	for _, note := range o.Notes {
		if !slices.Contains(s.Notes, note) {
			s.Notes = append(s.Notes, note)
		}
	}
}

func addConnections(to *reports.Connections, c reports.Connections) {
	to.Opened += c.Opened
	to.Failed += c.Failed
	to.Lost += c.Lost
	to.Renewed += c.Renewed
}
