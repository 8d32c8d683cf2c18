package store

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
)

func TestHighestTimestampStaysInWhateverOrderSetsFinish(t *testing.T) {
	values := []string{"first", "second", "third"}
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		x := newIndex(0, wallTime())
		for _, i := range order {
			x.put([]byte("k"), Item{Value: []byte(values[i]), Stamp: int64(i + 1)}, 0)
		}
		if got, _ := x.Get([]byte("k")); string(got.Value) != "third" {
			t.Errorf("sets finished in order %v: got %q, want %q", order, got.Value, "third")
		}
	}
}

func TestAnOlderSetDoesNotBringBackWhatIsYounger(t *testing.T) {
	x := newIndex(0, wallTime())
	key := []byte("k")
	x.put(key, Item{Value: []byte("young"), Stamp: 5}, 0)
	if x.remove(key, 4) {
		t.Error("a delete has removed an item younger than itself")
	}
	if !x.remove(key, 6) || x.remove(key, 7) {
		t.Error("a delete must remove an older item, once")
	}
	if x.Size() != 0 {
		t.Errorf("%d bytes are counted of nothing", x.Size())
	}
}

// The estimate must not be below what is used: the limit would not keep the system from running out.
func TestSizeIsAboutWhatIsUsed(t *testing.T) {
	heap := func() int64 {
		for range 3 { // pools and finalizers of the tests before let go in steps
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for _, size := range []int{0, 100, 1000} {
		before := heap()
		x := newIndex(0, wallTime())
		for i := range 100_000 {
			x.put(fmt.Appendf(nil, "a-key-of-thirty-two-bytes-%06d", i), Item{Value: make([]byte, size)}, 0)
		}
		used := heap() - before
		if counted := x.Size(); counted < used*9/10 || counted > used*3/2 {
			t.Errorf("values of %d bytes: %d counted, %d used", size, counted, used)
		} else {
			t.Logf("values of %d bytes: %d counted, %d used", size, counted, used)
		}
		runtime.KeepAlive(x)
	}
}

// Keys of one shard, set at the same time: a map without its lock loses some, or the runtime ends the test.
func TestConcurrentPutsOfOneShard(t *testing.T) {
	x := newIndex(0, wallTime())
	var keys [][]byte
	for i := 0; len(keys) < 2000; i++ {
		if key := fmt.Append(nil, i); x.shard(key) == &x.shards[0] {
			keys = append(keys, key)
		}
	}
	const putters = 8
	var wg sync.WaitGroup
	for p := range putters {
		wg.Go(func() {
			for i := p; i < len(keys); i += putters {
				x.put(keys[i], Item{Value: keys[i], Stamp: int64(i)}, 0)
			}
		})
	}
	wg.Wait()
	if x.Len() != len(keys) {
		t.Errorf("%d keys, want %d", x.Len(), len(keys))
	}
}
