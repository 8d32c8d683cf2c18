package netloop

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
)

// streamRead is the size of a portable Conn's read buffer. Each reader needs one of its own while it waits.
const streamRead = 8 << 10

// stream is the socket of a Conn of the portable engine: one goroutine reads as long as the Conn lives, another
// writes while there is output. One for both would not do: it could not read while the peer does not, and two
// such programs would wait for each other.
type stream struct {
	nc      net.Conn
	mayRead sync.Cond          // on the loop's lock: Conn.reading has become true, or the Conn is dead
	cancel  context.CancelFunc // of the dial
}

// attach starts a connected Conn.
func (e *portable) attach(c *Conn, nc net.Conn) {
	c.stream = &stream{nc: nc, mayRead: sync.Cond{L: &e.mu}}
	e.conns[c] = struct{}{}
	c.open()
	e.l.group.wg.Go(func() { e.read(c) })
}

func (e *portable) read(c *Conn) {
	s := c.stream
	buf := make([]byte, streamRead)
	for {
		n, err := s.nc.Read(buf)
		e.enter()
		for !c.reading() && c.flags&dead == 0 { // paused since the read began, or held back
			s.mayRead.Wait()
			e.begin()
		}
		if n > 0 {
			c.input(buf[:n])
		}
		switch {
		case c.flags&dead != 0:
		case err == io.EOF:
			c.eof()
		case err != nil:
			c.drop(systemError("read", err))
		}
		e.l.flush()
		over := c.flags&(ended|dead) != 0
		e.leave()
		if over {
			return
		}
	}
}

func (e *portable) send(c *Conn) {
	if c.flags&blocked == 0 && len(c.out) > 0 {
		c.flags |= blocked
		e.l.group.wg.Go(func() { e.write(c) })
	}
}

// streamWrite is how much is written at a time, so that it shows when a slow peer takes something.
const streamWrite = 64 << 10

// write sends until nothing is left.
func (e *portable) write(c *Conn) {
	e.enter()
	for len(c.out) > 0 && c.flags&dead == 0 {
		out := c.out
		c.out = nil
		for rest := out; len(rest) > 0 && c.flags&dead == 0; {
			part := rest[:min(len(rest), streamWrite)]
			rest = rest[len(part):]
			e.leave()
			_, err := c.stream.nc.Write(part)
			e.enter()
			if err != nil {
				c.drop(systemError("write", err))
			}
			if c.flags&dead == 0 {
				c.unsent -= len(part)
				c.touch()
				e.l.flush()
			}
		}
		e.l.pool.put(out)
	}
	c.flags &^= blocked
	c.touch()
	e.leave()
}

func (e *portable) watch(c *Conn) {
	if c.reading() {
		c.stream.mayRead.Signal()
	}
}

func (e *portable) shut(c *Conn) {
	if secured, ok := c.stream.nc.(*tls.Conn); ok {
		e.l.group.wg.Go(func() { shutTLS(secured) })
		return
	}
	half, ok := c.stream.nc.(interface{ CloseWrite() error })
	if !ok {
		c.drop(nil) // no half to shut
		return
	}
	_ = half.CloseWrite() // if it fails the connection is broken, which Read will say
}
