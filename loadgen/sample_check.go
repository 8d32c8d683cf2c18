package loadgen

import (
	"fmt"
	"math"
	"slices"
	"time"

	"memlite/reports"
)

// What a sample from elsewhere is believed.
const (
	maxText  = 4096 // bytes
	maxNotes = 100
	maxCount = 1 << 40
	maxTime  = 365 * 24 * time.Hour
)

// check says what cannot be in a sample from elsewhere: an agent may be broken, or nobody's friend.
func (t *Tally) check(c *contribution, s *Sample) error {
	if s.Stage < preloading || s.Stage >= len(t.stages) {
		return fmt.Errorf("stage %d of %d", s.Stage, len(t.stages))
	}
	if s.Start < 0 || s.Start > maxTime || s.Length < 0 || s.Length > maxTime {
		return fmt.Errorf("an interval of %s from %s on", s.Length, s.Start)
	}
	at := t.position(s)
	if empty := s.Length == 0 && len(s.Parts) == 0; !empty && (at.second < 0 || c.begun && at.compare(c.at) < 0) {
		return fmt.Errorf("stage %d, second %d comes after stage %d, second %d", at.stage, at.second, c.at.stage, c.at.second)
	}
	for i, p := range s.Parts {
		if err := t.checkPart(s, &p); err != nil {
			return fmt.Errorf("part %d: %w", i, err)
		}
		if slices.ContainsFunc(s.Parts[:i], func(o Part) bool { return o.Stage == p.Stage && o.Server == p.Server }) {
			return fmt.Errorf("part %d: stage %d and server %d a second time", i, p.Stage, p.Server)
		}
	}
	for _, other := range t.parts {
		if theirs := other.state.Trace; other != c && theirs != "" && s.State.Trace != "" && theirs != s.State.Trace {
			return fmt.Errorf("of another trace than agent %s replays: the file must be the same on all machines", other.agent.Name)
		}
	}
	return s.State.check(t.servers, c.agent.Clients)
}

func (t *Tally) checkPart(s *Sample, p *Part) error {
	switch {
	case s.Stage == preloading && p.Stage != preloading, s.Stage != preloading && (p.Stage < 0 || p.Stage > len(t.stages)): // the last is the drain
		return fmt.Errorf("stage %d of %d", p.Stage, len(t.stages))
	case p.Server < 0 || p.Server >= t.servers:
		return fmt.Errorf("server %d of %d", p.Server, t.servers)
	case p.Dropped < 0 || p.Dropped > maxCount:
		return fmt.Errorf("%d dropped", p.Dropped)
	case (p.SendLag != nil) && !t.plan.open():
		return fmt.Errorf("a send lag in a closed loop")
	}
	seen := map[string]bool{}
	for _, o := range p.Operations {
		switch {
		case o == nil:
			return fmt.Errorf("an operation that is null")
		case o.Name != Get.String() && o.Name != Set.String() || seen[o.Name]:
			return fmt.Errorf("operation %.20q", o.Name)
		case o.Response == nil || (o.Service != nil) != t.plan.open():
			return fmt.Errorf("operation %s without its histograms, or with more", o.Name)
		}
		seen[o.Name] = true
		for kind := range o.Outcomes {
			if !slices.ContainsFunc(errorKinds, func(k Outcome) bool { return k.String() == kind }) {
				return fmt.Errorf("operation %s has errors of the kind %.20q", o.Name, kind)
			}
		}
	}
	if err := reports.CheckOperations(p.Operations); err != nil {
		return err
	}
	return p.SendLag.Check()
}

// errorKinds are the outcomes that are no answers.
var errorKinds = func() (list []Outcome) {
	for o := range outcomes {
		if !o.OK() {
			list = append(list, o)
		}
	}
	return list
}()

func (s *State) check(servers, clients int) error {
	counts := []int64{int64(s.Clients), s.Open, s.Preloaded, s.PreloadErrors, s.WarmUp, s.Abandoned, s.Answered, s.Errors, s.Unasked, int64(s.Loops)}
	connections := func(c reports.Connections) { counts = append(counts, c.Opened, c.Failed, c.Lost, c.Renewed) }
	connections(s.Connections)
	texts := []string{string(s.Example), s.Trace, s.Fatal, s.DialError, s.Cut}
	for _, of := range s.Servers {
		counts = append(counts, int64(of.Clients))
		connections(of.Connections)
		texts = append(texts, of.Down)
	}
	if v := s.Verification; v != nil {
		counts = append(counts, v.Checked, v.Wrong, v.Torn, v.Stale, v.Lost, v.Leftover, v.Unmarked, v.Empty, v.Untold)
		if len(v.Examples) > maxExamples || v.Findings() > v.Checked {
			return fmt.Errorf("%d values were checked, and %d are said to be corrupt, with %d examples", v.Checked, v.Findings(), len(v.Examples))
		}
		for _, e := range v.Examples {
			texts = append(texts, e.Outcome, e.Key, e.Want, e.Got)
		}
	}
	for _, n := range counts {
		if n < 0 || n > maxCount {
			return fmt.Errorf("a count of %d", n)
		}
	}
	for _, text := range append(texts, s.Notes...) {
		if len(text) > maxText {
			return fmt.Errorf("a text of %d bytes", len(text))
		}
	}
	switch {
	case s.Clients > clients:
		return fmt.Errorf("%d clients, of a share of %d", s.Clients, clients)
	case len(s.Servers) != 0 && (servers == 1 || len(s.Servers) != servers):
		return fmt.Errorf("figures of %d servers, where there are %d", len(s.Servers), servers)
	case len(s.Notes) > maxNotes:
		return fmt.Errorf("%d notes", len(s.Notes))
	case s.Late < 0 || s.Late > maxTime || s.CPU < 0 || s.CPU > maxTime || !(s.Busy >= 0 && s.Busy <= 1) || math.IsNaN(s.Busy):
		return fmt.Errorf("late by %s, busy %v, CPU %s", s.Late, s.Busy, s.CPU)
	}
	return nil
}
