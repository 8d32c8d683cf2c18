package loadgen

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"memlite/server/netloop"
)

// A replay makes the requests of a trace. One goroutine reads the file and deals the requests out to the loops by the hash of the
// key, so that those of one key stay in order; each loop has a few batches, which go round: full ones to the loop, empty ones
// back. Nothing is allocated per request, and the reader waits where a loop is behind.
const (
	feedBatches  = 8
	feedRequests = 512
)

// feed is one loop's part of a replay: its schedule and its workload. What is not a channel belongs to the loop, after the reader has
// handed it over.
type feed struct {
	full, empty chan *batchOfTrace
	timed       bool

	queue  fifo[*batchOfTrace]
	batch  *batchOfTrace
	at     int
	now    *replayed // the current request
	length time.Duration
	over   bool // the trace has no more for this loop

	filling *batchOfTrace // the reader's
	wake    func()        // the reader's; has the loop take what is full
}

// batchOfTrace is some requests and the bytes of their keys.
type batchOfTrace struct {
	requests []replayed
	keys     []byte
}

type replayed struct {
	at       time.Duration // since the start
	from, to int32         // key
	size     int32
	ttl      uint32
	kind     Kind
}

func newFeed(timed bool) *feed {
	f := &feed{full: make(chan *batchOfTrace, feedBatches+1), empty: make(chan *batchOfTrace, feedBatches), timed: timed}
	for range feedBatches {
		f.empty <- &batchOfTrace{requests: make([]replayed, 0, feedRequests), keys: make([]byte, 0, feedRequests*32)}
	}
	return f
}

// take accepts what the reader has brought and returns how many requests that is. It does not wait.
func (f *feed) take() (n int64) {
	for !f.over {
		select {
		case b, ok := <-f.full:
			if !ok {
				f.over = true
				return n
			}
			f.queue.push(b)
			n += int64(len(b.requests))
		default:
			return n
		}
	}
	return n
}

// step goes on to the next request, which must be there.
func (f *feed) step() {
	if f.batch != nil && f.at == len(f.batch.requests) {
		f.batch.requests, f.batch.keys = f.batch.requests[:0], f.batch.keys[:0]
		f.empty <- f.batch // has room for all
		f.batch = nil
	}
	if f.batch == nil {
		f.batch, f.at = f.queue.pop(), 0
	}
	f.now = &f.batch.requests[f.at]
	f.at++
}

// Pacer implements Arrival: the trace's own times, or a closed loop.
func (f *feed) Pacer(_ Segment, length time.Duration) Pacer {
	if !f.timed {
		return nil
	}
	f.length = length
	return tracePacer{f}
}

type tracePacer struct{ *feed }

// Next goes on to the next request, whose Workload.Next is then called at most once.
func (f tracePacer) Next() (time.Duration, bool) {
	f.step()
	return f.now.at, f.length == 0 || f.now.at < f.length
}

// Next implements Workload.
func (f *feed) Next(_ *rand.Rand, op *Op) {
	if !f.timed {
		f.step()
	}
	r := f.now
	op.Kind, op.Size, op.TTL = r.kind, int(r.size), r.ttl
	op.Key = append(op.Key[:0], f.batch.keys[r.from:r.to]...)
}

// fed is called when the reader has brought something, and when the replay's stage begins.
func (w *worker) fed(now time.Duration) {
	if w.feed == nil || w.stage == nil || w.stage.workload == nil {
		return
	}
	starved := w.left == 0
	w.left += w.feed.take()
	switch {
	case w.left == 0 || !starved:
	case w.pacer != nil:
		w.advance()
		w.serve(now)
	default:
		w.roused = 0
		w.rouse(now)
		w.serve(now)
		w.arm(now)
	}
	w.checkIdle()
}

// replay is the reading of a trace.
type replay struct {
	feeds []*feed
	share Segment // which keys are ours, by their hash
	plan  Plan
	speed float64 // 0: as fast as possible
	trace *trace
	ahead *trace // reads a second ahead of trace, to count its requests; nil without times
	err   error  // what made the reading end early
	stop  chan struct{}
	done  chan struct{}

	// The second that is being read.
	first, second   int64
	requests, index int64 // of the second
	pending         bool  // ahead holds a request
}

// openReplay opens a share of a plan's trace for a number of loops.
func openReplay(p Plan, share Segment, loops int) (r *replay, err error) {
	r = &replay{plan: p, share: share, stop: make(chan struct{}), done: make(chan struct{})}
	r.speed, _ = parseSpeed(p.Speed)
	if r.trace, err = openTrace(p.Replay); err != nil {
		return nil, err
	}
	if r.speed > 0 {
		if r.ahead, err = openTrace(p.Replay); err != nil {
			r.trace.Close()
			return nil, err
		}
	}
	for range loops {
		r.feeds = append(r.feeds, newFeed(r.speed > 0))
	}
	return r, nil
}

// run reads the trace to its end or until stop is closed.
func (r *replay) run() {
	defer close(r.done)
	defer r.trace.Close()
	if r.ahead != nil {
		defer r.ahead.Close()
	}
	defer func() {
		for _, f := range r.feeds {
			r.deliver(f)
			close(f.full)
			f.wake()
		}
	}()
	var line traced
	for n := int64(0); r.plan.Requests == 0 || n < r.plan.Requests; n++ {
		kind, err := r.trace.next(&line)
		if err != nil {
			if err != io.EOF {
				r.err = err
			}
			return
		}
		if !r.add(kind, &line, n == 0) {
			return
		}
	}
}

// add gives one request to its loop. It returns false when the replay has been stopped.
func (r *replay) add(kind Kind, line *traced, first bool) bool {
	at := r.time(line.second, first)
	hash := hashOf(line.key)
	shares := uint64(r.share.Count)
	if hash%shares != uint64(r.share.Index) {
		return true
	}
	f := r.feeds[hash/shares%uint64(len(r.feeds))]
	if f.filling == nil && !r.wait(f) {
		return false
	}
	b := f.filling
	from := int32(len(b.keys))
	if fit(line.key) {
		b.keys = append(b.keys, line.key...)
	} else {
		r.trace.tally.renamed++
		b.keys = fmt.Appendf(b.keys, "%strace:%016x", keyPrefix, hash)
	}
	if line.value > maxTraceValue && kind == Set {
		r.trace.tally.cut++
	}
	if kind == Set && line.ttl > 0 {
		r.trace.tally.ttls++
	}
	b.requests = append(b.requests, replayed{at: at, from: from, to: int32(len(b.keys)), kind: kind,
		size: int32(min(line.value, maxTraceValue)), ttl: exptime(line.ttl, time.Now)})
	if len(b.requests) == feedRequests {
		r.deliver(f)
	}
	return true
}

// wait gets an empty batch for f. What other loops have waited for until then is given to them first.
func (r *replay) wait(f *feed) bool {
	select {
	case f.filling = <-f.empty:
		return true
	default:
	}
	for _, other := range r.feeds {
		r.deliver(other)
	}
	select {
	case f.filling = <-f.empty:
		return true
	case <-r.stop:
		return false
	}
}

func (r *replay) deliver(f *feed) {
	if f.filling != nil && len(f.filling.requests) > 0 {
		f.full <- f.filling // has room for all
		f.filling = nil
		f.wake()
	}
}

// time returns when a request of this second of the trace is to start. The trace's clock ticks in seconds: the requests of a second
// are spread evenly over it. A second that lies before its predecessor is taken for the same.
func (r *replay) time(second int64, first bool) time.Duration {
	if r.speed == 0 {
		return 0
	}
	if first {
		r.first, r.second = second, second
		r.count()
	} else if second > r.second {
		r.second = second
		r.count()
	}
	at := float64(r.second-r.first) + float64(r.index)/float64(max(r.requests, 1))
	r.index++
	return time.Duration(min(at/r.speed*float64(time.Second), math.MaxInt64/2))
}

// count has ahead read the second that begins.
func (r *replay) count() {
	r.requests, r.index = 0, 0
	if r.pending {
		r.requests = 1
	}
	var line traced
	for {
		if _, err := r.ahead.next(&line); err != nil {
			r.pending = false
			return
		}
		if line.second > r.second {
			r.pending = true
			return
		}
		r.requests++
	}
}

// fit says whether a key can be sent.
func fit(key []byte) bool {
	for _, c := range key {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	return len(key) <= maxKeySize
}

// hashOf is FNV-1a, scrambled. It is the same in every run, unlike keyHash, so that a loop's share is.
func hashOf(key []byte) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, c := range key {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return scramble(h)
}

// exptime is a time to live as memcached's set has it: what is more than thirty days is a date.
func exptime(ttl int64, now func() time.Time) uint32 {
	const month = 30 * 24 * 60 * 60
	if ttl <= month {
		return uint32(ttl)
	}
	return uint32(min(now().Unix()+ttl, math.MaxInt32))
}

// validateReplay checks what a replay excludes; given is the plan without its defaults.
func (p Plan) validateReplay(given Plan) error {
	if p.Replay == "" {
		if p.Speed != "" {
			return fmt.Errorf("speed %q: there is none without a replay", p.Speed)
		}
		return nil
	}
	var other []string
	for _, o := range []struct {
		name  string
		given bool
	}{{"rate", p.Rate != 0}, {"stage", len(p.Stages) > 0}, {"arrival", given.Arrival != ""}, {"think", p.Think != 0}, {"sets", p.Sets != 0}, {"keys", given.Keys != 0}, {"key-dist", given.KeyDist != ""},
		{"key-size", given.KeySize != ""}, {"value-size", given.ValueSize != ""}, {"multi-get", given.MultiGet > 1}, {"preload", p.Preload}, {"warmup", p.Warmup != 0}} {
		if o.given {
			other = append(other, o.name)
		}
	}
	if len(other) > 0 {
		return fmt.Errorf("replay: the trace says what is asked and when; leave out %s", strings.Join(other, ", "))
	}
	_, err := parseSpeed(p.Speed)
	return err
}

// parseSpeed reads 1x, 10x, 0.5x or max, which is 0.
func parseSpeed(text string) (float64, error) {
	if text == "max" {
		return 0, nil
	}
	number, ok := strings.CutSuffix(text, "x")
	f, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(f >= 1e-6 && f <= 1e6) {
		return 0, fmt.Errorf("speed %q: want a factor such as 1x, 10x or 0.5x, or max", text)
	}
	return f, nil
}

// replayStages returns the program of a replay.
func (w *worker) replayStages(start time.Duration) []stage {
	end := forever
	if w.plan.Duration > 0 {
		end = start + w.plan.Duration
	}
	return []stage{
		{name: nameRun, recorded: true, begin: start, end: end, arrival: w.feed, workload: w.feed},
		{name: nameDrain, recorded: true, begin: end, end: forever},
	}
}

// startReplay has the trace read and dealt out.
func (e *execution) startReplay() (err error) {
	if e.replay, err = openReplay(e.plan, e.segment, len(e.workers)); err != nil {
		return err
	}
	e.each(func(w *worker) { w.feed = e.replay.feeds[w.number] })
	for i, w := range e.workers {
		fed := func() { w.fed(netloop.Now()) }
		e.replay.feeds[i].wake = func() { w.loop.Post(fed) }
	}
	go e.replay.run()
	return nil
}

// endReplay stops the reading and says what the trace had that was not replayed as it stands.
func (e *execution) endReplay() {
	r := e.replay
	if r == nil {
		return
	}
	e.replay = nil
	close(r.stop)
	<-r.done
	prof, _ := profileNamed(e.plan.Profile)
	_, ttls := prof.codec.(classic)
	e.figures.Notes = append(e.figures.Notes, r.trace.tally.say(ttls)...)
	if r.err != nil && e.cut == "" {
		e.cut = fmt.Sprintf("%s cannot be read behind line %d: %v", e.plan.Replay, r.trace.tally.lines, r.err)
	}
}
