package store

import (
	"errors"
	"runtime"
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

// A late store lets time pass between the timestamp of a set and the set. The stores of this package do not: Memory stamps
// under the key's lock, Disk commits in the order of the timestamps. So it is here that the comparison of timestamps decides
// who wins, and that it shows if there is none.
type late struct {
	*Memory
}

func (l late) Set(key []byte, item Item, _ Waiter) (bool, error) {
	item.Stamp = l.clock.next()
	runtime.Gosched()
	l.put(key, item, 0)
	return true, nil
}

func TestTimestampsDecide(t *testing.T) {
	client := direct(late{NewMemory()})
	client.Delete = nil // what a late set may not bring back, a delete would have to leave a timestamp for
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
