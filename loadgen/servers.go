package loadgen

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"memlite/reports"
	"memlite/server/netloop"
)

// server is a loop's side of one server. Where there are several, a client is a connection to one of them and they
// are dealt out evenly; a request's key is drawn first and says whose it is. It goes to that server's client that has
// been free the longest, or waits until one is. So all servers together see exactly the plan's keys, in an open
// loop at exactly the plan's times, and one that stalls has its own share wait and not the others'. In a closed loop
// little may wait: the clients of the quicker servers then wait for the slowest, as they would if each request
// came from a program that needs all of them.
type server struct {
	target target
	secure *tls.Config // nil: without TLS
	reports.Connections
	clients int // of this loop
	open    int
	down    error // why it cannot be reached; nil when it can, or when that is not known

	// Of several servers:
	free   fifo[place]
	parked fifo[parked]
}

// place is a client with room for a request.
type place struct {
	client  int32
	thought bool // it has thought; see worker.ponder
}

// parked is a request that waits for a client of its server. Its array for the key is used again.
type parked struct {
	op       Op
	intended time.Duration // open loop
}

const (
	// maxParked is what may wait for one server in an open loop beside Plan.Queue's limit of its age, so that memory
	// is bounded: some 50 MB. More is dropped and counted.
	maxParked = 1 << 18
	// minParkable is what all servers of a closed loop may have waiting, or twice what may be in flight if that is more.
	minParkable = 1024
	// refusalPause is how long a loop does nothing when all it drew was for servers that cannot be reached.
	refusalPause = time.Millisecond
)

// serveTo sets up the worker's servers and deals its clients out.
func (w *worker) serveTo(targets []target, secure []*tls.Config) {
	w.servers = make([]server, len(targets))
	for i, t := range targets {
		w.servers[i].target, w.servers[i].secure = t, secure[i]
		r := newRecorder(w.plan.open())
		r.server = i
		w.recs = append(w.recs, r)
		w.spares = append(w.spares, newRecorder(w.plan.open()))
	}
	if len(targets) > 1 {
		w.continuum = newContinuum(targets)
	}
	for i := range w.clients {
		c := &w.clients[i]
		c.index, c.server = int32(i), uint16((w.first+i)%len(targets))
		w.servers[c.server].clients++
	}
}

// vacate notes a place of a client.
func (w *worker) vacate(c *client, thought bool) {
	w.servers[c.server].free.push(place{c.index, thought})
	w.vacant++
}

// take returns the client of s that has had room the longest, nil if there is none.
func (w *worker) take(s *server) *client {
	for s.free.n > 0 {
		p := s.free.pop()
		w.vacant--
		c := &w.clients[p.client]
		if p.thought {
			c.pending--
		} else {
			c.listed = false
		}
		if w.room(c) {
			return c
		}
	}
	return nil
}

// route sends what waits, then draws requests: in an open loop those that are due, in a closed one as long as a client is
// free. It is serve for several servers.
func (w *worker) route(now time.Duration) {
	n, refused := 0, 0
	for i := range w.servers {
		s := &w.servers[i]
		for n < batch && s.parked.n > 0 {
			p := s.parked.front()
			if w.pacer != nil && now-p.intended > w.plan.Queue {
				w.recorder(w.source, i).dropped++
			} else if c := w.take(s); c != nil {
				now = w.assign(c, &p.op, p.intended, now)
				n++
			} else {
				break
			}
			s.parked.pop()
			w.parked--
		}
	}
	for ; n < batch && w.drawable(now); n++ {
		intended := w.nextStart
		w.left--
		i := w.draw()
		w.advance()
		s := &w.servers[i]
		switch {
		case w.pacer != nil && now-intended > w.plan.Queue:
			w.recorder(w.source, i).dropped++
			continue
		case s.parked.n == 0:
			if c := w.take(s); c != nil {
				now = w.assign(c, &w.op, intended, now)
				continue
			}
		}
		if w.pacer == nil && s.down != nil {
			w.refuse(i, w.op.Kind)
			refused++
			continue
		}
		w.park(i, intended)
	}
	w.pausedUntil = 0
	if refused == batch {
		w.pausedUntil = now + refusalPause
	}
	w.arm(now)
	if w.flying == 0 {
		w.checkIdle()
	}
}

// drawable says whether another request should be drawn now.
func (w *worker) drawable(now time.Duration) bool {
	if w.pacer != nil {
		return w.due && w.nextStart <= now
	}
	return w.left > 0 && w.vacant > 0 && w.parked < max(minParkable, 2*len(w.flights))
}

// routeAt returns when route is to be called for what it left: more than it may do at once.
func (w *worker) routeAt(now time.Duration) time.Duration {
	if w.drawable(now) {
		return max(now, w.pausedUntil)
	}
	for i := range w.servers {
		if s := &w.servers[i]; s.parked.n > 0 && s.free.n > 0 {
			return now
		}
	}
	if w.due {
		return w.nextStart
	}
	return forever
}

// draw makes the next request and returns whose it is.
func (w *worker) draw() (server int) {
	w.workload.Next(w.rng, &w.op)
	return w.continuum.server(w.op.Key)
}

// assign gives a request to a client and returns the time after that.
func (w *worker) assign(c *client, op *Op, intended, now time.Duration) time.Duration {
	if w.pacer == nil {
		intended = now
	} else {
		w.recorder(w.source, int(c.server)).lag.Record(now - max(intended, c.since))
	}
	thinking := w.pacer == nil && w.think > 0
	w.transmit(c, op, intended, now)
	if !thinking && w.room(c) {
		w.list(c)
	}
	return netloop.Now()
}

// park has the request that was drawn wait for a client of its server.
func (w *worker) park(server int, intended time.Duration) {
	s := &w.servers[server]
	if s.parked.n == maxParked {
		s.parked.pop()
		w.parked--
		w.recorder(w.source, server).dropped++
	}
	p := s.parked.extend()
	key := append(p.op.Key[:0], w.op.Key...)
	p.op, p.intended = w.op, intended
	p.op.Key = key
	w.parked++
}

// refuse fails a request to a server that cannot be reached.
func (w *worker) refuse(server int, kind Kind) {
	w.recorder(w.source, server).ops[kind].outcomes[Unreachable]++
	w.counts.errors++
}

// drawDue has what is due drawn and sent, or parked.
func (w *worker) drawDue(now time.Duration) {
	for w.due && w.nextStart < min(now, w.end) {
		w.route(now)
	}
}

// unparkAll gives up what waits. In an open loop it was due and is counted; in a closed one it was not to be sent before
// a client is free, and the stage has ended first.
func (w *worker) unparkAll() {
	if w.parked == 0 {
		return
	}
	for i := range w.servers {
		s := &w.servers[i]
		if w.pacer != nil {
			w.recorder(w.source, i).dropped += int64(s.parked.n)
		}
		w.parked -= s.parked.n
		s.parked.head, s.parked.n = 0, 0
	}
	w.checkIdle()
}

// reached notes that a connection to a client's server is up.
func (w *worker) reached(c *client) {
	s := &w.servers[c.server]
	s.open++
	s.Opened++
	s.down = nil
}

// unreached notes that no connection could be opened to a client's server. When it has none at all, a closed loop's requests
// to it fail from then on and do not wait, until one can be opened again: the others would soon wait with them. In an open
// loop they wait for it, and are dropped when they have waited too long.
func (w *worker) unreached(c *client, err error, now time.Duration) {
	s := &w.servers[c.server]
	s.Failed++
	if s.open > 0 {
		return
	}
	s.down = err
	if w.continuum == nil {
		return
	}
	if w.connecting {
		w.wake()
	}
	if w.pacer == nil && w.stage != nil {
		for ; s.parked.n > 0; w.parked-- {
			w.refuse(int(c.server), s.parked.pop().op.Kind)
		}
		w.route(now)
	}
}

// missSilent counts servers as not to be reached that have not taken one connection in all the time there was.
func (w *worker) missSilent() {
	for i := range w.servers {
		if s := &w.servers[i]; s.open == 0 && s.down == nil {
			s.down = fmt.Errorf("dial %s: %w", s.target.dial, context.DeadlineExceeded)
		}
	}
}

// missing returns how many of the worker's clients have a server that cannot be reached, where there are others.
func (w *worker) missing() (n int64) {
	for i := range w.servers {
		if s := &w.servers[i]; w.continuum != nil && s.open == 0 && s.down != nil {
			n += int64(s.clients)
		}
	}
	return n
}
