package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"memlite/reports"
)

// console is a terminal with a program in its foreground.
type console struct {
	*exec.Cmd
	master, slave *os.File
	before        unix.Termios
	mu            sync.Mutex
	screen        bytes.Buffer // all that was written
}

// openConsole runs memlite on a terminal of 80 x 24 that answers no questions. It is in a session of its own, with a shell
// over it as a person has, so that signals of the terminal stay in the foreground.
func openConsole(t *testing.T, args ...string) *console {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	t.Cleanup(func() { master.Close() })
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	c := &console{Cmd: exec.Command("memlite", args...), master: master, slave: slave}
	c.before = c.settings(t)
	c.Stdin, c.Stdout, c.Stderr = slave, slave, slave
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	c.Env = append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8", "NO_COLOR=", "CI=")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	watch := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
	t.Cleanup(func() { watch.Stop(); _ = c.Process.Kill() })
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := master.Read(buffer)
			c.mu.Lock()
			c.screen.Write(buffer[:n])
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return c
}

func (c *console) settings(t *testing.T) unix.Termios {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(c.slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *s
}

func (c *console) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.screen.String()
}

func (c *console) await(t *testing.T, what string, there func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !there(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not come: %q", what, c.text())
		}
	}
}

func (c *console) awaitText(t *testing.T, want string) {
	t.Helper()
	c.await(t, want, func() bool { return strings.Contains(c.text(), want) })
}

func (c *console) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(c.master, keys); err != nil {
		t.Fatal(err)
	}
}

// end waits for the program and returns how it ended, and checks that the terminal is as it was.
func (c *console) end(t *testing.T) syscall.WaitStatus {
	t.Helper()
	var exit *exec.ExitError
	if err := c.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	c.awaitText(t, "\x1b[?25h") // the cursor
	if c.settings(t) != c.before {
		t.Error("the terminal is not as it was")
	}
	return c.ProcessState.Sys().(syscall.WaitStatus)
}

// However a run on a terminal ends, the terminal is as it was, and what was measured is reported.
func TestLiveViewEnds(t *testing.T) {
	_, addr := startServer(t)
	for _, c := range []struct {
		name   string
		act    func(*testing.T, *console)
		status int
	}{
		{"q", func(t *testing.T, c *console) { c.press(t, "q") }, exitInconclusive},
		{"Ctrl-C", func(t *testing.T, c *console) { c.press(t, "\x03") }, exitInconclusive},
		{"SIGTERM", func(t *testing.T, c *console) { _ = c.Process.Signal(syscall.SIGTERM) }, exitInconclusive},
		{"SIGQUIT", func(t *testing.T, c *console) { _ = c.Process.Signal(syscall.SIGQUIT) }, 2},
		{"by itself", func(*testing.T, *console) {}, exitHeld},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			saved := filepath.Join(t.TempDir(), "run.json")
			length := "1h"
			if c.status == exitHeld {
				length = "1500ms"
			}
			terminal := openConsole(t, "load", addr, "--clients", "2", "--rate", "50/s", "--duration", length, "--report", "json="+saved)
			terminal.awaitText(t, "q stop and report")
			terminal.awaitText(t, "2 of 2 connections") // a second has been measured
			c.act(t, terminal)
			if status := terminal.end(t); status.ExitStatus() != c.status {
				t.Errorf("status %d: %q", status.ExitStatus(), terminal.text())
			}
			if c.status == 2 {
				return
			}
			r, err := reports.Read(saved)
			if err != nil {
				t.Fatal(err)
			}
			if run := r.Runs[0]; run.CutShort != (c.status == exitInconclusive) || run.Requests.Recorded == 0 {
				t.Errorf("cut short %t, %d recorded", run.CutShort, run.Requests.Recorded)
			}
			// The last thing before the summary takes everything below the view's first line away.
			_, after, _ := strings.Cut(terminal.text(), "2 clients, open loop")
			at := strings.LastIndex(terminal.text(), "\x1b[J")
			if at < 0 || after == "" || strings.Contains(terminal.text()[at:], "q stop") || strings.Contains(after, "\x1b[1A") {
				t.Errorf("the view was left on the screen: %q", terminal.text())
			}
		})
	}
}

// The second Ctrl-C ends the program at once, on a terminal that is as it was.
func TestLiveViewQuitsAtOnce(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var (
		silent     atomic.Bool
		unanswered = make(chan struct{}) // a request has come that will not be
		once       sync.Once
	)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		for in := bufio.NewScanner(conn); in.Scan(); {
			if silent.Load() {
				once.Do(func() { close(unanswered) })
			} else {
				_, _ = io.WriteString(conn, "NOT-FOUND\r\n")
			}
		}
	}()
	c := openConsole(t, "load", ln.Addr().String(), "--clients", "1", "--rate", "50/s", "--sets", "0%", "--duration", "1h", "--drain", "1h", "--timeout", "1h")
	c.awaitText(t, "1 of 1 connections")
	silent.Store(true)
	select {
	case <-unanswered: // for which the first Ctrl-C waits
	case <-time.After(patience):
		t.Fatal("no request came")
	}
	c.press(t, "\x03")
	c.awaitText(t, "stopping: waits up to 1h0m0s for the replies")
	// A machine that is busy may not yet have taken the first for what it is: who sees nothing happen presses again.
	stop := make(chan struct{})
	var pressing sync.WaitGroup
	pressing.Go(func() {
		for again := time.NewTicker(time.Second); ; {
			_, _ = io.WriteString(c.master, "\x03")
			select {
			case <-again.C:
			case <-stop:
				return
			}
		}
	})
	status := c.end(t)
	close(stop)
	pressing.Wait()
	if !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("%v: %q", status, c.text())
	}
}

// A program that is not asked for a view leaves the terminal alone: no question, no waiting for the answer.
func TestNoQuestionsToTheTerminal(t *testing.T) {
	begun := time.Now()
	c := openConsole(t, "version")
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	c.await(t, "the version", func() bool { return regexp.MustCompile(`memlite .*\n`).MatchString(c.text()) })
	if strings.Contains(c.text(), "\x1b") {
		t.Errorf("%q, in %s", c.text(), time.Since(begun))
	}
}
