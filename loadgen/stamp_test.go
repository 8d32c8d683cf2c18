package loadgen

import (
	"bytes"
	"hash/crc32"
	"strings"
	"testing"
)

// stamped returns a value of the key, of the size.
func stamped(key string, size int, v version) []byte {
	value := bytes.Repeat([]byte("filler!"), size/7+1)[:size]
	stamp(value, []byte(key), crc32.Checksum([]byte(key), castagnoli), v)
	return value
}

// read reads a value in pieces of n bytes.
func read(value []byte, key string, n int) (finding, *proof) {
	p := &proof{sum: 99, n: 5}
	p.begin()
	for len(value) > 0 {
		k := min(n, len(value))
		p.block(value[:k])
		value = value[k:]
	}
	return p.judge(crc32.Checksum([]byte(key), castagnoli)), p
}

func TestStamp(t *testing.T) {
	v := version{run: 1<<36 - 1, writer: 77, count: 1<<48 - 2}
	for size := 0; size < 300; size++ {
		value := stamped("some-key", size, v)
		if bytes.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%d bytes do not print: %q", size, value)
		}
		if got := bytes.Contains(value, []byte("some-key")); got != (size >= stampSize+8) {
			t.Errorf("%d bytes, the key in them: %v", size, got)
		}
		for _, n := range []int{1, 7, 28, 29, 30, 1000} {
			f, p := read(value, "some-key", n)
			if !f.intact || !f.own || p.n != int64(size) {
				t.Fatalf("%d bytes in pieces of %d: %+v", size, n, f)
			}
			if want := (version{}); size >= stampSize && f.version != v || size < stampSize && f.version != want {
				t.Fatalf("%d bytes: version %+v", size, f.version)
			}
			if !bytes.HasPrefix(value, p.shown()) || len(p.shown()) != min(size, len(p.head)) {
				t.Fatalf("%d bytes: shown %q", size, p.shown())
			}
			if f, _ := read(value, "another key", n); size >= keyEnd && (!f.intact || f.own) || size >= checkEnd && size < keyEnd && f.intact {
				t.Fatalf("%d bytes of another key: %+v", size, f)
			}
		}
		// Every byte counts.
		for i := range value {
			broken := bytes.Clone(value)
			broken[i] ^= 1
			if f, _ := read(broken, "some-key", 11); f.intact {
				t.Fatalf("%d bytes, the one at %d changed: %+v", size, i, f)
			}
		}
	}
	if value := stamped("k", stampSize, version{1, 2, 3}); string(value[keyEnd:]) != "00000100200000003" {
		t.Errorf("got %q", value)
	}
}

// What a history calls stale is overwritten for certain, and nothing else is.
func TestHistory(t *testing.T) {
	h := newHistory(10, 8)
	const k, other = 42, 43
	stale := func(count uint64) bool { h.asked(7, k); return h.stale(7, count) }
	a := h.sent(0, k)
	if h.ended(0, true); stale(a) {
		t.Error("the only version is stale")
	}
	// Two at once: either may be the last.
	b, c := h.sent(0, k), h.sent(1, k)
	h.sent(2, other)
	if stale(a) {
		t.Error("overwritten by a set that is not answered yet")
	}
	h.asked(6, k)
	h.ended(1, true)
	if !stale(a) || stale(b) || stale(c) || h.stale(6, a) {
		t.Errorf("after the second of two: %v %v %v, and asked before: %v", stale(a), stale(b), stale(c), h.stale(6, a))
	}
	if h.ended(0, true); stale(b) || stale(c) {
		t.Error("of two at once one is stale")
	}
	d := h.sent(3, k)
	if h.ended(3, true); !stale(b) || !stale(c) || stale(d) {
		t.Error("what both were overwritten by does not count")
	}
	// One that is never answered may yet be done, and bars no other.
	e := h.sent(4, k)
	h.ended(4, false)
	f := h.sent(4, k)
	if h.ended(4, true); stale(e) || stale(f) || !stale(d) {
		t.Errorf("around a lost set: %v %v %v", stale(e), stale(f), stale(d))
	}
	// Keys that are not known.
	if h.asked(7, 99); h.stale(7, 1) {
		t.Error("stale, of a key that was never set")
	}
	for range maxLost + 1 {
		h.sent(5, other)
		h.ended(5, false)
	}
	if stale(d) {
		t.Error("stale, where too much was lost to know")
	}
}

// A full table follows no more keys, and says so.
func TestHistoryIsBounded(t *testing.T) {
	h := newHistory(10, 1)
	for k := range uint64(1000) {
		h.sent(0, k*0x9e3779b97f4a7c15)
		h.ended(0, true)
	}
	if len(h.slots) != 10*4/3+maxProbe || h.untold != 1000-int64(len(h.slots)) {
		t.Errorf("%d of 1000 keys found no room in %d slots", h.untold, len(h.slots))
	}
	if n := len(newHistory(1<<40, 1).slots); n != maxHistory {
		t.Errorf("%d slots for very many keys", n)
	}
}

func FuzzProof(f *testing.F) {
	f.Add(stamped("k", 100, version{1, 2, 3}), uint8(7))
	f.Add(stamped("k", 11, version{1, 2, 3}), uint8(1))
	f.Add([]byte(strings.Repeat("~", 40)), uint8(40))
	f.Fuzz(func(t *testing.T, value []byte, n uint8) {
		whole, _ := read(value, "k", max(len(value), 1))
		pieces, _ := read(value, "k", max(int(n), 1))
		if whole != pieces {
			t.Fatalf("%q: whole %+v, in pieces of %d %+v", value, whole, n, pieces)
		}
	})
}
