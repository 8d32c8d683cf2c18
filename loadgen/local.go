package loadgen

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"time"

	"memlite/reports"
	"memlite/server/netloop"
)

// An Executor carries a plan out.
type Executor interface {
	// Execute runs the plan and gives each second's Interval to the sinks, whose Close it calls in the end; a sink
	// does not keep the histograms, which are packed when it returns. When ctx is cancelled it stops, waits for replies at most Plan.Drain, and returns the run so far, marked as CutShort, without an
	// error. An error says that the plan could not be run: no connection was established, or not one
	// request was answered as the profile allows; what there is of a run is then returned beside it.
	// Title, Command and Environment of the run are the caller's to fill in.
	Execute(ctx context.Context, p Plan, sinks ...reports.Sink) (*reports.Run, error)
}

// Local executes a plan in this process.
type Local struct {
	// Loops is the number of event loops; 0 is one per available core, and never more than clients.
	Loops int
	// Portable takes netloop's portable engine where another would be the default, as it is for a plan with TLS.
	Portable bool
}

var _ Executor = Local{}

// parting is how long the server gets to close its side of the connections at the end.
const parting = 250 * time.Millisecond

// execution is one call of Execute, seen from the coordinating goroutine.
type execution struct {
	plan    Plan
	open    bool
	workers []*worker
	wake    chan struct{} // a worker has news
	sinks   []reports.Sink
	run     *reports.Run
	usage   usage
	joined  int64 // connections that were open when the workers were last looked at
	lag     *reports.Histogram
	servers []*Recorder // what was recorded of each server, where there are several
	replay  *replay
	cut     string // why the run was ended early, "" if it was not
}

// Execute implements Executor.
func (l Local) Execute(ctx context.Context, p Plan, sinks ...reports.Sink) (*reports.Run, error) {
	e := &execution{sinks: sinks, wake: make(chan struct{}, 1), lag: reports.NewHistogram()}
	run, err := e.execute(ctx, l, p)
	for _, s := range e.sinks {
		if closed := s.Close(); closed != nil {
			err = errors.Join(err, fmt.Errorf("sink: %w", closed))
		}
	}
	return run, err
}

func (e *execution) execute(ctx context.Context, l Local, p Plan) (*reports.Run, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	p = p.withDefaults()
	e.plan, e.open = p, p.open()
	e.run = newRun(p)
	if p.Replay != "" {
		if err := checkTrace(p.Replay); err != nil {
			return nil, err
		}
	}
	list, _ := parseTargets(p.Target)
	targets, err := resolveAll(ctx, list, p.Timeout)
	if err != nil {
		if ctx.Err() != nil {
			e.cut = interrupted
			return e.result()
		}
		return nil, err
	}

	secure, err := p.TLS.configs(targets)
	if err != nil {
		return nil, err
	}
	loops := l.Loops
	if loops <= 0 {
		loops = runtime.GOMAXPROCS(0)
	}
	group, err := netloop.New(netloop.Config{
		Loops: min(loops, p.Clients/len(targets)), Portable: l.Portable || p.TLS != nil, Linger: parting,
		// What a client has unsent is bounded by its pipeline. Holding its replies back meanwhile could have
		// both sides wait for the other to read.
		HighWater: math.MaxInt,
	})
	if err != nil {
		return nil, err
	}
	defer group.Close()
	if len(targets) > 1 {
		for range targets {
			e.servers = append(e.servers, newRecorder(e.open))
		}
	}
	values := p.values()
	for i := range group.Len() {
		e.workers = append(e.workers, newWorker(p, targets, secure, group.Loop(i), Segment{i, group.Len()}, values, e.signal))
	}
	if p.Verify {
		run := 1 + rand.Uint64N(1<<36-1)
		for _, w := range e.workers {
			w.verifyAs(run)
		}
	}
	defer e.leave()

	if err := e.connect(ctx); err != nil {
		return nil, err
	}
	if p.Preload && ctx.Err() == nil {
		total := int64(0)
		e.drive(ctx, (*worker).preloadStages, func(i *reports.Interval) {
			for _, op := range i.Operations {
				total += op.Errors
			}
			e.emit(i)
		})
		if total > 0 {
			e.warn("%d of %d keys could not be preloaded", total, p.Keys)
		}
		e.run.Requests.Preloaded = e.sent(0)
		if p.Verify && total == 0 && e.cut == "" {
			e.each(func(w *worker) { w.verify.preloaded = true })
		}
	}
	if ctx.Err() != nil && e.cut == "" {
		e.cut = interrupted
	}
	if e.cut == "" {
		e.run.Started, e.run.Stages = time.Now(), p.reported()
		if p.Replay != "" {
			if err := e.startReplay(); err != nil {
				return nil, err
			}
			defer e.endReplay()
		}
		e.drive(ctx, (*worker).runStages, func(i *reports.Interval) {
			e.emit(i)
			e.run.Intervals = append(e.run.Intervals, i)
			if i.Recorded {
				e.run.Totals = addTo(e.run.Totals, i.Operations)
			}
			for _, op := range i.Operations {
				err = errors.Join(err, op.Response.Pack(), op.Service.Pack())
			}
			err = errors.Join(err, e.mark(i))
		})
		e.endReplay()
		if err != nil {
			return e.run, err
		}
		for i, s := range p.stages() {
			if s.Unrecorded {
				e.run.Requests.WarmUp += e.sent(i)
			}
		}
		e.run.Stages = slices.DeleteFunc(e.run.Stages, func(s *reports.Stage) bool { return s == nil || s.Length == 0 })
	}
	return e.result()
}

// mark notes in the stage of an interval when it was, and packs the stages that are over.
func (e *execution) mark(i *reports.Interval) (err error) {
	for _, s := range e.run.Stages {
		switch {
		case s == nil:
		case s.Name != i.Stage:
			for _, op := range s.Totals {
				err = errors.Join(err, op.Response.Pack(), op.Service.Pack())
			}
		default:
			if s.Length == 0 {
				s.Start = i.Start
			}
			s.Length += i.Length
		}
	}
	return err
}

// signal may be called by any loop.
func (e *execution) signal() {
	select {
	case e.wake <- struct{}{}:
	default: // there is one already
	}
}

// each has every loop call fn for its worker and waits for all of them.
func (e *execution) each(fn func(*worker)) {
	done := make(chan struct{}, len(e.workers))
	waiting := 0
	for _, w := range e.workers {
		if w.loop.Post(func() { fn(w); done <- struct{}{} }) {
			waiting++
		}
	}
	for range waiting {
		<-done
	}
}

// look adds up what the workers have counted.
func (e *execution) look() (c counts, idle bool) {
	all := make([]counts, len(e.workers))
	idles := make([]bool, len(e.workers))
	e.each(func(w *worker) {
		w.counts.missing = w.missing()
		all[w.segment.Index], idles[w.segment.Index] = w.counts, w.idle()
	})
	idle = true
	for i := range all {
		c.add(all[i])
		idle = idle && idles[i]
	}
	e.joined = c.open
	return c, idle
}

// sent returns how many requests were made in a stage of the program that was driven last.
func (e *execution) sent(stage int) (n int64) {
	sent := make([]int64, len(e.workers))
	e.each(func(w *worker) { sent[w.segment.Index] = w.stages[stage].sent })
	for _, k := range sent {
		n += k
	}
	return n
}

// connect opens all connections; the error says what failed. A cancelled ctx is none.
func (e *execution) connect(ctx context.Context) error {
	// The runtime opens files of its own when it first waits for a time, and dies if it cannot. It must have them before
	// the connections take all there are.
	time.Sleep(time.Nanosecond)
	patience := e.plan.Timeout
	if r := e.plan.ConnectRate; r > 0 {
		patience += time.Duration(float64(e.plan.Clients) / r * float64(time.Second))
	}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	e.each((*worker).connect)
	for {
		late := false
		select {
		case <-ctx.Done():
			return nil
		case <-e.wake:
		case <-deadline.C:
			late = true
			e.each((*worker).missSilent)
		}
		c, _ := e.look()
		switch {
		case c.fatal != nil:
			return e.explain(c)
		case c.open == 0 && c.missing == int64(e.plan.Clients):
			return fmt.Errorf("none of the servers can be reached: %w", c.dialError)
		case c.open+c.missing == int64(e.plan.Clients):
			e.each(func(w *worker) { w.connecting = false })
			return nil
		case late:
			err := fmt.Errorf("%s: %d of %d clients connected within %s", e.plan.Target, c.open, e.plan.Clients, patience)
			if c.lost > 0 {
				err = fmt.Errorf("%w; the server ended %d connections%s", err, c.lost, e.firstSeen(c, ", first saying"))
			}
			if c.dialError == nil && e.plan.TLS != nil && c.open == 0 {
				err = fmt.Errorf("%w; no TLS handshake came about, does it speak TLS there?", err)
			}
			if c.dialError != nil {
				err = fmt.Errorf("%w; %w", err, c.dialError)
			}
			return err
		}
	}
}

// explain says what to do about a connection that could not be opened.
func (e *execution) explain(c counts) error {
	switch {
	case errors.Is(c.fatal, syscall.EMFILE):
		limit := "the limit of open files"
		if n, ok := fileLimit(); ok {
			limit = fmt.Sprintf("the limit of %d open files", n)
		}
		return fmt.Errorf("%w: %s is reached after %d of %d clients: raise it (ulimit -n %d) or use fewer clients",
			c.fatal, limit, c.open, e.plan.Clients, e.plan.Clients+100)
	case errors.Is(c.fatal, syscall.ENFILE):
		return fmt.Errorf("%w: the system's limit of open files is reached after %d of %d clients", c.fatal, c.open, e.plan.Clients)
	case errors.Is(c.fatal, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%w: this machine has no more ports for connections to that address after %d of %d clients", c.fatal, c.open, e.plan.Clients)
	}
	return c.fatal
}

// leave closes the connections in order, so that servers see an end and not a reset.
func (e *execution) leave() {
	deadline := time.NewTimer(parting + 50*time.Millisecond)
	defer deadline.Stop()
	e.each((*worker).leave)
	for {
		select {
		case <-deadline.C:
			return
		case <-e.wake:
		}
		waiting := make([]int, len(e.workers))
		e.each(func(w *worker) { waiting[w.segment.Index] = w.parting })
		left := 0
		for _, n := range waiting {
			left += n
		}
		if left == 0 {
			return
		}
	}
}

// emit gives an interval to the sinks. One that fails gets no more of them.
func (e *execution) emit(i *reports.Interval) {
	keep := e.sinks[:0]
	for _, s := range e.sinks {
		if err := s.Interval(i); err != nil {
			e.warn("a live view ended early: %v", errors.Join(err, s.Close()))
			continue
		}
		keep = append(keep, s)
	}
	e.sinks = keep
	i.Live = nil // a recorder's histogram is 170 KB, and the report has the sum
}

func (e *execution) warn(format string, args ...any) {
	e.run.Warnings = append(e.run.Warnings, fmt.Sprintf(format, args...))
}
