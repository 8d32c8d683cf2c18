package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"memlite/reports"
)

// plainEvery is how often a line of progress is written where no terminal shows it.
const plainEvery = 5 * time.Second

// progress tells on standard error how far a command has come: on a terminal in one line that is drawn over and
// over, elsewhere (a file, a CI log) in a plain line every few seconds. Its methods may be called from any
// goroutine.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	live  bool
	width func() int
	now   func() time.Time
	last  time.Time // when the last plain line was written
	drawn bool      // a live line stands on the terminal
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w, now: time.Now}
	if f, ok := terminalOf(w); ok && os.Getenv("TERM") != "dumb" {
		p.live = true
		p.width = func() int { return widthOf(f) }
	}
	p.last = p.now()
	return p
}

// terminalOf is the terminal behind a stream.
func terminalOf(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// show replaces the live line by line, or writes it as a plain line if it is time for one.
func (p *progress) show(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live {
		// A line that wraps cannot be drawn over: it is cut. The lines are ours and ASCII.
		if width := p.width() - 1; len(line) > width && width > 0 {
			line = line[:width]
		}
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
		p.drawn = true
		return
	}
	if now := p.now(); now.Sub(p.last) >= plainEvery {
		p.last = now
		fmt.Fprintln(p.w, line)
	}
}

// done takes the live line away, so that what follows starts on a clean line.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}

// note writes a line that stays, above the live one.
func (p *progress) note(line string) {
	p.done()
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.w, line)
}

// widthOf is how many characters a line of the terminal behind a stream has; 80 where there is none.
func widthOf(stream any) int {
	if f, ok := terminalOf(stream); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

// terminal says how reports lays out text for w: as wide as the terminal is, and in colour where that is not refused.
func terminal(w io.Writer) reports.Terminal {
	if _, ok := terminalOf(w); !ok {
		return reports.Terminal{}
	}
	return reports.Terminal{Width: widthOf(w), Colour: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// red is s in red, on a terminal that may be coloured.
func red(w io.Writer, s string) string { return paint(w, "31", s) }

// bold is s in bold letters, on the same condition.
func bold(w io.Writer, s string) string { return paint(w, "1", s) }

func paint(w io.Writer, style, s string) string {
	if !terminal(w).Colour {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}
