package loadgen

import (
	"math/rand/v2"
	"time"
)

// A Segment is one agent's share of a plan: Index of Count, 0 <= Index < Count. Alone: 0 of 1.
type Segment struct{ Index, Count int }

// share returns this segment's part [from, to) of n things; all segments' parts together are the n things, once each.
func (s Segment) share(n int64) (from, to int64) {
	quotient, rest := n/int64(s.Count), n%int64(s.Count)
	at := func(i int64) int64 { return quotient*i + min(rest, i) }
	return at(int64(s.Index)), at(int64(s.Index) + 1)
}

// An Arrival says when the requests of a stage are meant to start.
type Arrival interface {
	// Pacer returns the schedule of one segment of a stage of the given length; 0 is a stage without an end.
	// It is nil in a closed loop, where it is the replies that start the next requests.
	Pacer(Segment, time.Duration) Pacer
}

// A Pacer is a schedule.
type Pacer interface {
	// Next returns the next intended start, counted from the stage's begin; never earlier than the one
	// before. ok is false when the schedule is over.
	Next() (at time.Duration, ok bool)
}

// Closed is a closed loop: each client waits for its reply and then for Think before it sends again.
type Closed struct{ Think time.Duration }

// Pacer returns nil.
func (Closed) Pacer(Segment, time.Duration) Pacer { return nil }

// Constant is an open loop with the same gap between all starts.
//
//	start k = k / Rate        |    |    |    |    |
//	segment 0 of 2            |         |         |
//	segment 1 of 2                 |         |
type Constant struct {
	Rate float64 // per second, of all segments together
}

// Pacer returns every Count-th start, from the Index-th: the segments together are exactly the whole schedule.
func (c Constant) Pacer(s Segment, length time.Duration) Pacer {
	return &constantPacer{rate: c.Rate, k: int64(s.Index), step: int64(s.Count), length: length}
}

type constantPacer struct {
	rate    float64
	k, step int64
	length  time.Duration
}

func (p *constantPacer) Next() (time.Duration, bool) {
	// From k and not by adding gaps: no error adds up, and all segments compute the same number.
	at := time.Duration(float64(p.k) / p.rate * float64(time.Second))
	if p.length > 0 && at >= p.length {
		return 0, false
	}
	p.k += p.step
	return at, true
}

// Poisson is an open loop whose gaps are exponentially distributed: clients that know nothing of each other.
type Poisson struct {
	Rate float64 // per second on average, of all segments together
	Seed int64
}

// Pacer returns an independent Poisson process of Rate / Count; the sum of such processes is one of Rate.
func (p Poisson) Pacer(s Segment, length time.Duration) Pacer {
	return &poissonPacer{
		rng:    newRand(p.Seed, streamArrival, s.Index),
		gap:    float64(time.Second) * float64(s.Count) / p.Rate,
		length: length,
	}
}

type poissonPacer struct {
	rng    *rand.Rand
	gap    float64 // mean, in nanoseconds
	at     float64
	length time.Duration
}

func (p *poissonPacer) Next() (time.Duration, bool) {
	p.at += p.rng.ExpFloat64() * p.gap
	at := time.Duration(p.at)
	if p.length > 0 && at >= p.length {
		return 0, false
	}
	return at, true
}

// Streams keep the random choices of one seed apart, so that, for instance, the gaps of a Poisson schedule do not
// depend on how many numbers the choice of keys takes.
const (
	streamArrival = iota + 1
	streamWorkload
	streamValues
	streamKeys
	streamKeySizes
	streamValueSizes
)

func newRand(seed int64, stream, index int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(seed), uint64(stream)<<32|uint64(index)))
}
