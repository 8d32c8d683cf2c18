package netloop

import (
	"bytes"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// TestBackPressure lets a client send without reading: what the server queues is bounded, and all of it is read
// in the end.
func TestBackPressure(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		const high, total = 64 << 10, 32 << 20
		cfg.HighWater = high
		var unsent, room atomic.Int64
		h := &calls{data: func(c *Conn, in []byte) int {
			if c.Full() {
				t.Error("Data called although the Conn is full")
			}
			n := min(len(in), 5000)
			c.Write(in[:n])
			unsent.Store(max(unsent.Load(), int64(c.Unsent())))
			room.Store(max(room.Load(), int64(cap(c.out)+cap(c.in))))
			return n
		}}
		_, addr := serve(t, cfg, h)
		nc := connect(t, "tcp", addr)
		want := noise(total)
		sent := make(chan error, 1)
		go func() {
			_, err := nc.Write(want)
			nc.(*net.TCPConn).CloseWrite()
			sent <- err
		}()
		select {
		case err := <-sent:
			t.Fatalf("32 MiB sent while nothing is read: nobody holds back (%v)", err)
		case <-time.After(100 * time.Millisecond):
		}
		got, err := io.ReadAll(nc)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes back of %d, error %v", len(got), total, err)
		}
		check(t, within(t, "end of sending", sent))
		if n := unsent.Load(); n >= high+5000 {
			t.Errorf("%d bytes queued, want less than %d", n, high+5000)
		}
		if n := room.Load(); n > 8*high {
			t.Errorf("buffers of %d bytes, for at most %d", n, high+5000)
		}
	})
}

// TestBothSidesBlocked has two loops flood each other with more than the kernel holds. It ends only if a Conn goes
// on reading while it cannot send.
func TestBothSidesBlocked(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		const size = 16 << 20
		cfg.HighWater = 2 * size
		done := make(chan error, 2)
		side := func() Handler {
			received := 0
			return &calls{
				open: func(c *Conn) { c.Write(make([]byte, size)) },
				data: func(c *Conn, in []byte) int {
					if received += len(in); received == size {
						done <- nil
					}
					return len(in)
				},
			}
		}
		g, addr := serve(t, cfg, side())
		on(t, g.Loop(0), func() { g.Loop(0).Dial("tcp", addr, side(), nil) })
		check(t, within(t, "first side", done))
		check(t, within(t, "second side", done))
	})
}

// TestStopWhenFull: a handler that stops because the Conn is full, without having used anything, is called again
// when there is room, although nothing more arrives.
func TestStopWhenFull(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		cfg.HighWater = 1000
		const total = 5 << 20
		left := total
		_, addr := serve(t, cfg, &calls{data: func(c *Conn, in []byte) int {
			for left > 0 && !c.Full() {
				n := min(left, 700)
				c.Write(make([]byte, n))
				left -= n
			}
			if left > 0 {
				return 0
			}
			c.Close()
			return len(in)
		}})
		nc := connect(t, "tcp", addr)
		io.WriteString(nc, "x")
		if n, err := io.Copy(io.Discard, nc); n != total || err != nil {
			t.Errorf("%d bytes, %v, want %d", n, err, total)
		}
	})
}

// sip is an engine whose kernel takes all but some bytes of the output.
type sip struct {
	engine
	leave int
	taken bytes.Buffer
}

func (e *sip) send(c *Conn) {
	if n := c.unsent - e.leave; n > 0 {
		e.taken.Write(c.out[len(c.out)-c.unsent:][:n])
		c.unsent -= n
	}
}

func (e *sip) watch(*Conn) {}

// TestOutputOfLaggards: a peer that is always a little behind costs a buffer for that little, not for all that was
// ever written.
func TestOutputOfLaggards(t *testing.T) {
	e := &sip{leave: 700}
	l := &Loop{engine: e, group: &Group{cfg: Config{HighWater: 1 << 20}}}
	c := &Conn{loop: l}
	want := noise(1 << 20)
	for rest := want; len(rest) > 0; {
		n := min(len(rest), 1+len(rest)%1000)
		if n%2 == 0 {
			c.Write(rest[:n])
		} else {
			c.Write(append(c.AvailableBuffer(), rest[:n]...))
		}
		rest = rest[n:]
		l.flush()
	}
	if e.leave = 0; cap(c.out) > 8<<10 {
		t.Errorf("a buffer of %d bytes", cap(c.out))
	}
	if c.sync(); !bytes.Equal(e.taken.Bytes(), want) {
		t.Error("not the bytes that were written, in their order")
	}
}

// TestTurns: a peer that asks for much and reads fast does not keep the loop for itself. Each time the Conn is full
// the others have their turn, and until all it has sent has been handled nothing more is read.
func TestTurns(t *testing.T) {
	l := &Loop{engine: &sip{}, group: &Group{cfg: Config{HighWater: 1000}}}
	asked := 0
	c := &Conn{loop: l, handler: &calls{data: func(c *Conn, in []byte) int {
		asked++
		c.Write(make([]byte, 600))
		return 1
	}}}
	c.input(make([]byte, 10))
	for turn := 1; turn <= 5; turn++ {
		if asked != 2*turn {
			t.Fatalf("%d Data after turn %d, want %d", asked, turn, 2*turn)
		}
		if done := turn == 5; c.reading() != done {
			t.Fatalf("reading: %v after turn %d", !done, turn)
		}
		if more := l.settle(); more != (turn < 4) {
			t.Fatalf("turn %d is to be followed by another: %v", turn, more)
		}
	}
}
