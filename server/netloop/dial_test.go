package netloop

import (
	"errors"
	"net"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

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

// TestDialAbortInOneTurn: of two connections that are made in one turn, whichever is told of first aborts the other,
// which is then never told that it is open.
func TestDialAbortInOneTurn(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		cfg.Loops = 1
		_, addr := serve(t, cfg, &calls{})
		g := group(t, cfg)
		l := g.Loop(0)
		var a, b *Conn
		closed := make(chan error, 2)
		h := &calls{closed: func(_ *Conn, err error) { closed <- err }}
		h.open = func(c *Conn) {
			if c == a {
				b.Abort()
			} else {
				a.Abort()
			}
			c.Close()
		}
		on(t, l, func() {
			a, b = l.Dial("tcp", addr, h, nil), l.Dial("tcp", addr, h, nil)
			time.Sleep(5 * time.Millisecond)
		})
		check(t, within(t, "Closed", closed))
		check(t, within(t, "second Closed", closed))
		if n := h.opens.Load(); n != 1 {
			t.Errorf("%d Open, want 1", n)
		}
	})
}
