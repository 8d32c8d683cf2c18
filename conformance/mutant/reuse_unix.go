//go:build unix

package mutant

import "syscall"

// reuseNothing undoes what package net does to every listener.
func reuseNothing(fd uintptr) error {
	return syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 0)
}
