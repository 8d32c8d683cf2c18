//go:build unix

package process

import (
	"os/exec"
	"strings"
	"syscall"
)

// group is all that one start of the command has become: the process that was started, what it started, and so on.
type group struct {
	leader int
	mark   string // in the environment of each
}

// shell is the command that runs line, in a group of its own.
func shell(line string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

func (g group) terminate() error { g.signal(syscall.SIGTERM); return nil }
func (g group) kill()            { g.signal(syscall.SIGKILL) }

// signal is lost on a group that is no more, and that is all right.
func (g group) signal(sig syscall.Signal) {
	_ = syscall.Kill(-g.leader, sig)
	for _, pid := range g.strays() {
		_ = syscall.Kill(pid, sig)
	}
}

func signalName(n int) string {
	if name := syscall.Signal(n).String(); !strings.HasPrefix(name, "signal ") {
		return name
	}
	return ""
}

// quote is s as one word of the shell's.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
