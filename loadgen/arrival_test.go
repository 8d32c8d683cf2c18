package loadgen

import (
	"math"
	"slices"
	"testing"
	"time"
)

func starts(p Pacer, limit int) (all []time.Duration) {
	for len(all) < limit {
		at, ok := p.Next()
		if !ok {
			break
		}
		all = append(all, at)
	}
	return all
}

// The segments of a constant rate together are exactly the whole schedule.
func TestConstantSegments(t *testing.T) {
	for _, rate := range []float64{1, 3, 7.3, 1000, 20_000, 33_333.3} {
		for _, count := range []int{1, 2, 3, 16} {
			length := 1500 * time.Millisecond
			whole := starts(Constant{rate}.Pacer(Segment{0, 1}, length), 1<<20)
			if want := int(math.Ceil(rate * length.Seconds())); len(whole) != want {
				t.Errorf("%v/s for %s: %d starts, want %d", rate, length, len(whole), want)
			}
			var parts []time.Duration
			for i := range count {
				part := starts(Constant{rate}.Pacer(Segment{i, count}, length), 1<<20)
				if !slices.IsSorted(part) {
					t.Errorf("%v/s, segment %d of %d: starts go back in time", rate, i, count)
				}
				parts = append(parts, part...)
			}
			slices.Sort(parts)
			if !slices.Equal(parts, whole) {
				t.Errorf("%v/s in %d segments: %d starts that are not the %d of the whole", rate, count, len(parts), len(whole))
			}
		}
	}
}

func TestConstantHasNoDrift(t *testing.T) {
	p := Constant{3}.Pacer(Segment{0, 1}, 0)
	for range 3_000_000 {
		p.Next()
	}
	if at, ok := p.Next(); !ok || at != 1_000_000*time.Second {
		t.Errorf("start 3,000,000 of 3/s is at %s, want 1,000,000 s", at)
	}
}

// ks returns the distance of Kolmogorov and Smirnov between the samples and a distribution function.
func ks(samples []float64, cdf func(float64) float64) float64 {
	slices.Sort(samples)
	distance, n := 0.0, float64(len(samples))
	for i, x := range samples {
		f := cdf(x)
		distance = max(distance, math.Abs(f-float64(i)/n), math.Abs(f-float64(i+1)/n))
	}
	return distance
}

// The gaps of a Poisson schedule are exponential, of one segment and of several merged. The seed is fixed, so the test
// cannot fail by chance; 1.63/√n is the critical value at 1 %.
func TestPoissonGaps(t *testing.T) {
	const rate, n = 1000.0, 50_000
	for _, count := range []int{1, 3} {
		var all []time.Duration
		for i := range count {
			all = append(all, starts(Poisson{Rate: rate, Seed: 1}.Pacer(Segment{i, count}, n/1000*time.Second), 1<<20)...)
		}
		slices.Sort(all)
		if d := math.Abs(float64(len(all)) - n); d > 4*math.Sqrt(n) {
			t.Errorf("%d segments: %d starts, want about %d", count, len(all), n)
		}
		gaps := make([]float64, len(all)-1)
		for i := range gaps {
			gaps[i] = (all[i+1] - all[i]).Seconds()
		}
		got := ks(gaps, func(x float64) float64 { return 1 - math.Exp(-rate*x) })
		if critical := 1.63 / math.Sqrt(float64(len(gaps))); got > critical {
			t.Errorf("%d segments: distance %.4f to the exponential distribution, critical %.4f", count, got, critical)
		}
	}
}

func TestPoissonIsReproducible(t *testing.T) {
	a := starts(Poisson{Rate: 100, Seed: 7}.Pacer(Segment{1, 2}, 0), 100)
	b := starts(Poisson{Rate: 100, Seed: 7}.Pacer(Segment{1, 2}, 0), 100)
	c := starts(Poisson{Rate: 100, Seed: 8}.Pacer(Segment{1, 2}, 0), 100)
	if !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Error("the seed, and nothing else, is to decide on the schedule")
	}
}

func TestClosedHasNoSchedule(t *testing.T) {
	if p := (Closed{}).Pacer(Segment{0, 1}, time.Second); p != nil {
		t.Errorf("got %v, want nil", p)
	}
}

func TestShare(t *testing.T) {
	for _, n := range []int64{0, 1, 5, 1024, 1 << 60} {
		for _, count := range []int{1, 2, 3, 7} {
			next := int64(0)
			for i := range count {
				from, to := (Segment{i, count}).share(n)
				if from != next || to-from < n/int64(count) || to-from > n/int64(count)+1 {
					t.Errorf("share %d of %d of %d: %d to %d", i, count, n, from, to)
				}
				next = to
			}
			if next != n {
				t.Errorf("%d shares of %d end at %d", count, n, next)
			}
		}
	}
}
