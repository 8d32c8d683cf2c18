package store

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"memlite/server/store/linearizability"
)

// testLinearizable has 32 clients do a few hundred operations each at 16 keys, or as many as MEMLITE_LINEARIZE says (make
// soak: 10000), and asks whether all that they saw has one order.
func testLinearizable(t *testing.T, s Store) {
	operations, err := linearizability.Operations()
	if err != nil {
		t.Fatal(err)
	}
	h, err := linearizability.Record(func() (linearizability.Client, error) { return direct(s), nil }, operations)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Verdict(); err != nil {
		t.Error(err)
	}
	t.Logf("%d operations", len(h))
}

// direct returns a client of s without a network.
func direct(s Store) linearizability.Client {
	return linearizability.Client{
		Get: func(key string) (string, bool, error) {
			item, ok := s.Get([]byte(key))
			return string(item.Value), ok, nil
		},
		Set: func(key, value string) error { return set(s, []byte(key), []byte(value)) },
		Delete: func(key string) (bool, error) {
			err := remove(s, []byte(key))
			if errors.Is(err, ErrNotFound) {
				return false, nil
			}
			return err == nil, err
		},
	}
}

// A restarting store is stopped in the middle again and again, and put together anew from what was set since, in
// any order. The timestamps alone say what was there. The stores of this package would not need them otherwise: Memory stamps
// under the key's lock, Disk commits in the order of the timestamps. So it is here that it shows if they are not compared.
type restarting struct {
	*Memory
	t    *testing.T
	stop sync.RWMutex // a restart has it alone
	mu   sync.Mutex
	log  []logged
	sets int
}

type logged struct {
	key  string
	item Item
}

func (r *restarting) Get(key []byte) (Item, bool) {
	r.stop.RLock()
	defer r.stop.RUnlock()
	return r.Memory.Get(key)
}

func (r *restarting) Set(key []byte, item Item, _ Waiter) (bool, error) {
	r.stop.RLock()
	item.Stamp = r.clock.next()
	runtime.Gosched() // a younger one may overtake it
	r.mu.Lock()
	r.log = append(r.log, logged{string(key), item})
	r.sets++
	due := r.sets%100 == 0
	r.mu.Unlock()
	r.put(key, item, 0)
	r.stop.RUnlock()
	if due {
		r.restart()
	}
	return true, nil
}

func (r *restarting) restart() {
	r.stop.Lock()
	defer r.stop.Unlock()
	rand.Shuffle(len(r.log), func(i, j int) { r.log[i], r.log[j] = r.log[j], r.log[i] })
	r.index = newIndex(0, r.now)
	keys := map[string]bool{}
	for _, l := range r.log {
		r.put([]byte(l.key), l.item, 0)
		keys[l.key] = true
	}
	r.log = r.log[:0]
	for key := range keys {
		item, ok := r.Memory.Get([]byte(key))
		if !ok {
			r.t.Errorf("key %s is gone after a restart", key)
		}
		r.log = append(r.log, logged{key, item})
	}
}

func TestTimestampsDecide(t *testing.T) {
	client := direct(&restarting{Memory: NewMemory(), t: t})
	client.Delete = nil // not in the log
	operations, err := linearizability.Operations()
	if err != nil {
		t.Fatal(err)
	}
	h, err := linearizability.Record(func() (linearizability.Client, error) { return client, nil }, operations)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Verdict(); err != nil {
		t.Error(err)
	}
}
