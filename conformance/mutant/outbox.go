package mutant

import (
	"io"
	"sync"
	"time"
)

// outbox sends in its own time what is put into it, so that the client's requests can be run on although it takes no replies.
type outbox struct {
	more    chan bool // holds one element when there is something new to know
	mu      sync.Mutex
	parts   [][]byte
	waiting int // bytes
	closed  bool
}

// outboxes gives every client of a server one. room says whether what is put into it, beside what waits already, is taken or dropped.
func outboxes(l *lite, room func(waiting int) bool) (of func(*client) *outbox) {
	var all sync.Map // *client to *outbox
	of = func(c *client) *outbox {
		o := &outbox{more: make(chan bool, 1)}
		known, there := all.LoadOrStore(c, o)
		if !there {
			l.running.Go(func() { o.drain(c.conn, l.done) })
		}
		return known.(*outbox)
	}
	l.send = func(c *client, p []byte) (int, error) {
		o := of(c)
		o.mu.Lock()
		defer o.mu.Unlock()
		if room(o.waiting) {
			o.parts, o.waiting = append(o.parts, append([]byte(nil), p...)), o.waiting+len(p)
			o.wake()
		}
		return len(p), nil
	}
	return of
}

func (o *outbox) wake() {
	select {
	case o.more <- true:
	default:
	}
}

func (o *outbox) drain(w io.Writer, done <-chan struct{}) {
	for {
		o.mu.Lock()
		parts, closed := o.parts, o.closed
		o.parts = nil
		o.mu.Unlock()
		for _, p := range parts {
			w.Write(p) // a client that has gone is noticed where it is read from
			o.mu.Lock()
			o.waiting -= len(p)
			o.mu.Unlock()
		}
		if closed {
			return
		}
		select {
		case <-o.more:
		case <-done:
			return
		}
	}
}

// close waits until all has been sent, but not longer than patience, and reports whether it has.
func (o *outbox) close(patience time.Duration) bool {
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		o.mu.Lock()
		sent := o.waiting == 0
		if sent || time.Since(began) > patience {
			o.closed = true
			o.wake()
			o.mu.Unlock()
			return sent
		}
		o.mu.Unlock()
	}
}
