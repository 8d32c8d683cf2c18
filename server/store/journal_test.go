package store

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
)

// A journal is what the users of a store know: for each key, of which only one writer sets versions 1, 2, 3…, the
// last that was tried, the last that was acknowledged and the highest that a reader has seen.
type journal []*versions

type versions struct{ tried, acked, seen atomic.Uint64 }

func newJournal(keys int) journal {
	j := make(journal, keys)
	for i := range j {
		j[i] = new(versions)
	}
	return j
}

func journalKey(i int) []byte { return fmt.Appendf(nil, "key-%d", i) }

// journalValue is version and something behind it that says so too.
func journalValue(version uint64, size int) []byte {
	v := make([]byte, max(size, 8))
	binary.BigEndian.PutUint64(v, version)
	for i := 8; i < len(v); i++ {
		v[i] = byte(version)
	}
	return v
}

func journalVersion(v []byte) (uint64, error) {
	if len(v) < 8 {
		return 0, fmt.Errorf("a value of %d bytes that nobody set", len(v))
	}
	version := binary.BigEndian.Uint64(v)
	for _, b := range v[8:] {
		if b != byte(version) {
			return 0, fmt.Errorf("version %d is torn or mixed", version)
		}
	}
	return version, nil
}

// use sets every key to its next versions, each key from a goroutine of its own, and reads others' keys, until a set
// fails or stop says so. told, if not nil, is called with every step before the next is taken.
func (j journal) use(s Store, size int, stop func(version uint64) bool, told func(step byte, key int, version uint64)) {
	if told == nil {
		told = func(byte, int, uint64) {}
	}
	var wg sync.WaitGroup
	for i, v := range j {
		wg.Go(func() {
			for version := v.tried.Load() + 1; !stop(version); version++ {
				v.tried.Store(version)
				told('t', i, version)
				if set(s, journalKey(i), journalValue(version, size)) != nil {
					return
				}
				v.acked.Store(version)
				told('a', i, version)
				other := (i + int(version)) % len(j)
				if item, ok := s.Get(journalKey(other)); ok {
					if got, err := journalVersion(item.Value); err == nil {
						raise(&j[other].seen, got)
						told('s', other, got)
					}
				}
			}
		})
	}
	wg.Wait()
}

func raise(to *atomic.Uint64, value uint64) {
	for {
		old := to.Load()
		if value <= old || to.CompareAndSwap(old, value) {
			return
		}
	}
}

// check compares what a store has with what its users know, and has the users go on from there.
func (j journal) check(s Store) error {
	for i, v := range j {
		item, ok := s.Get(journalKey(i))
		var version uint64
		if ok {
			var err error
			if version, err = journalVersion(item.Value); err != nil {
				return fmt.Errorf("key %d: %w", i, err)
			}
		}
		switch {
		case version < v.acked.Load():
			return fmt.Errorf("key %d: version %d was acknowledged, %d is there", i, v.acked.Load(), version)
		case version < v.seen.Load():
			return fmt.Errorf("key %d: version %d was seen, %d is there", i, v.seen.Load(), version)
		case version > v.tried.Load():
			return fmt.Errorf("key %d: version %d is there, nobody set more than %d", i, version, v.tried.Load())
		}
	}
	return nil
}

// acknowledged is how many sets were.
func (j journal) acknowledged() (n uint64) {
	for _, v := range j {
		n += v.acked.Load()
	}
	return n
}

// copyTo copies what is acknowledged and seen at this time.
func (j journal) copyTo(to journal) {
	for i, v := range j {
		to[i].acked.Store(v.acked.Load())
		to[i].seen.Store(v.seen.Load())
	}
}
