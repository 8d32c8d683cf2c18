package loadgen

import (
	"math"
	"math/rand/v2"
)

// zipf chooses key k of 0 to n-1 with a probability proportional to 1/(k+1)^s, for any s > 0, in constant time and memory.
//
// Rejection-inversion: W. Hörmann and G. Derflinger, "Rejection-inversion to generate variates from monotone discrete
// distributions", ACM TOMACS 6(3), 1996. The bars of the distribution are covered by the area under h(x) = x^-s, a point of
// that area is drawn by inverting its integral, and is kept if it lies in a bar. math/rand/v2's own Zipf is for s > 1 only.
type zipf struct {
	n         float64
	s         float64
	low, high float64 // the area to draw from, as values of the integral
	squeeze   float64 // points this close to their bar's middle are always kept
}

func newZipf(s float64, n int64) *zipf {
	z := &zipf{n: float64(n), s: s}
	// The first bar is cut off at 1.5 and given its exact weight, h(1) = 1.
	z.low = z.integral(1.5) - 1
	z.high = z.integral(z.n + 0.5)
	z.squeeze = 2 - z.inverse(z.integral(2.5)-z.h(2))
	return z
}

func (z *zipf) h(x float64) float64 { return math.Exp(-z.s * math.Log(x)) }

// integral of h from 1 to x: (x^(1-s) - 1)/(1-s), which tends to log x as s tends to 1.
func (z *zipf) integral(x float64) float64 {
	log := math.Log(x)
	if t := (1 - z.s) * log; math.Abs(t) > 1e-8 {
		return math.Expm1(t) / (1 - z.s)
	}
	return log
}

func (z *zipf) inverse(u float64) float64 {
	t := max((1-z.s)*u, -1) // rounding may step over the end of the domain
	if math.Abs(t) > 1e-8 {
		return math.Exp(math.Log1p(t) / (1 - z.s))
	}
	return math.Exp(u)
}

func (z *zipf) pick(rng *rand.Rand) int64 {
	for {
		u := z.high + rng.Float64()*(z.low-z.high)
		x := z.inverse(u)
		k := min(max(math.Floor(x+0.5), 1), z.n)
		if k-x <= z.squeeze || u >= z.integral(k+0.5)-z.h(k) {
			return int64(k) - 1
		}
	}
}
