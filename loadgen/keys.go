package loadgen

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// keyDist chooses the number of a key, from 0 up to the number of keys. It belongs to one loop.
type keyDist interface{ pick(*rand.Rand) int64 }

// parseKeyDist returns a constructor: sequential keys are dealt out over the segments.
func parseKeyDist(text string, keys int64) (func(Segment) keyDist, error) {
	name, args, _ := strings.Cut(text, ":")
	fixed := func(d keyDist) func(Segment) keyDist { return func(Segment) keyDist { return d } }
	switch {
	case text == "uniform":
		return fixed(uniform{keys}), nil
	case text == "sequential":
		return func(s Segment) keyDist {
			return &sequential{next: int64(s.Index) % keys, step: int64(s.Count), keys: keys}
		}, nil
	case name == "zipf":
		exponent, err := strconv.ParseFloat(args, 64)
		if err != nil || !(exponent > 0 && exponent <= 100) {
			return nil, fmt.Errorf("key distribution %q: want an exponent above 0 and up to 100, as in zipf:0.99", text)
		}
		return fixed(newZipf(exponent, keys)), nil
	case name == "hot":
		a, b, _ := strings.Cut(args, "/")
		share, err1 := strconv.ParseFloat(a, 64)
		often, err2 := strconv.ParseFloat(b, 64)
		if err1 != nil || err2 != nil || !(share > 0 && share < 1 && often >= 0 && often <= 1) {
			return nil, fmt.Errorf("key distribution %q: want two shares between 0 and 1, as in hot:0.2/0.8", text)
		}
		return fixed(newHot(share, often, keys)), nil
	}
	return nil, fmt.Errorf("key distribution %q: want uniform, zipf:EXPONENT, sequential or hot:KEYS/REQUESTS", text)
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

// keyText writes numbers as keys of one length: memlite:00000042.
type keyText struct{ blank []byte }

func newKeyText(size int, keys int64) keyText {
	blank := []byte(strings.Repeat("0", size))
	if size >= len(keyPrefix)+len(strconv.FormatInt(keys-1, 10)) {
		copy(blank, keyPrefix)
	}
	return keyText{blank}
}

// append adds key number k to b.
func (t keyText) append(b []byte, k int64) []byte {
	b = append(b, t.blank...)
	for i := len(b) - 1; k > 0; i-- {
		b[i] = byte('0' + k%10)
		k /= 10
	}
	return b
}
