package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
)

// pipe has the conversation that piped input asks for.
func (c *client) pipe(stdin io.Reader) error {
	piped := bufio.NewReaderSize(stdin, maxReplyLine)
	if c.raw {
		return c.pass(piped)
	}
	// Peek waits for a whole buffer or the end of the input; a first line that comes slowly is a typed one.
	first, err := piped.ReadSlice('\n')
	rest := io.MultiReader(bytes.NewReader(bytes.Clone(first)), piped)
	if err == nil && bytes.HasSuffix(first, []byte("\r\n")) {
		return c.pass(rest)
	}
	return c.lines(rest)
}

// lines sends the commands of piped input one after another.
func (c *client) lines(input io.Reader) error {
	all := true
	scan := bufio.NewScanner(input)
	scan.Buffer(nil, maxReplyValue)
	for scan.Scan() {
		if strings.TrimSpace(scan.Text()) == "" {
			continue // as at the prompt, where people press Enter to see whether it lives
		}
		r := parseRequest(c.dialect, scan.Text())
		good, err := c.do(r)
		if err != nil {
			return c.verdict(false, err)
		}
		if all = all && good; r.leaves && good {
			break
		}
	}
	if err := scan.Err(); err != nil {
		return fmt.Errorf("read the commands: %w", err)
	}
	return c.verdict(all, nil)
}

// pass sends the input untouched and prints the reply bytes as they come, until the server closes, or says nothing
// for the timeout once the input has ended. Nobody knows here which requests the bytes are: any answer will do, and
// none is right after a command to leave.
func (c *client) pass(input io.Reader) error {
	var ended, left atomic.Bool
	failed := make(chan error, 1)
	go func() {
		if err := c.send(input, &left); err != nil {
			failed <- err
		}
		ended.Store(true)
		_ = c.conn.SetReadDeadline(time.Now().Add(c.timeout))
	}()
	received, err := c.receive(&ended)
	var timeout net.Error
	switch {
	case err == io.EOF && (received > 0 || left.Load()):
		return nil
	case received > 0 && errors.As(err, &timeout) && timeout.Timeout():
		return nil // a server that keeps the connection open waits for more, as it may
	}
	select {
	case err = <-failed:
	default:
	}
	return c.verdict(false, c.explain(err, received))
}

// send copies the input to the server and shuts the sending side. left is set while the last bytes sent are a
// command to leave.
func (c *client) send(input io.Reader, left *atomic.Bool) error {
	b := make([]byte, maxReplyLine)
	for {
		n, err := input.Read(b)
		if n > 0 {
			left.Store(leaving.Match(b[:n]))
			c.show('>', b[:n])
			_ = c.conn.SetWriteDeadline(time.Now().Add(c.timeout))
			if _, err := c.conn.Write(b[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("read the input: %w", err)
		}
	}
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// leaving matches bytes that end in the command that leaves.
var leaving = regexp.MustCompile(`(^|\n) *(end|quit) *\r?\n$`)

// receive prints what comes until the stream ends (io.EOF) or fails.
func (c *client) receive(ended *atomic.Bool) (received int, err error) {
	b := make([]byte, maxReplyLine)
	for {
		n, err := c.conn.Read(b)
		if received += n; n > 0 {
			// Each reply is a sign of life: silence counts from the last one.
			if ended.Load() {
				_ = c.conn.SetReadDeadline(time.Now().Add(c.timeout))
			}
			if c.raw {
				c.show('<', b[:n])
			} else if _, err := c.out.Write(c.harmless(b[:n])); err != nil {
				return received, err
			}
		}
		if err != nil {
			return received, err
		}
	}
}
