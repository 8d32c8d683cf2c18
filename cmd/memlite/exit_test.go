package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
)

func TestDescribe(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5001},
		Err: os.NewSyscallError("connect", errConnRefused)}
	socket := &net.OpError{Op: "dial", Net: "unix", Addr: &net.UnixAddr{Name: "/tmp/s", Net: "unix"},
		Err: os.NewSyscallError("connect", errConnRefused)}
	inUse := &net.OpError{Op: "listen", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5001},
		Err: os.NewSyscallError("bind", errAddrInUse)}
	for _, c := range []struct {
		err  error
		want string
	}{
		{refused, "dial 127.0.0.1:5001: " + errConnRefused.Error() + " (is the server running? start one with: memlite serve 5001)"},
		{fmt.Errorf("probe: %w", refused), "probe: dial 127.0.0.1:5001: " + errConnRefused.Error() + " (is the server running? start one with: memlite serve 5001)"},
		{socket, "dial unix:///tmp/s: " + errConnRefused.Error() + " (is the server running? start one with: memlite serve --addr unix:///tmp/s)"},
		{inUse, "listen 127.0.0.1:5001: " + errAddrInUse.Error() + " (another program listens there; stop it, or choose another address: memlite serve --addr HOST:PORT)"},
		{errors.Join(errors.New("one"), errors.New("two")), "one; two"},
		{usagef("no such thing"), "no such thing (see: memlite load --help)"},
		{fmt.Errorf("open: %w", syscall.EMFILE), "open: " + syscall.EMFILE.Error() + " (the limit of open files is reached; raise it with: ulimit -n NUMBER)"},
	} {
		if got := describe("memlite load", c.err); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestStatusOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, exitHeld},
		{exitWith(exitHeld), exitHeld},
		{errors.New("x"), exitNotRun},
		{usagef("x"), exitNotRun},
		{exitWith(exitFinding), exitFinding},
		{fmt.Errorf("y: %w", &failure{exitInconclusive, errors.New("x")}), exitInconclusive},
	} {
		if got := statusOf(c.err); got != c.want {
			t.Errorf("statusOf(%v) = %d, want %d", c.err, got, c.want)
		}
	}
}
