package store

import (
	"fmt"
	"sync"
	"testing"
)

// BenchmarkSet has 1024 writers that each wait for their set before the next, over 10,000 keys, on the disk that
// holds the temporary folder. ns/op is per set.
func BenchmarkSet(b *testing.B) {
	for _, store := range []struct {
		name string
		open func(*testing.B) Store
	}{
		{"memory", func(*testing.B) Store { return NewMemory() }},
		{"never", func(b *testing.B) Store { return openDisk(b, DiskConfig{Dir: b.TempDir(), Sync: SyncNever}) }},
		{"always", func(b *testing.B) Store { return openDisk(b, DiskConfig{Dir: b.TempDir()}) }},
	} {
		b.Run(store.name, func(b *testing.B) {
			s := store.open(b)
			defer mustClose(b, s)
			b.ReportAllocs()
			b.ResetTimer()
			const writers = 1024
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					key, done := make([]byte, 0, 32), make(waiter, 1)
					for i := w; i < b.N; i += writers {
						key = fmt.Appendf(key[:0], "key-%d", uint32(i)*2654435761%10000)
						now, err := s.Set(key, Item{Value: make([]byte, 100)}, done)
						if !now {
							err = <-done
						}
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
		})
	}
}

// BenchmarkOpen opens a store of a million keys of 32 bytes with 100-byte values.
func BenchmarkOpen(b *testing.B) {
	const keys, writers = 1_000_000, 64
	c := DiskConfig{Dir: b.TempDir(), Sync: SyncNever}
	d := openDisk(b, c)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := w; i < keys; i += writers {
				if err := set(d, fmt.Appendf(nil, "a-key-of-thirty-two-bytes-%06d", i), make([]byte, 100)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	mustClose(b, d)
	for b.Loop() {
		d := openDisk(b, c)
		b.StopTimer()
		if d.Len() != keys {
			b.Errorf("%d keys, want %d", d.Len(), keys)
		}
		mustClose(b, d)
		b.StartTimer()
	}
}
