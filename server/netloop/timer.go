package netloop

import "time"

// epoch is the zero of Now. time.Since reads the monotonic clock alone, so setting the wall clock moves nothing.
var epoch = time.Now()

// Now returns the time on the monotonic clock that all loops and timers use, from an arbitrary start.
func Now() time.Duration { return time.Since(epoch) }

// Timer calls a function at a set time. Setting and stopping it allocates nothing.
type Timer struct {
	loop *Loop
	fn   func()
	slot int // place in the loop's heap, from 1; 0 is stopped
}

// NewTimer returns a stopped timer whose fn is called by the loop. Any goroutine may call it.
func (l *Loop) NewTimer(fn func()) *Timer { return &Timer{loop: l, fn: fn} }

// Reset sets the timer to fire once at the time at on the Now clock, instead of any time set before. A time that
// has passed means the loop's next turn.
func (t *Timer) Reset(at time.Duration) {
	// A timer that is set again and again to the past would keep the loop from its sockets, and from the timers
	// behind it, for ever. One nanosecond after the start of this turn is not due in it, and is behind all that is.
	at = max(at, t.loop.now+1)
	h := &t.loop.timers
	if t.slot == 0 {
		*h = append(*h, alarm{at, t})
		t.slot = len(*h)
	} else {
		(*h)[t.slot-1].at = at
	}
	h.fix(t.slot - 1)
}

// Stop clears the timer.
func (t *Timer) Stop() {
	if t.slot != 0 {
		t.loop.timers.remove(t.slot - 1)
	}
}

// alarm is a timer that is set. The time lies in the heap itself, so that comparing does not visit the Timers.
type alarm struct {
	at time.Duration
	t  *Timer
}

// alarms is a binary heap, the earliest first; each Timer knows its slot, so any can be moved or removed.
type alarms []alarm

// next returns when the first timer is due.
func (h alarms) next() (at time.Duration, ok bool) {
	if len(h) == 0 {
		return 0, false
	}
	return h[0].at, true
}

func (h *alarms) remove(i int) *Timer {
	a := *h
	t, last := a[i].t, len(a)-1
	a[i] = a[last]
	a[last] = alarm{}
	*h = a[:last]
	t.slot = 0
	if i < last {
		a[i].t.slot = i + 1
		h.fix(i)
	}
	return t
}

// fix moves the alarm at i to where it belongs.
func (h alarms) fix(i int) {
	a := h[i]
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].at <= a.at {
			break
		}
		h.put(i, h[parent])
		i = parent
	}
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if right := child + 1; right < len(h) && h[right].at < h[child].at {
			child = right
		}
		if a.at <= h[child].at {
			break
		}
		h.put(i, h[child])
		i = child
	}
	h.put(i, a)
}

func (h alarms) put(i int, a alarm) {
	h[i] = a
	a.t.slot = i + 1
}
