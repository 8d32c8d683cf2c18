package loadgen

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"memlite/reports"
)

// Tally makes the report of a run out of the samples of all that execute it: one execution in this process, or the agents of a fleet. An
// interval of the run is the sum of theirs, and goes to the sinks as soon as nobody is left who may add to it.
type Tally struct {
	plan    Plan // with its defaults
	stages  []Stage
	begins  []time.Duration // of the stages, since the run's start
	servers int
	parts   []*contribution
	pending []*second // in ascending order
	last    position  // of the second that was emitted last
	end     time.Duration
	sum     *account
	sinks   []reports.Sink
	cut     string // why all of them were ended early
	err     error
}

// contribution is one execution's part.
type contribution struct {
	agent   *reports.Agent // nil where there is one, in this process
	account *account       // what it measured alone, if it is an agent
	at      position       // of its last sample
	begun   bool
	started bool          // the run, the preload aside
	end     time.Duration // of its last sample
	over    bool          // no more samples come, or are used
	state   State
}

// position is which second of which stage a sample is of. Every execution cuts its intervals at whole seconds since the stage's begin.
type position struct{ stage, second int }

func (p position) compare(o position) int {
	return cmp.Or(cmp.Compare(p.stage, o.stage), cmp.Compare(p.second, o.second))
}

// second is an interval that some may still have to add to.
type second struct {
	position
	start   time.Duration // sum, of those that have added
	end     time.Duration // of the last of them: one that was lost in the middle of the second makes it no shorter
	n       int
	ops     []*reports.Operation
	dropped int64
	lag     *reports.Histogram // nil in a closed loop
}

// NewTally starts the report of a plan that has passed Validate. agents are those of a fleet, by share, with their names and what else is known
// beforehand; none means one execution. The sinks get each interval, and are closed by Run.
func NewTally(p Plan, sinks []reports.Sink, agents ...*reports.Agent) *Tally {
	p = p.withDefaults()
	targets, _ := parseTargets(p.Target)
	t := &Tally{plan: p, stages: p.stages(), servers: len(targets), sinks: slices.Clone(sinks), last: position{preloading, -1}}
	at := time.Duration(0)
	for _, s := range t.stages {
		t.begins = append(t.begins, at)
		at += s.Duration
	}
	t.sum = newAccount(p)
	t.sum.run.Stages = p.reported()
	if t.servers > 1 {
		for _, target := range targets {
			t.sum.run.Servers = append(t.sum.run.Servers, &reports.Server{Address: target.address})
		}
	}
	for _, a := range agents {
		t.parts = append(t.parts, &contribution{agent: a, account: newAccount(p)})
		t.sum.run.Agents = append(t.sum.run.Agents, a)
	}
	if len(agents) == 0 {
		t.parts = []*contribution{{}}
	}
	return t
}

// preloading is the stage of samples from the preload.
const preloading = -1

// Begin notes when the run began, the preload aside.
func (t *Tally) Begin(at time.Time) { t.sum.run.Started = at }

// Add takes a sample of execution i, in the order in which it made them. What it has of an agent is the tally's from then on. The error says what cannot be in it: it is then not used, whole. Samples of
// who is lost or has ended are not used either.
func (t *Tally) Add(i int, s *Sample) error {
	c := t.parts[i]
	if c.over {
		return nil
	}
	if c.agent != nil {
		if err := t.check(c, s); err != nil {
			return fmt.Errorf("a sample that cannot be: %w", err)
		}
	}
	c.state = s.State
	if s.Length == 0 && len(s.Parts) == 0 {
		return nil
	}
	at := t.position(s)
	if at.compare(t.last) <= 0 { // it was cut between the seconds
		at = position{t.last.stage, t.last.second + 1}
	}
	c.at, c.begun, c.started, c.end = at, true, s.Stage != preloading, s.Start+s.Length
	if !c.started {
		c.end = 0
	}
	t.add(t.second(at), c, s)
	t.emit()
	return nil
}

// Lose gives agent i up: of what it did after its last sample nothing is known.
func (t *Tally) Lose(i int, reason string) {
	c := t.parts[i]
	if !c.over {
		c.over, c.agent.Loss = true, &reports.Loss{At: c.end, Reason: reason}
		if n := len(t.sum.run.Intervals); n > 0 && c.at == t.last { // shown already, as if it had been there to its end
			i := t.sum.run.Intervals[n-1]
			i.Missing += c.agent.Share * lack(i, c.end)
		}
		t.emit()
	}
}

// End notes that execution i has no more samples. An agent that has ended before its part of the plan did, and not because all were to, is lost.
func (t *Tally) End(i int) {
	c := t.parts[i]
	if c.agent != nil && t.cut == "" {
		reason := c.state.Cut
		if reason == "" && t.plan.Replay == "" && t.plan.Length()-c.end > 100*time.Millisecond {
			reason = "it ended before its part of the plan"
		}
		if reason != "" {
			t.Lose(i, reason)
			return
		}
	}
	c.over = true
	t.emit()
}

// Cut notes why the run is ended before its plan is.
func (t *Tally) Cut(why string) { t.cut = cmp.Or(t.cut, why) }

// position finds out which second a sample is of.
func (t *Tally) position(s *Sample) position {
	begin := time.Duration(0)
	if s.Stage != preloading {
		begin = t.begins[s.Stage]
	}
	return position{s.Stage, int(math.Round((s.Start - begin).Seconds()))}
}

func (t *Tally) second(at position) *second {
	k, found := slices.BinarySearchFunc(t.pending, at, func(s *second, at position) int { return s.compare(at) })
	if !found {
		s := &second{position: at}
		if t.plan.open() {
			s.lag = reports.NewHistogram()
		}
		t.pending = slices.Insert(t.pending, k, s)
	}
	return t.pending[k]
}

func (t *Tally) add(to *second, c *contribution, s *Sample) {
	to.start, to.end, to.n = to.start+s.Start, max(to.end, s.Start+s.Length), to.n+1
	recorded := t.recorded(s.Stage)
	run := t.sum.run
	for _, p := range s.Parts {
		to.ops, to.dropped = addTo(to.ops, p.Operations), to.dropped+p.Dropped
		if to.lag != nil {
			to.lag.Add(p.SendLag)
		}
		if recorded && len(run.Servers) > 0 {
			server := run.Servers[p.Server]
			server.Totals, server.Dropped = addTo(server.Totals, p.Operations), server.Dropped+p.Dropped
		}
		if p.Stage >= 0 && p.Stage < len(run.Stages) && run.Stages[p.Stage] != nil {
			stage := run.Stages[p.Stage]
			stage.Totals, stage.Dropped = addTo(stage.Totals, p.Operations), stage.Dropped+p.Dropped
		}
		if c.account != nil {
			c.account.keep(recorded, s.Stage != preloading, p)
		}
	}
	if c.account != nil && s.Stage != preloading {
		c.account.run.Elapsed = max(c.account.run.Elapsed, s.Start+s.Length)
	}
}

func (t *Tally) recorded(stage int) bool { return stage != preloading && !t.stages[stage].Unrecorded }

// emit hands out the seconds that nobody can add to any more.
func (t *Tally) emit() {
	for len(t.pending) > 0 {
		s := t.pending[0]
		for _, c := range t.parts {
			if !c.over && (!c.begun || c.at.compare(s.position) < 0) {
				return
			}
		}
		t.pending = t.pending[1:]
		t.interval(s)
		t.last = s.position
	}
}

// interval gives a second its form, and adds it to the run.
func (t *Tally) interval(s *second) {
	if t.last.stage == preloading && s.stage != preloading {
		t.end = 0
	}
	start := max(s.start/time.Duration(s.n), t.end)
	t.end = max(s.end, start)
	i := &reports.Interval{Start: start, Length: t.end - start, Stage: namePreload, Recorded: t.recorded(s.stage), Dropped: s.dropped, Operations: s.ops,
		Live: &reports.Live{SendLag: s.lag}}
	if s.stage != preloading {
		i.Stage = t.stages[s.stage].Name
	}
	for _, c := range t.parts {
		i.Live.Connections += c.state.Open
		if c.agent != nil && c.agent.Loss != nil && c.at.compare(s.position) <= 0 {
			i.Missing += c.agent.Share * lack(i, c.end)
		}
	}
	for _, o := range i.Operations {
		o.Percentiles = o.Response.Percentiles()
	}
	t.show(i)
	if s.stage != preloading {
		t.sum.interval(i, s.lag)
		t.err = errors.Join(t.err, t.mark(i), packed(i.Operations))
	}
}

// lack is how much of an interval, 0 to 1, is after the end of who was lost. Seconds are cut by clocks: under a hundredth is nothing.
func lack(i *reports.Interval, end time.Duration) float64 {
	part := (i.Start + i.Length - end).Seconds() / i.Length.Seconds()
	switch {
	case i.Length <= 0 || part > 1:
		return 1
	case part < 0.01:
		return 0
	}
	return part
}

// show gives an interval to the sinks. One that fails gets no more of them.
func (t *Tally) show(i *reports.Interval) {
	keep := t.sinks[:0]
	for _, s := range t.sinks {
		if err := s.Interval(i); err != nil {
			t.sum.warn("a live view ended early: %v", errors.Join(err, s.Close()))
			continue
		}
		keep = append(keep, s)
	}
	t.sinks = keep
	i.Live = nil // a recorder's histogram is 170 KB, and the report has the sum
}

// mark notes in the stage of an interval when it was, and packs the stages that are over.
func (t *Tally) mark(i *reports.Interval) (err error) {
	for _, s := range t.sum.run.Stages {
		switch {
		case s == nil:
		case s.Name != i.Stage:
			err = errors.Join(err, packed(s.Totals))
		default:
			if s.Length == 0 {
				s.Start = i.Start
			}
			s.Length += i.Length
		}
	}
	return err
}

func packed(ops []*reports.Operation) (err error) {
	for _, op := range ops {
		err = errors.Join(err, op.Response.Pack(), op.Service.Pack())
	}
	return err
}

// Run completes the report. The error says that it is of no use: not one request was answered as the profile allows; it is then returned all the
// same.
func (t *Tally) Run() (*reports.Run, error) {
	for i := range t.parts {
		t.End(i)
	}
	for _, s := range t.sinks {
		if closed := s.Close(); closed != nil {
			t.err = errors.Join(t.err, fmt.Errorf("sink: %w", closed))
		}
	}
	t.sinks = nil
	a := t.sum
	a.cut = t.cut
	if len(t.parts) == 1 && t.parts[0].agent == nil {
		a.state, a.cut = t.parts[0].state, cmp.Or(t.parts[0].state.Cut, t.cut)
	} else {
		t.fleet()
	}
	a.run.Stages = slices.DeleteFunc(a.run.Stages, func(s *reports.Stage) bool { return s == nil || s.Length == 0 })
	err := errors.Join(t.err, a.conclude())
	for _, agent := range a.run.Agents { // what is said of all need not be said of each
		agent.Warnings = slices.DeleteFunc(agent.Warnings, func(w string) bool { return slices.Contains(a.run.Warnings, w) })
	}
	return a.run, err
}
