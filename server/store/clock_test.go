package store

import (
	"sync"
	"testing"
	"time"
)

func TestClockIsStrictlyIncreasingWhateverTheSourceDoes(t *testing.T) {
	source := []int64{100, 100, 101, 50, 0, -7, 103, 1 << 60, 200}
	i := 0
	c := newClock(func() int64 { i++; return source[i-1] })
	want := []int64{100, 101, 102, 103, 104, 105, 106, 1 << 60, 1<<60 + 1}
	for n, w := range want {
		if got := c.next(); got != w {
			t.Fatalf("stamp %d, source at %d: got %d, want %d", n, source[n], got, w)
		}
	}
}

func TestClockGivesEachStampOnce(t *testing.T) {
	const goroutines, each = 8, 2000
	c := newClock(func() int64 { return 1 }) // stands still: every stamp is contended
	stamps := make([][]int64, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for range each {
				stamps[g] = append(stamps[g], c.next())
			}
		})
	}
	wg.Wait()
	seen := map[int64]bool{}
	for _, own := range stamps {
		for i, s := range own {
			if i > 0 && s <= own[i-1] {
				t.Fatalf("%d was given after %d", s, own[i-1])
			}
			if seen[s] {
				t.Fatalf("%d was given twice", s)
			}
			seen[s] = true
		}
	}
}

func TestWallTimeIsNanosecondsSinceTheEpoch(t *testing.T) {
	before := time.Now().UnixNano()
	got := wallTime()()
	if diff := time.Duration(got - before); diff < -time.Minute || diff > time.Minute {
		t.Errorf("wallTime is %v away from the system's time", diff)
	}
}
