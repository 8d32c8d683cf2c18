package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// loading starts a load of a minute by a fleet of two on this machine, and returns when it goes on.
func loading(t *testing.T, args ...string) (load *program, agents []int) {
	t.Helper()
	addr := serving(t, "lite")
	load = start(t, append([]string{"load", addr, "--fleet", "local:2", "--clients", "2", "--keys", "100", "--duration", "1m"}, args...)...)
	for began := time.Now(); len(agents) < 2 || !makesLoad(agents); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("agents %d make no load: %s", agents, load.stderr.String())
		}
		agents = children(load.Process.Pid)
	}
	return load, agents
}

// children are the processes that a process has started.
func children(pid int) (list []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for word := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				list = append(list, child)
			}
		}
	}
	return list
}

// makesLoad says whether each of the processes has used a processor for a tenth of a second: idle agents do not.
func makesLoad(pids []int) bool {
	for _, pid := range pids {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 13 {
			return false
		}
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		if user+system < 30 { // hundredths of a second
			return false
		}
	}
	return true
}

// gone waits until none of the processes is there.
func gone(t *testing.T, pids []int) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		left := 0
		for _, pid := range pids {
			if syscall.Kill(pid, 0) == nil && !zombie(pid) {
				left++
			}
		}
		if left == 0 {
			return
		}
		if time.Since(began) > patience {
			for _, pid := range pids {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
			t.Fatalf("%d of the agents %d are still there", left, pids)
		}
	}
}

// zombie says whether a process has ended and nobody has asked how: a container may have nobody who does that for orphans.
func zombie(pid int) bool {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(rest, "Z")
}

// However the command ends, the agents that it has started end with it.
func TestLocalFleetEndsWithTheCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("for its duration")
	}
	t.Parallel()
	for _, c := range []struct {
		signal syscall.Signal
		status int
	}{{syscall.SIGKILL, -1}, {syscall.SIGINT, exitInconclusive}, {syscall.SIGTERM, exitInconclusive}} {
		t.Run(c.signal.String(), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "run.json")
			load, agents := loading(t, "--report", "json="+file)
			if err := load.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if status := load.end(t); status != c.status {
				t.Errorf("status %d: %s", status, load.stderr.String())
			}
			gone(t, agents)
			if c.status < 0 {
				return
			}
			if run := readRun(t, file); !run.CutShort || len(run.Agents) != 2 || run.Requests.Recorded == 0 {
				t.Errorf("cut short %t, %d agents, %+v", run.CutShort, len(run.Agents), run.Requests)
			}
			if errs := load.stderr.String(); strings.Contains(errs, "has ended") {
				t.Errorf("agents that are ended are told of: %s", errs)
			}
		})
	}
}

// An agent that dies is told of at once, and the run is not held by what is left.
func TestLocalFleetLosesAnAgent(t *testing.T) {
	if testing.Short() {
		t.Skip("for its duration")
	}
	t.Parallel()
	for _, onLoss := range []string{"stop", "continue"} {
		t.Run(onLoss, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "run.json")
			length := map[string]string{"stop": "1m", "continue": "6s"}[onLoss]
			load, agents := loading(t, "--on-agent-loss", onLoss, "--duration", length, "--slo", "errors==0", "--report", "json="+file)
			if err := syscall.Kill(agents[0], syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if status := load.end(t); status != exitInconclusive {
				t.Errorf("status %d: %s", status, load.stderr.String())
			}
			gone(t, agents)
			if errs := load.stderr.String(); !strings.Contains(errs, "has ended: signal: killed") {
				t.Errorf("nobody told of the agent's end: %s", errs)
			}
			run := readRun(t, file)
			if lost := run.Lost(); len(lost) != 1 || lost[0].Share != 0.5 || lost[0].Loss.Reason == "" || run.CutShort != (onLoss == "stop") {
				t.Errorf("%d agents are lost, cut short %t", len(lost), run.CutShort)
			}
		})
	}
}

// On a terminal the view goes on, and what happens to the fleet is written above it.
func TestFleetIsToldOfAboveTheView(t *testing.T) {
	if testing.Short() {
		t.Skip("for its duration")
	}
	t.Parallel()
	addr := serving(t, "lite")
	c := openConsole(t, "load", addr, "--fleet", "local:2", "--clients", "2", "--keys", "100", "--duration", "6s", "--on-agent-loss", "continue")
	c.awaitText(t, "run 2s of 6s")
	agents := children(c.Process.Pid)
	if len(agents) != 2 {
		t.Fatalf("agents: %d", agents)
	}
	if err := syscall.Kill(agents[1], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.awaitText(t, "memlite load: the agent local-2 has ended: signal: killed")
	c.awaitText(t, "memlite load: agent local-2 is lost")
	if status := c.end(t).ExitStatus(); status != exitInconclusive {
		t.Errorf("status %d: %q", status, c.text())
	}
	text := c.text()
	if told := strings.Index(text, "has ended: signal"); !strings.Contains(text[told:], "of 6s") || !strings.Contains(text[told:], "50.0 % of the load") {
		t.Errorf("the view does not go on, or there is no summary: %q", text)
	}
	gone(t, agents)
}

// Ctrl-C on a terminal is for the command, which has its agents stop and report; they do not end of it themselves.
func TestFleetAndControlC(t *testing.T) {
	if testing.Short() {
		t.Skip("for its duration")
	}
	t.Parallel()
	c := openConsole(t, "load", serving(t, "lite"), "--fleet", "local:2", "--clients", "2", "--keys", "100", "--duration", "1m")
	c.awaitText(t, "run 1s of 1m0s")
	agents := children(c.Process.Pid)
	c.press(t, "\x03")
	if status := c.end(t).ExitStatus(); status != exitInconclusive {
		t.Errorf("status %d: %q", status, c.text())
	}
	if text := c.text(); strings.Contains(text, "has ended") || strings.Contains(text, "is missing") || len(agents) != 2 {
		t.Errorf("of %d agents one ended by itself: %q", len(agents), text)
	}
	gone(t, agents)
}
