package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"memlite/cmd/memlite/unasked"
	"memlite/loadgen"
)

func init() { unasked.Restore() }

const (
	drawEvery = 250 * time.Millisecond // the clock and the bar move between intervals
	drawMost  = 8                      // frames a second, whatever happens
)

// view draws a run on a terminal, in goroutines of its own. Whoever has measured a second leaves it in the feed and goes
// on: a terminal that is slow, or stopped, does not hold the load up. All its methods may be called of a nil view.
type view struct {
	program *tea.Program
	feed    *feed
	ended   chan struct{}
}

// feed holds the seconds, and the lines to write above, that the view has not seen yet.
type feed struct {
	mu    sync.Mutex
	new   []second
	notes []string
	over  bool // nobody looks any more
}

func (f *feed) put(s second) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.new = append(f.new, s)
}

func (f *feed) take() []second {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.new
	f.new = nil
	return all
}

// note leaves a line; false when nobody would see it.
func (f *feed) note(line string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.over {
		f.notes = append(f.notes, line)
	}
	return !f.over
}

func (f *feed) takeNotes() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.notes
	f.notes = nil
	return all
}

// end takes the last lines, after which there are no more.
func (f *feed) end() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
	return f.notes
}

// openView draws on the terminal behind stderr and takes keys from the one behind stdin, if it is one. It returns nil where
// the terminal is not ours to draw on, because we are in the background. When the run is stopped, by a key or by ctx, the
// view ends at once and stopping is called: the second Ctrl-C then meets a terminal that works as always.
func openView(ctx context.Context, stdin io.Reader, stderr io.Writer, plan loadgen.Plan, stop, stopping func()) *view {
	out, ok := terminalOf(stderr)
	if !ok || !inForeground(out) {
		return nil
	}
	v := &view{feed: &feed{}, ended: make(chan struct{})}
	m := newModel(plan, v.feed, time.Now, newStyle(out))
	options := []tea.ProgramOption{tea.WithOutput(out), tea.WithInput(nil), tea.WithoutSignalHandler(), tea.WithoutBracketedPaste(), tea.WithFPS(drawMost)}
	if in, ok := terminalOf(stdin); ok {
		options = append(options, tea.WithInput(in))
		m.keys = true
	}
	v.program = tea.NewProgram(m, options...)
	restoreOnSignals := v.guard(out)
	forget := context.AfterFunc(ctx, func() { v.program.Send(leave{}) })
	go func() {
		defer close(v.ended)
		_, _ = v.program.Run() // if it fails, there are lines instead
		for _, line := range v.feed.end() {
			fmt.Fprintln(out, line)
		}
		restoreOnSignals()
		forget()
		switch {
		case m.interrupted:
			interrupt(stop)
			stopping()
		case m.stopped:
			stop()
			stopping()
		case ctx.Err() != nil:
			stopping()
		}
	}()
	return v
}

// take has the view show a second; false when there is no view any more.
func (v *view) take(s second) bool {
	if v == nil {
		return false
	}
	select {
	case <-v.ended:
		return false
	default:
		v.feed.put(s)
		return true
	}
}

// note has the view write a line above itself; false when there is no view any more.
func (v *view) note(line string) bool {
	return v != nil && v.feed.note(line)
}

// end takes the view away and the terminal back to what it was, and waits for that.
func (v *view) end() {
	if v == nil {
		return
	}
	v.program.Send(leave{})
	<-v.ended
}

// makeRoom makes room for the view to be drawn again: it moves up by as many lines as it had, and a shell may have written
// there while we were stopped.
func makeRoom(out *os.File) { _, _ = out.WriteString(strings.Repeat("\r\n", viewLines-1)) }
