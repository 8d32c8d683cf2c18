//go:build unix

package process

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// guard cleans up where this process cannot any more: it has panicked, or was killed. It is a shell that reads which group runs now and, when
// the pipe ends, kills the last one and removes the folder.
type guard struct {
	cmd  *exec.Cmd
	pipe *os.File
}

const guardScript = `trap '' HUP INT TERM
while read -r group; do last=$group; done
[ "${last:-0}" -gt 1 ] && kill -s KILL -- "-$last" 2>/dev/null
rm -rf -- "$1"`

func newGuard(folder string) (*guard, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command("sh", "-c", guardScript, "sh", folder)
	cmd.Dir, cmd.Stdin = "/", r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C on the terminal is not for it
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, err
	}
	return &guard{cmd, w}, nil
}

// watch says what runs now; the zero group: nothing.
func (g *guard) watch(now group) { fmt.Fprintln(g.pipe, now.leader) }

func (g *guard) close() {
	if g == nil || g.pipe.Close() != nil {
		return
	}
	stuck := time.AfterFunc(killWithin, func() { _ = g.cmd.Process.Kill() })
	defer stuck.Stop()
	_ = g.cmd.Wait()
}
