package server

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Stats is what a server has done since it began, and what it has now.
type Stats struct {
	// Clients are those that are served now; Accepted all that ever connected, Refused those of them for whom there was
	// no place, IdleClosed those that were let go because they said nothing.
	Clients, Accepted, Refused, IdleClosed int64
	// Operations are the requests that were answered, each kind and outcome that there is.
	Operations []OperationCount
	// Received and Sent are bytes of requests and of replies.
	Received, Sent int64
	// Keys and Bytes are the store's.
	Keys  int
	Bytes int64
	// Busy is how long each loop has been doing something other than waiting.
	Busy []time.Duration
}

// OperationCount says how many requests had an outcome.
type OperationCount struct {
	Operation, Outcome string
	Count              uint64
}

// outcomeNames has the operation and the outcome as operators know them.
var outcomeNames = [outcomes]struct{ operation, outcome string }{
	getHit:       {"get", "hit"},
	getMiss:      {"get", "miss"},
	setStored:    {"set", "stored"},
	setRefused:   {"set", "refused"},
	setFull:      {"set", "out_of_memory"},
	setFailed:    {"set", "failed"},
	deleteHit:    {"delete", "deleted"},
	deleteMiss:   {"delete", "miss"},
	deleteFailed: {"delete", "failed"},
	badRequest:   {"unknown", "refused"},
}

// counters are what one loop counts. They are plain, since nobody else touches them: who wants to know asks the loop.
type counters struct {
	tally
	received, sent                int64
	accepted, refused, idleClosed int64
}

// add adds what another loop has counted.
func (c *counters) add(d *counters) {
	for o, n := range d.tally {
		c.tally[o] += n
	}
	c.received += d.received
	c.sent += d.sent
	c.accepted += d.accepted
	c.refused += d.refused
	c.idleClosed += d.idleClosed
}

// Stats asks every loop what it has counted. It is an error if the server does not serve (not yet, or no longer), or if a
// loop has not answered when ctx ends: it also tells whether the server is well.
func (s *Server) Stats(ctx context.Context) (Stats, error) {
	s.mu.Lock()
	handlers, stopped := s.handlers, s.stopped
	s.mu.Unlock()
	if len(handlers) == 0 || stopped {
		return Stats{}, errors.New("the server does not serve")
	}
	answers := make(chan counters, len(handlers))
	for _, h := range handlers {
		if !h.loop.Post(func() { answers <- h.counters }) {
			return Stats{}, errors.New("the server has stopped")
		}
	}
	var sum counters
	for range handlers {
		select {
		case c := <-answers:
			sum.add(&c)
		case <-ctx.Done():
			return Stats{}, fmt.Errorf("a loop does not answer: %w", ctx.Err())
		}
	}
	stats := Stats{
		Clients: s.places.taken.Load(), Accepted: sum.accepted, Refused: sum.refused, IdleClosed: sum.idleClosed,
		Received: sum.received, Sent: sum.sent,
		Keys: s.cfg.Store.Len(), Bytes: s.cfg.Store.Size(),
	}
	for o, n := range sum.tally {
		stats.Operations = append(stats.Operations, OperationCount{outcomeNames[o].operation, outcomeNames[o].outcome, n})
	}
	for _, h := range handlers {
		stats.Busy = append(stats.Busy, h.loop.Busy())
	}
	return stats, nil
}

// sayAgain is how long an operator is left alone with something that goes on happening.
const sayAgain = 10 * time.Second

// A repeated is something that may happen a thousand times a second, and that an operator is told of now and then.
type repeated struct {
	mu    sync.Mutex
	times int
	last  time.Time
}

// happened counts and reports whether it is time to say so, and how many times it was since the last time.
func (r *repeated) happened(times int) (n int, say bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times += times
	now := time.Now()
	if !r.last.IsZero() && now.Sub(r.last) < sayAgain {
		return 0, false
	}
	n, r.times, r.last = r.times, 0, now
	return n, true
}
