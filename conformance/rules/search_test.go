package rules

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// drawn is what to draw from in tests: three clients of the default profile, whom nobody serves.
func drawn(level Level) shape {
	t := newT(context.Background(), NewTarget("127.0.0.1:1", Profiles()[0], 1), Rule{ID: "RND-01"}, time.Second)
	return shape{t: t, level: level, clients: 3, bursts: 10, ops: 10}
}

func never() bool { return false }

// hunt searches with a fault and returns the smallest sequence found, nil if none.
func hunt(s shape, seed uint64, n int, try func(Sequence) bool) *Sequence {
	h := Search{Draws: s.draws(), Try: try, Stop: never, Tries: shrinkTries, Time: time.Minute}
	h.Run(seed, n)
	return h.Found
}

// has counts the ops of a form.
func has(s Sequence, form int) (n int) {
	for _, b := range s.bursts {
		for _, o := range b.ops {
			if o.form == form {
				n++
			}
		}
	}
	return n
}

// Whatever the fault is about, the smallest sequence has that and nothing else.
func TestSearchFindsTheSmallest(t *testing.T) {
	for name, c := range map[string]struct {
		fails func(Sequence) bool
		want  string
	}{
		"one request":  {func(s Sequence) bool { return has(s, 3) > 0 }, "1 of 1"},
		"two requests": {func(s Sequence) bool { return has(s, 3) > 0 && has(s, 8) > 0 }, "1 of 2"},
		"a long key":   {func(s Sequence) bool { return s.keys[0].length == 250 }, "1 of 1"},
		"two clients": {func(s Sequence) bool {
			return slices.ContainsFunc(s.bursts, func(b burst) bool { return b.client != s.bursts[0].client })
		}, "2 of 2"},
		"five requests": {func(s Sequence) bool { return has(s, 0)+has(s, 1) >= 5 }, "1 of 5"},
	} {
		for seed := range uint64(3) {
			s := hunt(drawn(Must), seed, 500, c.fails)
			if s == nil {
				t.Errorf("%s, seed %d: not found", name, seed)
				continue
			}
			ops := 0
			for _, b := range s.bursts {
				ops += len(b.ops)
			}
			if got := fmt.Sprintf("%d of %d", len(s.bursts), ops); got != c.want {
				t.Errorf("%s, seed %d: bursts of requests %s, want %s: %v", name, seed, got, c.want, s)
			}
		}
	}
}

// The same seed draws the same, alone and beside other searches; another draws something else.
func TestSearchIsDeterministic(t *testing.T) {
	draw := func(seed uint64) string {
		var all strings.Builder
		hunt(drawn(May), seed, 20, func(s Sequence) bool { fmt.Fprintln(&all, s); return false })
		return all.String()
	}
	want := map[uint64]string{}
	for seed := range uint64(8) {
		want[seed] = draw(seed + 1)
		if seed > 0 && want[seed] == want[0] {
			t.Errorf("seed %d draws what seed 1 draws", seed+1)
		}
	}
	var side sync.WaitGroup
	for seed := range uint64(8) {
		side.Go(func() {
			if got := draw(seed + 1); got != want[seed] {
				t.Errorf("seed %d draws something else beside others", seed+1)
			}
		})
	}
	side.Wait()
}

// A failure that does not come again is still what was found, and nothing runs on for it.
func TestSearchKeepsWhatComesOnce(t *testing.T) {
	tries, failed := 0, ""
	s := hunt(drawn(Must), 1, 100, func(s Sequence) bool {
		if tries++; tries == 7 {
			failed = s.String()
		}
		return tries == 7
	})
	if s == nil || s.String() != failed || tries > 7+shrinkTries {
		t.Errorf("after %d tries %v, want %s", tries, s, failed)
	}
}

func TestSearchEnds(t *testing.T) {
	tries := 0
	h := Search{Draws: drawn(Must).draws(), Try: func(Sequence) bool { tries++; return false }, Stop: func() bool { return tries == 5 }}
	if h.Run(1, 1000); tries != 5 || h.Found != nil {
		t.Errorf("stopped after %d tries, %v", tries, h.Found)
	}
	tries = 0
	h = Search{Draws: drawn(Must).draws(), Try: func(Sequence) bool { tries++; return tries%2 == 0 }, Stop: never, Tries: 50, Time: time.Minute}
	if h.Run(1, 1000); tries > 2+50 {
		t.Errorf("%d tries to make it smaller, want at most 50", tries)
	}
	func() {
		defer func() {
			if p := recover(); p != "oops" {
				t.Errorf("panic %v", p)
			}
		}()
		hunt(drawn(Must), 1, 10, func(Sequence) bool { panic("oops") })
	}()
	if _, err := os.Stat("testdata/rapid"); err == nil {
		t.Error("rapid has left files")
	}
}
