package store

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

const (
	// memTable is the size in bytes of Pebble's memtable. There may be two, one that fills and one that is written.
	memTable = 32 << 20
	// maxBatch is the size in bytes from which a commit takes no more sets. A batch of half a memtable would cost Pebble
	// a table of its own.
	maxBatch = 4 << 20
)

// A change is a set, or a delete, that is not safe yet. Its key is in its group's keys.
type change struct {
	keyEnd   int
	delete   bool
	missing  bool // a delete that had nothing to remove
	item     Item // of a delete the timestamp alone
	reserved int64
	waiter   Waiter
}

// A group is the changes of one commit, in the order of their timestamps. It is used again and again.
type group struct {
	changes []change
	keys    []byte // of all changes, one behind the other: a key costs no allocation
	size    int    // of keys and values, in bytes
	took    time.Duration
}

// each calls fn for every change, with its key.
func (g *group) each(fn func(key []byte, c *change)) {
	start := 0
	for i := range g.changes {
		c := &g.changes[i]
		fn(g.keys[start:c.keyEnd], c)
		start = c.keyEnd
	}
}

// reset makes g empty and lets go of the values and the waiters.
func (g *group) reset() {
	clear(g.changes)
	*g = group{changes: g.changes[:0], keys: g.keys[:0]}
}

// A queue is where sets wait for their commit.
type queue struct {
	mu      sync.Mutex
	waiting []*group // the last is the one that fills; none is empty
	taken   []*group // being committed, in order
	spare   []*group
	refusal error         // of further sets; nil while they are taken
	wake    chan struct{} // something is waiting, or nothing will come any more
}

func newQueue() queue { return queue{wake: make(chan struct{}, 1)} }

// add stamps a change and puts it behind all that were stamped before: the log has sets in the order of their timestamps.
func (q *queue) add(clock *clock, key []byte, c change) error {
	q.mu.Lock()
	if q.refusal != nil {
		q.mu.Unlock()
		return q.refusal
	}
	g := q.filling()
	g.keys = append(g.keys, key...)
	c.keyEnd, c.item.Stamp = len(g.keys), clock.next()
	g.changes = append(g.changes, c)
	g.size += len(key) + len(c.item.Value)
	first := len(q.waiting) == 1 && len(g.changes) == 1
	q.mu.Unlock()
	if first {
		q.signal()
	}
	return nil
}

// filling is the group that takes the next set.
func (q *queue) filling() *group {
	if n := len(q.waiting); n > 0 && q.waiting[n-1].size < maxBatch {
		return q.waiting[n-1]
	}
	var g *group
	if n := len(q.spare); n > 0 {
		g, q.spare = q.spare[n-1], q.spare[:n-1]
	} else {
		g = new(group)
	}
	q.waiting = append(q.waiting, g)
	return g
}

// take returns the next group; nil if there is none, and whether there may be one later.
func (q *queue) take() (g *group, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return nil, q.refusal == nil
	}
	g = q.waiting[0]
	q.waiting = q.waiting[:copy(q.waiting, q.waiting[1:])]
	q.taken = append(q.taken, g)
	return g, true
}

// recycle takes back the group that was taken first.
func (q *queue) recycle(g *group) {
	g.reset()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken = q.taken[:copy(q.taken, q.taken[1:])]
	if cap(g.keys) <= maxBatch && len(q.spare) < 4 {
		q.spare = append(q.spare, g)
	}
}

// refuse has further sets refused with err, unless they are already.
func (q *queue) refuse(err error) {
	q.mu.Lock()
	if q.refusal == nil {
		q.refusal = err
	}
	q.mu.Unlock()
	q.signal()
}

// abandon has further sets refused with err and returns those that have not been told.
func (q *queue) abandon(err error) []*group {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refusal = err
	left := slices.Concat(q.taken, q.waiting)
	q.waiting = nil
	return left
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// write commits group after group, until the store is closed. It is the only goroutine that writes with Pebble, and if
// the disk fails it is held there for good. Sets that come while it waits for the disk become the next group.
func (d *Disk) write() {
	batch := d.db.NewBatch(pebble.WithMaxRetainedSizeBytes(2 * maxBatch))
	defer close(d.written)
	for {
		g, more := d.take()
		switch {
		case g == nil && !more:
			return
		case g == nil:
			<-d.wake
			continue
		}
		start := time.Now()
		g.each(func(key []byte, c *change) {
			// The calls whose errors are not looked at fail only for an indexed batch.
			if c.delete {
				_ = batch.Delete(key, nil)
				return
			}
			op := batch.SetDeferred(len(key), recordSize(&c.item))
			copy(op.Key, key)
			putRecord(op.Value, &c.item)
			_ = op.Finish()
		})
		// With SyncNever too: that is what takes the record to the kernel. What the log does with the sync is up to
		// failStop.
		if err := d.db.Apply(batch, pebble.Sync); err != nil {
			d.fuse.blow(err)
			d.fuse.hold()
		}
		batch.Reset()
		g.took = time.Since(start)
		d.written <- g
	}
}

// finish makes the sets of a group visible, all of them, and then tells who waits for them: while the next group is
// on its way to the disk.
func (d *Disk) finish() {
	defer close(d.ended)
	for {
		select {
		case g, ok := <-d.written:
			if !ok {
				return
			}
			d.settle(g)
		case <-d.fuse.blown:
			d.fail()
			return
		}
	}
}

func (d *Disk) settle(g *group) {
	g.each(func(key []byte, c *change) {
		if c.delete {
			c.missing = !d.remove(key, c.item.Stamp)
		} else {
			d.put(key, c.item, c.reserved)
		}
	})
	g.each(func(_ []byte, c *change) {
		var err error
		if c.missing {
			err = ErrNotFound
		}
		c.waiter.Done(err)
	})
	if d.config.OnCommit != nil {
		d.config.OnCommit(len(g.changes), g.took)
	}
	d.recycle(g)
}

// fail tells all who wait that their sets have failed. What a failed set has left on the disk may be there after a
// restart: it is younger than everything that was acknowledged, and nobody has seen it.
func (d *Disk) fail() {
	select {
	case g, ok := <-d.written: // was safe before the fault
		if ok {
			d.settle(g)
		}
	default:
	}
	broken := fmt.Errorf("the store is broken until the server is started again: %w", explain(d.config.Dir, d.fuse.err))
	d.config.Logger.Error("store broken: sets are refused, gets go on; start the server again when the disk is well", "folder", d.config.Dir, "err", d.fuse.err)
	for _, g := range d.abandon(broken) {
		// The group is not touched otherwise: write may still be reading it.
		g.each(func(_ []byte, c *change) { c.waiter.Done(broken) })
	}
}
