package netloop

// reading reports whether bytes are wanted from the socket.
func (c *Conn) reading() bool {
	if c.flags&(ended|dead) != 0 {
		return false
	}
	return c.flags&closing != 0 || c.flags&(paused|held|more) == 0 // a closing Conn throws away what comes
}

// input takes bytes that the engine has read. They are offered behind those left before.
func (c *Conn) input(p []byte) {
	if c.flags&(closing|dead) != 0 {
		return
	}
	if c.in == nil {
		if rest := c.offer(p); len(rest) > 0 {
			c.in = append(c.loop.pool.get(len(rest)), rest...)
		}
		return
	}
	c.in = append(c.loop.pool.grow(c.in, len(p)), p...)
	c.offerKept()
}

// eof takes the news that the peer has shut its sending side.
func (c *Conn) eof() {
	c.flags |= ended
	c.touch()
	c.tellEnd()
}

// tellEnd tells of the end of the input, when it has come and nothing is to be told before.
func (c *Conn) tellEnd() {
	switch {
	case c.flags&(ended|told) != ended:
	case c.flags&(paused|held) != 0:
		c.flags |= more
	case c.flags&(more|closing|dead) == 0:
		c.flags |= told
		c.handler.End(c)
	}
}

// offerKept offers what was kept of the input and keeps what is left.
func (c *Conn) offerKept() {
	c.flags &^= more
	rest := c.offer(c.in)
	switch len(rest) {
	case len(c.in):
	case 0:
		c.loop.pool.put(c.in)
		c.in = nil
	default:
		c.in = c.in[:copy(c.in, rest)]
	}
}

// offer calls Data until the handler has taken all of in, or leaves the rest on purpose, or must stop. It returns
// the rest.
func (c *Conn) offer(in []byte) []byte {
	for {
		used := c.handler.Data(c, in)
		if used < 0 || used > len(in) {
			panic("netloop: Handler.Data says that it used more bytes than it was given, or less than none")
		}
		in = in[used:]
		switch {
		case c.flags&(closing|dead) != 0 || len(in) == 0:
			return nil
		case c.Full():
			// Even if the kernel takes it all: requests of a few bytes can ask for gigabytes, and the other Conns
			// want their turn.
			c.sync()
			fallthrough
		case c.flags&paused != 0:
			c.flags |= more
			c.anew()
			return in
		case used == 0:
			return in // an incomplete message
		}
	}
}

// reoffer offers what was kept because of Pause or of too much unsent output.
func (c *Conn) reoffer() {
	if c.flags&(more|paused|held|closing|dead) != more {
		return
	}
	c.flags &^= more
	c.touch() // to be read from again
	if c.in != nil {
		c.offerKept()
	}
	c.tellEnd()
}

// anew has kept input offered again at the end of the turn, if it may be.
func (c *Conn) anew() {
	if c.flags&(more|again) == more && c.flags&(paused|held|closing|dead) == 0 {
		c.flags |= again
		c.loop.again = append(c.loop.again, c)
	}
}
