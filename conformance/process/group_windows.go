package process

import (
	"errors"
	"os/exec"
	"strconv"
	"syscall"
)

// group is the process that was started with those below it.
type group struct {
	leader int
	mark   string
}

// shell is the command that runs line. The line goes to cmd.exe as it is: it has rules for quotes that are its own.
func shell(line string) *exec.Cmd {
	cmd := exec.Command("cmd")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /d /s /c "` + line + `"`, CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	return cmd
}

// terminate: a program without a window cannot be asked to end here.
func (g group) terminate() error { return errors.ErrUnsupported }

func (g group) kill() {
	_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(g.leader)).Run()
}

func (g group) alive() bool {
	p, err := syscall.OpenProcess(syscall.SYNCHRONIZE, false, uint32(g.leader))
	if err != nil {
		return false
	}
	defer syscall.CloseHandle(p)
	event, err := syscall.WaitForSingleObject(p, 0)
	return err == nil && event == syscall.WAIT_TIMEOUT
}

func (g group) usage() (Usage, bool) { return Usage{}, false }

func signalName(int) string { return "" }

func quote(s string) string { return `"` + s + `"` }
