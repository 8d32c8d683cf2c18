package server

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come. Nothing is measured with it.
const patience = 20 * time.Second

// onEngines runs a test with each engine of netloop.
func onEngines(t *testing.T, test func(t *testing.T, cfg Config)) {
	t.Run("default engine", func(t *testing.T) { test(t, Config{}) })
	t.Run("portable engine", func(t *testing.T) { test(t, Config{Portable: true}) })
}

// start serves until the test ends, and returns the server and its address.
func start(t *testing.T, cfg Config) (*Server, string) {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s, ln.Addr().String()
}

// A peer is a client over TCP.
type peer struct {
	t testing.TB
	*net.TCPConn
	r *bufio.Reader
}

func dial(t testing.TB, addr string) *peer {
	t.Helper()
	p, err := tryDial(t, addr)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func tryDial(t testing.TB, addr string) (*peer, error) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return &peer{t, c.(*net.TCPConn), bufio.NewReader(c)}, nil
}

func (p *peer) send(s string) {
	p.t.Helper()
	if _, err := io.WriteString(p, s); err != nil {
		p.t.Fatalf("send %.60q: %v", s, err)
	}
}

func (p *peer) want(reply string) {
	p.t.Helper()
	got := make([]byte, len(reply))
	n, err := io.ReadFull(p.r, got)
	if string(got[:n]) != reply {
		p.t.Fatalf("want %.200q\ngot  %.200q (%v)", reply, got[:n], err)
	}
}

// ask sends one request and wants one reply.
func (p *peer) ask(request, reply string) {
	p.t.Helper()
	p.send(request)
	p.want(reply)
}

func (p *peer) wantEnd() {
	p.t.Helper()
	if rest, err := io.ReadAll(p.r); err != nil || len(rest) > 0 {
		p.t.Fatalf("want the end of the stream, got %.200q (%v)", rest, err)
	}
}

func TestExchangesOverTCP(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		forEachExchange(t, func(t *testing.T, x exchange) {
			cfg.Dialect, cfg.Version = x.dialect.name, "test"
			_, addr := start(t, cfg)
			if err := x.overTCP(t, addr); err != nil {
				t.Error(err)
			}
		})
	})
}

// overTCP plays an exchange. That nothing more comes than expected shows in the replies that follow, and at the end,
// when every client has shut its side.
func (x exchange) overTCP(t *testing.T, addr string) error {
	peers := map[byte]*peer{}
	shut := map[byte]bool{}
	for i, s := range x.steps {
		p := peers[s.client]
		if p == nil {
			p = dial(t, addr)
			peers[s.client] = p
		}
		switch {
		case s.send && s.fin:
			p.CloseWrite()
		case s.send:
			p.send(string(s.bytes))
		case s.fin:
			p.wantEnd()
			shut[s.client] = true
		default:
			got := make([]byte, len(s.bytes))
			if n, err := io.ReadFull(p.r, got); !bytes.Equal(got, s.bytes) {
				return fmt.Errorf("step %d, client %c: want %.200q, got %.200q (%v)", i, s.client, s.bytes, got[:n], err)
			}
		}
	}
	for name, p := range peers {
		if !shut[name] {
			p.CloseWrite()
			p.wantEnd()
		}
	}
	return nil
}
