package main

import (
	"fmt"
	"io"
	"sync"

	"github.com/spf13/cobra"
)

// notices are lines for standard error that come from elsewhere, at any time: also while a run is shown there. Its methods may be called from
// any goroutine.
type notices struct {
	mu     sync.Mutex
	prefix string
	stderr io.Writer
	shown  noter // what is shown there; nil: nothing
}

// A noter shows something live, and can write a line that stays above it.
type noter interface{ note(line string) }

func newNotices(cmd *cobra.Command) *notices {
	return &notices{prefix: cmd.CommandPath() + ": ", stderr: cmd.ErrOrStderr()}
}

// that writes one line.
func (n *notices) that(line string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.shown != nil {
		n.shown.note(n.prefix + line)
		return
	}
	fmt.Fprintln(n.stderr, n.prefix+line)
}

// beside has lines written above what is shown, until the function that it returns is called.
func (n *notices) beside(shown noter) (alone func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.shown = shown
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.shown = nil
	}
}
