package server

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestConfigValidate(t *testing.T) {
	for _, test := range []struct {
		cfg  Config
		want []string // in the error; none means nil
	}{
		{Config{}, nil},
		{Config{Dialect: "lite", MaxClients: 1, MaxValue: 1, Loops: 1}, nil},
		{Config{Dialect: "classic"}, nil},
		{Config{Dialect: "latin"}, []string{`dialect "latin" is not known; there is: lite, classic`}},
		{Config{MaxClients: -1}, []string{"clients, at most: -1 is less than 1"}},
		{Config{MaxValue: -5, Loops: -2}, []string{"value size, at most: -5 is less than 1", "loops: -2 is less than 0"}},
	} {
		err := test.cfg.Validate()
		if (err == nil) != (len(test.want) == 0) {
			t.Errorf("%+v: %v", test.cfg, err)
			continue
		}
		for _, w := range test.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%+v: %q does not say %q", test.cfg, err, w)
			}
		}
		if _, err := New(test.cfg); (err == nil) != (len(test.want) == 0) {
			t.Errorf("New(%+v): %v", test.cfg, err)
		}
	}
}

func TestSettingsAreUsed(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.MaxValue = 4
		_, addr := start(t, cfg)
		a := dial(t, addr)
		a.ask("set k 4\r\nabcd\r\nset k 5\r\nabcde\r\nget k\r\n", "STORED\r\nERROR\r\nVALUE k 4\r\nabcd\r\nEND\r\n")
	})
}

func TestUnixSocket(t *testing.T) {
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := New(Config{Logger: slog.New(slog.DiscardHandler)})
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	c, err := net.Dial("unix", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, "set k 3\r\nabc\r\nget k\r\nend\r\n")
	if got, _ := io.ReadAll(c); string(got) != "STORED\r\nVALUE k 3\r\nabc\r\nEND\r\n" {
		t.Errorf("got %q", got)
	}
	c.Close()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestShutdownAnswersWhatWasReceived(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		s, addr := start(t, cfg)
		var clients []*peer
		const deep = 2000
		for range 8 {
			p := dial(t, addr)
			p.ask("get k\r\n", "NOT-FOUND\r\n")
			clients = append(clients, p)
		}
		for _, p := range clients {
			p.send(strings.Repeat("get k\r\n", deep) + "get unfinished")
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Shutdown(context.Background()) }()
		for _, p := range clients {
			p.want(strings.Repeat("NOT-FOUND\r\n", deep))
			p.wantEnd()
			p.Close()
		}
		if err := <-ended; err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			t.Error("after Shutdown a client could connect")
		}
	})
}

// TestShutdownWaitsForASlowReader: it has asked for more than the kernel holds for it, and reads only now.
func TestShutdownWaitsForASlowReader(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		s, addr := start(t, cfg)
		const gets = 40
		value := strings.Repeat("v", 1<<20)
		p := dial(t, addr)
		p.ask("set k 1048576\r\n"+value+"\r\n", "STORED\r\n")
		p.send(strings.Repeat("get k\r\n", gets))
		ended := make(chan error, 1)
		go func() { ended <- s.Shutdown(context.Background()) }()
		time.Sleep(10 * sweepEvery) // for a while nothing of it can be read: too many replies are unsent
		for range gets {
			p.want("VALUE k 1048576\r\n" + value + "\r\nEND\r\n")
		}
		p.wantEnd()
		p.Close()
		if err := <-ended; err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
}

// TestShutdownWithClientsThatDoNotStop: neither one that asks for ever, nor one that takes no reply, nor one that
// never closes holds it up.
func TestShutdownWithClientsThatDoNotStop(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		t.Parallel()
		s, addr := start(t, cfg)
		idle, busy, deaf := dial(t, addr), dial(t, addr), dial(t, addr)
		idle.ask("get k\r\n", "NOT-FOUND\r\n")
		busy.ask("get k\r\n", "NOT-FOUND\r\n")
		deaf.ask("set big 1048576\r\n"+strings.Repeat("v", 1<<20)+"\r\n", "STORED\r\n")
		deaf.send(strings.Repeat("get big\r\n", 40))
		var wg sync.WaitGroup
		wg.Go(func() {
			buf := make([]byte, 64)
			for {
				if _, err := io.WriteString(busy, "get k\r\n"); err != nil {
					return
				}
				if _, err := busy.Read(buf); err != nil {
					return
				}
			}
		})
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		wg.Wait()
		idle.wantEnd()
	})
}

func TestServeAndShutdownInOddOrder(t *testing.T) {
	listen := func() net.Listener {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return ln
	}
	quiet := Config{Logger: slog.New(slog.DiscardHandler)}
	t.Run("shutdown before serve", func(t *testing.T) {
		s, _ := New(quiet)
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		ln := listen()
		if err := s.Serve(ln); err != nil {
			t.Errorf("serve: %v", err)
		}
		if _, err := ln.Accept(); err == nil {
			t.Error("the listener is still open")
		}
	})
	t.Run("shutdown twice", func(t *testing.T) {
		s, _ := start(t, Config{})
		for range 2 {
			if err := s.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("serve twice", func(t *testing.T) {
		s, addr := start(t, Config{})
		dial(t, addr).ask("get k\r\n", "NOT-FOUND\r\n") // so the first Serve has begun
		if err := s.Serve(listen()); err == nil {
			t.Error("the second Serve gave no error")
		}
	})
}

// lockedBuffer is written by the server's goroutines and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestLog(t *testing.T) {
	var log lockedBuffer
	s, addr := start(t, Config{MaxClients: 1, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	served := dial(t, addr)
	served.ask("get k\r\n", "NOT-FOUND\r\n")
	for range 3 {
		p := dial(t, addr)
		p.want("ERROR\r\n")
		p.Close()
	}
	served.Close()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	text := log.String()
	for want, times := range map[string]int{"msg=listening addr=" + addr: 1, "refusing more": 1, "shutting down": 1, "\n": 3} {
		if n := strings.Count(text, want); n != times {
			t.Errorf("log has %q %d times, want %d:\n%s", want, n, times, text)
		}
	}
}
