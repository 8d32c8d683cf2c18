//go:build !linux

package wire

import "time"

// Pause waits for d.
func Pause(d time.Duration) { time.Sleep(d) }
