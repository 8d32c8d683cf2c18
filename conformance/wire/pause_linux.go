package wire

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Pause waits for d. Go's own timers wait for a millisecond at least where nothing else is going on, because its poller counts in them; a suite
// that pauses thousands of times for a third of that takes three times as long. A timer of the kernel's is as exact as nanosleep, and
// its end comes through Go's poller: in nanosleep nobody may poll, and a server in the same process reads what was sent before the pause
// only after it.
func Pause(d time.Duration) {
	const own = 2 * time.Millisecond // from here on Go's timers do
	if d >= own || d <= 0 || !timer(d) {
		time.Sleep(d)
	}
}

// timer waits for d, or says that it could not.
func timer(d time.Duration) bool {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return false
	}
	f := os.NewFile(uintptr(fd), "timer")
	defer f.Close()
	if unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}, nil) != nil {
		return false
	}
	var expired [8]byte
	_, err = f.Read(expired[:])
	return err == nil
}
