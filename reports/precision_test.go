package reports

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Percentiles are those that one gets by sorting the raw samples, to three significant digits (64 ns below 131 µs), however
// the samples were spread over recorders; the sum of the parts is the whole.
func TestPercentilesEqualSorting(t *testing.T) {
	t.Parallel()
	n := 10_000_000
	if testing.Short() {
		n = 1_000_000
	}
	const parts = 7
	rng := rand.New(rand.NewPCG(1, 2))
	raw := make([]int64, n)
	whole, merged := NewHistogram(), NewHistogram()
	var part [parts]*Histogram
	for i := range part {
		part[i] = NewHistogram()
	}
	for i := range raw {
		// From 100 ns to 4 s, each power of two about as often as the next, and a heap at one value.
		u := rng.Uint64()
		v := 100 + int64(u>>32)>>(u&31)
		if i%10 == 0 {
			v = 2_000_000
		}
		raw[i] = v
		whole.Record(time.Duration(v))
		part[i*i%parts].Record(time.Duration(v))
	}
	for i, h := range part {
		if i%2 == 0 { // as those of intervals are
			if err := h.Pack(); err != nil {
				t.Fatal(err)
			}
		}
		merged.Add(h)
	}
	slices.Sort(raw)
	for _, q := range []float64{0.001, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 99.999, 100} {
		// The smallest sample that q percent of the samples do not exceed.
		rank := max(int(math.Round(q/100*float64(n))), 1)
		want, got := raw[rank-1], whole.ValueAtQuantile(q)
		if off := got - want; off < 0 || off > max(64, want/1000) {
			t.Errorf("p%v is %d ns, by sorting %d ns", q, got, want)
		}
		if m := merged.ValueAtQuantile(q); m != got {
			t.Errorf("p%v is %d ns of the whole and %d ns of the parts together", q, got, m)
		}
	}
	a, err := whole.encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := merged.encode()
	if err != nil {
		t.Fatal(err)
	}
	if a != b || whole.TotalCount() != int64(n) || *whole.Percentiles() != *merged.Percentiles() {
		t.Error("the sum of the parts is not the whole")
	}
	if top := whole.Percentiles().Max; top < raw[n-1] || float64(top) > float64(raw[n-1])*1.001 {
		t.Errorf("max is %d, by sorting %d", top, raw[n-1])
	}
}
