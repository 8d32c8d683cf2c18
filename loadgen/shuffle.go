package loadgen

import "math/rand/v2"

// permutation puts the numbers from 0 to n-1 into an order that a seed decides, without a table: a Feistel network on an even number of
// bits that holds them, and no fewer than six, since smaller networks favour some orders. A number that it sends beyond n
// is sent on until it comes back (cycle walking), which takes fewer than four steps on average where n is above 16.
type permutation struct {
	n    uint64
	half uint // bits of each half
	keys [6]uint64
}

func newPermutation(n int64, seed uint64) permutation {
	p := permutation{n: uint64(n), half: 3}
	for p.half < 32 && uint64(1)<<(2*p.half) < p.n {
		p.half++
	}
	p.seed(seed)
	return p
}

// seed chooses another order.
func (p *permutation) seed(seed uint64) {
	for i := range p.keys {
		seed = scramble(seed + golden)
		p.keys[i] = seed
	}
}

// at returns the number that stands at place i.
func (p *permutation) at(i int64) int64 {
	mask := uint64(1)<<p.half - 1
	for x := uint64(i); ; {
		l, r := x>>p.half, x&mask
		for _, key := range p.keys {
			l, r = r, l^scramble(r^key)&mask
		}
		if x = l<<p.half | r; x < p.n {
			return int64(x)
		}
	}
}

// shuffled walks over all keys again and again, each time in another order; the places are dealt out as sequential's keys are.
type shuffled struct {
	next, step, keys int64 // next counts through all rounds
	round            int64
	order            permutation
	seed             uint64
}

func newShuffled(s Segment, keys int64, seed uint64) *shuffled {
	return &shuffled{next: int64(s.Index), step: int64(s.Count), keys: keys, round: -1, order: newPermutation(keys, 0), seed: seed}
}

func (s *shuffled) pick(*rand.Rand) int64 {
	if round := s.next / s.keys; round != s.round {
		s.round = round
		s.order.seed(s.seed ^ scramble(uint64(round)))
	}
	k := s.order.at(s.next % s.keys)
	s.next += s.step
	return k
}

// scattered spreads a distribution whose often chosen keys are neighbours over all keys, on every loop in the same way: a
// server that shares its keys out by range would else see all of the heat in one place.
type scattered struct {
	keyDist
	order permutation
}

func (s *scattered) pick(rng *rand.Rand) int64 { return s.order.at(s.keyDist.pick(rng)) }

// golden is 2^64 divided by the golden ratio: the distance of seeds that are to have nothing in common.
const golden = 0x9e3779b97f4a7c15

// scramble maps numbers one to one to numbers that look random: the output function of SplitMix64 (G. Steele, D. Lea and
// C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit maps a number to one that looks drawn evenly from between 0 and 1, both excluded.
func unit(x uint64) float64 { return (float64(scramble(x+golden)>>11) + 0.5) / (1 << 53) }

// stream returns a number that stands for one use of a plan's seed.
func stream(seed int64, use int) uint64 { return scramble(uint64(seed) + uint64(use)*golden) }
