package netloop

// makeRoom makes room for n more bytes of output.
func (c *Conn) makeRoom(n int) {
	// A peer that is always a little behind never lets out run empty: what has been sent must go, or out would hold
	// all that was ever written. It goes when it is the larger part, so no byte is moved twice for one written.
	if sent := len(c.out) - c.unsent; sent > c.unsent && cap(c.out)-len(c.out) < n {
		c.out = c.out[:copy(c.out, c.out[sent:])]
	}
	c.out = c.loop.pool.grow(c.out, n)
}

// sync brings the socket in line with what the callbacks have asked for.
func (c *Conn) sync() {
	e := c.loop.engine
	e.send(c)
	if c.unsent == 0 && c.out != nil {
		c.loop.pool.put(c.out)
		c.out = nil
	}
	c.weigh()
	if c.flags&closing != 0 {
		c.finish()
	}
	if c.flags&dead == 0 {
		e.watch(c)
	}
}

// weigh holds input back when too much output is unsent, and lets it go when half of that is gone.
func (c *Conn) weigh() {
	high := c.loop.group.cfg.HighWater
	switch {
	case c.unsent >= high:
		c.flags |= held
	case c.flags&held != 0 && c.unsent <= high/2:
		c.flags &^= held
		c.anew()
	}
}

// slower is how many times longer than Config.Linger the peer may take over the next part of what is unsent: the kernel
// says that it has room again only when about a third of its own buffer, which can be megabytes, has gone.
const slower = 10

// finish goes on with Close. Its time limit begins anew whenever something could be sent: a peer that reads slowly
// gets all that was queued, one that does not read is not waited for.
func (c *Conn) finish() {
	limit := c.loop.group.cfg.Linger
	switch {
	case c.unsent > 0:
		limit *= slower
	case c.flags&ended != 0:
		c.drop(nil)
		return
	case c.flags&shut == 0:
		c.flags |= shut
		c.loop.engine.shut(c)
	default:
		return // the limit for the peer's own end runs
	}
	if c.timer == nil {
		c.timer = c.loop.NewTimer(func() { c.drop(nil) })
	}
	c.timer.Reset(c.loop.now + limit)
}
