package store

import "testing"

func TestHighestTimestampStaysInWhateverOrderSetsFinish(t *testing.T) {
	values := []string{"first", "second", "third"}
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		x := newIndex()
		for _, i := range order {
			x.put([]byte("k"), []byte(values[i]), int64(i+1))
		}
		if got, _ := x.Get([]byte("k")); string(got) != "third" {
			t.Errorf("sets finished in order %v: got %q, want %q", order, got, "third")
		}
	}
}
