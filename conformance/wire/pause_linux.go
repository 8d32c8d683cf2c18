package wire

import (
	"syscall"
	"time"
)

// Pause waits for d. Go's own timers wait for a millisecond at least where nothing else is going on, because its poller counts in them; a suite
// that pauses thousands of times for a third of that takes three times as long.
func Pause(d time.Duration) {
	const own = 2 * time.Millisecond // from here on Go's timers do, and hold up no thread
	if d >= own {
		time.Sleep(d)
		return
	}
	left := syscall.NsecToTimespec(int64(d))
	for syscall.Nanosleep(&left, &left) == syscall.EINTR { // by Go's own preemption
	}
}
