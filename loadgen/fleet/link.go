package fleet

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"memlite/server/netloop"
)

const (
	beat     = 500 * time.Millisecond // how often both sides say that they are there
	tripTime = 700 * time.Millisecond // that a round trip to NATS may take
)

// link watches one's own connection to NATS. Silence of others is theirs only as far as it is up: it counts from since at the earliest, and
// needs a round trip that began after it. And how long one may go on alone counts from the last round trip that was made.
type link struct {
	nc *nats.Conn

	trips sync.Mutex // held for a round trip

	mu        sync.Mutex
	up        bool
	since     time.Duration // when it came up, on netloop.Now
	good, try time.Duration // when the last round trip that was made, and the last one, began
}

func newLink(nc *nats.Conn) *link {
	now := netloop.Now()
	return &link{nc: nc, up: true, since: now, good: now}
}

// watch makes a round trip every beat.
func (l *link) watch(ctx context.Context) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			l.trip()
		}
	}
}

// report says when the connection has ended, and when it is back.
func (l *link) report(c Connect, grace time.Duration, say func(string)) {
	l.nc.SetDisconnectErrHandler(func(nc *nats.Conn, _ error) {
		l.lost()
		if !nc.IsClosed() {
			say(fmt.Sprintf("NATS at %s is gone: a run goes on without it for up to %s", c, grace))
		}
	})
	l.nc.SetReconnectHandler(func(*nats.Conn) { say(fmt.Sprintf("NATS at %s is back", c)) })
}

// lost notes that the connection has ended: it may be back before anything else notices, and messages are gone all the same.
func (l *link) lost() {
	l.mu.Lock()
	l.up = false
	l.mu.Unlock()
}

// trip says whether a round trip that begins now, or began since, was made.
func (l *link) trip() bool {
	asked := netloop.Now()
	l.trips.Lock()
	defer l.trips.Unlock()
	l.mu.Lock()
	good, try := l.good, l.try
	l.mu.Unlock()
	if try >= asked {
		return good >= asked
	}
	began := netloop.Now()
	err := l.nc.FlushTimeout(tripTime)
	now := netloop.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.try = began
	if err != nil {
		l.up = false
		return false
	}
	// A process that has stood still has heard nobody meanwhile, and that was nobody's fault.
	if !l.up || began-l.good > 4*beat {
		l.since = now
	}
	l.up, l.good = true, began
	return true
}

// upSince is when the connection came up; ok is false while it is down.
func (l *link) upSince() (since time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.since, l.up
}

// down is how long no round trip could be made; 0 while the connection is up.
func (l *link) down() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up {
		return 0
	}
	return netloop.Now() - l.good
}

// silence is how long somebody is silent that was last heard at a time, as far as it is theirs.
func (l *link) silence(heard time.Duration) time.Duration {
	since, up := l.upSince()
	if !up {
		return 0
	}
	return netloop.Now() - max(heard, since)
}
