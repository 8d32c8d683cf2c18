package loadgen

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"runtime"
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

// Local executes a plan in this process, or its share of one that several processes execute.
type Local struct {
	// Loops is the number of event loops; 0 is one per available core, and never more than clients.
	Loops int
	// Portable takes netloop's portable engine where another would be the default, as it is for a plan with TLS.
	Portable bool
	// Share is this execution's part of the plan; nil is all of it. The run that Execute then returns is that of the share alone, without
	// objectives, and an error only if the share could not be executed: whether the answers are of any use is for the whole run to say.
	Share *Share
	// Allow is asked, before anything is sent, for each address that the plan's target stands for: an IP address, or the path of a Unix
	// socket. Its error ends the execution. nil allows all.
	Allow func(ip netip.Addr, path string) error
}

var _ Executor = Local{}

// parting is how long the server gets to close its side of the connections at the end.
const parting = 250 * time.Millisecond

// execution is one call of Execute, seen from the coordinating goroutine.
type execution struct {
	plan    Plan
	open    bool
	segment Segment // which share of the plan this is
	clients int     // of this share
	workers []*worker
	wake    chan struct{} // a worker has news
	usage   usage
	replay  *replay
	cut     string // why the run was ended early, "" if it was not
	running bool   // the run, the preload aside

	// What was measured since the last sample, and what becomes of it.
	parts    []*Recorder
	spares   []*Recorder
	figures  State // those that no worker has
	tally    *Tally
	share    *Share
	shareErr error // of Share.Sample
	stop     func()
}

// Execute implements Executor.
func (l Local) Execute(ctx context.Context, p Plan, sinks ...reports.Sink) (*reports.Run, error) {
	if err := p.Validate(); err != nil {
		return nil, errors.Join(err, closeAll(sinks))
	}
	e := &execution{plan: p.withDefaults(), open: p.withDefaults().open(), wake: make(chan struct{}, 1), share: l.Share}
	e.tally = NewTally(p, sinks)
	began, err := e.execute(ctx, l)
	run, judged := e.tally.Run()
	switch {
	case err != nil && !began:
		return nil, err
	case err != nil:
		return run, err
	}
	return run, judged
}

func closeAll(sinks []reports.Sink) (err error) {
	for _, s := range sinks {
		err = errors.Join(err, s.Close())
	}
	return err
}

// execute returns began where there is something to report, be it that the run was cut short before it began.
func (e *execution) execute(ctx context.Context, l Local) (began bool, err error) {
	ctx, e.stop = context.WithCancel(ctx)
	defer e.stop()
	p := e.plan
	e.segment = Segment{0, 1}
	if e.share != nil {
		e.segment = e.share.Segment
		if err := p.ValidateShares(e.segment.Count); err != nil {
			return false, err
		}
		e.tally.sum.part = true
	}
	from, to := e.segment.share(int64(p.Clients))
	e.clients = int(to - from)
	e.tally.sum.run.Clients = e.clients
	e.tally.sum.run.Rate /= float64(e.segment.Count)
	if p.Replay != "" {
		if err := checkTrace(p.Replay); err != nil {
			return false, err
		}
		if e.figures.Trace, err = fingerprint(p.Replay); err != nil {
			return false, err
		}
	}
	list, _ := parseTargets(p.Target)
	targets, err := resolveAll(ctx, list, p.Timeout, l.Allow)
	if err != nil {
		if ctx.Err() != nil {
			e.cut = interrupted
			e.send(&Sample{State: State{Cut: e.cut}})
			return true, nil
		}
		return false, err
	}

	secure, err := p.TLS.configs(targets)
	if err != nil {
		return false, err
	}
	loops := l.Loops
	if loops <= 0 {
		loops = runtime.GOMAXPROCS(0)
	}
	group, err := netloop.New(netloop.Config{
		Loops: min(loops, e.clients/len(targets)), Portable: l.Portable || p.TLS != nil, Linger: parting,
		// What a client has unsent is bounded by its pipeline. Holding its replies back meanwhile could have
		// both sides wait for the other to read.
		HighWater: math.MaxInt,
	})
	if err != nil {
		return false, err
	}
	defer group.Close()
	values := p.values()
	for i := range group.Len() {
		// The clients of a share are consecutive, and so are those of a loop within it. Starts are dealt out by turns: of those of the share, which are
		// every Count-th from the Index-th, a loop has every Len-th. So the shares are exact also where they have different numbers of loops.
		first, last := Segment{i, group.Len()}.share(int64(e.clients))
		s := Segment{e.segment.Index + e.segment.Count*i, e.segment.Count * group.Len()}
		e.workers = append(e.workers, newWorker(p, targets, secure, group.Loop(i), i, s, int(from+first), int(from+last), values, e.signal))
	}
	if p.Verify {
		number := 1 + rand.Uint64N(1<<36-1)
		if e.share != nil {
			number = e.share.Run
		}
		for _, w := range e.workers {
			w.verifyAs(number)
		}
	}
	defer e.leave()

	if err := e.connect(ctx); err != nil {
		return false, err
	}
	preloaded := false
	if p.Preload && ctx.Err() == nil {
		e.drive(ctx, netloop.Now()+lead, (*worker).preloadStages, true)
		e.figures.Preloaded = e.sent(0)
		preloaded = e.figures.PreloadErrors == 0 && e.cut == ""
	}
	if ctx.Err() != nil && e.cut == "" {
		e.cut = interrupted
	}
	if e.share != nil && e.cut != "" && e.cut != interrupted {
		c, _ := e.look()
		return false, errors.New(e.cut + firstSeen(p, c.example, "; first wrong reply"))
	}
	if e.cut == "" {
		start := Start{netloop.Now() + lead, preloaded}
		if e.share != nil {
			e.send(&Sample{State: e.state()})
			if start, err = e.share.Ready(ctx, preloaded); err != nil {
				return false, err
			}
		}
		if err := e.run(ctx, start); err != nil {
			return false, err
		}
	}
	e.send(&Sample{State: e.state()})
	return true, e.shareErr
}

// run makes the load of the run itself.
func (e *execution) run(ctx context.Context, start Start) error {
	if e.plan.Verify && start.Preloaded {
		e.each(func(w *worker) { w.verify.preloaded = true })
	}
	if e.plan.Replay != "" {
		if err := e.startReplay(); err != nil {
			return err
		}
		defer e.endReplay()
	}
	// A share that is late begins at once, and its schedule with it: its lateness is not the server's.
	at := max(start.At, netloop.Now()+lead)
	e.figures.Late = at - start.At
	e.tally.Begin(time.Now().Add(at - netloop.Now()))
	e.drive(ctx, at, (*worker).runStages, false)
	e.endReplay()
	return nil
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
		all[w.number], idles[w.number] = w.counts, w.idle()
	})
	idle = true
	for i := range all {
		c.add(all[i])
		idle = idle && idles[i]
	}
	return c, idle
}

// sent returns how many requests were made in a stage of the program that was driven last.
func (e *execution) sent(stage int) (n int64) {
	sent := make([]int64, len(e.workers))
	e.each(func(w *worker) { sent[w.number] = w.stages[stage].sent })
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
		patience += time.Duration(float64(e.plan.Clients) / r * float64(time.Second)) // all shares together have that rate
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
		case c.open == 0 && c.missing == int64(e.clients):
			return fmt.Errorf("none of the servers can be reached: %w", c.dialError)
		case c.open+c.missing == int64(e.clients):
			e.each(func(w *worker) { w.connecting = false })
			return nil
		case late:
			err := fmt.Errorf("%s: %d of %d clients connected within %s", e.plan.Target, c.open, e.clients, patience)
			if c.lost > 0 {
				err = fmt.Errorf("%w; the server ended %d connections%s", err, c.lost, firstSeen(e.plan, c.example, ", first saying"))
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
			c.fatal, limit, c.open, e.clients, e.clients+100)
	case errors.Is(c.fatal, syscall.ENFILE):
		return fmt.Errorf("%w: the system's limit of open files is reached after %d of %d clients", c.fatal, c.open, e.clients)
	case errors.Is(c.fatal, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%w: this machine has no more ports for connections to that address after %d of %d clients", c.fatal, c.open, e.clients)
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
		e.each(func(w *worker) { waiting[w.number] = w.parting })
		left := 0
		for _, n := range waiting {
			left += n
		}
		if left == 0 {
			return
		}
	}
}
