package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// An opener returns an empty store with a limit and a clock.
type opener func(*testing.T, MemoryConfig) Store

// testStore is the contract: every implementation of Store passes it.
func testStore(t *testing.T, open opener) {
	with := func(test func(*testing.T, Store)) func(*testing.T) {
		return func(t *testing.T) {
			s := open(t, MemoryConfig{})
			test(t, s)
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
	}
	t.Run("absent", with(func(t *testing.T, s Store) {
		if v, ok := s.Get([]byte("k")); ok || v.Value != nil {
			t.Errorf("got %q, %v from an empty store", v.Value, ok)
		}
		if n := s.Len(); n != 0 {
			t.Errorf("an empty store has %d keys", n)
		}
	}))
	t.Run("values", with(testValues))
	t.Run("key is copied", with(func(t *testing.T, s Store) {
		key := []byte("first")
		mustSet(t, s, key, []byte("1"))
		copy(key, "other")
		wantValue(t, s, "first", "1")
		if _, ok := s.Get([]byte("other")); ok {
			t.Error("the store looks keys up in the caller's slice")
		}
	}))
	t.Run("a value that was read does not change", with(func(t *testing.T, s Store) {
		mustSet(t, s, []byte("k"), []byte("old"))
		old, _ := s.Get([]byte("k"))
		mustSet(t, s, []byte("k"), []byte("new"))
		if string(old.Value) != "old" {
			t.Errorf("after an update the value read before is %q, want %q", old.Value, "old")
		}
	}))
	t.Run("a set is visible when its waiter is told", with(testVisibleWhenTold))
	t.Run("concurrent sets of different keys are all kept", with(testDifferentKeys))
	t.Run("concurrent sets of one key leave one of them whole", with(testOneKey))
	t.Run("linearizable", with(testLinearizable))
	t.Run("flags and timestamps", with(testItems))
	t.Run("delete", with(testDelete))
	t.Run("expiry", func(t *testing.T) { testExpiry(t, open) })
	t.Run("limit", func(t *testing.T) { testLimit(t, open) })
	t.Run("limit, many at once", func(t *testing.T) { testLimitTogether(t, open) })
}

func testValues(t *testing.T, s Store) {
	want := map[string]string{
		"k": "v", "K": "other", "kk": "prefix", "01": "a", "1": "b", "../x": "path",
		"\xff\xfe": "not UTF-8", "empty": "", "zeros": "\x00\x00", "big": string(bytes.Repeat([]byte("x"), 1<<20)),
	}
	for round := range 2 { // the second replaces the first
		for k, v := range want {
			want[k] = v + fmt.Sprint(round)
			if k == "empty" {
				want[k] = ""
			}
			mustSet(t, s, []byte(k), []byte(want[k]))
		}
		for k, v := range want {
			wantValue(t, s, k, v)
		}
		if s.Len() != len(want) {
			t.Errorf("%d keys, want %d", s.Len(), len(want))
		}
	}
}

// A witness looks the value up as soon as it is told.
type witness struct {
	store Store
	found chan string
}

func (w witness) Done(err error) {
	v, _ := w.store.Get([]byte("k"))
	w.found <- fmt.Sprintf("%s %v", v.Value, err)
}

func testVisibleWhenTold(t *testing.T, s Store) {
	w := witness{s, make(chan string, 1)}
	for i := range 10 {
		if done, err := s.Set([]byte("k"), Item{Value: fmt.Append(nil, i)}, w); done {
			w.Done(err)
		}
		if got, want := await(t, "the set is told", w.found), fmt.Sprintf("%d <nil>", i); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func testDifferentKeys(t *testing.T, s Store) {
	const writers, each = 16, 200
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				k := fmt.Sprintf("w%d/%d", w, i)
				if err := set(s, []byte(k), []byte(k)); err != nil {
					t.Errorf("set %s: %v", k, err)
				}
			}
		})
	}
	wg.Wait()
	for w := range writers {
		for i := range each {
			k := fmt.Sprintf("w%d/%d", w, i)
			wantValue(t, s, k, k)
		}
	}
	if s.Len() != writers*each {
		t.Errorf("%d keys, want %d", s.Len(), writers*each)
	}
}

// testOneKey has writers of values of different lengths, each of one repeated letter: a torn or mixed one shows.
func testOneKey(t *testing.T, s Store) {
	key := []byte("k")
	mustSet(t, s, key, []byte("a"))
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(w)))
			for range 200 {
				letter := byte('a' + w)
				if err := set(s, key, bytes.Repeat([]byte{letter}, w*w+1)); err != nil {
					t.Errorf("set: %v", err)
				}
				if r.IntN(2) == 0 {
					continue
				}
				item, ok := s.Get(key)
				v := item.Value
				if !ok || len(v) == 0 {
					t.Error("the key vanished")
					return
				}
				if n := int(v[0] - 'a'); bytes.Count(v, v[:1]) != len(v) || len(v) != n*n+1 {
					t.Errorf("a value nobody set: %q", v)
					return
				}
			}
		})
	}
	wg.Wait()
}

// set stores a value and waits until the store says that it is done.
func set(s Store, key, value []byte) error { return setItem(s, key, Item{Value: value}) }

func setItem(s Store, key []byte, item Item) error {
	w := make(waiter, 1)
	done, err := s.Set(key, item, w)
	return w.end(done, err)
}

// remove deletes a key and waits likewise.
func remove(s Store, key []byte) error {
	w := make(waiter, 1)
	done, err := s.Delete(key, w)
	return w.end(done, err)
}

// end returns what a Set or a Delete ends with, which has returned done and err.
func (w waiter) end(done bool, err error) error {
	if done {
		return err
	}
	select {
	case err := <-w:
		return err
	case <-time.After(10 * time.Second):
		return errors.New("the waiter was not told within 10 s")
	}
}

type waiter chan error

func (w waiter) Done(err error) { w <- err }

func mustSet(t *testing.T, s Store, key, value []byte) {
	t.Helper()
	if err := set(s, key, value); err != nil {
		t.Fatalf("set %q: %v", key, err)
	}
}

func wantValue(t *testing.T, s Store, key, want string) {
	t.Helper()
	item, ok := s.Get([]byte(key))
	got := item.Value
	if !ok {
		t.Fatalf("key %q is absent, want %.40q", key, want)
	}
	if string(got) != want {
		t.Fatalf("key %q: got %.40q (%d bytes), want %.40q (%d bytes)", key, got, len(got), want, len(want))
	}
}
