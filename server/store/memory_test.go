package store

import "testing"

func TestMemory(t *testing.T) {
	testStore(t, func(_ *testing.T, c MemoryConfig) Store { return NewMemoryWith(c) })
}

func TestSetTakesItsTimestampFromTheClock(t *testing.T) {
	now := int64(1000)
	m := NewMemoryWith(MemoryConfig{Now: func() int64 { return now }})
	m.Set([]byte("k"), Item{Value: []byte("early")}, nil)
	now = 10 // the system's clock jumps back
	m.Set([]byte("k"), Item{Value: []byte("late")}, nil)
	if got, _ := m.Get([]byte("k")); string(got.Value) != "late" {
		t.Errorf("after the clock went back: got %q, want %q", got.Value, "late")
	}
}

func TestMemoryAllocatesNothingForWhatItHolds(t *testing.T) {
	m := NewMemory()
	key, value := []byte("a-key-of-thirty-two-bytes-length"), []byte("value")
	m.Set(key, Item{Value: value}, nil)
	if n := testing.AllocsPerRun(1000, func() { m.Get(key) }); n != 0 {
		t.Errorf("Get: %v allocations, want 0", n)
	}
	if n := testing.AllocsPerRun(1000, func() { m.Set(key, Item{Value: value}, nil) }); n != 0 {
		t.Errorf("Set of a present key: %v allocations, want 0", n)
	}
}

func BenchmarkMemory(b *testing.B) {
	key, value := []byte("a-key-of-thirty-two-bytes-length"), []byte("value")
	m := NewMemory()
	m.Set(key, Item{Value: value}, nil)
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.Get(key)
		}
	})
	b.Run("set", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.Set(key, Item{Value: value}, nil)
		}
	})
}
