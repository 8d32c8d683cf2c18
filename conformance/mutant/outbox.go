package mutant

import (
	"io"
	"sync"
	"time"
)

// outbox sends in its own time what is put into it, so that the client's requests can be run on although it takes no replies.
type outbox struct {
	mu      sync.Mutex
	more    *sync.Cond
	parts   [][]byte
	waiting int // bytes
	closed  bool
}

// outboxes gives every client of a server one. room says whether what is put into it, beside what waits already, is taken or dropped.
func outboxes(l *lite, room func(waiting int) bool) (of func(*client) *outbox) {
	var all sync.Map // *client to *outbox
	of = func(c *client) *outbox {
		o := &outbox{}
		o.more = sync.NewCond(&o.mu)
		known, there := all.LoadOrStore(c, o)
		if !there {
			l.running.Go(func() { o.drain(c.conn) })
		}
		return known.(*outbox)
	}
	l.send = func(c *client, p []byte) (int, error) {
		o := of(c)
		o.mu.Lock()
		defer o.mu.Unlock()
		if room(o.waiting) {
			o.parts, o.waiting = append(o.parts, append([]byte(nil), p...)), o.waiting+len(p)
			o.more.Signal()
		}
		return len(p), nil
	}
	return of
}

func (o *outbox) drain(w io.Writer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		for len(o.parts) == 0 {
			if o.closed {
				return
			}
			o.more.Wait()
		}
		p := o.parts[0]
		o.parts = o.parts[1:]
		o.mu.Unlock()
		w.Write(p) // a client that has gone is noticed where it is read from
		o.mu.Lock()
		o.waiting -= len(p)
	}
}

// close waits until all has been sent, but not longer than patience, and reports whether it has.
func (o *outbox) close(patience time.Duration) bool {
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		o.mu.Lock()
		sent := o.waiting == 0
		if sent || time.Since(began) > patience {
			o.closed = true
			o.parts = nil
			o.more.Signal()
			o.mu.Unlock()
			return sent
		}
		o.mu.Unlock()
	}
}
