package netloop

import (
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
)

func TestPost(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		cfg.Loops = 2
		g := group(t, cfg)
		const posters, each = 16, 1000
		counts := make([]int, g.Len()) // one per loop, without a lock: the race detector watches
		var wg, called sync.WaitGroup
		called.Add(posters * each)
		for range posters {
			wg.Go(func() {
				for i := range each {
					l := g.Loop(i % g.Len())
					if !l.Post(func() { counts[l.Index()]++; called.Done() }) {
						t.Error("Post refused")
					}
				}
			})
		}
		wg.Wait()
		done := make(chan struct{})
		go func() { called.Wait(); close(done) }()
		within(t, "all posted calls", done)
		if counts[0] != posters*each/2 || counts[1] != posters*each/2 {
			t.Errorf("calls %v", counts)
		}
		// A call that posts again gets another turn.
		again := make(chan struct{})
		g.Loop(0).Post(func() { g.Loop(0).Post(func() { close(again) }) })
		within(t, "post from a posted call", again)
		g.Close()
		if g.Loop(0).Post(func() { t.Error("called after the end") }) {
			t.Error("Post accepted after the end")
		}
	})
}

func TestGroupClose(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		var g *Group
		h := &calls{}
		h.closed = func(c *Conn, err error) {
			if err != nil && !errors.Is(err, net.ErrClosed) {
				t.Errorf("Closed: %v", err)
			}
			c.Write([]byte("x"))
			c.Loop().Dial("tcp", "127.0.0.1:1", h, nil) // for ever, if Close let it
		}
		g, addr := serve(t, cfg, h)
		g2 := group(t, cfg)
		for range 10 {
			connect(t, "tcp", addr)
			on(t, g2.Loop(0), func() { g2.Loop(0).Dial("tcp", addr, &calls{}, nil) })
		}
		eventually(t, "20 connections", func() bool { return h.opens.Load() == 20 })
		done := make(chan struct{})
		go func() { g.Close(); g.Close(); close(done) }()
		within(t, "Close", done)
		if h.closes.Load() < 20 {
			t.Errorf("%d Closed, want 20 and the failed dials", h.closes.Load())
		}
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		check(t, err)
		if err := g.Serve(ln, func(*Loop) Handler { return h }); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Serve on a closed Group: %v", err)
		}
	})
}

func TestStopAccepting(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		g, addr := serve(t, cfg, &calls{})
		nc := connect(t, "tcp", addr)
		io.WriteString(nc, "a")
		one := make([]byte, 1)
		_, err := io.ReadFull(nc, one)
		check(t, err)
		g.StopAccepting()
		if nc, err := net.Dial("tcp", addr); err == nil {
			nc.Close()
			t.Error("still accepting")
		}
		io.WriteString(nc, "b")
		_, err = io.ReadFull(nc, one)
		check(t, err)
	})
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

// TestEveryPostWakesALoopThatWaits: a loop of the first version slept for ever after its 256th wake-up, because
// the eventfd's counter was full.
func TestEveryPostWakesALoopThatWaits(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		l := group(t, cfg).Loop(0)
		for range 1000 {
			on(t, l, func() {})
		}
	})
}
