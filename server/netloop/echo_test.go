package netloop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

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

// TestIdleHoldsNothing: a buffer is the Conn's only while there is something in it, and goes back to the pool.
func TestIdleHoldsNothing(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		cfg.Loops = 1
		var c *Conn
		closed := make(chan error, 1)
		g, addr := serve(t, cfg, &calls{
			open:   func(conn *Conn) { c = conn },
			data:   frames(false),
			closed: func(_ *Conn, err error) { closed <- err },
		})
		l := g.Loop(0)
		incomplete := func() {
			eventually(t, "an incomplete frame", func() (kept bool) {
				on(t, l, func() { kept = c != nil && c.in != nil })
				return kept
			})
		}
		nc := connect(t, "tcp", addr)
		io.WriteString(nc, "\x03ab")
		incomplete()
		io.WriteString(nc, "c")
		_, err := io.ReadFull(nc, make([]byte, 4))
		check(t, err)
		pooled := 0
		eventually(t, "both buffers back", func() (idle bool) {
			on(t, l, func() { idle, pooled = c.in == nil && c.out == nil && c.unsent == 0, l.pool.held })
			return idle
		})
		if pooled != 2*bufferSize {
			t.Errorf("%d bytes in the pool, want those of two buffers", pooled)
		}
		io.WriteString(nc, "\x03ab")
		incomplete()
		nc.(*net.TCPConn).SetLinger(0)
		nc.Close()
		within(t, "Closed", closed)
		on(t, l, func() {
			if l.pool.held != pooled {
				t.Errorf("%d bytes in the pool after the end, want %d", l.pool.held, pooled)
			}
		})
	})
}
