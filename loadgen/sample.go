package loadgen

import (
	"slices"
	"time"

	"memlite/reports"
	"memlite/server/netloop"
)

// collect adds what the workers have measured in a stage since they were last asked to the parts of the interval.
func (e *execution) collect(at int) {
	handed := make([][]*Recorder, len(e.workers))
	e.each(func(w *worker) { handed[w.number] = w.hand(at) })
	for i, recs := range handed {
		for _, r := range recs {
			e.part(r).add(r)
			r.reset()
		}
		w := e.workers[i]
		w.loop.Post(func() { w.spares = append(w.spares, recs...) })
	}
}

// part returns the recorder of the interval that has what r measured.
func (e *execution) part(r *Recorder) *Recorder {
	for _, p := range e.parts {
		if p.stage == r.stage && p.server == r.server {
			return p
		}
	}
	var p *Recorder
	if last := len(e.spares) - 1; last >= 0 {
		p, e.spares = e.spares[last], e.spares[:last]
	} else {
		p = newRecorder(e.open)
	}
	p.stage, p.server = r.stage, r.server
	e.parts = append(e.parts, p)
	return p
}

// give hands on what was measured in an interval of a stage.
func (e *execution) give(stage int, start, length time.Duration) {
	s := &Sample{Stage: stage, Start: start, Length: length}
	// Those of late answers to earlier stages come when a loop hands them over: sorted, a sample does not depend on which was first.
	slices.SortFunc(e.parts, func(a, b *Recorder) int { return (position{a.stage, a.server}).compare(position{b.stage, b.server}) })
	for _, p := range e.parts {
		part := Part{Stage: p.stage, Server: p.server, Dropped: p.dropped, Operations: p.operations()}
		if stage == preloading {
			part.Stage = preloading
			for _, op := range part.Operations {
				e.figures.PreloadErrors += op.Errors
			}
		}
		if e.open {
			part.SendLag = p.lag
		}
		if len(part.Operations) > 0 || part.Dropped > 0 || part.SendLag.TotalCount() > 0 {
			s.Parts = append(s.Parts, part)
		}
	}
	s.State = e.state()
	e.send(s)
	for _, p := range e.parts {
		p.reset()
	}
	e.parts, e.spares = e.parts[:0], append(e.spares, e.parts...)
}

func (e *execution) send(s *Sample) {
	_ = e.tally.Add(0, s) // it is our own
	if e.share != nil && e.shareErr == nil {
		if e.shareErr = e.share.Sample(s); e.shareErr != nil {
			e.stop()
		}
	}
}

// state looks where the running figures stand.
func (e *execution) state() State {
	c, _ := e.look()
	s := e.figures
	s.Clients, s.Open = e.clients, c.open
	s.Connections = reports.Connections{Opened: c.opened, Failed: c.failed, Lost: c.lost, Renewed: c.renewed}
	s.Answered, s.Errors, s.Unasked, s.Example = c.answered, c.errors, c.unasked, []byte(c.example)
	if c.fatal != nil {
		s.Fatal = c.fatal.Error()
	}
	if c.dialError != nil {
		s.DialError = c.dialError.Error()
	}
	e.tally.sum.fatal = c.fatal
	e.usage.measure(e)
	s.Loops, s.Busy, s.CPU = len(e.workers), e.usage.busy, e.usage.cpu
	s.Verification, s.Cut = e.verification(), e.cut
	s.Servers = e.serverStates()
	if e.running {
		s.Late += e.late()
		for i, stage := range e.plan.stages() {
			if stage.Unrecorded {
				s.WarmUp += e.sent(i)
			}
		}
	}
	return s
}

// late is how long after its time the last loop began with the run.
func (e *execution) late() (most time.Duration) {
	all := make([]time.Duration, len(e.workers))
	e.each(func(w *worker) { all[w.number] = w.late })
	return max(0, slices.Max(all))
}

// serverStates is nil where there is one server.
func (e *execution) serverStates() []ServerState {
	if len(e.workers) == 0 || len(e.workers[0].servers) == 1 {
		return nil
	}
	parts := make([][]server, len(e.workers))
	e.each(func(w *worker) { parts[w.number] = slices.Clone(w.servers) })
	states := make([]ServerState, len(parts[0]))
	for _, of := range parts {
		for i, p := range of {
			s := &states[i]
			s.Clients += p.clients
			addConnections(&s.Connections, p.Connections)
			if s.Down == "" && p.down != nil {
				s.Down = p.down.Error()
			}
		}
	}
	return states
}

// usage measures what the generator itself uses while it records.
type usage struct {
	running   bool
	begin     time.Duration
	cpuBegin  time.Duration
	busyBegin []time.Duration

	cpu  time.Duration
	busy float64
}

// watch follows the change to another stage.
func (u *usage) watch(e *execution, s *stage) {
	switch {
	case s.recorded && s.arrival != nil && !u.running:
		u.running, u.begin = true, netloop.Now()
		u.cpuBegin, _ = cpuTime()
		u.busyBegin = u.busyBegin[:0]
		for _, w := range e.workers {
			u.busyBegin = append(u.busyBegin, w.loop.Busy())
		}
	case !s.recorded || s.arrival == nil:
		u.stop(e)
	}
}

// measure brings the figures up to date.
func (u *usage) measure(e *execution) {
	if !u.running {
		return
	}
	if cpu, ok := cpuTime(); ok {
		u.cpu = cpu - u.cpuBegin
	}
	length := max(netloop.Now()-u.begin, 1)
	u.busy = 0
	for i, w := range e.workers {
		u.busy = max(u.busy, float64(w.loop.Busy()-u.busyBegin[i])/float64(length))
	}
	u.busy = min(u.busy, 1)
}

func (u *usage) stop(e *execution) {
	u.measure(e)
	u.running = false
}
