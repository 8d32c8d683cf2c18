package server

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"memlite/server/store"
)

// A slowStore finishes a Set only when finish is called, and then tells its waiter: what a store on a disk does.
type slowStore struct {
	*store.Memory
	mu      sync.Mutex
	fail    error // what sets and deletes end with; nil stores
	pending []func()
}

func newSlowStore() *slowStore { return &slowStore{Memory: store.NewMemory()} }

func (s *slowStore) Set(key []byte, item store.Item, w store.Waiter) (bool, error) {
	key = bytes.Clone(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	fail := s.fail
	s.pending = append(s.pending, func() {
		if fail == nil {
			s.Memory.Set(key, item, nil)
		}
		w.Done(fail)
	})
	return false, nil
}

func (s *slowStore) Delete(key []byte, w store.Waiter) (bool, error) {
	key = bytes.Clone(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	fail := s.fail
	s.pending = append(s.pending, func() {
		if fail != nil {
			w.Done(fail)
			return
		}
		_, err := s.Memory.Delete(key, nil)
		w.Done(err)
	})
	return false, nil
}

// finish ends all sets that are pending and returns how many.
func (s *slowStore) finish() int {
	s.mu.Lock()
	pending := s.pending
	s.pending = nil
	s.mu.Unlock()
	for _, f := range pending {
		f()
	}
	return len(pending)
}

// await waits until n sets are pending.
func (s *slowStore) await(t *testing.T, n int) {
	t.Helper()
	eventually(t, "sets are pending", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.pending) == n
	})
}

// eventually waits until ok, for as long as a test is patient.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited for %v in vain: %s", patience, what)
		}
	}
}

// silent checks that nothing comes for a moment. On a slow machine it sees less, and never fails for that.
func (p *peer) silent() {
	p.t.Helper()
	p.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	b, err := p.r.Peek(1)
	var timeout net.Error
	if len(b) > 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
		p.t.Fatalf("want silence, got %q (%v)", b, err)
	}
	p.SetReadDeadline(time.Now().Add(patience))
}

func TestRepliesWaitBehindAPendingSet(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		slow := newSlowStore()
		cfg.Store = slow
		_, addr := start(t, cfg)
		a, b := dial(t, addr), dial(t, addr)
		a.send("get k\r\nset k 3\r\nabc\r\nget k\r\nset k 3\r\ndef\r\nget k\r\n")
		a.want("NOT-FOUND\r\n")
		slow.await(t, 1)
		a.silent()
		b.ask("get k\r\n", "NOT-FOUND\r\n") // not visible before it is safe, and nobody waits
		slow.finish()
		a.want("STORED\r\nVALUE k 3\r\nabc\r\nEND\r\n")
		slow.await(t, 1)
		b.ask("get k\r\n", "VALUE k 3\r\nabc\r\nEND\r\n")
		slow.finish()
		a.want("STORED\r\nVALUE k 3\r\ndef\r\nEND\r\n")
	})
}

func TestAPendingSetThatFails(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		slow := newSlowStore()
		slow.fail = errors.New("disk full")
		cfg.Store = slow
		_, addr := start(t, cfg)
		a := dial(t, addr)
		a.send("set k 3\r\nabc\r\nget k\r\n")
		slow.await(t, 1)
		slow.finish()
		a.want("ERROR\r\nNOT-FOUND\r\n")
	})
}

func TestAPendingSetIsAnsweredAfterTheClientHasShutItsSide(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		slow := newSlowStore()
		cfg.Store = slow
		_, addr := start(t, cfg)
		a := dial(t, addr)
		a.send("set k 3\r\nabc\r\nget k\r\nget")
		a.CloseWrite()
		slow.await(t, 1)
		a.silent()
		slow.finish()
		a.want("STORED\r\nVALUE k 3\r\nabc\r\nEND\r\n")
		a.wantEnd()
	})
}

func TestAClientThatIsGoneWhenItsSetIsDone(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		slow := newSlowStore()
		cfg.Store = slow
		s, addr := start(t, cfg)
		a := dial(t, addr)
		a.send("set k 3\r\nabc\r\n")
		slow.await(t, 1)
		a.SetLinger(0) // a reset
		a.Close()
		b := dial(t, addr)
		b.ask("get k\r\n", "NOT-FOUND\r\n")
		slow.finish()
		b.ask("get k\r\n", "VALUE k 3\r\nabc\r\nEND\r\n")
		eventually(t, "the client that is gone is forgotten", func() bool { return s.open.Load() == 1 && s.places.taken.Load() == 1 })
	})
}

// An eagerStore tells the waiter before Set has returned that it is not done.
type eagerStore struct{ *store.Memory }

func (s eagerStore) Set(key []byte, item store.Item, w store.Waiter) (bool, error) {
	s.Memory.Set(key, item, nil)
	w.Done(nil)
	return false, nil
}

func TestDoneMayComeBeforeSetReturns(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.Store = eagerStore{store.NewMemory()}
		_, addr := start(t, cfg)
		a := dial(t, addr)
		for range 100 {
			a.ask("set k 3\r\nabc\r\nget k\r\n", "STORED\r\nVALUE k 3\r\nabc\r\nEND\r\n")
		}
	})
}

func TestShutdownWaitsForPendingSets(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		slow := newSlowStore()
		cfg.Store = slow
		s, addr := start(t, cfg)
		a := dial(t, addr)
		a.send("set k 3\r\nabc\r\nget k\r\n")
		slow.await(t, 1)
		ended := make(chan error, 1)
		go func() { ended <- s.Shutdown(context.Background()) }()
		eventually(t, "the listener is closed", func() bool {
			c, err := net.Dial("tcp", addr)
			if err == nil {
				c.Close()
			}
			return err != nil
		})
		a.silent()
		slow.finish()
		a.want("STORED\r\nVALUE k 3\r\nabc\r\nEND\r\n")
		a.wantEnd()
		a.Close()
		if err := <-ended; err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
}

func TestShutdownOutOfTime(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		slow := newSlowStore()
		cfg.Store = slow
		s, addr := start(t, cfg)
		a := dial(t, addr)
		a.send("set k 3\r\nabc\r\n")
		slow.await(t, 1)
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("shutdown with a set that never ends: %v, want %v", err, context.DeadlineExceeded)
		}
		if b, err := a.r.ReadByte(); err == nil {
			t.Errorf("want no reply, got %q", b)
		}
		slow.finish() // the store is late: nothing happens
	})
}
