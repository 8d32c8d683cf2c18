package server

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// fill connects n clients and returns them when each has been answered.
func fill(t *testing.T, addr string, n int) []*peer {
	t.Helper()
	peers := make([]*peer, n)
	for i := range peers {
		peers[i] = dial(t, addr)
		peers[i].send("get k\r\n")
	}
	for _, p := range peers {
		p.want("NOT-FOUND\r\n")
	}
	return peers
}

func TestOneThousandAndTwentyFourClientsAndOneMore(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		_, addr := start(t, cfg)
		peers := fill(t, addr, DefaultMaxClients)
		over := dial(t, addr)
		over.send("get k\r\n" + strings.Repeat("x", 100<<10)) // it sees ERROR even if it talks first, and no reset
		over.want("ERROR\r\n")
		over.wantEnd()
		for _, p := range peers {
			p.ask("get k\r\n", "NOT-FOUND\r\n")
		}
		peers[17].send("end\r\n")
		peers[17].wantEnd()
		dial(t, addr).ask("get k\r\n", "NOT-FOUND\r\n")
	})
}

// TestClosingMakesRoomAtOnce closes one client in each round, in all ways there are, and connects another without
// waiting. The kernel may show the new one first; it is not refused.
func TestClosingMakesRoomAtOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.MaxClients, cfg.Loops = 32, 2
		s, addr := start(t, cfg)
		peers := fill(t, addr, cfg.MaxClients)
		for round := range 20 {
			old := peers[round]
			switch round % 4 {
			case 0:
				old.Close()
			case 1:
				old.SetLinger(0)
				old.Close()
			case 2:
				old.send("end\r\n") // and does not close its side
			case 3:
				old.send("set k 10\r\nabc")
				old.CloseWrite()
			}
			peers[round] = dial(t, addr)
			peers[round].ask("get k\r\n", "NOT-FOUND\r\n")
		}
		if n := s.places.over.Load(); n != 0 {
			t.Errorf("%d count as over the limit, though all are served", n)
		}
	})
}

func TestAllLeaveAndAsManyCome(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.MaxClients, cfg.Loops = 64, 2
		_, addr := start(t, cfg)
		for range 3 {
			for _, p := range fill(t, addr, cfg.MaxClients) {
				p.Close()
			}
		}
	})
}

// TestAPlaceIsFreeBeforeTheClientHasClosed: the one that left keeps its side open for as long as the test runs.
func TestAPlaceIsFreeBeforeTheClientHasClosed(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.MaxClients = 1
		_, addr := start(t, cfg)
		for range 5 {
			p := dial(t, addr)
			p.ask("get k\r\nend\r\n", "NOT-FOUND\r\n")
		}
	})
}

func TestAFloodBeyondTheLimitIsBounded(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.MaxClients, cfg.Loops = 4, 1
		s, addr := start(t, cfg)
		served := fill(t, addr, cfg.MaxClients)
		var flood []*peer
		refused, reset := 0, 0
		for range 3 * leastOver {
			if p, err := tryDial(t, addr); err == nil {
				flood = append(flood, p)
			} else {
				reset++ // so fast that connect saw it
			}
		}
		for _, p := range flood {
			switch got, err := io.ReadAll(p.r); {
			case string(got) == "ERROR\r\n" && err == nil:
				refused++
			case len(got) == 0 && err != nil && !isTimeout(err), len(got) == 0 && err == nil:
				reset++
			default:
				t.Fatalf("got %q, %v", got, err)
			}
			p.Close()
		}
		if refused < leastOver || reset == 0 {
			t.Errorf("%d refused with a reply, %d reset; want at least %d and 1", refused, reset, leastOver)
		}
		for _, p := range served {
			p.ask("get k\r\n", "NOT-FOUND\r\n")
			p.Close()
		}
		eventually(t, "nobody counts any more", func() bool {
			return s.open.Load() == 0 && s.places.taken.Load() == 0 && s.places.over.Load() == 0
		})
		fill(t, addr, cfg.MaxClients)
	})
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func TestClientsThatLeaveWhileTheyWait(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.MaxClients = 2
		s, addr := start(t, cfg)
		served := fill(t, addr, cfg.MaxClients)
		for range 10 {
			if p, err := tryDial(t, addr); err == nil {
				p.SetLinger(0)
				p.Close()
			}
		}
		served[0].Close()
		for range 2 { // the second time nobody who has left has taken the place either
			eventually(t, "only the one who is served counts", func() bool {
				return s.open.Load() == 1 && s.places.over.Load() == 0 && s.places.taken.Load() == 1
			})
			time.Sleep(3 * waitRound)
		}
		served[1].ask("get k\r\n", "NOT-FOUND\r\n")
	})
}

// TestAPlaceThatBecomesFreeGoesToWhoWaits: to one that has waited for a while already. On a slow machine it has waited
// too long, now and then; then there is another try.
func TestAPlaceThatBecomesFreeGoesToWhoWaits(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.MaxClients = 1
		_, addr := start(t, cfg)
		reply := make([]byte, len("NOT-FOUND\r\n"))
		for range 50 {
			served := fill(t, addr, 1)[0]
			late := dial(t, addr)
			late.send("get k\r\n")
			time.Sleep(3 * waitRound)
			served.Close()
			n, _ := io.ReadFull(late.r, reply)
			late.Close()
			if string(reply[:n]) == "NOT-FOUND\r\n" {
				return
			}
		}
		t.Error("who waits is refused though a place becomes free")
	})
}

func TestPlacesUnderContention(t *testing.T) {
	p := places{limit: 3}
	var most, now int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				if !p.take() {
					continue
				}
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				mu.Lock()
				now--
				mu.Unlock()
				p.free()
			}
		})
	}
	wg.Wait()
	if most > 3 || p.taken.Load() != 0 {
		t.Errorf("%d places taken at once, want at most 3; %d left", most, p.taken.Load())
	}
	for range 3 {
		if !p.take() {
			t.Error("a place is free and cannot be taken")
		}
	}
	if p.take() {
		t.Error("a fourth place was taken")
	}
}

// TestChurn has clients come and go in every way, many at a time, and looks for what they leave behind. (Goroutines:
// TestMain.)
func TestChurn(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.MaxClients, cfg.Loops = 64, 2
		s, addr := start(t, cfg)
		witness := dial(t, addr)
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := range 60 {
					p := dial(t, addr)
					switch (w + i) % 6 {
					case 0:
						p.ask("set k 1\r\nv\r\nend\r\n", "STORED\r\n")
						p.wantEnd()
					case 1:
						p.send("set k 5\r\nab")
						p.SetLinger(0)
					case 2:
						p.send("get")
					case 3:
						p.send("get k\r\nget k\r\n")
						p.CloseWrite()
						io.Copy(io.Discard, p.r)
					case 4:
						p.ask("nonsense\r\n", "ERROR\r\n")
					}
					p.Close()
				}
			})
		}
		for range 50 {
			witness.ask("get x\r\n", "NOT-FOUND\r\n")
			time.Sleep(time.Millisecond)
		}
		wg.Wait()
		eventually(t, "only the witness is left", func() bool {
			return s.open.Load() == 1 && s.places.taken.Load() == 1 && s.places.over.Load() == 0
		})
		witness.ask("get x\r\n", "NOT-FOUND\r\n")
	})
}
