package loadgen

import (
	"math"
	"time"

	"memlite/server/netloop"
)

const (
	forever   = time.Duration(math.MaxInt64)
	unlimited = math.MaxInt64
)

// stage is a part of a run in which load is made in one way, on one loop. The last stage of a program makes none: it is there for
// the replies still to come.
type stage struct {
	name       string
	recorded   bool
	begin, end time.Duration // on netloop's clock; end is forever where requests bounds the stage
	arrival    Arrival       // nil: no requests are made
	requests   int64         // this loop's share, or unlimited
	workload   Workload
	sent       int64 // requests made
}

// warmUp and the other names of stages in reports.
const (
	namePreload = "preload"
	nameWarmUp  = "warm-up"
	nameRun     = "run"
	nameDrain   = "drain"
)

// preloadStages returns the program that sets every key once.
func (w *worker) preloadStages(start time.Duration) []stage {
	from, to := w.ofClients(int64(w.plan.Keys))
	return []stage{
		{name: namePreload, begin: start, end: forever, arrival: Closed{}, requests: to - from, workload: w.plan.preload(from)},
		{name: nameDrain, begin: forever, end: forever},
	}
}

// runStages returns the program of the run itself. Stages follow each other without a gap, at times that are known beforehand, so that
// every loop changes over by itself and a schedule is not late at its first start.
func (w *worker) runStages(start time.Duration) []stage {
	p := w.plan
	load := stage{name: nameWarmUp, begin: start, end: start + p.Warmup, arrival: p.arrival(), requests: unlimited, workload: p.workload(w.segment)}
	var stages []stage
	if p.Warmup > 0 {
		stages = append(stages, load)
	}
	load.name, load.recorded, load.begin, load.end = nameRun, true, load.end, load.end+p.Duration
	if p.Requests > 0 {
		load.end = forever
		from, to := w.ofClients(p.Requests)
		if p.open() {
			from, to = w.segment.share(p.Requests) // as the starts are dealt out
		}
		load.requests = to - from
	}
	return append(stages, load, stage{name: nameDrain, recorded: true, begin: load.end, end: forever})
}

// ofClients returns this worker's part of n things that are shared out by clients: in a closed loop every client does its own share.
func (w *worker) ofClients(n int64) (from, to int64) {
	all := int64(w.plan.Clients)
	at := func(c int64) int64 { return n/all*c + n%all*c/all }
	return at(int64(w.first)), at(int64(w.first + len(w.clients)))
}

// begin starts a program. Its first stage is entered when its time has come.
func (w *worker) begin(stages []stage) {
	w.stages, w.at, w.end, w.told = stages, -1, stages[0].begin, false
	now := netloop.Now()
	w.turn(now)
	w.arm(now)
}

// turn enters every stage whose time has come.
func (w *worker) turn(now time.Duration) {
	for now >= w.end && w.at+1 < len(w.stages) {
		w.enter(w.at+1, now)
	}
}

// halt goes to the last stage at once: no more requests are made.
func (w *worker) halt(now time.Duration) {
	if last := len(w.stages) - 1; w.at < last {
		w.enter(last, now)
		w.arm(now)
	}
}

func (w *worker) enter(i int, now time.Duration) {
	last := i == len(w.stages)-1
	// What was to start before the end of the load and found no client is sent while the run drains: a server that
	// stalls at the end must not get away with it.
	if w.continuum != nil && w.pacer != nil {
		w.drawDue(now)
	}
	backlog := last && now >= w.end && (w.due && w.nextStart < w.end || w.pacer != nil && w.parked > 0)
	if w.at >= 0 {
		for w.due && w.nextStart < min(now, w.end) && w.free.n > 0 {
			w.serve(now)
		}
		for !backlog && w.due && w.nextStart < min(now, w.end) {
			w.drop() // was waiting for a client when its stage ended
		}
		if !backlog {
			w.unparkAll()
		}
		w.past = append(w.past, w.renew(i)...)
	}
	s := &w.stages[i]
	w.at, w.stage, w.end = i, s, s.end
	for _, r := range w.recs {
		r.stage = i
	}
	if last {
		w.end = forever // whoever drives the program ends it
	}
	if backlog {
		w.checkIdle()
		return
	}
	w.pacer, w.think, w.due, w.left, w.workload, w.origin = nil, 0, false, 0, s.workload, s.begin
	if s.arrival != nil {
		length := s.end - s.begin
		if s.end == forever {
			length = 0
		}
		w.left = s.requests
		w.pacer = s.arrival.Pacer(w.segment, length)
		w.advance()
	}
	if closed, ok := s.arrival.(Closed); ok {
		w.think = closed.Think
	}
	w.roused = len(w.clients)
	if s.arrival != nil {
		w.roused = 0
		w.rouse(now)
	}
	w.serve(now)
	w.checkIdle()
}

// giveUp drops what is still waiting for a client.
func (w *worker) giveUp() {
	for w.due {
		w.drop()
	}
	w.unparkAll()
}

// rouse gives the clients something to do when a stage begins, batch by batch.
func (w *worker) rouse(now time.Duration) {
	for range batch {
		if w.roused == len(w.clients) {
			return
		}
		c := &w.clients[w.roused]
		if w.think > 0 && c.state == open {
			// Spread, or all clients would send together for ever.
			w.ponder(c, now+time.Duration(float64(w.think)*float64(w.roused)/float64(len(w.clients))))
		} else {
			w.fill(c, now)
		}
		w.roused++
	}
}

// idle says whether nothing is in flight and nothing more is to be sent.
func (w *worker) idle() bool {
	return w.flying == 0 && w.parked == 0 && w.end == forever && w.at >= 0 && !w.due && (w.pacer != nil || w.left == 0)
}

// checkIdle tells the coordinator, once per program.
func (w *worker) checkIdle() {
	if !w.told && w.idle() {
		w.told = true
		w.wake()
	}
}

// hand gives what was measured in a stage since it was last asked.
func (w *worker) hand(stage int) (recs []*Recorder) {
	w.turn(netloop.Now())
	keep := w.past[:0]
	for _, r := range w.past {
		if r.stage == stage {
			recs = append(recs, r)
		} else {
			keep = append(keep, r)
		}
	}
	w.past = keep
	if w.at == stage {
		recs = append(recs, w.renew(stage)...)
	}
	w.serve(netloop.Now()) // counts starts that have become too old although no client was free to look at them
	return recs
}

// renew returns the recorders in use, one for each server, and puts empty ones in their place.
func (w *worker) renew(stage int) (old []*Recorder) {
	old = w.recs
	w.recs = make([]*Recorder, len(old))
	for i := range w.recs {
		r := w.spare()
		r.stage, r.server = stage, i
		w.recs[i] = r
	}
	return old
}

// spare returns an empty recorder.
func (w *worker) spare() *Recorder {
	if last := len(w.spares) - 1; last >= 0 {
		r := w.spares[last]
		w.spares = w.spares[:last]
		return r
	}
	return newRecorder(w.plan.open())
}
