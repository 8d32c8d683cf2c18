package reports

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The critical values of tables of the U test, two-sided at 0.05: a U up to one of these is significant.
func TestCriticalUIsThatOfTables(t *testing.T) {
	for _, c := range []struct{ n1, n2, u int }{{3, 3, -1}, {4, 4, 0}, {3, 5, 0}, {5, 5, 2}, {6, 7, 6}, {8, 8, 13}, {10, 10, 23}, {12, 15, 49}, {20, 20, 127}} {
		if got := criticalU(c.n1, c.n2, 0.05); got != c.u+1 {
			t.Errorf("%d and %d: %d, want %d", c.n1, c.n2, got-1, c.u)
		}
	}
	if got := criticalU(30, 30, 0.05); got < 316 || got > 318 { // 317 in tables
		t.Errorf("30 and 30: %d", got)
	}
}

func TestHowManyItTakes(t *testing.T) {
	for alpha, want := range map[float64]int{0.5: 2, 0.1: 3, 0.05: 4, 0.01: 5, 0.001: 7, 0.0001: 9} {
		if got := needed(alpha); got != want {
			t.Errorf("alpha %v: %d, want %d", alpha, got, want)
		}
	}
	for _, c := range []struct {
		n1, n2 int
		p      float64
	}{{1, 1, 1}, {3, 3, 0.1}, {4, 4, 1. / 35}, {5, 5, 1. / 126}, {3, 5, 1. / 28}, {5, 3, 1. / 28}, {1, 39, 0.05}} {
		if got := leastP(c.n1, c.n2); math.Abs(got-c.p) > 1e-12 {
			t.Errorf("%d and %d: %v, want %v", c.n1, c.n2, got, c.p)
		}
	}
}

// What is said to be seen, the interval and the p-value are one: a change of nothing lies within the interval where p is above
// alpha, and outside where it is not.
func TestIntervalAgreesWithTheTest(t *testing.T) {
	m := newMetric("", metricPercentile, 99, false)
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[bool]int{}
	for range 500 {
		draw := func(shift float64) (s sample) {
			for range 4 + r.IntN(12) {
				s.values = append(s.values, 1e6*shift*math.Exp(0.1*r.NormFloat64()))
			}
			return s
		}
		d := m.compare(draw(1), draw(1+0.3*r.Float64()), 0.05)
		within := *d.Lo <= 0 && 0 <= *d.Hi
		if within != (*d.P > 0.05) {
			t.Fatalf("p %v, and the change lies between %v and %v", *d.P, *d.Lo, *d.Hi)
		}
		seen[within]++
	}
	if seen[true] < 50 || seen[false] < 50 {
		t.Errorf("within and outside: %v: too few of one to show anything", seen)
	}
}

func TestTiesAndZeros(t *testing.T) {
	p99, errors := newMetric("", metricPercentile, 99, false), newMetric("", metricErrors, 0, false)
	of := func(v ...float64) sample { return sample{values: v} }
	for _, c := range []struct {
		name       string
		of         metric
		base, head sample
		want       string
	}{
		{"all equal", p99, of(5, 5, 5, 5), of(5, 5, 5, 5), VerdictNone},
		{"one and one", p99, of(5), of(5), VerdictFew},
		{"never answered", p99, of(6e10, 6e10, 6e10, 6e10), of(6e10, 6e10, 6e10, 6e10), VerdictNone},
		{"ties at the edge", p99, of(1, 2, 3, 4), of(4, 5, 6, 7), VerdictNone},
		{"apart", p99, of(1, 2, 3, 4), of(5, 5, 5, 5), VerdictSlower},
		{"from nothing", p99, of(0, 0, 0, 0), of(5, 5, 5, 5), VerdictSlower},
		{"no errors", errors, of(0), of(0, 0), VerdictNone},
		{"an error", errors, of(0), of(0.1), VerdictFew},
		{"fewer errors", errors, of(0.1, 0.1, 0.2, 0.1), of(0, 0, 0, 0), VerdictLower},
	} {
		d := c.of.compare(c.base, c.head, 0.05)
		if d.Verdict != c.want {
			t.Errorf("%s: %s (p = %v), want %s", c.name, d.Verdict, *d.P, c.want)
		}
		for _, v := range []*float64{d.Delta, d.Lo, d.Hi, d.P} {
			if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
				t.Errorf("%s: %+v has what JSON has not", c.name, d)
			}
		}
	}
}
