package reports

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// scatter is how the p99 of runs of one server varies.
type scatter struct {
	name  string
	sigma float64 // of a run, lognormal
	stall float64 // how often a run has a stall, which makes its p99 up to four times as long
	drift float64 // of the machine from round to round, which both sides share
}

// p99s are those of runs made in turn, of which the head's are worse by a factor.
func (n scatter) p99s(rng *rand.Rand, rounds int, worse float64) (base, head *Report) {
	machine := 5e6
	one := func(factor float64) *Run {
		v := machine * factor * math.Exp(n.sigma*rng.NormFloat64())
		if rng.Float64() < n.stall {
			v *= 1 + 3*rng.Float64()
		}
		return runWithP99(time.Duration(v))
	}
	base, head = &Report{}, &Report{}
	for range rounds {
		machine *= math.Exp(n.drift * rng.NormFloat64())
		base.Runs, head.Runs = append(base.Runs, one(1)), append(head.Runs, one(worse))
	}
	return base, head
}

// runWithP99 has just enough requests to have one.
func runWithP99(p99 time.Duration) *Run {
	h := NewHistogram()
	for i := range 100 {
		if i < 98 {
			h.Record(p99 / 3)
		} else {
			h.Record(p99)
		}
	}
	return &Run{Arrival: "closed", Totals: []*Operation{{Name: "get", Count: 100, Hits: 100, Response: h, Percentiles: h.Percentiles()}},
		Intervals: []*Interval{{Length: time.Second, Recorded: true}}}
}

// How often --fail 'p99>+10%' fails on sides that are alike, however their runs scatter, and how often it fails where it should. The
// runs are drawn; make bench-compare makes them.
func TestGateBySimulation(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, long")
	}
	t.Parallel()
	gate, err := ParseRegression("p99>+10%")
	if err != nil {
		t.Fatal(err)
	}
	const simulated = 100
	share := func(n scatter, rounds int, worse float64) float64 {
		rng := rand.New(rand.NewPCG(uint64(rounds), 6))
		failed := 0
		for range simulated {
			base, head := n.p99s(rng, rounds, worse)
			r, err := Compare(base, head, CompareOptions{Fail: []Regression{gate}})
			if err != nil {
				t.Fatal(err)
			}
			if r.Comparison.Gates[0].Status() == Failed {
				failed++
			}
		}
		return float64(failed) / simulated
	}
	quiet, busy := scatter{"quiet", 0.05, 0, 0.02}, scatter{"busy", 0.25, 0.2, 0.1}
	for _, c := range []struct {
		scatter
		rounds      int
		worse       float64
		least, most float64
	}{
		{quiet, 4, 1, 0, 0.05},
		{busy, 4, 1, 0, 0.05},
		{busy, 6, 1, 0, 0.05},
		{busy, 10, 1, 0, 0.05},
		{quiet, 6, 1.05, 0, 0.05}, // worse, but by less than is allowed
		{quiet, 6, 1.2, 0.95, 1},
		{quiet, 10, 1.2, 0.95, 1},
		{busy, 10, 4, 0.95, 1},
	} {
		got := share(c.scatter, c.rounds, c.worse)
		t.Logf("%s, %d rounds, head %.2f times as slow: failed in %.1f %%", c.name, c.rounds, c.worse, 100*got)
		if got < c.least || got > c.most {
			t.Errorf("that is not %.0f to %.0f %%", 100*c.least, 100*c.most)
		}
	}
}
