package netloop

import (
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
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
