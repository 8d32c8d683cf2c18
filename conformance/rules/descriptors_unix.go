//go:build unix

package rules

import (
	"math"
	"os"
	"syscall"
)

// descriptors returns how many more files this process may open.
func descriptors() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil || uint64(limit.Cur) > math.MaxInt32 {
		return math.MaxInt32
	}
	used := 64 // a guess, where the system does not list them
	if open, err := os.ReadDir("/dev/fd"); err == nil {
		used = len(open)
	}
	return max(0, int(limit.Cur)-used)
}
