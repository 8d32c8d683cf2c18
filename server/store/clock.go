package store

import (
	"sync/atomic"
	"time"
)

// A clock gives out the timestamps that order sets: strictly increasing, each given once, from any goroutine.
type clock struct {
	source func() int64
	last   atomic.Int64
}

// newClock returns a clock over source, which gives nanoseconds and may stand still, jump or go back.
func newClock(source func() int64) *clock { return &clock{source: source} }

// wallTime returns a source of nanoseconds since the Unix epoch that follows the monotonic clock of the process, so
// that an operator who sets the system's time does not disturb it. It starts from the wall clock and not from zero
// because timestamps that go to disk have to be above those of the process before.
func wallTime() func() int64 {
	start := time.Now()
	base := start.UnixNano()
	return func() int64 { return base + int64(time.Since(start)) }
}

// next returns a timestamp above all that were given before. When the source has not moved on, or has gone
// back, it counts on from the last one: the order matters, the distance from real time does not.
func (c *clock) next() int64 {
	for {
		last := c.last.Load()
		t := c.source()
		if t <= last {
			t = last + 1
		}
		if c.last.CompareAndSwap(last, t) {
			return t
		}
	}
}
