package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// prompt lets people type commands, with history and editing, until end, Ctrl-D or a lost connection.
func (c *client) prompt(ctx context.Context, in, out *os.File) error {
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return fmt.Errorf("set up the terminal: %w", err)
	}
	defer term.Restore(int(in.Fd()), before)
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in, out}, c.target.String()+"> ")
	c.out = t // which ends lines as a raw terminal needs
	fmt.Fprintf(t, "Connected to %s, dialect %s. Ctrl-D leaves, Up brings back earlier lines.\n", c.target, c.dialect)
	fmt.Fprintf(t, "Try: set KEY VALUE, get KEY, end.\n")
	for {
		if width, height, err := term.GetSize(int(out.Fd())); err == nil {
			_ = t.SetSize(width, height)
		}
		line, err := readLine(ctx, t)
		if err != nil {
			fmt.Fprintln(out, "\r") // what comes next starts on a line of its own
			return nil              // Ctrl-D, Ctrl-C or a signal: leaving is no failure
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		r := parseRequest(c.dialect, line)
		good, err := c.do(r)
		if err != nil {
			return c.verdict(false, err)
		}
		if r.leaves && good {
			return nil
		}
	}
}

// readLine is t.ReadLine that a signal ends too: a terminal must not stay raw.
func readLine(ctx context.Context, t *term.Terminal) (string, error) {
	type typed struct {
		line string
		err  error
	}
	lines := make(chan typed, 1)
	go func() {
		line, err := t.ReadLine()
		lines <- typed{line, err}
	}()
	select {
	case l := <-lines:
		return l.line, l.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
