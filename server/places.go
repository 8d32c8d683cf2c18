package server

import (
	"log/slog"
	"sync/atomic"
)

// leastOver is how many connections may be over the limit even where the limit is lower.
const leastOver = 64

// places counts the clients that are served. The loops share it.
type places struct {
	limit int64
	taken atomic.Int64
	// over counts the connections beyond the limit: those that wait for a place, and those that have been refused
	// and not yet closed. It is bounded too, or a flood of connections would use up the file descriptors.
	over atomic.Int64

	log     *slog.Logger
	refused repeated
}

// take takes a place if there is one. It is a loop and not an addition that is taken back, because that would
// for a moment hide a place that is free.
func (p *places) take() bool { return increase(&p.taken, p.limit) }

// free gives a place back.
func (p *places) free() { p.taken.Add(-1) }

// queue reports whether one more connection may be kept beyond the limit. It is as many as there are places, so that
// when all clients go and as many come, nobody is turned away; and never few, so that refused clients get a reply.
func (p *places) queue() bool { return increase(&p.over, max(p.limit, leastOver)) }

// unqueue takes back a successful queue.
func (p *places) unqueue() { p.over.Add(-1) }

// turnedAway tells the operator, now and then, that clients are being refused.
func (p *places) turnedAway() {
	if n, say := p.refused.happened(1); say {
		p.log.Warn("at the limit of clients: refusing more", "max_clients", p.limit, "refused", n)
	}
}

// increase adds 1 to n unless that would exceed limit.
func increase(n *atomic.Int64, limit int64) bool {
	for {
		v := n.Load()
		if v >= limit {
			return false
		}
		if n.CompareAndSwap(v, v+1) {
			return true
		}
	}
}
