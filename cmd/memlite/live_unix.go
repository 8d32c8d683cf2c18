//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// inForeground says whether the terminal is ours. From the background it may be neither drawn on, because others do, nor
// set, because that stops the process.
func inForeground(terminal *os.File) bool {
	group, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// interrupt is what Ctrl-C does on a terminal that no view has set: everybody in the foreground hears of it, and we stop.
func interrupt(func()) { _ = syscall.Kill(0, syscall.SIGINT) }

// suspend is what Ctrl-Z does there.
func suspend() { _ = syscall.Kill(0, syscall.SIGTSTP) }

// continuable says whether there is a shell that would continue us if we were stopped. The system itself does not stop
// those that have none; SIGSTOP does.
func continuable() bool {
	ours, err := unix.Getsid(0)
	theirs, err2 := unix.Getsid(os.Getppid())
	return err == nil && err2 == nil && ours == theirs && ours != unix.Getpgrp()
}

// guard gives the terminal back before a signal stops or ends the process, and takes it again when it goes on.
func (v *view) guard(out *os.File) (forget func()) {
	arrived, ended := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(arrived, syscall.SIGTSTP, syscall.SIGQUIT, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-ended:
				return
			case s := <-arrived:
				if s != syscall.SIGTSTP {
					_ = v.program.ReleaseTerminal()
					signal.Reset(s)
					_ = syscall.Kill(os.Getpid(), s.(syscall.Signal)) // ends us
				} else if continuable() {
					_ = v.program.ReleaseTerminal()
					stopProcess()
					makeRoom(out)
					_ = v.program.RestoreTerminal()
				}
			}
		}
	}()
	return func() { signal.Stop(arrived); close(ended) }
}

// stopProcess returns when the process has been stopped and continued. It is not SIGTSTP that stops it: once Go has handled
// that signal, it does not let it have its own effect again.
func stopProcess() {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	<-continued
}
