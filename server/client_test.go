package server

import (
	"errors"
	"testing"

	"memlite/server/store"
)

// A client is the other end of one parser, without a network: it does what session and netloop do with what feed
// returns, and keeps the replies.
type client struct {
	t testing.TB
	*core
	parser
	room   int    // what feed gets to write into
	unread []byte // what feed has left
	got    []byte // replies
	closed bool

	settled error // what Done was called with
	waits   int   // sets that were not done at once
}

var errNotTold = errors.New("the store has not called Done")

// newClient returns a client of s. room is what it offers for replies at a time, at least minRoom.
func newClient(t testing.TB, s store.Store, maxValue, room int) *client {
	return newClientOf(newLite, t, s, maxValue, room)
}

func newClientOf(dialect func(core) parser, t testing.TB, s store.Store, maxValue, room int) *client {
	c := &client{t: t, room: room, settled: errNotTold}
	c.parser = dialect(core{store: s, waiter: c, maxValue: maxValue, version: "test", tally: new(tally)})
	switch p := c.parser.(type) {
	case *lite:
		c.core = &p.core
	case *classic:
		c.core = &p.core
	}
	return c
}

func (c *client) Done(err error) { c.settled = err }

// send offers p to the parser, behind what it has left, until it wants more or closes.
func (c *client) send(p []byte) {
	c.unread = append(c.unread, p...)
	for !c.closed {
		before := len(c.unread)
		used, out, then := c.feed(c.unread, make([]byte, 0, c.room))
		if used < 0 || used > before {
			c.t.Fatalf("feed says that it used %d of %d bytes", used, before)
		}
		if cap(out) != c.room {
			c.t.Fatalf("feed has made its output larger: room for %d, then %d", c.room, cap(out))
		}
		c.got = append(c.got, out...)
		c.unread = c.unread[used:]
		switch then {
		case sendValue:
			value, end := c.large()
			c.got = append(append(c.got, value...), end...)
		case awaitStore:
			c.waits++
			c.store.(*slowStore).finish()
			if c.settled == errNotTold {
				c.t.Fatal(errNotTold)
			}
			c.got = c.settle(c.settled, c.got)
			c.settled = errNotTold
		case hangUp:
			c.closed = true
		}
		if used == 0 {
			break
		}
	}
	if n := len(c.unread); !c.closed && n >= maxLine {
		c.t.Fatalf("%d bytes are left: the parser must not let a line grow to %d", n, maxLine)
	}
	if n := cap(c.value); n > max(firstPart, c.maxValue) {
		c.t.Fatalf("%d bytes are held for a value of at most %d", n, c.maxValue)
	}
}
