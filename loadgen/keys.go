package loadgen

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// keyDist chooses the number of a key, from 0 up to the number of keys. It belongs to one loop.
type keyDist interface{ pick(*rand.Rand) int64 }

// parseKeyDist returns a constructor: sequential and shuffled keys are dealt out over the segments.
func parseKeyDist(text string, keys, seed int64) (func(Segment) keyDist, error) {
	name, args, _ := strings.Cut(text, ":")
	order := stream(seed, streamKeys)
	fixed := func(d keyDist) func(Segment) keyDist { return func(Segment) keyDist { return d } }
	scatter := func(d keyDist) func(Segment) keyDist { return fixed(&scattered{d, newPermutation(keys, order)}) }
	switch {
	case text == "uniform":
		return fixed(uniform{keys}), nil
	case text == "sequential":
		return func(s Segment) keyDist {
			return &sequential{next: int64(s.Index) % keys, step: int64(s.Count), keys: keys}
		}, nil
	case text == "shuffled":
		return func(s Segment) keyDist { return newShuffled(s, keys, order) }, nil
	case name == "zipf":
		exponent, err := strconv.ParseFloat(args, 64)
		if err != nil || !(exponent > 0 && exponent <= 100) {
			return nil, fmt.Errorf("key distribution %q: want an exponent above 0 and up to 100, as in zipf:0.99", text)
		}
		return scatter(newZipf(exponent, keys)), nil
	case name == "hot":
		a, b, _ := strings.Cut(args, "/")
		share, err1 := strconv.ParseFloat(a, 64)
		often, err2 := strconv.ParseFloat(b, 64)
		if err1 != nil || err2 != nil || !(share > 0 && share < 1 && often >= 0 && often <= 1) {
			return nil, fmt.Errorf("key distribution %q: want two shares between 0 and 1, as in hot:0.2/0.8", text)
		}
		return scatter(newHot(share, often, keys)), nil
	}
	return nil, fmt.Errorf("key distribution %q: want uniform, zipf:EXPONENT, sequential, shuffled or hot:KEYS/REQUESTS", text)
}

type uniform struct{ keys int64 }

func (u uniform) pick(rng *rand.Rand) int64 { return rng.Int64N(u.keys) }

// sequential walks over all keys again and again; segment i of n starts with key i and takes every n-th.
type sequential struct{ next, step, keys int64 }

func (s *sequential) pick(*rand.Rand) int64 {
	k := s.next
	s.next = (s.next + s.step) % s.keys
	return k
}

// hot gives a share of the requests to the first keys and the rest to the others, uniformly in both.
type hot struct {
	keys, hotKeys int64
	often         float64
}

func newHot(share, often float64, keys int64) hot {
	return hot{keys: keys, hotKeys: max(1, int64(share*float64(keys)+0.5)), often: often}
}

func (h hot) pick(rng *rand.Rand) int64 {
	if h.hotKeys >= h.keys || rng.Float64() < h.often {
		return rng.Int64N(min(h.hotKeys, h.keys))
	}
	return h.hotKeys + rng.Int64N(h.keys-h.hotKeys)
}

// keyPrefix names the owner where the key has room for it, since the endpoint may be somebody's cache.
const keyPrefix = "memlite:"

// keyText writes numbers as keys: memlite:00000042. Keys of two numbers differ, since those of one length differ in their digits.
type keyText struct {
	size   sizes
	digits int // of the largest number
}

func newKeyText(size sizes, keys int64) keyText {
	return keyText{size, len(strconv.FormatInt(keys-1, 10))}
}

var zeros = [maxKeySize]byte([]byte(strings.Repeat("0", maxKeySize)))

// append adds key number k to b.
func (t *keyText) append(b []byte, k int64) []byte {
	n := t.size.of(k)
	if n >= len(keyPrefix)+t.digits {
		b, n = append(b, keyPrefix...), n-len(keyPrefix)
	}
	b = append(b, zeros[:n]...)
	for i := len(b) - 1; k > 0; i-- {
		b[i] = byte('0' + k%10)
		k /= 10
	}
	return b
}
