package netloop

import (
	"io"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

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

// TestReadAfterKept: once what Pause has held back is used, the socket is read from again, although that was given
// up meanwhile and nothing is written.
func TestReadAfterKept(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		got := make(chan string, 10)
		var c *Conn
		_, addr := serve(t, cfg, &calls{data: func(conn *Conn, in []byte) int {
			first := c == nil
			if c = conn; first {
				c.Pause()
			}
			got <- string(in)
			if first {
				return 1
			}
			return len(in)
		}})
		nc := connect(t, "tcp", addr)
		io.WriteString(nc, "ab")
		within(t, "Data", got)
		io.WriteString(nc, "c")
		time.Sleep(5 * time.Millisecond) // for epoll to announce it in vain
		on(t, c.Loop(), c.Resume)
		for all := ""; all != "bc"; {
			all += within(t, "Data", got)
		}
	})
}
