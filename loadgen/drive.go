package loadgen

import (
	"context"
	"fmt"
	"time"

	"memlite/server/netloop"
)

// lead is how long before its begin a program is handed to the loops, so that none is late for its first start.
const lead = time.Millisecond

// hurry is how long a share waits for its last replies when it is told to end: by then its coordinator may be gone, and who orders load
// must be able to end it.
const hurry = time.Second

// drive has all workers run a program to its end, and gives a Sample for every second or part of one that a stage
// has. When the program is given up early, e.cut says why. preload says that the program is that of the preload.
func (e *execution) drive(ctx context.Context, start time.Duration, program func(*worker, time.Duration) []stage, preload bool) {
	e.running = !preload
	stages := program(e.workers[0], start) // for names and times; each worker has its own
	e.each(func(w *worker) { w.begin(program(w, start)) })
	last := len(stages) - 1
	at, since := 0, start
	gather := func() { e.collect(at) }
	interval := func(until time.Duration) {
		number := at
		if preload {
			number = preloading
		}
		e.give(number, since-start, until-since)
		since = until
	}
	// The replies that come after a program's end belong to its last interval. In a closed loop it lasts until they
	// have come. An open one has its length from the schedule, unless starts were so late that they came after it:
	// they must not count as if the server had kept the rate.
	loaded, end := 0, time.Duration(0) // the last stage that made load, and when it ended
	drain := func(now time.Duration) {
		e.usage.stop(e)
		e.each(func(w *worker) { w.halt(now) })
		gather()
		loaded, at, end = at, last, now
	}
	patience := e.plan.Drain
	edge := func() time.Duration { // when there is something to do, at the latest
		if at == last {
			return end + patience
		}
		// Whole seconds since the stage's begin: they are the same in every execution of a plan, and no lateness adds up.
		begin := stages[at].begin
		return min(begin+(since-begin).Round(time.Second)+time.Second, stages[at].end)
	}
	e.usage.watch(e, &stages[0])
	watch := watchdog{plan: e.plan, clients: e.clients, since: start}
	for _, s := range e.plan.stages() {
		watch.think = max(watch.think, s.Think)
	}
	cancelled := ctx.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(edge() - netloop.Now())
		why := ""
		select {
		case <-cancelled:
			cancelled, why = nil, interrupted
			if e.share != nil {
				patience = min(patience, hurry)
			}
		case <-e.wake:
		case <-timer.C:
		}
		now := netloop.Now()
		for at < last && now >= stages[at].end {
			if at == last-1 {
				drain(stages[at].end)
				break
			}
			gather()
			interval(stages[at].end)
			at++
			e.usage.watch(e, &stages[at])
		}
		c, idle := e.look()
		// Loops that have nothing left to do are in the last stage that makes load, or behind it; this goroutine may have been told of it before
		// it has looked at the clock again, and the stages between are over all the same.
		for idle && at < last-1 {
			gather()
			interval(stages[at].end)
			at++
			e.usage.watch(e, &stages[at])
		}
		if idle {
			now = netloop.Now() // loops that are kept waiting take their time to be looked at
		}
		if why == "" {
			why = watch.judge(c, now, stages[at].end == forever)
		}
		if at == last && why == interrupted {
			e.cut = why // the replies that have not come are not waited for
		}
		switch {
		case idle || at == last && (now >= edge() || why == interrupted):
			if at < last { // it was bounded by requests, or this goroutine has not seen its end pass; all of them are back
				drain(min(now, stages[at].end))
			}
			e.each(func(w *worker) { w.giveUp() })
			e.abandon() // before the last look: a reply that came between the two would be in neither
			gather()
			at = loaded
			until := max(now, since)
			if stages[at].open() && stages[at].end < forever && e.sent(last) == 0 {
				until = max(end, since)
			}
			interval(until)
			return
		case at == last:
		case why != "":
			e.cut = why
			drain(max(now, since))
		case now >= edge():
			gather()
			interval(now)
		}
	}
}

// interrupted is why a run is cut short when its context is cancelled.
const interrupted = "interrupted"

// abandon gives up what is still in flight when the time to drain is over.
func (e *execution) abandon() {
	left := make([]int64, len(e.workers))
	e.each(func(w *worker) { left[w.number] = w.finishUp() })
	for _, n := range left {
		e.figures.Abandoned += n
	}
}

// watchdog finds out that going on is of no use. A stage with an end is left to it once the server has answered
// anything: an outage is what its user wants to see.
type watchdog struct {
	plan     Plan
	clients  int
	think    time.Duration // the longest of any stage
	since    time.Duration // of the last answer that was noticed
	answered int64
	troubles int64 // when it was
}

// judge returns why the program should be given up, or "". endless says that the stage has no end in time.
func (d *watchdog) judge(c counts, now time.Duration, endless bool) string {
	troubles := c.errors + c.lost + c.failed
	if c.answered > d.answered {
		d.since, d.answered, d.troubles = now, c.answered, troubles
		return ""
	}
	if c.answered == 0 && c.fatal != nil {
		return "given up: " + c.fatal.Error()
	}
	if c.answered == 0 && troubles >= int64(6+2*d.clients) {
		return fmt.Sprintf("given up: nothing but errors from the first %d requests and connections", troubles)
	}
	patience := d.plan.Timeout*6/5 + d.think + 100*time.Millisecond
	if (endless || c.answered == 0) && now-d.since > patience && (troubles > d.troubles || c.open == 0) {
		return fmt.Sprintf("given up: nothing was answered for %s", (now - d.since).Round(time.Second))
	}
	return ""
}
