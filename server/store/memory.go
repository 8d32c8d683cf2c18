package store

// Memory is a Store that lives in the process and is gone with it. Every Set is done when it returns.
type Memory struct {
	*index
	clock *clock
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return newMemory(newClock(wallTime())) }

func newMemory(c *clock) *Memory { return &Memory{index: newIndex(), clock: c} }

// Set stores value under key and is always done; it never fails and never calls w.
func (m *Memory) Set(key, value []byte, _ Waiter) (done bool, err error) {
	m.put(key, value, m.clock.next())
	return true, nil
}

// Close does nothing: there is nothing to flush.
func (m *Memory) Close() error { return nil }

// String says where the values are.
func (m *Memory) String() string { return "memory" }
