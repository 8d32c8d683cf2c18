package store

import (
	"hash/maphash"
	"sync"
)

// shards is the number of locks that keys are spread over: many more than there are loops, so that two of them
// seldom want the same one.
const shards = 256

// An index has the newest value of every key, in memory.
type index struct {
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

func newIndex() *index {
	x := &index{seed: maphash.MakeSeed()}
	for i := range x.shards {
		x.shards[i].entries = make(map[string]*entry)
	}
	return x
}

func (x *index) shard(key []byte) *shard {
	return &x.shards[maphash.Bytes(x.seed, key)%shards]
}

// Get returns the newest value of key.
func (x *index) Get(key []byte) (value []byte, ok bool) {
	s := x.shard(key)
	s.RLock()
	if e := s.entries[string(key)]; e != nil {
		value, ok = e.value, true
	}
	s.RUnlock()
	return value, ok
}

// put stores a value that was stamped before: unless the key already has a younger one. It keeps value and copies key.
func (x *index) put(key, value []byte, stamp int64) {
	s := x.shard(key)
	s.Lock()
	if e := s.entries[string(key)]; e == nil {
		s.entries[string(key)] = &entry{value, stamp}
	} else if stamp > e.stamp {
		e.value, e.stamp = value, stamp
	}
	s.Unlock()
}

// Len returns the number of keys. While others set, it is the number at no single moment.
func (x *index) Len() int {
	n := 0
	for i := range x.shards {
		s := &x.shards[i]
		s.RLock()
		n += len(s.entries)
		s.RUnlock()
	}
	return n
}
