//go:build !unix

package netloop

import "time"

// cpuTime is not known here.
func cpuTime() time.Duration { return 0 }
