//go:build unix

package fleettest

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience bounds every wait for a process; it is no measure of anything.
const Patience = 60 * time.Second

// Process is a started program with what it has printed, on either stream.
type Process struct {
	*exec.Cmd
	t testing.TB

	mu    sync.Mutex
	lines []string
	news  chan struct{} // closed and renewed with each line
	ended chan struct{}
}

// Start starts a program on a host, or beside the test where host is nil. It sees none of memlite's own variables, and ends with the test, whatever
// it does.
func Start(t testing.TB, host *Host, name string, args ...string) *Process {
	t.Helper()
	p := &Process{Cmd: host.command(name, args...), t: t, news: make(chan struct{}), ended: make(chan struct{})}
	p.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "MEMLITE_") })
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stdout, p.Stderr = w, w
	if err := p.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	go p.read(r)
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s printed:\n%s", strings.Join(p.Args, " "), p.Output())
		}
	})
	return p
}

// read gathers the lines until the program has ended, and then waits for it.
func (p *Process) read(r io.ReadCloser) {
	defer close(p.ended)
	defer r.Close()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		p.mu.Lock()
		p.lines = append(p.lines, lines.Text())
		close(p.news)
		p.news = make(chan struct{})
		p.mu.Unlock()
	}
	_ = p.Cmd.Wait()
}

// Output is all that was printed so far.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// Line waits for a line that has all the parts, among those from the n-th on (0 is the first), and returns it and the number of the next.
func (p *Process) Line(n int, parts ...string) (line string, next int) {
	p.t.Helper()
	late := time.After(Patience)
	for {
		p.mu.Lock()
		news, lines := p.news, p.lines
		p.mu.Unlock()
		for ; n < len(lines); n++ {
			if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(lines[n], part) }) {
				return lines[n], n + 1
			}
		}
		select {
		case <-news:
		case <-p.ended:
			if p.mu.Lock(); n == len(p.lines) {
				p.mu.Unlock()
				p.t.Fatalf("%s ended (%s) without a line with %q; it printed:\n%s", p.name(), p.ProcessState, parts, p.Output())
			}
			p.mu.Unlock()
		case <-late:
			p.t.Fatalf("%s: no line with %q for %s; it printed:\n%s", p.name(), parts, Patience, p.Output())
		}
	}
}

// Lines is how many were printed so far.
func (p *Process) Lines() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines)
}

// End waits for the exit status; -1 is that of a program that a signal ended.
func (p *Process) End() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(Patience):
		p.t.Fatalf("%s goes on for %s; it printed:\n%s", p.name(), Patience, p.Output())
	}
	return p.ProcessState.ExitCode()
}

// Ended says whether the program has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Signal sends a signal. SIGSTOP and SIGCONT work as a shell's do.
func (p *Process) Signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatalf("%s: %v", p.name(), err)
	}
}

// Kill ends the program at once and waits until it is gone.
func (p *Process) Kill() {
	_ = p.Process.Kill()
	<-p.ended
}

func (p *Process) name() string { return strings.Join(p.Args[:min(len(p.Args), 8)], " ") }
