package netloop

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience bounds every wait of the tests.
const patience = 10 * time.Second

// engines runs a test of the contract on every engine there is.
func engines(t *testing.T, test func(t *testing.T, cfg Config)) {
	kinds := map[string]Config{"portable": {Portable: true}}
	if runtime.GOOS == "linux" {
		kinds["epoll"] = Config{}
	}
	for name, cfg := range kinds {
		t.Run(name, func(t *testing.T) {
			ignore := goleak.IgnoreCurrent()
			cfg.Logger = slog.New(slog.DiscardHandler)
			t.Cleanup(func() { goleak.VerifyNone(t, ignore) }) // registered first, so it comes last
			test(t, cfg)
		})
	}
}

// calls is a Handler made of functions; those left nil do what an echo server does. It counts the calls of Closed.
type calls struct {
	open   func(c *Conn)
	data   func(c *Conn, in []byte) int
	end    func(c *Conn)
	closed func(c *Conn, err error)

	opens, closes atomic.Int64
}

func (h *calls) Open(c *Conn) {
	h.opens.Add(1)
	if h.open != nil {
		h.open(c)
	}
}

// mayBeTold panics where no call of the contract may come.
func mayBeTold(c *Conn, what string) {
	if c.flags&(dialing|paused|closing|dead) != 0 {
		panic(fmt.Sprintf("%s for a Conn with flags %b", what, c.flags))
	}
}

func (h *calls) Data(c *Conn, in []byte) int {
	mayBeTold(c, "Data")
	if h.data != nil {
		return h.data(c, in)
	}
	c.Write(in)
	return len(in)
}

func (h *calls) End(c *Conn) {
	mayBeTold(c, "End")
	if h.end != nil {
		h.end(c)
		return
	}
	c.Close()
}

func (h *calls) Closed(c *Conn, err error) {
	h.closes.Add(1)
	if h.closed != nil {
		h.closed(c, err)
	}
}

// serve starts a Group with h behind a listener of its own and closes it at the end of the test.
func serve(t testing.TB, cfg Config, h Handler) (*Group, string) {
	t.Helper()
	g := group(t, cfg)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	check(t, g.Serve(ln, func(*Loop) Handler { return h }))
	return g, ln.Addr().String()
}

func group(t testing.TB, cfg Config) *Group {
	t.Helper()
	g, err := New(cfg)
	check(t, err)
	t.Cleanup(func() { g.Close() })
	return g
}

// connect dials with package net, with a deadline on all that follows.
func connect(t testing.TB, network, addr string) net.Conn {
	t.Helper()
	nc, err := net.DialTimeout(network, addr, patience)
	check(t, err)
	t.Cleanup(func() { nc.Close() })
	check(t, nc.SetDeadline(time.Now().Add(patience)))
	return nc
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// within waits for what.
func within[T any](t testing.TB, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		buf := make([]byte, 1<<20)
		t.Fatalf("no %s after %v\n%s", what, patience, buf[:runtime.Stack(buf, true)])
		panic("not reached")
	}
}

// eventually polls cond.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// on has fn called by the loop and waits for it.
func on(t *testing.T, l *Loop, fn func()) {
	t.Helper()
	done := make(chan struct{})
	if !l.Post(func() { fn(); close(done) }) {
		t.Fatal("Post: the loop has ended")
	}
	within(t, "posted call", done)
}

// noise returns n bytes in which no part is like another.
func noise(n int) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(p)
	return p
}
