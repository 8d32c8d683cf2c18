package loadgen

import (
	"bytes"
	"slices"
	"testing"
)

func TestMix(t *testing.T) {
	p := Plan{Target: ":1", Sets: 0.1, Keys: 50, KeySize: "12", ValueSize: "10-19", Seed: 4}.withDefaults()
	w, rng := p.workload(Segment{0, 1}), newRand(p.Seed, streamWorkload, 0)
	var op Op
	kindCounts := make([]int64, kinds)
	keys := map[string]bool{}
	for range 100_000 {
		w.Next(rng, &op)
		kindCounts[op.Kind]++
		keys[string(op.Key)] = true
		if op.Kind == Set && (op.Size < 10 || op.Size > 19) {
			t.Fatalf("a value of %d bytes", op.Size)
		}
	}
	if z := chiSquare(kindCounts, func(i int) float64 { return []float64{0.9, 0.1}[i] }); z > 3 {
		t.Errorf("gets and sets %v: %.1f standard deviations from 9 to 1", kindCounts, z)
	}
	if len(keys) != 50 || !keys["memlite:0049"] {
		t.Errorf("%d different keys, want 50 of 12 bytes: %v", len(keys), keys)
	}
}

func TestPreloadSetsEveryKeyOnce(t *testing.T) {
	p := Plan{Target: ":1", Clients: 3, Keys: 10, KeySize: "1"}.withDefaults()
	seen := map[string]int{}
	for i := range 3 {
		w := &worker{plan: p, segment: Segment{i, 3}, first: i, clients: make([]client, 1)}
		s := w.preloadStages(0)[0]
		var op Op
		for range s.requests {
			s.workload.Next(nil, &op)
			if op.Kind != Set || op.Size != 100 {
				t.Fatalf("%+v", op)
			}
			seen[string(op.Key)]++
		}
	}
	for k, n := range seen {
		if n != 1 {
			t.Errorf("key %s is set %d times", k, n)
		}
	}
	if len(seen) != 10 {
		t.Errorf("%d keys are set, want 10", len(seen))
	}
}

func TestValuesArePrintable(t *testing.T) {
	p := Plan{ValueSize: "5000"}.withDefaults()
	v := p.values()
	if len(v) != 5000 || bytes.ContainsFunc(v, func(r rune) bool { return r < '!' || r > '~' }) {
		t.Errorf("%d bytes, some of them not printable", len(v))
	}
	if !bytes.Equal(v, p.values()) {
		t.Error("the same seed makes other values")
	}
}

// Choosing and writing a request allocates nothing.
func TestRequestsDoNotAllocate(t *testing.T) {
	for _, dist := range []string{"uniform", "zipf:0.99", "sequential", "hot:0.2/0.8", "shuffled"} {
		p := Plan{Target: ":1", Sets: 0.5, MultiGet: 3, KeyDist: dist, KeySize: "etc", ValueSize: "lognormal:200/1"}.withDefaults()
		w, rng, values := p.workload(Segment{0, 1}), newRand(1, 1, 0), p.values()
		for _, c := range []codec{lite{}, classic{}} {
			op := Op{Key: make([]byte, 0, 4*maxKeySize)}
			buf := make([]byte, 0, 4096)
			if n := testing.AllocsPerRun(1000, func() {
				w.Next(rng, &op)
				buf = c.appendRequest(buf[:0], &op, values[:op.Size])
			}); n != 0 {
				t.Errorf("%s, %T: %v allocations per request", dist, c, n)
			}
		}
	}
}

func TestFIFO(t *testing.T) {
	var q fifo[int]
	var want, got []int
	for i := range 1000 {
		q.push(i)
		want = append(want, i)
		if i%3 == 0 {
			got = append(got, q.pop())
		}
	}
	for q.n > 0 {
		if *q.front() != want[len(got)] {
			t.Fatalf("front is %d, want %d", *q.front(), want[len(got)])
		}
		got = append(got, q.pop())
	}
	if !slices.Equal(got, want) {
		t.Error("not first in, first out")
	}
}
