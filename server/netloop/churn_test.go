package netloop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// descriptors counts the open files of this process; -1 where that cannot be known.
func descriptors() int {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(files)
}

// TestChurn has 1000 connections come and go at random, with orderly ends, resets and aborts from both sides. Each
// gets one Closed, and nothing stays behind.
func TestChurn(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		const dialled = 1000
		cfg.Loops = 2
		cfg.Linger = 100 * time.Millisecond
		before := descriptors()
		var mu sync.Mutex
		seen := map[*Conn]int{} // Closed calls
		count := func(c *Conn, n int) {
			mu.Lock()
			seen[c] += n
			mu.Unlock()
		}
		random := func() int { mu.Lock(); defer mu.Unlock(); return rand.IntN(6) }
		behave := func(c *Conn, in []byte) int {
			switch random() {
			case 0:
				c.Abort()
			case 1:
				c.Write([]byte("bye"))
				c.Close()
			case 2:
				c.Pause()
				c.Loop().NewTimer(func() { c.Resume(); c.Write([]byte("late")) }).Reset(Now() + time.Millisecond)
				return 0
			case 3:
				c.Write(make([]byte, 100000))
			default:
				c.Write(in)
			}
			return len(in)
		}
		h := &calls{
			open:   func(c *Conn) { count(c, 0) },
			data:   behave,
			closed: func(c *Conn, _ error) { count(c, 1) },
		}
		g, addr := serve(t, cfg, h)
		g2 := group(t, cfg)
		var left atomic.Int64
		left.Store(dialled)
		done := make(chan struct{})
		client := &calls{data: behave, open: func(c *Conn) { c.Write([]byte("hello")) }}
		client.closed = func(c *Conn, _ error) {
			count(c, 1)
			if n := left.Add(-1); n >= 100 { // 100 at a time
				count(c.Loop().Dial("tcp", addr, client, nil), 0)
			} else if n == 0 {
				close(done)
			}
		}
		// Some exchanges would go on for ever.
		stop := func(l *Loop, c *Conn) { l.NewTimer(c.Close).Reset(Now() + 300*time.Millisecond) }
		client.open = func(c *Conn) { c.Write([]byte("hello")); stop(c.Loop(), c) }
		for i := range 100 {
			l := g2.Loop(i % 2)
			l.Post(func() { count(l.Dial("tcp", addr, client, nil), 0) })
		}
		within(t, "end of the last connection", done)
		eventually(t, "Closed for all", func() bool {
			mu.Lock()
			defer mu.Unlock()
			for _, n := range seen {
				if n != 1 {
					return false
				}
			}
			return true
		})
		mu.Lock()
		if len(seen) < dialled {
			t.Errorf("%d connections seen", len(seen))
		}
		for c, n := range seen {
			if n != 1 {
				t.Errorf("%p: %d Closed", c, n)
			}
		}
		mu.Unlock()
		for i := range 2 {
			if n := g.Loop(i).load.Load() + g2.Loop(i).load.Load(); n != 0 {
				t.Errorf("loops %d count %d connections that are gone", i, n)
			}
		}
		g.Close()
		g2.Close()
		eventually(t, "all files closed", func() bool { return descriptors() <= before })
	})
}

// TestReuseInOneTurn closes all connections of a loop from a callback for one of them, while events for the others
// are waiting, and dials anew: the new sockets get the old ones' numbers and must not get their events.
func TestReuseInOneTurn(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		cfg.Loops = 1
		_, addr := serve(t, cfg, &calls{})
		g := group(t, cfg)
		l := g.Loop(0)
		const n = 30
		for range 20 {
			old, fresh := &calls{}, &calls{}
			var conns []*Conn
			opened := make(chan struct{}, n)
			replies := make(chan string, 2*n)
			old.open = func(c *Conn) { opened <- struct{}{} }
			fresh.open = func(c *Conn) { c.Write([]byte("new")) }
			fresh.data = func(c *Conn, in []byte) int { replies <- string(in); c.Abort(); return len(in) }
			old.data = func(c *Conn, in []byte) int {
				for _, c := range conns {
					c.Abort()
				}
				return len(in)
			}
			old.closed = func(*Conn, error) { l.Dial("tcp", addr, fresh, nil) }
			on(t, l, func() {
				for range n {
					conns = append(conns, l.Dial("tcp", addr, old, nil))
				}
			})
			for range n {
				within(t, "connection", opened)
			}
			on(t, l, func() {
				for _, c := range conns {
					c.Write([]byte("old"))
				}
				l.flush()
				time.Sleep(5 * time.Millisecond) // let the replies come, all for one turn
			})
			for range n {
				if got := within(t, "reply", replies); got != "new" {
					t.Fatalf("a new connection got %q", got)
				}
			}
		}
	})
}

// TestPeerReset: a reset is noticed, with its error, while reading and while nothing is read. The portable engine
// learns of the latter only from its next read or write.
func TestPeerReset(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		for _, paused := range []bool{false, true} {
			if paused && cfg.Portable {
				continue
			}
			closed := make(chan error, 1)
			open := make(chan struct{}, 1)
			_, addr := serve(t, cfg, &calls{
				open: func(c *Conn) {
					if paused {
						c.Pause()
					}
					open <- struct{}{}
				},
				closed: func(_ *Conn, err error) { closed <- err },
			})
			nc := connect(t, "tcp", addr)
			within(t, "Open", open)
			nc.(*net.TCPConn).SetLinger(0)
			nc.Close()
			if err := within(t, "Closed", closed); !errors.Is(err, syscall.ECONNRESET) && runtime.GOOS == "linux" {
				t.Errorf("paused %v: Closed with %v, want a reset", paused, err)
			}
		}
	})
}

// TestDataContract: a handler that lies about what it has used is a bug that is told at once.
func TestDataContract(t *testing.T) {
	for _, used := range []int{-1, 4} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Data returns %d of 3 and nobody minds", used)
				}
			}()
			l := &Loop{group: &Group{cfg: Config{HighWater: 1}}}
			c := &Conn{loop: l, handler: &calls{data: func(*Conn, []byte) int { return used }}}
			c.input([]byte("abc"))
		}()
	}
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

func (e *sip) sync(c *Conn) {
	if n := c.unsent - e.leave; n > 0 {
		e.taken.Write(c.out[len(c.out)-c.unsent:][:n])
		c.unsent -= n
	}
}

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
	if e.sync(c); !bytes.Equal(e.taken.Bytes(), want) {
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

// TestServeNeedsDescriptor: a listener that epoll cannot wait for is refused in words.
func TestServeNeedsDescriptor(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	g := group(t, Config{})
	err = g.Serve(struct{ net.Listener }{ln}, func(*Loop) Handler { return &calls{} })
	if runtime.GOOS == "linux" && (err == nil || err.Error() != fmt.Sprintf("netloop: serve %s: listener has no descriptor", ln.Addr())) {
		t.Errorf("Serve: %v", err)
	}
}

func TestNegativeConfig(t *testing.T) {
	for _, cfg := range []Config{{Loops: -1}, {HighWater: -1}, {Linger: -1}} {
		if g, err := New(cfg); err == nil {
			g.Close()
			t.Errorf("New(%+v) accepted", cfg)
		}
	}
}
