package netloop

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

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
				return 1 // the rest is not offered
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
				return 1 // the rest is not offered
			},
			closed: func(_ *Conn, err error) { closed <- err },
		}
		_, addr := serve(t, cfg, h)
		nc := connect(t, "tcp", addr)
		io.WriteString(nc, "xyz")
		if _, err := io.ReadAll(nc); !errors.Is(err, syscall.ECONNRESET) && runtime.GOOS == "linux" {
			t.Errorf("the peer sees %v, want a reset", err)
		}
		check(t, within(t, "Closed", closed))
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

// TestEndWaits: an end that comes together with input waits for it, as long as that is held back.
func TestEndWaits(t *testing.T) {
	var got []string
	l := &Loop{engine: &sip{}, group: &Group{cfg: Config{HighWater: 1000}}}
	c := &Conn{loop: l, handler: &calls{
		data: func(c *Conn, in []byte) int { got = append(got, string(in)); c.Pause(); return 1 },
		end:  func(*Conn) { got = append(got, "end") },
	}}
	c.input([]byte("abc"))
	c.Resume()
	c.eof()
	for range 5 {
		l.settle()
		l.settle()
		c.Resume()
	}
	if want := []string{"abc", "bc", "c", "end"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// TestCloseWaitsForASlowReader: a peer that needs longer than Linger for what was queued before Close gets it all.
func TestCloseWaitsForASlowReader(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		cfg.Linger = 50 * time.Millisecond
		want := noise(8 << 20) // more than kernels hold for a socket pair
		_, addr := serve(t, cfg, &calls{data: func(c *Conn, in []byte) int {
			c.Write(want)
			c.Close()
			return len(in)
		}})
		nc := connect(t, "tcp", addr)
		_, err := nc.Write([]byte("x"))
		check(t, err)
		var got []byte
		buf := make([]byte, 256<<10)
		for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			n, err := nc.Read(buf)
			got = append(got, buf[:n]...)
			if err == io.EOF {
				if took := time.Since(begin); took < 2*cfg.Linger {
					t.Fatalf("read in %v: too fast to show anything", took)
				}
				break
			}
			check(t, err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("got %d bytes of %d", len(got), len(want))
		}
	})
}
