//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// apart starts a process in a group of its own: Ctrl-C on the terminal is for us, and what we do then for those whom we have started.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
