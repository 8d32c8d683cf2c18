package netloop

// Conn is one connection of a Loop.
type Conn struct {
	// State is the handler's own; the loop does not touch it.
	State any

	loop    *Loop
	handler Handler
	out     []byte  // output that the engine has not taken yet; a pooled buffer, nil when there is none
	in      []byte  // input that Data has left; a pooled buffer, nil when there is none
	unsent  int     // bytes that the kernel has not taken yet: those of out, and those that the engine has on its way
	remote  string  // cached RemoteAddr
	timer   *Timer  // tries a dial again; bounds Close
	stream  *stream // the portable engine's socket; the rest is epoll's
	fd      int32
	armed   uint32 // what epoll waits for
	flags   flags
}

type flags uint16

const (
	dialing flags = 1 << iota // not connected yet
	dirty                     // in Loop.dirty
	again                     // in Loop.again
	paused                    // Pause was called
	held                      // input is held back because too much output is unsent
	more                      // there is input, or its end, to be told of without waiting for the socket
	ended                     // the peer has shut its sending side
	told                      // End has been called
	blocked                   // the kernel takes no output now
	closing                   // Close was called
	shut                      // our sending side is shut
	reset                     // Abort was called
	dead                      // Closed has been called, or will be at the end of the turn
)

// Loop returns the loop that c belongs to.
func (c *Conn) Loop() *Loop { return c.loop }

// RemoteAddr returns the peer's address as text: of a dialled Conn the address that was dialled, of an accepted
// one what the system says, or "" when it is first asked for after the end.
func (c *Conn) RemoteAddr() string {
	if c.remote == "" {
		c.remote = c.loop.engine.peer(c)
	}
	return c.remote
}

// AvailableBuffer returns an empty slice with spare room, to be appended to and passed to Write at once, before
// any other use of c. It saves a copy and an allocation, like bufio.Writer's.
func (c *Conn) AvailableBuffer() []byte {
	c.makeRoom(bufferSize / 4)
	c.touch() // so that the buffer goes back when nothing is written
	return c.out[len(c.out):]
}

// Write queues p to be sent, all of it and in order. What one callback queues is sent with one system call when
// the callback returns. p may be reused after the call. Before Open and after Close, Abort and Closed it does
// nothing.
func (c *Conn) Write(p []byte) {
	if len(p) == 0 || c.flags&(dialing|closing|dead) != 0 {
		return
	}
	n := len(c.out)
	if spare := c.out[n:cap(c.out)]; len(spare) > 0 && &spare[0] == &p[0] {
		c.out = c.out[:n+len(p)] // AvailableBuffer's: the bytes are already where they belong
	} else {
		c.makeRoom(len(p))
		c.out = append(c.out, p...)
	}
	c.unsent += len(p)
	c.touch()
}

// Unsent returns the number of bytes queued that the kernel has not taken yet.
func (c *Conn) Unsent() int { return c.unsent }

// Full reports whether Unsent is at the Group's high-water mark or above.
func (c *Conn) Full() bool { return c.unsent >= c.loop.group.cfg.HighWater }

// Pause stops Data and End until Resume; bytes stay in the kernel and the peer is slowed down. That the peer resets
// the connection is noticed all the same (by the portable engine only when it reads or writes again).
func (c *Conn) Pause() { c.flags |= paused }

// Resume undoes Pause.
func (c *Conn) Resume() {
	if c.flags&paused == 0 {
		return
	}
	c.flags &^= paused
	c.touch()
	c.anew()
}

// Close sends what is queued, shuts the sending side, throws away what the peer still sends until it closes too or
// Config.Linger is over, then closes: so the peer reads the last reply and not a reset. No Data or End follows.
func (c *Conn) Close() {
	switch {
	case c.flags&(closing|dead) != 0:
	case c.flags&dialing != 0:
		c.drop(nil)
	default:
		c.flags |= closing
		c.touch()
	}
}

// Abort closes at once, with a reset where the system has one. Closed follows before the loop's next wait.
func (c *Conn) Abort() {
	c.flags |= reset
	c.drop(nil)
}

// touch has the engine look at c when the callback has returned.
func (c *Conn) touch() {
	if c.flags&dirty == 0 {
		c.flags |= dirty
		c.loop.dirty = append(c.loop.dirty, c)
	}
}

// drop ends c: its socket is closed and Closed called at the end of the turn. An error after Close is no news:
// this side had done with the connection.
func (c *Conn) drop(err error) {
	if c.flags&dead != 0 {
		return
	}
	if c.flags&closing != 0 {
		err = nil
	}
	c.flags |= dead
	c.loop.dead = append(c.loop.dead, death{c, err})
}

// open tells the handler that c is connected.
func (c *Conn) open() {
	c.flags &^= dialing
	c.timer = nil
	c.touch() // for the engine to read from it, if Open leaves it so
	c.handler.Open(c)
}

// dropBuffers gives the buffers back.
func (c *Conn) dropBuffers() {
	c.loop.pool.put(c.in)
	c.loop.pool.put(c.out)
	c.in, c.out, c.unsent = nil, nil, 0
}
