package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// slowest is the rate that is still waited for: a megabyte over a slow link is given its time on top of Wait.
const slowest = 256 << 10 // bytes per second

// scratch buffers are shared: a thousand waiting clients need none while nothing comes.
var scratch = sync.Pool{New: func() any { b := make([]byte, 64<<10); return &b }}

// A Client is one connection. One goroutine may send while another reads; otherwise it is not for sharing.
type Client struct {
	// Number tells the clients of a transcript apart, from 1.
	Number int
	// Wait bounds every wait: one Send, one ReadLine, one ReadN, one ReadToEnd.
	Wait time.Duration

	conn net.Conn
	log  *Transcript
	buf  []byte // received and not yet read
	end  error  // why nothing more will come
}

// Dial connects to addr (see ParseAddr) within wait, which becomes the Client's Wait.
func Dial(ctx context.Context, addr string, wait time.Duration, log *Transcript) (*Client, error) {
	network, address, err := ParseAddr(addr)
	if err != nil {
		return nil, &Error{Op: "dial", Kind: Local, Err: err}
	}
	number := log.client()
	d := net.Dialer{Timeout: wait}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
			<-ctx.Done() // the dialer looks at the clock, and is ahead of the context's timer: nobody may take that for the other side's doing
		}
		e := dialError(err)
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			e.Err = fmt.Errorf("no connection within %v", wait)
		}
		log.add(number, "open", nil, "failed: "+e.Err.Error())
		return nil, e
	}
	log.add(number, "open", nil, "")
	return &Client{Number: number, Wait: wait, conn: conn, log: log}, nil
}

// Send sends p in one write. A connection that the other side has ended is not an error here: what it sent before
// can still be read, and the read after that tells how it ended.
func (c *Client) Send(p []byte) error {
	c.log.add(c.Number, "send", p, "")
	return c.write(p)
}

// SendApart sends pieces in writes of their own, pause apart, so that they arrive apart.
func (c *Client) SendApart(pieces [][]byte, pause time.Duration) error {
	c.log.add(c.Number, "send", bytes.Join(pieces, nil), fmt.Sprintf("in %d pieces, %v apart", len(pieces), pause))
	for i, p := range pieces {
		if i > 0 {
			Pause(pause)
		}
		if err := c.write(p); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) write(p []byte) error {
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.allow(len(p))))
	n, err := c.conn.Write(p)
	if err == nil {
		return nil
	}
	e := newError("send", err)
	switch e.Kind {
	case Closed, Reset:
		return nil
	case Timeout:
		e.Err = fmt.Errorf("only %d of %d bytes were taken within %v", n, len(p), c.allow(len(p)))
	}
	return e
}

// ReadLine reads up to and with the next LF, at most max bytes. With an error it returns what came instead.
func (c *Client) ReadLine(max int) ([]byte, error) {
	deadline := time.Now().Add(c.Wait)
	for seen := 0; ; {
		if i := bytes.IndexByte(c.buf[seen:], '\n'); i >= 0 && seen+i < max {
			return c.take(seen + i + 1), nil
		}
		seen = len(c.buf)
		if seen >= max {
			err := fmt.Errorf("no line end in %d bytes", max)
			return c.take(max), &Error{Op: "read", Kind: Overlong, Err: err}
		}
		if err := c.fill(deadline); err != nil {
			return c.take(len(c.buf)), err
		}
	}
}

// ReadN reads n bytes. With an error it returns the fewer that came.
func (c *Client) ReadN(n int) ([]byte, error) {
	deadline := time.Now().Add(c.allow(n))
	for len(c.buf) < n {
		if err := c.fill(deadline); err != nil {
			return c.take(len(c.buf)), err
		}
	}
	return c.take(n), nil
}

// ReadToEnd reads what comes until the other side ends the connection, at most max bytes. The error is nil only
// when the stream ended, in order or by a reset; reset tells which.
func (c *Client) ReadToEnd(max int) (p []byte, reset bool, err error) {
	deadline := time.Now().Add(c.Wait)
	for {
		if len(c.buf) > max {
			err := fmt.Errorf("more than %d bytes and no end", max)
			return c.take(max), false, &Error{Op: "read", Kind: Overlong, Err: err}
		}
		err := c.fill(deadline)
		switch KindOf(err) {
		case "":
		case Closed, Reset:
			return c.take(len(c.buf)), KindOf(err) == Reset, nil
		default:
			return c.take(len(c.buf)), false, err
		}
	}
}

// Await waits at most d for something that can be read, be it the end of the stream, and reports whether there is.
func (c *Client) Await(d time.Duration) bool {
	return len(c.buf) > 0 || c.Receive(d) == nil || c.end != nil
}

// Receive waits at most d for more than is Pending. The error says why nothing came: Timeout, or how the stream has ended.
func (c *Client) Receive(d time.Duration) error { return c.fill(time.Now().Add(d)) }

// Pending returns what has been received and not read, without waiting. It is valid until the next read.
func (c *Client) Pending() []byte { return c.buf }

// CloseWrite shuts the sending side.
func (c *Client) CloseWrite() {
	c.log.add(c.Number, "close", nil, "sending side")
	// Both kinds of connection that ParseAddr allows have it. An error means that the other side has gone already;
	// the next read tells how.
	_ = c.conn.(interface{ CloseWrite() error }).CloseWrite()
}

// Abort ends the connection with a reset, where the network has one.
func (c *Client) Abort() {
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	c.close("reset")
}

// Close ends the connection in order. Closing twice does nothing.
func (c *Client) Close() { c.close("") }

func (c *Client) close(how string) {
	if err := c.conn.Close(); err == nil {
		c.log.add(c.Number, "close", nil, how)
	}
}

func (c *Client) allow(n int) time.Duration {
	return c.Wait + time.Duration(n)*(time.Second/slowest)
}

func (c *Client) take(n int) []byte {
	p := c.buf[:n:n]
	c.buf = c.buf[n:]
	if len(c.buf) == 0 {
		c.buf = nil
	}
	return p
}

// fill reads once. Each call keeps at most one scratch buffer more, so what is kept is bounded by what is asked for.
func (c *Client) fill(deadline time.Time) error {
	if c.end != nil {
		return c.end
	}
	_ = c.conn.SetReadDeadline(deadline)
	b := scratch.Get().(*[]byte)
	defer scratch.Put(b)
	n, err := c.conn.Read(*b)
	if n > 0 {
		c.log.add(c.Number, "receive", (*b)[:n], "")
		c.buf = append(c.buf, (*b)[:n]...)
		return nil
	}
	e := newError("read", err)
	switch e.Kind {
	case Timeout:
		e.Err = errors.New("nothing more came before the deadline")
	case Closed, Reset:
		c.log.add(c.Number, "end", nil, string(e.Kind))
		e.Err = fmt.Errorf("connection %s by the other side", e.Kind)
		c.end = e
	}
	return e
}
