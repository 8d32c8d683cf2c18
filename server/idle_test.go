package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"memlite/server/store"
)

// onLoops calls fn on every loop, one after the other.
func onLoops(s *Server, fn func(*handler)) {
	s.mu.Lock()
	handlers := s.handlers
	s.mu.Unlock()
	for _, h := range handlers {
		done := make(chan struct{})
		h.loop.Post(func() { fn(h); close(done) })
		<-done
	}
}

// idleRound has all loops look for idle clients once, as their timers would.
func idleRound(s *Server) { onLoops(s, (*handler).dropIdle) }

// heard returns the number of clients that have sent something since the last round.
func heard(s *Server) (n int) {
	onLoops(s, func(h *handler) {
		for session := range h.sessions {
			if session.quiet == 0 {
				n++
			}
		}
	})
	return n
}

// TestIdleTimeout drives the rounds itself: the timeout is so long that no timer does.
func TestIdleTimeout(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.IdleTimeout = time.Hour
		s, addr := start(t, cfg)
		idle, busy, typing, half := dial(t, addr), dial(t, addr), dial(t, addr), dial(t, addr)
		for _, p := range []*peer{idle, busy, typing, half} {
			p.ask("get k\r\n", "NOT-FOUND\r\n")
		}
		half.send("set k 10\r\nhalf")
		eventually(t, "the half of a request has come", func() bool {
			used := int64(0)
			onLoops(s, func(h *handler) { used += h.received })
			return used == int64(4*len("get k\r\n")+len("set k 10\r\nhalf"))
		})
		idleRound(s)
		request := "set typed 20\r\n" + strings.Repeat("x", 20) + "\r\n"
		for i := range idleRounds + 3 {
			typing.send(request[i : i+1]) // a line is used when it is whole, but a byte counts
			busy.ask("get k\r\n", "NOT-FOUND\r\n")
			eventually(t, "the bytes have come", func() bool { return heard(s) == 2 })
			idleRound(s)
		}
		idle.wantEnd()
		half.wantEnd()
		busy.ask("get k\r\n", "NOT-FOUND\r\n")
		typing.ask(request[idleRounds+3:], "STORED\r\n")
		stats, _ := s.Stats(t.Context())
		if stats.IdleClosed != 2 || stats.Clients != 2 {
			t.Errorf("%d closed, %d served; want 2 and 2", stats.IdleClosed, stats.Clients)
		}
	})
}

func TestIdleTimeoutComesByItself(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.IdleTimeout = 50 * time.Millisecond
		_, addr := start(t, cfg)
		for range 2 { // the second comes to loops that have been empty
			p := dial(t, addr)
			p.wantEnd()
			p.Close()
		}
	})
}

// A client that reads slowly takes bytes, and is not idle, though its one value takes all rounds; one that takes none is.
func TestIdleReader(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		const rounds, each, rest = 3 * idleRounds, 3 << 20, 12 << 20 // four rounds are more than the kernel holds for a client
		const size = rounds*each + rest
		cfg.IdleTimeout, cfg.MaxValue = time.Hour, size
		cfg.Store = store.NewMemory()
		cfg.Store.Set([]byte("k"), store.Item{Value: make([]byte, size)}, nil)
		s, addr := start(t, cfg)
		deaf, slow := dial(t, addr), dial(t, addr)
		deaf.send("get k\r\n")
		slow.ask("get k\r\n", fmt.Sprintf("VALUE k %d\r\n", size))
		for range rounds {
			if _, err := io.CopyN(io.Discard, slow.r, each); err != nil {
				t.Fatal(err)
			}
			idleRound(s)
		}
		if stats, _ := s.Stats(t.Context()); stats.IdleClosed != 1 {
			t.Errorf("%d closed, want 1: the one that does not read", stats.IdleClosed)
		}
		if _, err := io.CopyN(io.Discard, slow.r, rest); err != nil {
			t.Fatal(err)
		}
		slow.want("\r\nEND\r\n")
		slow.ask("get x\r\n", "NOT-FOUND\r\n")
		deaf.Close()
	})
}

// A client that was idle for a while, and has sent something when a shutdown begins, is answered all the same.
func TestShutdownAfterIdleRounds(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.IdleTimeout, cfg.Loops = time.Hour, 1
		s, addr := start(t, cfg)
		p := dial(t, addr)
		p.ask("get k\r\n", "NOT-FOUND\r\n")
		for range quietSweeps + 1 {
			idleRound(s)
		}
		onLoops(s, func(h *handler) {
			p.send("get k\r\n") // the loop is here, and does not read
			h.sweep()
		})
		p.want("NOT-FOUND\r\n")
		p.wantEnd()
	})
}

func TestStats(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.Dialect, cfg.MaxClients, cfg.Loops = "classic", 2, 2
		cfg.Store = store.NewMemoryWith(store.MemoryConfig{MaxMemory: 2000})
		var log lockedBuffer
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		s, addr := start(t, cfg)
		eventually(t, "the server serves", func() bool { _, err := s.Stats(t.Context()); return err == nil })
		a, b := dial(t, addr), dial(t, addr)
		requests := "set k 0 0 5\r\nvalue\r\nget k x\r\ndelete x\r\ndelete k\r\nset k 0 0 5\r\nvalue\r\n"
		replies := "STORED\r\nVALUE k 0 5\r\nvalue\r\nEND\r\nNOT_FOUND\r\nDELETED\r\nSTORED\r\n"
		a.ask(requests, replies)
		b.ask("nonsense\r\nget x\r\n", "ERROR\r\nEND\r\n")
		over := dial(t, addr)
		over.want("ERROR Too many open connections\r\n")
		full := "set big 0 0 3000\r\n" + strings.Repeat("x", 3000) + "\r\n"
		for range 3 {
			a.ask(full, noMemory)
		}
		stats, err := s.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]uint64{}
		for _, o := range stats.Operations {
			got[o.Operation+" "+o.Outcome] = o.Count
		}
		want := map[string]uint64{"get hit": 1, "get miss": 2, "set stored": 2, "set refused": 0, "set out_of_memory": 3, "set failed": 0,
			"delete deleted": 1, "delete miss": 1, "delete failed": 0, "unknown refused": 1}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("operations %v\nwant       %v", got, want)
		}
		received := int64(len(requests) + len("nonsense\r\nget x\r\n") + 3*len(full))
		sent := int64(len(replies) + len("ERROR\r\nEND\r\n") + len("ERROR Too many open connections\r\n") + 3*len(noMemory))
		if stats.Clients != 2 || stats.Accepted != 3 || stats.Refused != 1 || stats.Received != received || stats.Sent != sent ||
			stats.Keys != 1 || stats.Bytes != s.cfg.Store.Size() || len(stats.Busy) != 2 {
			t.Errorf("got %+v, want %d bytes received, %d sent", stats, received, sent)
		}
		if n := strings.Count(log.String(), "at the limit of memory"); n != 1 {
			t.Errorf("the operator was told %d times of the limit of memory, want once:\n%s", n, &log)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if _, err := s.Stats(t.Context()); err == nil {
			t.Error("a server that has stopped says that it is well")
		}
	})
}
