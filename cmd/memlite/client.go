package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
)

const aboutClient = `Talk to a memcached-lite endpoint: with one command, at a prompt with history,
or through a pipe.

A command is typed without counting: "set KEY VALUE" is sent as "set KEY SIZE"
and a data block. Words of a value are joined by single spaces; the value - (one
command only) is read from standard input, byte for byte. A value that begins
with - goes behind --. Any other command is sent as one line, as it is. Replies
are printed with plain line ends.

Piped input holds a command per line, as at the prompt, each sent when the one
before has been answered. If its first line ends in CRLF, it is the protocol
itself: it is sent untouched and the reply bytes are printed as they come.

With --raw the bytes of both directions are shown, quoted, > for sent and < for
received; piped input is then always sent untouched.`

// client is one connection to an endpoint, and where its replies go.
type client struct {
	conn    net.Conn
	in      *bufio.Reader
	target  address
	dialect string
	timeout time.Duration
	raw     bool
	out     io.Writer
	// terminal: out is one.
	terminal bool

	printing sync.Mutex // of out: what is sent and what comes back may be shown at once
}

func newClient() *cobra.Command {
	timeout := span(5 * time.Second)
	dialect := choice{value: lite, choices: []string{lite, classic}, name: "dialect"}
	var raw bool
	cmd := &cobra.Command{
		Use:   "client ADDR [COMMAND…] [flags]",
		Short: "talk to an endpoint",
		Long: aboutClient + exitHelp("0 the reply asked for", "1 a refusal, a miss, or no whole reply in time",
			"2 cannot connect", "3 interrupted"),
		Example: `  memlite client 127.0.0.1:5001                        # a prompt
  memlite client :5001 set greeting hello world        # one command
  memlite client :5001 get greeting
  printf 'set a b\nget a\n' | memlite client :5001
  printf 'set a 3\r\nabc\r\nget a\r\n' | memlite client :5001 --raw
  memlite client :11211 --dialect classic get greeting`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("no address given")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			target, err := parseAddress(args[0])
			if err != nil {
				return &usageError{err}
			}
			c := &client{target: target, dialect: dialect.value, timeout: time.Duration(timeout), raw: raw, out: cmd.OutOrStdout()}
			_, c.terminal = terminalOf(c.out)
			if err := c.dial(cmd.Context()); err != nil {
				return err
			}
			defer c.conn.Close()
			// A signal ends every wait; what is then under way fails and is reported as interrupted.
			defer context.AfterFunc(cmd.Context(), func() { c.conn.Close() })()
			err = c.talk(cmd, args[1:])
			if cmd.Context().Err() != nil {
				return &failure{exitInconclusive, errors.New("interrupted")}
			}
			return err
		},
	}
	dialect.add(cmd, "dialect", "grammar to speak: lite or classic (memcached's own)")
	cmd.Flags().BoolVar(&raw, "raw", false, "show the bytes, quoted; send piped input untouched")
	cmd.Flags().Var(&timeout, "timeout", "longest wait for the connection and for each reply")
	return cmd
}

func (c *client) dial(ctx context.Context) error {
	d := net.Dialer{Timeout: c.timeout}
	conn, err := d.DialContext(ctx, c.target.network, c.target.place)
	if err != nil {
		return err
	}
	c.conn, c.in = conn, bufio.NewReader(conn)
	return nil
}

// talk has the conversation that the command line and standard input ask for.
func (c *client) talk(cmd *cobra.Command, words []string) error {
	stdin := cmd.InOrStdin()
	if len(words) > 0 {
		if len(words) == 3 && words[0] == "set" && words[2] == "-" {
			value, err := io.ReadAll(io.LimitReader(stdin, maxReplyValue))
			if err != nil {
				return fmt.Errorf("read the value: %w", err)
			}
			words[2] = string(value)
		}
		good, err := c.do(newRequest(c.dialect, words))
		return c.verdict(good, err)
	}
	if in, ok := terminalOf(stdin); ok && c.terminal {
		return c.prompt(cmd.Context(), in, c.out.(*os.File))
	}
	return c.pipe(stdin)
}

// verdict is how a conversation ends: good replies, others, or none because of err.
func (c *client) verdict(good bool, err error) error {
	if err != nil {
		return &failure{exitFinding, err}
	}
	if !good {
		return exitWith(exitFinding)
	}
	return nil
}

// do sends one request, prints the reply, and says whether it is the one asked for.
func (c *client) do(r request) (good bool, err error) {
	if n := c.in.Buffered(); n > 0 {
		// A server out of step has sent more than it was asked for. Said and skipped, else every later reply would
		// stand under the wrong command.
		extra, _ := c.in.Peek(n)
		fmt.Fprintf(c.out, "(not asked for: %q)\n", extra)
		_, _ = c.in.Discard(n)
	}
	_ = c.conn.SetDeadline(time.Now().Add(c.timeout))
	c.show('>', r.wire)
	_, sendErr := c.conn.Write(r.wire)
	// Read even if it could not all be sent: a server that refuses and closes has said why.
	answer, err := readReply(c.in, r.name)
	c.print(answer)
	if r.leaves && errors.Is(err, io.EOF) {
		return len(answer.wire) == 0, nil
	}
	if err != nil && sendErr != nil {
		err = sendErr
	}
	return answer.good, c.explain(err, len(answer.wire))
}

func (c *client) print(r reply) {
	if c.raw {
		c.show('<', r.wire)
		return
	}
	if n := len(r.text); n > 0 && r.text[n-1] != '\n' {
		r.text = append(r.text, '\n')
	}
	_, _ = c.out.Write(c.harmless(r.text))
}

// harmless is b with its control bytes written out, if it goes to a terminal: what a server sends must not move the
// cursor or change the colours. A file gets the bytes as they are.
func (c *client) harmless(b []byte) []byte {
	if !c.terminal {
		return b
	}
	var shown []byte
	for i, x := range b {
		lineEnd := x == '\n' || x == '\r' && i+1 < len(b) && b[i+1] == '\n'
		if (x < ' ' || x == 0x7f) && x != '\t' && !lineEnd {
			shown = fmt.Appendf(shown, `\x%02x`, x)
		} else {
			shown = append(shown, x)
		}
	}
	return shown
}

// show writes the bytes of one direction quoted, a line for each of theirs. Without --raw it does nothing.
func (c *client) show(direction byte, b []byte) {
	if !c.raw {
		return
	}
	c.printing.Lock()
	defer c.printing.Unlock()
	for line := range bytes.SplitAfterSeq(b, []byte("\n")) {
		if len(line) > 0 {
			fmt.Fprintf(c.out, "%c %q\n", direction, line)
		}
	}
}

// explain says in the user's words why there is no whole reply.
func (c *client) explain(err error, received int) error {
	what := "no reply"
	if received > 0 {
		what = fmt.Sprintf("no whole reply (%d bytes came)", received)
	}
	var timeout net.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: %s closed the connection", what, c.target)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%s from %s within %s", what, c.target, c.timeout)
	}
	return fmt.Errorf("%s: %w", what, err)
}
