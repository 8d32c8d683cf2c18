package loadgen

import (
	"math"
	"math/rand/v2"
	"time"
)

// Ramp is an open loop whose rate goes from one value to another in a straight line over the length of its stage.
//
// By the time t of a stage of length L, From·t + (To−From)·t²/2L requests have started. A start is found by solving that for t,
// in closed form, so nothing adds up along the way:
//
//	start k = 2k / (From + √(From² + 2k·(To−From)/L))
type Ramp struct {
	From, To float64 // per second, of all segments together; one of them may be 0
	// Poisson has starts at random with that rate (an inhomogeneous Poisson process: the same formula, with the sums of
	// exponential gaps of mean 1 for k) instead of at even steps of k.
	Poisson bool
	Seed    int64
}

// Pacer returns every Count-th start, from the Index-th, and for Poisson an independent process of a Count-th of the rate. The
// length must be known.
func (r Ramp) Pacer(s Segment, length time.Duration) Pacer {
	p := &rampPacer{from: r.From, slope: (r.To - r.From) / length.Seconds(), step: float64(s.Count), k: float64(s.Index), length: length}
	p.total = (r.From + r.To) / 2 * length.Seconds()
	if r.Poisson {
		p.rng, p.k = newRand(r.Seed, streamArrival, s.Index), 0
		p.gap()
	}
	return p
}

type rampPacer struct {
	from, slope float64
	k, total    float64 // starts before the next one, of all segments; and in the whole stage
	step        float64
	rng         *rand.Rand // nil: even steps
	length      time.Duration
}

// gap goes on to the next start.
func (p *rampPacer) gap() {
	if p.rng == nil {
		p.k += p.step // whole numbers: exact up to 2^53
		return
	}
	p.k += p.step * p.rng.ExpFloat64()
}

func (p *rampPacer) Next() (time.Duration, bool) {
	if p.k >= p.total {
		return 0, false
	}
	at := time.Duration(0)
	if p.k > 0 {
		// This form of the solution has no difference of nearly equal numbers, whichever way the ramp goes.
		root := math.Sqrt(max(0, p.from*p.from+2*p.k*p.slope))
		at = time.Duration(2 * p.k / (p.from + root) * float64(time.Second))
	}
	if at >= p.length {
		return 0, false
	}
	p.gap()
	return at, true
}
