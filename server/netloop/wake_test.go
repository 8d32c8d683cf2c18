package netloop

import "testing"

// TestEveryPostWakesALoopThatWaits: a loop of the first version slept for ever after its 256th wake-up, because
// the eventfd's counter was full.
func TestEveryPostWakesALoopThatWaits(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		l := group(t, cfg).Loop(0)
		for range 1000 {
			on(t, l, func() {})
		}
	})
}
