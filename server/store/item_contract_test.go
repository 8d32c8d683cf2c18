package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func testItems(t *testing.T, s Store) {
	if err := setItem(s, []byte("k"), Item{Value: []byte("v"), Flags: 1<<32 - 1, Stamp: 1}); err != nil {
		t.Fatal(err)
	}
	first, ok := s.Get([]byte("k"))
	if !ok || string(first.Value) != "v" || first.Flags != 1<<32-1 || first.Expires != 0 || first.Stamp <= 1 {
		t.Errorf("got %+v, %v", first, ok)
	}
	mustSet(t, s, []byte("k"), []byte("v"))
	if second, _ := s.Get([]byte("k")); second.Stamp <= first.Stamp || second.Flags != 0 {
		t.Errorf("the second set has timestamp %d and flags %d, the first had %d", second.Stamp, second.Flags, first.Stamp)
	}
}

func testDelete(t *testing.T, s Store) {
	for range 2 {
		if err := remove(s, []byte("k")); err != ErrNotFound {
			t.Errorf("delete of what is not there: %v, want %v", err, ErrNotFound)
		}
		mustSet(t, s, []byte("k"), []byte("v"))
		mustSet(t, s, []byte("other"), []byte("stays"))
		if err := remove(s, []byte("k")); err != nil {
			t.Errorf("delete: %v", err)
		}
		if item, ok := s.Get([]byte("k")); ok {
			t.Errorf("after the delete: %q", item.Value)
		}
		wantValue(t, s, "other", "stays")
		if n := s.Len(); n != 1 {
			t.Errorf("%d keys, want 1", n)
		}
	}
}

// testClock stands still until it is told to go on.
type testClock struct{ atomic.Int64 }

func newTestClock() *testClock {
	c := new(testClock)
	c.Store(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *testClock) now() int64              { return c.Load() }
func (c *testClock) advance(d time.Duration) { c.Add(int64(d)) }

func testExpiry(t *testing.T, open opener) {
	clock := newTestClock()
	s := open(t, MemoryConfig{Now: clock.now})
	defer mustClose(t, s)
	if s.Now() != clock.now() {
		t.Errorf("Now: %d, want %d", s.Now(), clock.now())
	}
	key := []byte("k")
	mortal := func(after time.Duration) {
		t.Helper()
		if err := setItem(s, key, Item{Value: []byte("v"), Expires: s.Now() + int64(after)}); err != nil {
			t.Fatal(err)
		}
	}
	mortal(time.Second)
	clock.advance(time.Second - 1)
	wantValue(t, s, "k", "v")
	clock.advance(1)
	if _, ok := s.Get(key); ok {
		t.Error("the item is there at the time of its expiry")
	}
	if err := remove(s, key); err != ErrNotFound {
		t.Errorf("delete of an item that has expired: %v, want %v", err, ErrNotFound)
	}
	mustSet(t, s, key, []byte("immortal"))
	clock.advance(1000 * time.Hour)
	wantValue(t, s, "k", "immortal")
	mortal(-time.Second)
	if _, ok := s.Get(key); ok {
		t.Error("a set that has expired when it comes has left something")
	}
	// What has expired goes when other keys come: it does not gather.
	const many = 5000
	for i := range many {
		if err := setItem(s, fmt.Append(nil, "mortal ", i), Item{Expires: s.Now() + int64(time.Second)}); err != nil {
			t.Fatal(err)
		}
	}
	clock.advance(time.Second)
	for i := range many {
		mustSet(t, s, fmt.Append(nil, "immortal ", i), nil)
	}
	if n := s.Len(); n > many*3/2 {
		t.Errorf("%d keys after %d have expired and %d were set", n, many, many)
	}
	for i := range many {
		wantValue(t, s, fmt.Sprint("immortal ", i), "")
	}
}

func testLimit(t *testing.T, open opener) {
	clock := newTestClock()
	const limit = 10 * (overhead + 1 + 100)
	s := open(t, MemoryConfig{MaxMemory: limit, Now: clock.now})
	defer mustClose(t, s)
	value := make([]byte, 100)
	key := func(i int) []byte { return []byte{'a' + byte(i)} }
	for i := range 10 {
		if err := setItem(s, key(i), Item{Value: value}); err != nil {
			t.Fatalf("set %d: %v", i, err)
		}
	}
	want := func(size int64, what string) {
		t.Helper()
		if s.Size() != size {
			t.Errorf("%s: %d bytes, want %d", what, s.Size(), size)
		}
	}
	want(limit, "full")
	for _, k := range []int{10, 0} { // a new key, and a value that is larger
		if err := set(s, key(k), make([]byte, 101)); err != ErrOutOfMemory {
			t.Errorf("a set beyond the limit: %v, want %v", err, ErrOutOfMemory)
		}
	}
	want(limit, "after refusals")
	if item, ok := s.Get(key(0)); !ok || len(item.Value) != 100 {
		t.Error("the refused set has taken the value that was there")
	}
	mustSet(t, s, key(0), value)
	mustSet(t, s, key(0), value[:40])
	want(limit-60, "after a smaller value")
	mustSet(t, s, key(1), make([]byte, 160))
	want(limit, "full again")
	if err := remove(s, key(2)); err != nil {
		t.Error(err)
	}
	want(limit-overhead-101, "after a delete")
	// What expires makes room. It takes a few tries: room is looked for among the keys that share a lock.
	if err := setItem(s, key(2), Item{Value: value, Expires: clock.now() + 1}); err != nil {
		t.Error(err)
	}
	clock.advance(1)
	tries := 1000
	for tries < 9999 && set(s, fmt.Append(nil, tries), value[:97]) == ErrOutOfMemory {
		tries++
	}
	if tries == 9999 {
		t.Error("what has expired makes no room")
	}
	want(limit, "after what has expired was replaced")
}

// testLimitTogether has many clients fill, shrink and delete at once. In the end what is counted is what is there.
func testLimitTogether(t *testing.T, open opener) {
	const limit = 200 << 10
	s := open(t, MemoryConfig{MaxMemory: limit})
	defer mustClose(t, s)
	var refused atomic.Int64
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(w)))
			for range 400 {
				key := fmt.Append(nil, r.IntN(150))
				var err error
				if r.IntN(4) == 0 {
					err = remove(s, key)
				} else {
					err = set(s, key, make([]byte, r.IntN(4000)))
				}
				switch {
				case errors.Is(err, ErrOutOfMemory):
					refused.Add(1)
				case err != nil && !errors.Is(err, ErrNotFound):
					t.Errorf("%v", err)
				}
			}
		})
	}
	wg.Wait()
	var sum int64
	for i := range 150 {
		if item, ok := s.Get(fmt.Append(nil, i)); ok {
			sum += int64(len(fmt.Append(nil, i))+len(item.Value)) + overhead
		}
	}
	if s.Size() != sum {
		t.Errorf("%d bytes counted, %d are there", s.Size(), sum)
	}
	if refused.Load() == 0 || sum > limit {
		t.Errorf("%d refusals at a limit of %d with %d there", refused.Load(), limit, sum)
	}
}
