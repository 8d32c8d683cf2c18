package netloop

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// redial is the time between two attempts at a Unix listener whose queue is full.
const redial = time.Millisecond

// target puts the address of a Dial into the form that package net takes: ":port" gets the loopback address that
// it stands for, "unix:///path" loses its scheme.
func target(network, addr string) (string, string) {
	if path, ok := strings.CutPrefix(addr, "unix://"); ok {
		return "unix", path
	}
	if network == "tcp" && strings.HasPrefix(addr, ":") {
		addr = "127.0.0.1" + addr
	}
	return network, addr
}

// literal reads an IPv4 or IPv6 address and port. Nothing is resolved: that would block the loop.
func literal(addr string) (netip.AddrPort, error) { return netip.ParseAddrPort(addr) }

func dialError(addr string, err error) error { return systemError("dial "+addr, err) }

// systemError keeps the system's error, for errors.Is, and leaves out what package net says around it.
func systemError(op string, err error) error {
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		err = errno
	}
	return fmt.Errorf("%s: %w", op, err)
}
