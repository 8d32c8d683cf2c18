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

// open says whether requests start on a schedule.
func (s *stage) open() bool {
	_, closed := s.arrival.(Closed)
	return s.arrival != nil && !closed
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
	if w.feed != nil {
		return w.replayStages(start)
	}
	var stages []stage
	load := stage{end: start, requests: unlimited, workload: w.plan.workload(w.segment)}
	for i, s := range w.plan.stages() {
		load.name, load.recorded, load.arrival = s.Name, !s.Unrecorded, s.arrival(w.plan.Seed, i)
		load.begin, load.end = load.end, load.end+s.Duration
		if s.Requests > 0 { // only the last one has them
			load.end = forever
			from, to := w.ofClients(s.Requests)
			if s.open() {
				from, to = w.segment.share(s.Requests) // as the starts are dealt out
			}
			load.requests = to - from
		}
		stages = append(stages, load)
	}
	return append(stages, stage{name: nameDrain, recorded: true, begin: load.end, end: forever})
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
	// What was to start in one stage and found no client is sent in the next, and at the end while the run drains: a
	// server that stalls must not get away with it. A closed loop has no place for it, and what was recorded is not made of a
	// warm-up; of several servers the next stage would not know whose it was. There it is dropped, and counted.
	if w.continuum != nil && w.pacer != nil {
		w.drawDue(now)
	}
	onward := last || w.continuum == nil && w.at >= 0 && w.stages[i].open() && w.stages[i].recorded == w.stage.recorded
	backlog := onward && now >= w.end && (w.due && w.nextStart < w.end || w.pacer != nil && w.parked > 0)
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
	if i == 0 {
		w.late = now - s.begin
	}
	w.at, w.stage, w.end = i, s, s.end
	for _, r := range w.recs {
		r.stage = i
	}
	if last {
		w.end = forever // whoever drives the program ends it
	}
	if backlog && (w.due || w.parked > 0) { // serving it may have come to its end
		w.serve(now)
		w.checkIdle()
		return
	}
	w.load(i)
	w.roused = len(w.clients)
	if s.arrival != nil {
		w.roused = 0
		w.rouse(now)
	}
	w.serve(now)
	w.fed(now)
	w.checkIdle()
}

// load takes its requests from a stage. That is the one that has been entered, or one before it that has a backlog.
func (w *worker) load(i int) {
	s := &w.stages[i]
	think := time.Duration(0)
	if closed, ok := s.arrival.(Closed); ok {
		think = closed.Think
	}
	if think != w.think {
		w.forget() // the queue of thoughts is in order only if all take the same time
	}
	w.source, w.pacer, w.think, w.due, w.left, w.workload, w.origin = i, nil, think, false, 0, s.workload, s.begin
	if s.arrival == nil {
		return
	}
	length := s.end - s.begin
	if s.end == forever {
		length = 0
	}
	w.left = s.requests
	w.pacer = s.arrival.Pacer(w.segment, length)
	w.advance()
}

// forget has no client wait any more.
func (w *worker) forget() {
	for w.thinking.n > 0 {
		w.clients[w.thinking.pop().client].pending--
	}
}

// recorder returns where a request of stage i is written down: it belongs to its stage, however late its answer comes. It is nil for
// one from before the recorded stages whose answer comes while they run.
func (w *worker) recorder(i, server int) *Recorder {
	if i == w.at {
		return w.recs[server]
	}
	if w.stages[i].recorded != w.stage.recorded {
		return nil
	}
	for _, r := range w.past {
		if r.stage == i && r.server == server {
			return r
		}
	}
	r := w.spare()
	r.stage, r.server = i, server
	w.past = append(w.past, r)
	return r
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
	return w.flying == 0 && w.parked == 0 && w.end == forever && w.at >= 0 && !w.due && (w.pacer != nil || w.left == 0) &&
		(w.feed == nil || w.feed.over || w.stage.workload == nil)
}

// checkIdle tells the coordinator, once per program.
func (w *worker) checkIdle() {
	if !w.told && w.idle() {
		w.told = true
		w.wake()
	}
}

// hand gives what was measured in a stage since it was last asked, and what belongs to stages before it and came late.
func (w *worker) hand(stage int) (recs []*Recorder) {
	w.turn(netloop.Now())
	keep := w.past[:0]
	for _, r := range w.past {
		if r.stage <= stage {
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
