package netloop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
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

func TestEcho(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		for _, network := range []string{"tcp", "tcp6", "unix"} {
			t.Run(network, func(t *testing.T) {
				addr := map[string]string{"tcp": "127.0.0.1:0", "tcp6": "[::1]:0", "unix": filepath.Join(t.TempDir(), "s")}[network]
				ln, err := net.Listen(network, addr)
				if err != nil && network == "tcp6" {
					t.Logf("no IPv6 here: %v", err)
					return
				}
				check(t, err)
				g := group(t, cfg)
				h := &calls{}
				check(t, g.Serve(ln, func(*Loop) Handler { return h }))
				nc := connect(t, network, ln.Addr().String())
				for i := range 100 {
					want := fmt.Sprintf("hello %d", i)
					_, err := io.WriteString(nc, want)
					check(t, err)
					got := make([]byte, len(want))
					_, err = io.ReadFull(nc, got)
					check(t, err)
					if string(got) != want {
						t.Fatalf("got %q, want %q", got, want)
					}
				}
				g.Close()
				if network == "unix" {
					if _, err := os.Stat(addr); !errors.Is(err, os.ErrNotExist) {
						t.Errorf("the socket file is still there: %v", err)
					}
				}
				if h.opens.Load() != 1 || h.closes.Load() != 1 {
					t.Errorf("%d Open, %d Closed, want 1 and 1", h.opens.Load(), h.closes.Load())
				}
			})
		}
	})
}

// frames is an echo of frames: one byte that says how many follow. It takes as many as it is offered, or one per
// call, and checks that only an incomplete one is ever left.
func frames(one bool) func(c *Conn, in []byte) int {
	return func(c *Conn, in []byte) int {
		used := 0
		for used < len(in) && !c.Full() {
			n := 1 + int(in[used])
			if len(in)-used < n {
				break
			}
			if n%2 == 0 { // both ways to write
				c.Write(append(c.AvailableBuffer(), in[used:used+n]...))
			} else {
				c.Write(in[used : used+n])
			}
			if used += n; one {
				break
			}
		}
		return used
	}
}

// TestFrames sends frames cut at random, over many connections at once, and wants them back whole.
func TestFrames(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		cfg.Loops = 2
		data := noise(256)
		for _, one := range []bool{false, true} {
			_, addr := serve(t, cfg, &calls{data: frames(one)})
			var wg sync.WaitGroup
			for seed := range uint64(8) {
				nc := connect(t, "tcp", addr)
				wg.Go(func() {
					r := rand.New(rand.NewPCG(seed, 1))
					var want []byte
					for range 3000 {
						n := r.IntN(256)
						want = append(append(want, byte(n)), data[:n]...)
					}
					wg.Go(func() {
						for rest := want; len(rest) > 0; {
							n := min(len(rest), 1+r.IntN(1+r.IntN(40000)))
							if _, err := nc.Write(rest[:n]); err != nil {
								t.Error(err)
								return
							}
							rest = rest[n:]
						}
						nc.(*net.TCPConn).CloseWrite()
					})
					got, err := io.ReadAll(nc)
					if err != nil || !bytes.Equal(got, want) {
						t.Errorf("seed %d: %d bytes back of %d, equal: %v, error: %v", seed, len(got), len(want), bytes.Equal(got, want), err)
					}
				})
			}
			wg.Wait()
		}
	})
}

// noise returns n bytes in which no part is like another.
func noise(n int) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(p)
	return p
}

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

// TestEnd: a peer that shuts its sending side still gets what it is owed, however late that is written.
func TestEnd(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		ended := make(chan *Conn, 1)
		closed := make(chan error, 1)
		h := &calls{
			data:   func(c *Conn, in []byte) int { return len(in) },
			end:    func(c *Conn) { ended <- c },
			closed: func(_ *Conn, err error) { closed <- err },
		}
		_, addr := serve(t, cfg, h)
		nc := connect(t, "tcp", addr)
		io.WriteString(nc, "question")
		nc.(*net.TCPConn).CloseWrite()
		c := within(t, "End", ended)
		big := bytes.Repeat([]byte("answer"), 1<<20)
		on(t, c.Loop(), func() { c.Write(big); c.Close(); c.Write([]byte("too late")) })
		got, err := io.ReadAll(nc)
		if err != nil || !bytes.Equal(got, big) {
			t.Errorf("%d bytes of %d, error %v", len(got), len(big), err)
		}
		nc.Close()
		check(t, within(t, "Closed", closed))
	})
}

// TestCloseWhilePeerSends: the last reply arrives although the peer goes on sending; closing at once would have
// reset the connection and lost it.
func TestCloseWhilePeerSends(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		closed := make(chan error, 1)
		h := &calls{
			data: func(c *Conn, in []byte) int {
				c.Write([]byte("ERROR\r\n"))
				c.Close()
				return len(in)
			},
			end:    func(*Conn) { t.Error("End after Close") },
			closed: func(_ *Conn, err error) { closed <- err },
		}
		_, addr := serve(t, cfg, h)
		nc := connect(t, "tcp", addr)
		for range 100 {
			_, err := nc.Write(make([]byte, 10000))
			check(t, err)
		}
		got, err := io.ReadAll(nc)
		if err != nil || string(got) != "ERROR\r\n" {
			t.Errorf("got %q, %v", got, err)
		}
		nc.Close()
		check(t, within(t, "Closed", closed))
	})
}

// TestLinger: Close does not wait for ever for a peer that neither reads nor closes.
func TestLinger(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		cfg.Linger = 50 * time.Millisecond
		closed := make(chan error, 1)
		h := &calls{
			open:   func(c *Conn) { c.Write(make([]byte, 64<<20)); c.Close(); c.Close() },
			closed: func(_ *Conn, err error) { closed <- err },
		}
		_, addr := serve(t, cfg, h)
		start := time.Now()
		connect(t, "tcp", addr)
		check(t, within(t, "Closed", closed))
		if d := time.Since(start); d < cfg.Linger {
			t.Errorf("closed after %v, before the time limit", d)
		}
	})
}

func TestAbort(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		closed := make(chan error, 1)
		h := &calls{
			data: func(c *Conn, in []byte) int {
				c.Write(in)
				c.Abort()
				c.Abort()
				c.Close()
				c.Write(in)
				return 0
			},
			closed: func(_ *Conn, err error) { closed <- err },
		}
		_, addr := serve(t, cfg, h)
		nc := connect(t, "tcp", addr)
		io.WriteString(nc, "x")
		if _, err := io.ReadAll(nc); !errors.Is(err, syscall.ECONNRESET) && runtime.GOOS == "linux" {
			t.Errorf("the peer sees %v, want a reset", err)
		}
		check(t, within(t, "Closed", closed))
	})
}

func TestDial(t *testing.T) {
	unused := func(t *testing.T) string {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		check(t, err)
		defer ln.Close()
		return ln.Addr().String()
	}
	engines(t, func(t *testing.T, cfg Config) {
		_, addr := serve(t, cfg, &calls{})
		_, port, _ := net.SplitHostPort(addr)
		path := filepath.Join(t.TempDir(), "s")
		ln, err := net.Listen("unix", path)
		check(t, err)
		check(t, group(t, cfg).Serve(ln, func(*Loop) Handler { return &calls{} }))
		refusing := unused(t)
		for _, c := range []struct {
			name, network, addr string
			want                error  // nil: it connects
			text                string // of the error
		}{
			{"tcp", "tcp", addr, nil, ""},
			{"port alone", "tcp", ":" + port, nil, ""},
			{"unix", "unix", path, nil, ""},
			{"unix scheme", "tcp", "unix://" + path, nil, ""},
			{"refused", "tcp", refusing, syscall.ECONNREFUSED, "dial " + refusing + ": connection refused"},
			{"no socket file", "unix", path + "x", syscall.ENOENT, "dial " + path + "x: no such file or directory"},
			{"host name", "tcp", "localhost:1", errAny, ""},
			{"no port", "tcp", "127.0.0.1", errAny, ""},
			{"no network", "udp", addr, errAny, "dial " + addr + ": unknown network udp"},
		} {
			t.Run(c.name, func(t *testing.T) {
				g := group(t, cfg)
				got := make(chan error, 10)
				dialling := false
				h := &calls{
					open: func(conn *Conn) {
						if dialling {
							t.Error("Open from inside Dial")
						}
						conn.Write([]byte("ping"))
					},
					data: func(conn *Conn, in []byte) int {
						if string(in) == "ping" && conn.State == "mine" && conn.RemoteAddr() != "" {
							conn.Close()
						}
						return len(in)
					},
					closed: func(_ *Conn, err error) {
						if dialling {
							t.Error("Closed from inside Dial")
						}
						got <- err
					},
				}
				on(t, g.Loop(0), func() {
					dialling = true
					g.Loop(0).Dial(c.network, c.addr, h, "mine")
					dialling = false
				})
				err := within(t, "Closed", got)
				if c.want == errAny && err == nil || c.want != errAny && !errors.Is(err, c.want) {
					t.Errorf("error %v, want %v", err, c.want)
				}
				if c.text != "" && err.Error() != c.text && runtime.GOOS == "linux" {
					t.Errorf("error %q, want %q", err, c.text)
				}
			})
		}
	})
}

var errAny = errors.New("any error")

// TestDialAbort ends an attempt that the other side leaves waiting, and one that has hardly begun.
func TestDialAbort(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		g := group(t, cfg)
		_, addr := serve(t, cfg, &calls{})
		for _, end := range []func(*Conn){(*Conn).Abort, (*Conn).Close} {
			closed := make(chan error, 2)
			h := &calls{open: func(*Conn) { t.Error("Open after Abort") }, closed: func(_ *Conn, err error) { closed <- err }}
			on(t, g.Loop(0), func() {
				end(g.Loop(0).Dial("tcp", addr, h, nil))
			})
			check(t, within(t, "Closed", closed))
		}
	})
}

// TestPauseResume: neither Data nor End while paused, everything in order afterwards.
func TestPauseResume(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		for _, network := range []string{"tcp", "unix"} {
			var pausedNow atomic.Bool
			paused := make(chan *Conn, 100)
			var got []byte
			end := make(chan struct{})
			h := &calls{
				data: func(c *Conn, in []byte) int {
					if pausedNow.Load() {
						t.Error("Data while paused")
					}
					got = append(got, in[0])
					pausedNow.Store(true)
					c.Pause()
					paused <- c
					return 1
				},
				end: func(c *Conn) {
					if pausedNow.Load() {
						t.Error("End while paused")
					}
					c.Close()
					close(end)
				},
			}
			addr := map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")}[network]
			ln, err := net.Listen(network, addr)
			check(t, err)
			g := group(t, cfg)
			check(t, g.Serve(ln, func(*Loop) Handler { return h }))
			nc := connect(t, network, ln.Addr().String())
			const text = "abcdefgh"
			io.WriteString(nc, text[:4])
			time.Sleep(time.Millisecond)
			io.WriteString(nc, text[4:])
			nc.Close()
			for range text {
				c := within(t, "pause", paused)
				time.Sleep(2 * time.Millisecond)
				on(t, c.Loop(), func() { pausedNow.Store(false); c.Resume() })
			}
			within(t, "End", end)
			if string(got) != text {
				t.Errorf("got %q, want %q", got, text)
			}
		}
	})
}

// TestSecondThoughts: what is to be offered again after Resume is not, if the Conn is paused, closed or aborted
// meanwhile. calls.Data says so.
func TestSecondThoughts(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		for _, then := range []func(*Conn){(*Conn).Pause, (*Conn).Close, (*Conn).Abort} {
			kept := make(chan *Conn, 1)
			h := &calls{data: func(c *Conn, in []byte) int {
				c.Pause()
				kept <- c
				return len(in) - 1
			}}
			_, addr := serve(t, cfg, h)
			nc := connect(t, "tcp", addr)
			io.WriteString(nc, "two")
			c := within(t, "Data", kept)
			on(t, c.Loop(), func() { c.Resume(); then(c) })
			on(t, c.Loop(), func() {})
			nc.Close()
		}
	})
}

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
