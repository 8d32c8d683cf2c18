package loadgen

import (
	"math/rand/v2"
)

// Kind is a kind of request.
type Kind uint8

// The kinds of request.
const (
	Get Kind = iota
	Set
	kinds
)

// String returns the operation's name in reports.
func (k Kind) String() string { return [...]string{"get", "set"}[k] }

// Op is one request to be made.
type Op struct {
	Kind Kind
	Key  []byte // valid until the next call; its array is used again; several keys of a get have a space between them
	Size int    // of a set's value, in bytes
	TTL  uint32 // of a set's value, as the exptime of the memcached dialect; 0 is for ever
}

// A Workload chooses requests. It belongs to one loop and allocates nothing.
type Workload interface {
	// Next fills op in with the next request.
	Next(rng *rand.Rand, op *Op)
}

// mix is gets and sets by share, with a key drawn for each.
type mix struct {
	sets float64
	keys keyDist
	text keyText
	size sizes
}

func (m *mix) Next(rng *rand.Rand, op *Op) {
	k := m.keys.pick(rng)
	op.Kind = Get
	if m.sets > 0 && rng.Float64() < m.sets {
		op.Kind, op.Size = Set, m.size.of(k)
	}
	op.Key = m.text.append(op.Key[:0], k)
}

// fill sets every key of a range once, in order.
type fill struct {
	next int64
	text keyText
	size sizes
}

func (f *fill) Next(_ *rand.Rand, op *Op) {
	op.Kind, op.Size = Set, f.size.of(f.next)
	op.Key = f.text.append(op.Key[:0], f.next)
	f.next++
}

// workload returns one segment's part of a plan that has passed Validate and has its defaults.
func (p Plan) workload(s Segment) Workload {
	text, size := p.keysAndValues()
	keys, _ := parseKeyDist(p.KeyDist, int64(p.Keys), p.Seed)
	m := &mix{sets: p.Sets, keys: keys(s), text: text, size: size}
	if p.MultiGet > 1 {
		return severalGets{m, p.MultiGet - 1}
	}
	return m
}

// preload returns the sets of the keys from number from on.
func (p Plan) preload(from int64) Workload {
	text, size := p.keysAndValues()
	return &fill{next: from, text: text, size: size}
}

func (p Plan) keysAndValues() (keyText, sizes) {
	key, _ := parseKeySize(p.KeySize, int64(p.Keys), p.Seed)
	value, _ := parseValueSize(p.ValueSize, p.Seed)
	return newKeyText(key, int64(p.Keys)), value
}

// values returns the printable random bytes that all values are cut from. They hold no CR, LF or space.
func (p Plan) values() []byte {
	size, _ := parseValueSize(p.ValueSize, p.Seed)
	rng := newRand(p.Seed, streamValues, 0)
	if p.Replay != "" {
		size.max = maxTraceValue
	}
	n := size.max
	if p.Verify {
		n += slack
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('!' + rng.IntN('~'-'!'+1))
	}
	return b
}
