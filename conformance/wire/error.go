package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// Kind says what went wrong on the wire.
type Kind string

// The kinds of Error. A rule that hangs (Timeout) is a different finding from one whose connection ends.
const (
	Connect  Kind = "connect"  // no connection could be made, or not in time
	Timeout  Kind = "timeout"  // nothing, or not enough, came or was taken before the deadline
	Closed   Kind = "closed"   // the other side ended the stream in order
	Reset    Kind = "reset"    // the other side reset the connection
	Overlong Kind = "overlong" // more came than was allowed for: a line without an end, a stream without an end
	Local    Kind = "local"    // this side is at fault: out of descriptors, closed already
)

// Error is the only type of error that Client's methods and Dial return.
type Error struct {
	Op   string // dial, send, read
	Kind Kind
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Op, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of an error made by this package, and "" for nil.
func KindOf(err error) Kind {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Kind
	}
	return Local
}

func newError(op string, err error) *Error {
	e := &Error{Op: op, Err: err}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		e.Kind = Timeout
	case errors.Is(err, net.ErrClosed):
		e.Kind = Local
	case errors.Is(err, io.EOF), errors.Is(err, syscall.EPIPE):
		e.Kind = Closed
	default:
		// ECONNRESET by its many names; Windows has its own numbers for them.
		e.Kind = Reset
	}
	return e
}

func dialError(err error) *Error {
	e := &Error{Op: "dial", Kind: Connect, Err: err}
	for _, ours := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, context.Canceled} {
		if errors.Is(err, ours) {
			e.Kind = Local
		}
	}
	if errors.Is(err, syscall.ECONNRESET) {
		// There was somebody, who hung up before the system could say that the connection is up.
		e.Kind = Reset
	}
	// "dial tcp 127.0.0.1:1: connect: connection refused" would say the address twice once it is wrapped.
	var op *net.OpError
	if errors.As(err, &op) {
		e.Err = fmt.Errorf("%s", strings.TrimPrefix(op.Err.Error(), "connect: "))
	}
	return e
}
