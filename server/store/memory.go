package store

import (
	"hash/maphash"
	"sync"
)

// shards is the number of locks that keys are spread over: many more than there are loops, so that two of them
// seldom want the same one.
const shards = 256

// Memory is a Store that lives in the process and is gone with it. Every Set is done when it returns.
type Memory struct {
	clock  *clock
	seed   maphash.Seed
	shards [shards]shard
}

// A shard is the part of the keys that one lock guards. The padding keeps two locks off one cache line.
type shard struct {
	sync.RWMutex
	entries map[string]*entry
	_       [32]byte
}

// An entry is changed in place, so that an update neither copies the key again nor allocates.
type entry struct {
	value []byte
	stamp int64
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return newMemory(newClock(wallTime())) }

func newMemory(c *clock) *Memory {
	m := &Memory{clock: c, seed: maphash.MakeSeed()}
	for i := range m.shards {
		m.shards[i].entries = make(map[string]*entry)
	}
	return m
}

func (m *Memory) shard(key []byte) *shard {
	return &m.shards[maphash.Bytes(m.seed, key)%shards]
}

// Get returns the newest value of key.
func (m *Memory) Get(key []byte) (value []byte, ok bool) {
	s := m.shard(key)
	s.RLock()
	if e := s.entries[string(key)]; e != nil {
		value, ok = e.value, true
	}
	s.RUnlock()
	return value, ok
}

// Set stores value under key and is always done; it never fails and never calls w.
func (m *Memory) Set(key, value []byte, _ Waiter) (done bool, err error) {
	m.put(key, value, m.clock.next())
	return true, nil
}

// put stores a value that was stamped before: unless the key already has a younger one.
func (m *Memory) put(key, value []byte, stamp int64) {
	s := m.shard(key)
	s.Lock()
	if e := s.entries[string(key)]; e == nil {
		s.entries[string(key)] = &entry{value, stamp}
	} else if stamp > e.stamp {
		e.value, e.stamp = value, stamp
	}
	s.Unlock()
}

// Len returns the number of keys. While others set, it is the number at no single moment.
func (m *Memory) Len() int {
	n := 0
	for i := range m.shards {
		s := &m.shards[i]
		s.RLock()
		n += len(s.entries)
		s.RUnlock()
	}
	return n
}

// Close does nothing: there is nothing to flush.
func (m *Memory) Close() error { return nil }
