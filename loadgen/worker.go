package loadgen

import (
	"crypto/tls"
	"math/rand/v2"
	"time"

	"memlite/server/netloop"
)

// worker is one loop's share of a run. All its fields belong to the loop.
type worker struct {
	plan      Plan
	profile   *profile
	servers   []server
	continuum continuum // nil where there is one server
	loop      *netloop.Loop
	number    int     // of its loop
	segment   Segment // of the whole schedule, which other processes may have parts of
	first     int     // number of its first client, of all clients
	wake      func()  // has the coordinator look at the workers

	clients []client
	flights []flight // Pipeline places for each client
	feed    *feed    // of a replay, else nil
	asked   []uint64 // gets of several keys: MultiGet places for each flight, with hashes
	rng     *rand.Rand
	values  []byte // shared by all workers; never written
	op      Op

	// What is being done.
	stages      []stage
	late        time.Duration // when it began with the first of them, after that stage's begin
	at          int
	stage       *stage
	end         time.Duration // of the stage
	source      int           // the stage that requests are taken from: at, or one before it that has a backlog
	left        int64         // requests that it may still make
	workload    Workload
	pacer       Pacer         // nil in a closed loop
	think       time.Duration // of a closed loop
	origin      time.Duration // of the pacer's times
	nextStart   time.Duration // the next intended start, if due
	due         bool
	free        fifo[int32]   // open loop: clients with room, the longest idle first; of several servers each has its own
	thinking    fifo[thought] // closed loop: clients that wait to send
	roused      int           // clients that have been told of the stage
	timer       *netloop.Timer
	armed       time.Duration
	flying      int           // requests in flight, of all clients
	vacant      int           // several servers: places in their lists of free clients
	pausedUntil time.Duration // several servers: nothing more is drawn before
	parked      int           // several servers: requests that wait for a client of theirs
	told        bool

	// Connections; see connect.go.
	sweeper    *netloop.Timer
	sweepAt    time.Duration
	scanAt     time.Duration
	down       []int32
	ramp       Pacer // of the first connections, if they have a rate
	rampBegin  time.Duration
	nextJoin   time.Duration // since rampBegin
	joined     int           // clients that the ramp has let dial
	dialing    int
	connecting bool
	leaving    bool
	parting    int // connections that are being closed in order
	counts     counts
	verify     *verifier // with Plan.Verify

	// What was measured.
	recs   []*Recorder // one for each server
	past   []*Recorder // of stages that have ended
	spares []*Recorder
}

// batch is how many requests one call sends at most. What a call sends leaves the process when it returns, and until then
// every connection holds a buffer, so a call for ten thousand clients would take 160 MB.
const batch = 64

// thought is a client of a closed loop that waits to send.
type thought struct {
	due    time.Duration
	client int32
}

func newWorker(p Plan, targets []target, secure []*tls.Config, l *netloop.Loop, number int, s Segment, first, last int, values []byte, wake func()) *worker {
	prof, _ := profileNamed(p.Profile)
	w := &worker{
		plan: p, profile: prof, loop: l, number: number, segment: s, first: first, wake: wake,
		clients: make([]client, last-first),
		flights: make([]flight, (last-first)*p.Pipeline),
		rng:     newRand(p.Seed, streamWorkload, s.Index),
		values:  values,
		op:      Op{Key: make([]byte, 0, maxKeySize)},
		at:      -1, end: forever,
	}
	w.serveTo(targets, secure)
	if p.MultiGet > 1 {
		w.asked = make([]uint64, len(w.flights)*p.MultiGet)
	}
	w.timer = l.NewTimer(w.fire)
	w.sweeper = l.NewTimer(w.sweep)
	return w
}

// fill gives a client that has room what it should send, or queues it up for later.
func (w *worker) fill(c *client, now time.Duration) {
	if !w.room(c) {
		return
	}
	switch {
	case w.pacer != nil:
		w.list(c)
	case w.think > 0:
		w.ponder(c, now+w.think)
		w.arm(now)
	case w.continuum != nil:
		w.list(c)
	default:
		for w.left > 0 && w.room(c) {
			w.send(c, now, now)
		}
	}
}

// list queues c up for the starts of an open loop, or for what is drawn for its server where there are several.
func (w *worker) list(c *client) {
	switch {
	case c.listed:
		return
	case w.continuum != nil:
		w.vacate(c, false)
	default:
		w.free.push(c.index)
	}
	c.listed = true
}

// ponder has c send at the time due for each place that it has free. All thoughts take the same time, so a
// queue is enough to have them in order.
func (w *worker) ponder(c *client, due time.Duration) {
	for w.left+int64(w.parked) > 0 && c.n+c.pending < uint32(w.plan.Pipeline) {
		c.pending++
		w.thinking.push(thought{due, c.index})
	}
}

// serve starts what is due in an open loop, as long as a client is free.
func (w *worker) serve(now time.Duration) {
	if w.continuum != nil {
		w.route(now)
		return
	}
	for sent := 0; sent < batch && w.due && w.nextStart <= now; {
		if now-w.nextStart > w.plan.Queue {
			w.drop()
			continue
		}
		if w.free.n == 0 {
			break
		}
		c := &w.clients[w.free.pop()]
		c.listed = false
		if !w.room(c) {
			continue
		}
		w.recorder(w.source, 0).lag.Record(now - max(w.nextStart, c.since))
		w.send(c, w.nextStart, now)
		w.advance()
		sent++
		if w.room(c) {
			w.list(c)
		}
		now = netloop.Now() // the next one is sent later than this one
	}
	if w.pacer != nil {
		w.arm(now)
	}
}

// advance asks the schedule for the next start. After the last one of a backlog come those of the stage that follows.
func (w *worker) advance() {
	w.due = false
	if w.pacer == nil || w.left == 0 {
		return
	}
	at, ok := w.pacer.Next()
	w.nextStart, w.due = w.origin+at, ok
	if next := w.source + 1; !ok && next <= w.at && w.stages[next].open() {
		w.load(next)
	}
}

// drop gives up a start that was never sent.
func (w *worker) drop() {
	w.left--
	server := 0
	if w.continuum != nil {
		server = w.draw() // whose it would have been
	}
	w.recorder(w.source, server).dropped++
	w.advance()
	w.checkIdle()
}

// send makes the next request and hands it to a client that has room.
func (w *worker) send(c *client, intended, now time.Duration) {
	w.workload.Next(w.rng, &w.op)
	w.left--
	w.transmit(c, &w.op, intended, now)
}

// transmit hands a request to a client that has room.
func (w *worker) transmit(c *client, op *Op, intended, now time.Duration) {
	key, value := keyHash(op.Key), w.values[:op.Size]
	if w.verify != nil {
		value = w.verify.value(op.Size)
	}
	b := w.profile.codec.appendRequest(c.conn.AvailableBuffer(), op, value)
	if w.verify != nil {
		w.verify.sending(w.place(c, c.n), op, key, b)
	}
	c.conn.Write(b)
	f := w.push(c)
	f.intended, f.sent, f.key = intended, now, key
	f.kind, f.stage = op.Kind, uint16(w.source)
	if w.asked != nil && f.kind == Get {
		w.ask(c, op.Key)
	}
	w.recorder(w.source, int(c.server)).ops[f.kind].sent += int64(len(b))
	if w.plan.Churn > 0 {
		c.rest--
	}
	w.stage.sent++
	w.flying++
}

// fire is called at the next intended start, the end of the next thought or the end of the stage.
func (w *worker) fire() {
	w.armed = 0
	now := netloop.Now()
	w.turn(now)
	w.rouse(now)
	for n := 0; n < batch && w.thinking.n > 0 && w.thinking.front().due <= now; n++ {
		c := &w.clients[w.thinking.pop().client]
		if w.continuum != nil {
			w.vacate(c, true)
			continue
		}
		c.pending--
		if w.room(c) && w.pacer == nil && w.left > 0 {
			w.send(c, now, now)
		}
	}
	w.serve(now)
	w.arm(now)
}

// arm sets the timer for fire. A start that is due and has no client needs none: the next client to be free takes it.
func (w *worker) arm(now time.Duration) {
	at := w.end
	if w.due && (w.free.n > 0 || w.nextStart > now) {
		at = min(at, w.nextStart)
	}
	if w.thinking.n > 0 {
		at = min(at, w.thinking.front().due)
	}
	if w.roused < len(w.clients) {
		at = now
	}
	if w.continuum != nil {
		at = min(at, w.routeAt(now))
	}
	if at == w.armed {
		return
	}
	if w.armed = at; at == forever {
		w.timer.Stop()
		return
	}
	w.timer.Reset(at)
}

// Data reads replies. All that have come are credited before anything new is sent, so that bytes too many are not
// taken for the answer to a request that was not on its way when they were.
func (w *worker) Data(conn *netloop.Conn, in []byte) (used int) {
	c, ok := conn.State.(*client)
	if !ok {
		return len(in)
	}
	now := netloop.Now()
	if now >= w.end {
		w.turn(now)
	}
	for used < len(in) {
		if c.n == 0 {
			w.counts.unasked++
			w.example(in)
			w.lose(c, Garbage, now)
			return len(in)
		}
		f := w.oldest(c)
		var n int
		var o Outcome
		var done bool
		if w.asked != nil && f.kind == Get {
			n, o, done = c.reply.readSeveral(w.profile, w.asking(c, c.head), in[used:])
		} else {
			n, o, done = c.reply.read(w.profile, f.kind, f.key, in[used:])
		}
		if rec := w.recorder(int(f.stage), int(c.server)); rec != nil {
			rec.ops[f.kind].received += int64(n)
		}
		if !done {
			if w.counts.answered == 0 && spoken(in) {
				w.example(in)
			}
			used += n
			break
		}
		if o.OK() && c.n == 1 && used+n < len(in) {
			o = Garbage // an answer and something else is no answer
		}
		if !o.OK() {
			w.example(in[used:])
		}
		used += n
		if o == Garbage || o == Wrong {
			w.lose(c, o, now)
			return len(in)
		}
		if w.asked != nil {
			w.counted(c, f, o)
		}
		if w.verify != nil && f.kind == Get && o.OK() {
			o = w.verify.judge(w.place(c, 0), c.reply.proof, o)
		}
		last := f.kind
		w.finish(c, o, now)
		if o == Refused && last == Set && !inStep(in[used-n:used]) {
			w.lose(c, Ended, now)
			return len(in)
		}
	}
	if c.n == 0 && c.rest == 0 {
		w.reopen(c)
	}
	w.fill(c, now)
	w.serve(now)
	if w.flying == 0 {
		w.checkIdle()
	}
	return used
}

// finish ends the oldest request of c.
func (w *worker) finish(c *client, o Outcome, now time.Duration) {
	f := w.oldest(c)
	if rec := w.recorder(int(f.stage), int(c.server)); rec != nil {
		rec.done(f, o, now)
	}
	w.settle(c, o)
	if o.OK() {
		w.counts.answered++
		c.fails = 0
	} else {
		w.counts.errors++
	}
	if c.n == uint32(w.plan.Pipeline) {
		c.since = now // there was no room before
	}
	w.pop(c)
	w.flying--
}

// settle notes what became of the oldest request of c, if it was a set and that matters.
func (w *worker) settle(c *client, o Outcome) {
	if w.verify != nil && w.oldest(c).kind == Set {
		w.verify.history.ended(w.place(c, 0), o == Stored)
	}
}

// inStep says whether a server that refuses a set with this line is known to have read the set's block. A server
// of another dialect takes the block for a command, and its reply to that would be credited to the next request.
func inStep(line []byte) bool {
	const outOfMemory = "SERVER_ERROR "
	return len(line) > len(outOfMemory) && string(line[:len(outOfMemory)]) == outOfMemory
}

// example remembers the first reply that was not one, for people to see.
func (w *worker) example(in []byte) {
	if w.counts.example == "" {
		w.counts.example = string(in[:min(len(in), 60)])
	}
}
