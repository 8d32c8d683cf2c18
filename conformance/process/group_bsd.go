//go:build unix && !linux

package process

import (
	"syscall"
)

// alive reports whether anything of it runs.
func (g group) alive() bool { return syscall.Kill(-g.leader, 0) == nil }

// strays cannot be found here.
func (g group) strays() []int { return nil }

func (g group) usage() (Usage, bool) { return Usage{}, false }
