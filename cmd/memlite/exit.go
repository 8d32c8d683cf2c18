package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
)

// The exit statuses, the same for every command.
const (
	exitHeld         = 0 // all held
	exitFinding      = 1 // a failed rule, a missed SLO, a refusal, a miss
	exitNotRun       = 2 // could not run: usage, no connection ever established, unreadable file, nothing matched
	exitInconclusive = 3 // cut short, time ran out, a rule or SLO that could not be decided
)

const exitHeading = "\n\nExit status:\n"

// exitHelp is the end of a command's help: what its exit statuses mean, each "N meaning".
func exitHelp(statuses ...string) string {
	return exitHeading + "  " + strings.Join(statuses, "\n  ")
}

// failure is an error that says with which status to end. Any other error ends in exitNotRun.
type failure struct {
	status int
	err    error // nil: everything has been said already
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// exitWith ends a command with status and nothing more to say.
func exitWith(status int) error {
	if status == exitHeld {
		return nil
	}
	return &failure{status: status}
}

// errCutShort ends what a signal or a time limit ended early. Its report is written all the same.
var errCutShort = &failure{exitInconclusive, errors.New("cut short: the result covers the part that ran")}

// statusOf is the exit status that err asks for.
func statusOf(err error) int {
	var f *failure
	switch {
	case err == nil:
		return exitHeld
	case errors.As(err, &f):
		return f.status
	}
	return exitNotRun
}

// usageError is a command line that makes no sense; the line printed for it names the help.
type usageError struct{ err error }

func (u *usageError) Error() string { return u.err.Error() }
func (u *usageError) Unwrap() error { return u.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// describe puts err on one line and adds what to do about it where that is known. path is the command's name as
// typed, such as "memlite load".
func describe(path string, err error) string {
	line := strings.Join(strings.FieldsFunc(plain(err), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
	var usage *usageError
	if errors.As(err, &usage) {
		return line + " (see: " + path + " --help)"
	}
	if todo := remedy(err); todo != "" {
		line += " (" + todo + ")"
	}
	return line
}

// plain is err's text with Go's "dial tcp 127.0.0.1:5001: connect: connection refused" shortened to what a reader
// needs: "dial 127.0.0.1:5001: connection refused".
func plain(err error) string {
	text := err.Error()
	var op *net.OpError
	if !errors.As(err, &op) {
		return text
	}
	cause := op.Err
	var call *os.SyscallError
	if errors.As(cause, &call) {
		cause = call.Err
	}
	short := op.Op
	if op.Addr != nil {
		short += " " + addressOf(op.Addr).String()
	}
	return strings.Replace(text, op.Error(), short+": "+cause.Error(), 1)
}

// remedy says what to do about err; "" where that is not known.
func remedy(err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, errConnRefused), strings.HasSuffix(err.Error(), ": connection refused"), errors.Is(err, fs.ErrNotExist) && dialled.MatchString(plain(err)):
		return "is the server running? start one with: memlite serve " + startThere(err)
	case errors.Is(err, errAddrInUse) && strings.HasPrefix(err.Error(), "metrics: "):
		return "another program listens there; stop it, or choose another address: --metrics HOST:PORT"
	case errors.Is(err, errAddrInUse):
		return "another program listens there; stop it, or choose another address: memlite serve --addr HOST:PORT"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine has no such address"
	case errors.Is(err, syscall.EMFILE) && !strings.Contains(err.Error(), "ulimit"):
		return "the limit of open files is reached; raise it with: ulimit -n NUMBER"
	case errors.As(err, &dns):
		return "is the name spelt right?"
	}
	return ""
}

// dialled finds the address of a connection that was not made: packages wrap such errors in their own ways, but all
// say it in these words.
var dialled = regexp.MustCompile(`\bdial (\S+): `)

// startThere are the arguments of serve that start a server where the dial went that failed with err.
func startThere(err error) string {
	found := dialled.FindStringSubmatch(plain(err))
	if found == nil {
		return "PORT"
	}
	a, e := parseAddress(found[1])
	if e != nil || a.network == "unix" || !a.onLoopback() {
		return "--addr " + found[1]
	}
	_, port, _ := net.SplitHostPort(a.place)
	return port
}
