package store

import (
	"fmt"
	"math"
)

// MemoryConfig says how a Memory is made. The zero value is usable.
type MemoryConfig struct {
	// MaxMemory is how many bytes keys, values and an estimate of what is kept beside them may take; 0 means no limit.
	MaxMemory int64
	// Now gives the Unix time in nanoseconds; nil means the system's. It is for tests.
	Now func() int64
}

// Validate returns what is wrong with c, or nil.
func (c MemoryConfig) Validate() error { return validateLimit(c.MaxMemory) }

func validateLimit(bytes int64) error {
	if bytes < 0 {
		return fmt.Errorf("memory, at most: %d is less than 0", bytes)
	}
	return nil
}

// Memory is a Store that lives in the process and is gone with it. Every Set is done when it returns.
type Memory struct {
	*index
	clock *clock
}

// NewMemory returns an empty store without a limit.
func NewMemory() *Memory { return NewMemoryWith(MemoryConfig{}) }

// NewMemoryWith returns an empty store as c, which is valid, says.
func NewMemoryWith(c MemoryConfig) *Memory {
	if c.Now == nil {
		c.Now = wallTime()
	}
	return &Memory{index: newIndex(c.MaxMemory, c.Now), clock: newClock(c.Now)}
}

// Set stores item under key and is always done. It never calls w. The timestamp is taken under the lock of the key: so
// what a Delete has removed cannot come back with an older one, and nothing need be kept of what was removed.
func (m *Memory) Set(key []byte, item Item, _ Waiter) (done bool, err error) {
	s := m.shard(key)
	s.Lock()
	if m.admitFor(s, key, &item) {
		item.Stamp = m.clock.next()
		m.store(s, s.entries[string(key)], key, item)
	} else {
		err = ErrOutOfMemory
	}
	s.Unlock()
	return true, err
}

// Delete removes the item of key and is always done. Under the lock it is younger than everything that is there, so the
// timestamp that it would take need not be taken.
func (m *Memory) Delete(key []byte, _ Waiter) (done bool, err error) {
	if !m.remove(key, math.MaxInt64) {
		return true, ErrNotFound
	}
	return true, nil
}

// Close does nothing: there is nothing to flush.
func (m *Memory) Close() error { return nil }

// String says where the values are.
func (m *Memory) String() string { return "memory" }
