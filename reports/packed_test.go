package reports

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// someHistograms are of every kind of count: none, one, many, far apart, in the first and in the last place, large ones.
func someHistograms() map[string]*Histogram {
	fill := func(n int, at func(*rand.Rand) time.Duration) *Histogram {
		h, rng := NewHistogram(), rand.New(rand.NewPCG(1, 2))
		for range n {
			h.Record(at(rng))
		}
		return h
	}
	large := NewHistogram()
	_ = large.counts.RecordValues(5_000, 1<<41)
	return map[string]*Histogram{
		"empty":       NewHistogram(),
		"zero":        fill(1, func(*rand.Rand) time.Duration { return 0 }),
		"highest":     fill(1, func(*rand.Rand) time.Duration { return time.Hour }),
		"neighbours":  fill(50, func(r *rand.Rand) time.Duration { return time.Duration(r.IntN(2000)) }),
		"exponential": fill(20_000, func(r *rand.Rand) time.Duration { return time.Duration(r.ExpFloat64() * 80_000) }),
		"everywhere":  fill(100_000, func(r *rand.Rand) time.Duration { return time.Duration(r.Int64N(int64(time.Minute))) }),
		"large":       large,
	}
}

// What is packed is what the HdrHistogram library writes, byte for byte, and added it is every sample again.
func TestPackIsTheLibrarys(t *testing.T) {
	for name, h := range someHistograms() {
		want, err := h.counts.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // what it is packed with is used again
			if got, err := pack(h.counts); err != nil || got != string(want) {
				t.Errorf("%s: %v\n%s, want\n%s", name, err, got, want)
			}
		}
		read := &Histogram{packed: string(want)}
		sum := NewHistogram()
		sum.Add(read)
		if !sum.counts.Equals(h.counts) || sum.TotalCount() != h.TotalCount() {
			t.Errorf("%s: added it is another", name)
		}
	}
}

func BenchmarkPack(b *testing.B) {
	h := someHistograms()["exponential"]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pack(h.counts); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAddPacked(b *testing.B) {
	h, sum := someHistograms()["exponential"], NewHistogram()
	if err := h.Pack(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		sum.Add(h)
	}
}
