package loadgen

import (
	"time"

	"memlite/server/netloop"
)

// client is one connection's part in the run. It has no goroutine, no buffer and no timer.
type client struct {
	conn    *netloop.Conn
	since   time.Duration // down: when to dial; dialing: since when; open: since when there is room for a request
	reply   reply
	head    uint32 // place of the oldest request in flight in the ring
	n       uint32 // requests in flight
	pending uint32 // entries in worker.thinking
	index   int32
	server  uint16
	state   state
	fails   uint8  // connections in a row that brought no answer
	listed  bool   // in worker.free
	rest    uint32 // requests that the connection may still make; counted down with Plan.Churn only
}

type state uint8

const (
	down state = iota
	dialing
	open
	renewing // closed by the plan; dialled again when the server has closed too
)

// flight is a request in flight: 32 bytes.
type flight struct {
	intended, sent time.Duration
	key            uint64 // hash
	kind           Kind
	stage          uint16
}

// room says whether c may send another request now.
func (w *worker) room(c *client) bool {
	return c.state == open && c.n < uint32(w.plan.Pipeline) && c.rest > 0
}

// ring returns the client's places for requests in flight.
func (w *worker) ring(c *client) []flight {
	depth := int(w.plan.Pipeline)
	return w.flights[int(c.index)*depth:][:depth]
}

// oldest returns the request whose reply comes next. There must be one.
func (w *worker) oldest(c *client) *flight { return &w.ring(c)[c.head] }

// push returns a place for one more request. There must be room.
func (w *worker) push(c *client) *flight {
	i := w.place(c, c.n)
	c.n++
	return &w.flights[i]
}

// place returns where the k-th request in flight of c is, of all places of the loop.
func (w *worker) place(c *client, k uint32) int {
	depth, i := uint32(w.plan.Pipeline), c.head+k
	if i >= depth {
		i -= depth
	}
	return int(c.index)*int(depth) + int(i)
}

func (w *worker) pop(c *client) {
	c.n--
	if c.head++; c.head == uint32(w.plan.Pipeline) {
		c.head = 0
	}
}

// fifo is a queue in a ring that grows when it must.
type fifo[T any] struct {
	items   []T
	head, n int
}

func (q *fifo[T]) push(v T) { *q.extend() = v }

// extend adds an element and returns its place, which holds what was there before.
func (q *fifo[T]) extend() *T {
	if q.n == len(q.items) {
		larger := make([]T, max(16, 2*q.n))
		k := copy(larger, q.items[q.head:])
		copy(larger[k:], q.items[:q.head])
		q.items, q.head = larger, 0
	}
	i := q.head + q.n
	if i >= len(q.items) {
		i -= len(q.items)
	}
	q.n++
	return &q.items[i]
}

func (q *fifo[T]) front() *T { return &q.items[q.head] }

func (q *fifo[T]) pop() T {
	v := q.items[q.head]
	q.n--
	if q.head++; q.head == len(q.items) {
		q.head = 0
	}
	return v
}
