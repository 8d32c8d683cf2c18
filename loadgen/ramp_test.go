package loadgen

import (
	"math"
	"slices"
	"testing"
	"time"
)

var ramps = []Ramp{{From: 1000, To: 20_000}, {From: 20_000, To: 1000}, {From: 0, To: 5000}, {From: 5000, To: 5000}, {From: 7.3, To: 9.1}, {From: 19_999.9, To: 20_000}, {From: 5000, To: 0}}

// started is the integral of the rate, by summing slices: how many requests a ramp has started by t.
func (r Ramp) started(t, length time.Duration) float64 {
	x := t.Seconds()
	return r.From*x + (r.To-r.From)*x*x/(2*length.Seconds())
}

// The segments of a ramp together are exactly the whole schedule, and start k is where the integral of the rate is k.
func TestRampSegments(t *testing.T) {
	for _, r := range ramps {
		for _, length := range []time.Duration{1500 * time.Millisecond, 10 * time.Second} {
			whole := starts(r.Pacer(Segment{0, 1}, length), 1<<20)
			if want := int(math.Ceil((r.From + r.To) / 2 * length.Seconds())); len(whole) != want {
				t.Errorf("%v for %s: %d starts, want %d", r, length, len(whole), want)
			}
			for k, at := range whole {
				if got := r.started(at, length); math.Abs(got-float64(k)) > 1e-3 {
					t.Fatalf("%v for %s: start %d at %s, where %.6f should have started", r, length, k, at, got)
				}
			}
			for _, count := range []int{2, 3, 16} {
				var parts []time.Duration
				for i := range count {
					part := starts(r.Pacer(Segment{i, count}, length), 1<<20)
					if !slices.IsSorted(part) {
						t.Errorf("%v, segment %d of %d: starts go back in time", r, i, count)
					}
					parts = append(parts, part...)
				}
				slices.Sort(parts)
				if !slices.Equal(parts, whole) {
					t.Errorf("%v in %d segments: %d starts that are not the %d of the whole", r, count, len(parts), len(whole))
				}
			}
		}
	}
}

// A level ramp is the constant rate.
func TestLevelRamp(t *testing.T) {
	a := starts(Ramp{From: 777, To: 777}.Pacer(Segment{0, 1}, time.Second), 1<<20)
	b := starts(Constant{777}.Pacer(Segment{0, 1}, time.Second), 1<<20)
	for i := range max(len(a), len(b)) {
		if len(a) != len(b) || (a[i]-b[i]).Abs() > 1 {
			t.Fatalf("start %d of %d and %d: %s and %s", i, len(a), len(b), a[i], b[i])
		}
	}
}

// The integral of the rate between the starts of a Poisson ramp is exponential with mean 1, of one segment and of several merged, and
// their number is what the integral says. The seed is fixed, so the test cannot fail by chance.
func TestPoissonRamp(t *testing.T) {
	const length = 10 * time.Second
	for _, r := range ramps[:3] {
		r.Poisson, r.Seed = true, 1
		for _, count := range []int{1, 3} {
			var all []time.Duration
			for i := range count {
				all = append(all, starts(r.Pacer(Segment{i, count}, length), 1<<20)...)
			}
			slices.Sort(all)
			n := r.started(length, length)
			if d := math.Abs(float64(len(all)) - n); d > 4*math.Sqrt(n) {
				t.Errorf("%v in %d segments: %d starts, want about %.0f", r, count, len(all), n)
			}
			gaps := make([]float64, len(all)-1)
			for i := range gaps {
				gaps[i] = r.started(all[i+1], length) - r.started(all[i], length)
			}
			got := ks(gaps, func(x float64) float64 { return 1 - math.Exp(-x) })
			if critical := 1.63 / math.Sqrt(float64(len(gaps))); got > critical {
				t.Errorf("%v in %d segments: distance %.4f to the exponential distribution, critical %.4f", r, count, got, critical)
			}
		}
	}
}
