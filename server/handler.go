package server

import (
	"time"

	"memlite/server/netloop"
)

// A client over the limit waits this long for a place, so that the end of another client, which the kernel may show
// later than the new one, is seen first. Rounds are counted rather than time, because a loop that was kept
// from running has not looked.
const (
	waitRounds = 10
	waitRound  = 5 * time.Millisecond
)

// A shutdown looks at every client this often, and lets it go when what it has sent is answered: nothing of it was read
// in quietSweeps, and it has taken all replies. One that takes none is let go after stuckSweeps, and one that
// never stops asking after lastSweep.
const (
	sweepEvery  = 10 * time.Millisecond
	quietSweeps = 2
	stuckSweeps = 200
	lastSweep   = 50
)

// idleRounds is how many times a client is looked at before it counts as idle: it is let go after the timeout and at most
// a quarter of it more.
const idleRounds = 4

// A handler has the sessions of one loop.
type handler struct {
	server   *Server
	loop     *netloop.Loop
	sessions map[*session]struct{}
	counters

	queue []*session // sessions in state waiting, and some that no longer are
	retry *netloop.Timer

	sweeps  int // of a shutdown
	sweeper *netloop.Timer

	idler    *netloop.Timer
	fullTold uint64 // of tally[setFull]
}

func newHandler(s *Server, l *netloop.Loop) *handler {
	h := &handler{server: s, loop: l, sessions: make(map[*session]struct{})}
	h.retry = l.NewTimer(h.seat)
	h.sweeper = l.NewTimer(h.sweep)
	h.idler = l.NewTimer(h.dropIdle)
	return h
}

// Open gives a new client a place, or has it wait for one.
func (h *handler) Open(c *netloop.Conn) {
	s := &session{conn: c, handler: h}
	s.parser = h.server.dialect.new(core{store: h.server.cfg.Store, waiter: s, maxValue: h.server.cfg.MaxValue, version: h.server.cfg.Version, tally: &h.tally})
	s.finish = s.finished
	c.State = s
	h.sessions[s] = struct{}{}
	h.server.open.Add(1)
	h.accepted++
	if idle := h.server.cfg.IdleTimeout; idle > 0 && len(h.sessions) == 1 {
		h.idler.Reset(netloop.Now() + idle/idleRounds)
	}
	switch {
	case h.server.places.take():
		s.state = serving
	case h.server.places.queue():
		s.over = true
		c.Pause()
		h.queue = append(h.queue, s)
		if len(h.queue) == 1 {
			h.retry.Reset(netloop.Now() + waitRound)
		}
	default:
		h.turnAway()
		s.state = leaving
		c.Abort()
	}
}

// Data reads requests.
func (h *handler) Data(c *netloop.Conn, in []byte) (used int) { return c.State.(*session).data(in) }

// End drops an unfinished request and closes, once the replies are out.
func (h *handler) End(c *netloop.Conn) { c.State.(*session).leave() }

// Closed forgets a client.
func (h *handler) Closed(c *netloop.Conn, _ error) {
	s := c.State.(*session)
	s.vacate()
	if s.over {
		h.server.places.unqueue()
	}
	delete(h.sessions, s)
	h.server.open.Add(-1)
}

// seat gives free places to those who wait, in the order they came, and refuses who has waited long enough.
func (h *handler) seat() {
	still := h.queue[:0]
	for _, s := range h.queue {
		if s.state != waiting {
			continue
		}
		if h.server.places.take() {
			h.server.places.unqueue()
			s.state, s.over = serving, false
			s.conn.Resume()
		} else if s.tries++; s.tries >= waitRounds {
			h.refuse(s)
		} else {
			still = append(still, s)
		}
	}
	clear(h.queue[len(still):])
	if h.queue = still; len(still) > 0 {
		h.retry.Reset(netloop.Now() + waitRound)
	}
}

// refuse tells a client that there is no place for it. Close lets it read that, rather than a reset.
func (h *handler) refuse(s *session) {
	h.turnAway()
	s.send([]byte(h.server.dialect.busy))
	s.leave()
}

func (h *handler) turnAway() {
	h.refused++
	h.server.places.turnedAway()
}

// dropIdle lets clients go that have neither sent a byte nor taken one for Config.IdleTimeout. It looks at all of them a
// few times within that time, so that a request costs no look at the clock.
func (h *handler) dropIdle() {
	for s := range h.sessions {
		if s.state != serving {
			continue
		}
		if unsent := s.conn.Unsent(); unsent != s.unsent {
			s.unsent, s.quiet = unsent, 0
		}
		if s.quiet++; s.quiet > idleRounds {
			h.idleClosed++
			s.leave()
		}
	}
	if len(h.sessions) > 0 && h.sweeps == 0 {
		h.idler.Reset(netloop.Now() + h.server.cfg.IdleTimeout/idleRounds)
	}
}

// sweep is the shutdown: it runs until the Group is closed. What the kernel has but the loop has not read yet is read
// between two sweeps, before its client counts as quiet. A client that waits for the store is left until it has its
// reply, one that waits for a place is refused or seated as always.
func (h *handler) sweep() {
	h.sweeps++
	for s := range h.sessions {
		if s.state != serving {
			continue
		}
		if h.sweeps == 1 {
			s.quiet = 0 // it has counted rounds of dropIdle
		}
		s.quiet++
		answered := s.conn.Unsent() == 0 && (s.quiet > quietSweeps || h.sweeps > lastSweep)
		if answered || s.quiet > stuckSweeps {
			s.leave()
		}
	}
	h.sweeper.Reset(netloop.Now() + sweepEvery)
}

// tellFull tells the operator, now and then, that sets are refused for want of memory.
func (h *handler) tellFull() {
	times := h.tally[setFull] - h.fullTold
	if times == 0 {
		return
	}
	h.fullTold = h.tally[setFull]
	if n, say := h.server.full.happened(int(times)); say {
		h.server.cfg.Logger.Warn("at the limit of memory: refusing sets", "bytes", h.server.cfg.Store.Size(), "refused", n)
	}
}
