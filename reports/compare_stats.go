package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/aclements/go-moremath/stats"
	"golang.org/x/perf/benchmath"
)

// compare tests the two samples of a measure as benchstat does: medians, and the two-sided Mann-Whitney U test, which asks nothing of
// the figures but that the units are independent.
func (m metric) compare(base, head sample, alpha float64) *Difference {
	d := &Difference{Operation: "all", Measure: m.metricName(), Unit: m.unit, Base: m.estimate(base, alpha), Head: m.estimate(head, alpha)}
	if m.operation != "" {
		d.Operation = m.operation
	}
	if d.Base.N == 0 || d.Head.N == 0 {
		d.Verdict, d.Reason = VerdictNotMeasured, base.reason
		if d.Base.N > 0 {
			d.Reason = head.reason
		}
		if d.Reason == "" {
			d.Reason = "a side has no block of 5 s"
		}
		return d
	}
	if missing := base.missing + head.missing; missing > 0 {
		d.Reason = fmt.Sprintf("in %d of %d: %s", missing, missing+d.Base.N+d.Head.N, cmp.Or(base.reason, head.reason))
	}
	b, h := *d.Base.Center, *d.Head.Center
	if delta := m.change(b, h); !math.IsNaN(delta) {
		d.Delta = &delta
	}
	thresholds := benchmath.DefaultThresholds
	thresholds.CompareAlpha = alpha
	c := benchmath.AssumeNothing.Compare(benchmath.NewSample(slices.Clone(base.values), &thresholds), benchmath.NewSample(slices.Clone(head.values), &thresholds))
	p := math.Min(c.P, 1)
	d.P = &p
	d.Lo, d.Hi = m.bounds(d.Base.Values, d.Head.Values, alpha)
	up := h > b
	if h == b { // the ranks differ where the medians do not
		up = meanRankHigher(d.Base.Values, d.Head.Values)
	}
	switch {
	case p <= alpha && m.latency():
		d.Verdict = map[bool]string{true: VerdictSlower, false: VerdictFaster}[up]
	case p <= alpha:
		d.Verdict = map[bool]string{true: VerdictHigher, false: VerdictLower}[up]
	case leastP(d.Base.N, d.Head.N) > alpha && !(m.rare() && equal(d.Base.Values, d.Head.Values)):
		d.Verdict = VerdictFew
	default:
		d.Verdict = VerdictNone
	}
	return d
}

// metricName is the metric without its operation.
func (m metric) metricName() string {
	m.operation = ""
	return m.name()
}

// change is relative, but of shares, which may be 0, in points. NaN: not known.
func (m metric) change(base, head float64) float64 {
	switch {
	case m.unit == unitShare:
		return head - base
	case base > 0:
		return head/base - 1
	case head == base:
		return 0
	}
	return math.NaN()
}

func (m metric) estimate(s sample, alpha float64) Estimate {
	e := Estimate{N: len(s.values)}
	if e.N == 0 {
		return e
	}
	e.Values = slices.Sorted(slices.Values(s.values))
	if m.rare() {
		mean := 0.0
		for _, v := range e.Values {
			mean += v / float64(e.N)
		}
		e.Center = &mean
		return e
	}
	v := benchmath.AssumeNothing.Summary(benchmath.NewSample(e.Values, &benchmath.DefaultThresholds), 1-alpha)
	e.Center = &v.Center
	if !math.IsInf(v.Lo, 0) && !math.IsInf(v.Hi, 0) {
		e.Lo, e.Hi, e.Confidence = &v.Lo, &v.Hi, v.Confidence
	}
	return e
}

// bounds are those changes that the U test does not refuse: of all changes from a unit of the base to one of the head, the k-th
// from below and from above (Hodges and Lehmann, "Estimates of location based on rank tests", 1963).
func (m metric) bounds(base, head []float64, alpha float64) (lo, hi *float64) {
	if m.rare() {
		return nil, nil // a shift of something that is mostly 0 says nothing
	}
	k := criticalU(len(base), len(head), alpha)
	if k < 1 {
		return nil, nil
	}
	changes := make([]float64, 0, len(base)*len(head))
	for _, b := range base {
		for _, h := range head {
			v := m.change(b, h)
			if math.IsNaN(v) {
				return nil, nil
			}
			changes = append(changes, v)
		}
	}
	slices.Sort(changes)
	return &changes[k-1], &changes[len(changes)-k]
}

// criticalU is the largest k for which U < k has at most alpha/2 of the probability when the sides are equal; 0 where there is none.
func criticalU(n1, n2 int, alpha float64) int {
	if n1 > 20 || n2 > 20 { // the exact distribution takes long, and is normal to all that is shown
		n := float64(n1) * float64(n2)
		z := math.Sqrt2 * math.Erfinv(1-alpha)
		return max(0, int(math.Floor(n/2-z*math.Sqrt(n*float64(n1+n2+1)/12))))
	}
	u := stats.UDist{N1: n1, N2: n2}
	k := 0
	for k < n1*n2 && u.CDF(float64(k)) <= alpha/2 {
		k++
	}
	return k
}

// leastP is the smallest p-value that samples of these sizes can have, which is when every unit of one side is beyond all of the other.
func leastP(n1, n2 int) float64 {
	p := 2.0
	for i := 1; i <= n1; i++ {
		p *= float64(i) / float64(n2+i)
	}
	return math.Min(p, 1)
}

// needed is how many units of each side it takes at least to see any difference: at alpha 0.05 four.
func needed(alpha float64) int {
	n := 1
	for leastP(n, n) > alpha {
		n++
	}
	return n
}

// more is how many units of each side there should be before a difference such as this one is seen four times in five, if it is
// there (Noether, "Sample size determination for some common nonparametric tests", 1987); 0 where it is too small to say.
func more(base, head []float64, alpha float64) int {
	wins := 0.0
	for _, b := range base {
		for _, h := range head {
			switch {
			case h > b:
				wins++
			case h == b:
				wins += 0.5
			}
		}
	}
	off := wins/float64(len(base)*len(head)) - 0.5
	if math.Abs(off) < 0.05 {
		return 0
	}
	z := math.Sqrt2 * (math.Erfinv(1-alpha) + math.Erfinv(0.6))
	return max(int(math.Ceil(z*z/(6*off*off))), needed(alpha))
}

func meanRankHigher(base, head []float64) bool {
	wins := 0
	for _, b := range base {
		for _, h := range head {
			switch {
			case h > b:
				wins++
			case h < b:
				wins--
			}
		}
	}
	return wins > 0
}

// equal says that all values of both are one.
func equal(base, head []float64) bool {
	return base[0] == base[len(base)-1] && head[0] == head[len(head)-1] && base[0] == head[0]
}
