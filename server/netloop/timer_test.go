package netloop

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestAlarms sets, moves and stops timers at random and compares the heap with a sorted list.
func TestAlarms(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		l := &Loop{}
		timers := make([]*Timer, 30)
		want := map[*Timer]time.Duration{}
		for i := range timers {
			timers[i] = l.NewTimer(func() {})
		}
		for range 500 {
			tm := timers[r.IntN(len(timers))]
			if r.IntN(3) == 0 {
				tm.Stop()
				delete(want, tm)
			} else {
				at := time.Duration(1 + r.IntN(100))
				tm.Reset(at)
				want[tm] = at
			}
			if len(l.timers) != len(want) {
				t.Fatalf("seed %d: %d timers set, want %d", seed, len(l.timers), len(want))
			}
			for i, a := range l.timers {
				if a.t.slot != i+1 || want[a.t] != a.at {
					t.Fatalf("seed %d: slot %d holds a timer of slot %d, at %d, want %d", seed, i+1, a.t.slot, a.at, want[a.t])
				}
			}
		}
		var got []time.Duration
		for len(l.timers) > 0 {
			at, _ := l.timers.next()
			got = append(got, at)
			if tm := l.timers.remove(0); tm.slot != 0 || want[tm] != at {
				t.Fatalf("seed %d: timer at %d left in slot %d, want at %d in none", seed, at, tm.slot, want[tm])
			}
		}
		if !slices.IsSorted(got) || len(got) != len(want) {
			t.Fatalf("seed %d: times %v", seed, got)
		}
	}
}

func TestTimers(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		g := group(t, cfg)
		l := g.Loop(0)
		var got []string
		done := make(chan struct{})
		timer := func(name string) *Timer {
			var due time.Duration
			tm := l.NewTimer(func() {
				if name == "last" {
					close(done)
				}
				if Now() < due {
					t.Errorf("%s fired %v early", name, due-Now())
				}
				got = append(got, name)
			})
			return tm
		}
		on(t, l, func() { timer("never").Reset(Now() + time.Hour) }) // whatever waits for it must not wait so long
		on(t, l, func() {
			now := Now()
			for _, c := range []struct {
				name string
				at   time.Duration
			}{{"3 ms", 3 * time.Millisecond}, {"1 ms", time.Millisecond}, {"last", 5 * time.Millisecond}, {"2 ms", 2 * time.Millisecond}, {"past", -time.Hour}} {
				timer(c.name).Reset(now + c.at)
			}
			stopped, moved := timer("stopped"), timer("moved")
			stopped.Reset(now + time.Millisecond)
			stopped.Stop()
			stopped.Stop()
			moved.Reset(now + time.Hour)
			moved.Reset(now + 1500*time.Microsecond)
		})
		within(t, "last timer", done)
		on(t, l, func() {
			if want := []string{"past", "1 ms", "moved", "2 ms", "3 ms", "last"}; !slices.Equal(got, want) {
				t.Errorf("fired %q, want %q", got, want)
			}
		})
	})
}

// TestTimerInThePast: a timer that sets itself to the past in each call takes turns with everything else.
func TestTimerInThePast(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		_, addr := serve(t, cfg, &calls{})
		g := group(t, cfg)
		l := g.Loop(0)
		received := make(chan struct{})
		otherTimer := make(chan struct{})
		var greedy *Timer
		on(t, l, func() {
			greedy = l.NewTimer(func() { greedy.Reset(0) })
			greedy.Reset(0)
			l.NewTimer(func() { close(otherTimer) }).Reset(Now() + time.Millisecond)
			l.Dial("tcp", addr, &calls{
				open: func(c *Conn) { c.Write([]byte("x")) },
				data: func(c *Conn, in []byte) int { close(received); return len(in) },
			}, nil)
		})
		within(t, "reply", received)
		within(t, "other timer", otherTimer)
		on(t, l, func() { greedy.Stop() })
	})
}

// TestTimerWrites: what a timer's function writes is sent without waiting for anything else.
func TestTimerWrites(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		_, addr := serve(t, cfg, &calls{open: func(c *Conn) {
			c.Loop().NewTimer(func() { c.Write([]byte("tick")) }).Reset(Now() + time.Millisecond)
		}})
		nc := connect(t, "tcp", addr)
		got := make([]byte, 4)
		if _, err := nc.Read(got); err != nil || string(got) != "tick" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}
