//go:build unix

package netloop

import (
	"syscall"
	"time"
)

// cpuTime is what this process has used, user and system. Unlike the clock it is not stretched by other processes.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
