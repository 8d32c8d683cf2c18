package store

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// shards is the number of locks that keys are spread over: many more than there are loops, so that two of them
// seldom want the same one.
const shards = 256

// overhead is what an item takes in memory, in bytes, beside its key and its value: the entry (64), its place in the map
// (16 and 8, a control byte, and a quarter to a half of all places empty), and what allocations are rounded up by.
const overhead = 128

// An index has the newest item of every key, in memory, and counts what they take.
type index struct {
	seed   maphash.Seed
	now    func() int64 // Unix time in nanoseconds
	limit  int64        // of used, in bytes; 0 means none
	used   atomic.Int64
	shards [shards]shard
}

// A shard is the part of the keys that one lock guards. The padding keeps two locks off one cache line.
type shard struct {
	sync.RWMutex
	entries map[string]*Item
	mortal  int // entries that expire one day
	_       [24]byte
}

func newIndex(limit int64, now func() int64) *index {
	x := &index{seed: maphash.MakeSeed(), limit: limit, now: now}
	for i := range x.shards {
		x.shards[i].entries = make(map[string]*Item)
	}
	return x
}

func (x *index) shard(key []byte) *shard {
	return &x.shards[maphash.Bytes(x.seed, key)%shards]
}

func (x *index) expired(e *Item) bool { return e.Expires != 0 && e.Expires <= x.now() }

// Get returns the newest item of key, unless it has expired.
func (x *index) Get(key []byte) (item Item, ok bool) {
	s := x.shard(key)
	s.RLock()
	if e := s.entries[string(key)]; e != nil {
		item, ok = *e, true
	}
	s.RUnlock()
	if ok && x.expired(&item) {
		return Item{}, false
	}
	return item, ok
}

// growth is how many bytes more are used when e, which may be nil, gives way to item.
func growth(e *Item, key []byte, item *Item) int64 {
	if e != nil {
		return int64(len(item.Value) - len(e.Value))
	}
	return int64(len(key)+len(item.Value)) + overhead
}

// admit counts n bytes more, unless that would pass the limit. Fewer bytes are always admitted.
func (x *index) admit(n int64) bool {
	if x.limit == 0 || n <= 0 {
		if n != 0 { // most sets replace a value of their own size, and leave a word alone that all loops share
			x.used.Add(n)
		}
		return true
	}
	for {
		used := x.used.Load()
		if used+n > x.limit {
			return false
		}
		if x.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// admitFor is admit, for item under key in s, which is locked. Before it says no, what has expired in s makes room: keys
// are spread evenly, so where much has expired there is some of it in every shard.
func (x *index) admitFor(s *shard, key []byte, item *Item) bool {
	if x.admit(growth(s.entries[string(key)], key, item)) {
		return true
	}
	return x.sweep(s, len(s.entries)) > 0 && x.admit(growth(s.entries[string(key)], key, item))
}

// reserve counts what item will take under key, ahead of a put.
func (x *index) reserve(key []byte, item *Item) (n int64, ok bool) {
	s := x.shard(key)
	s.Lock()
	defer s.Unlock()
	if !x.admitFor(s, key, item) {
		return 0, false
	}
	return growth(s.entries[string(key)], key, item), true
}

// put stores an item that was stamped before: unless the key already has a younger one. It keeps the value and copies
// key. reserved is what was counted for it.
func (x *index) put(key []byte, item Item, reserved int64) {
	s := x.shard(key)
	s.Lock()
	e := s.entries[string(key)]
	if e != nil && e.Stamp > item.Stamp {
		x.used.Add(-reserved)
	} else {
		// What was there may be another item than when the bytes were counted.
		if n := growth(e, key, &item) - reserved; n != 0 {
			x.used.Add(n)
		}
		x.store(s, e, key, item)
	}
	s.Unlock()
}

// store gives key in s, which is locked, an item in the place of e, which may be nil. An entry is changed in place, so
// that an update neither copies the key again nor allocates.
func (x *index) store(s *shard, e *Item, key []byte, item Item) {
	if item.Expires != 0 {
		s.mortal++
	}
	if e == nil {
		x.sweep(s, 4) // more than one, so that what expires goes faster than new items come
		fresh := item // so that item does not live on the heap for an update too
		s.entries[string(key)] = &fresh
		return
	}
	if e.Expires != 0 {
		s.mortal--
	}
	*e = item
}

// remove removes the item of key and reports whether there was one. An item that is younger than stamp stays.
func (x *index) remove(key []byte, stamp int64) bool {
	s := x.shard(key)
	s.Lock()
	defer s.Unlock()
	e := s.entries[string(key)]
	if e == nil || e.Stamp > stamp {
		return false
	}
	x.forget(s, string(key), e)
	return !x.expired(e)
}

func (x *index) forget(s *shard, key string, e *Item) {
	if e.Expires != 0 {
		s.mortal--
	}
	x.used.Add(-int64(len(key)+len(e.Value)) - overhead)
	delete(s.entries, key)
}

// sweep looks at n of the items in s, which is locked, whichever the map begins with, removes those that have expired and
// returns how many these were.
func (x *index) sweep(s *shard, n int) (removed int) {
	if s.mortal == 0 {
		return 0
	}
	for key, e := range s.entries {
		if n--; n < 0 {
			break
		}
		if x.expired(e) {
			x.forget(s, key, e)
			removed++
		}
	}
	return removed
}

// Now returns the time that items expire by.
func (x *index) Now() int64 { return x.now() }

// Size returns how many bytes the items are counted as, with those that are on their way in.
func (x *index) Size() int64 { return x.used.Load() }

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
