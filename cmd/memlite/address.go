package main

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// loopback is the host of an address that names none: nothing is opened to the network unless asked for.
const loopback = "127.0.0.1"

// unixScheme begins the address of a Unix socket; what follows is its path.
const unixScheme = "unix://"

// address is where an endpoint listens: network and place as package net takes them.
type address struct{ network, place string }

// parseAddress reads host:port, :port (on 127.0.0.1) or unix:///path.
func parseAddress(s string) (address, error) {
	if path, ok := strings.CutPrefix(s, unixScheme); ok {
		if !strings.HasPrefix(path, "/") {
			return address{}, fmt.Errorf("%q is not an address: a Unix socket needs a whole path, as in unix:///tmp/memlite.sock", s)
		}
		return address{"unix", path}, nil
	}
	if scheme, _, ok := strings.Cut(s, "://"); ok {
		return address{}, notAddress(s, fmt.Sprintf("%s:// is not spoken here", scheme))
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return address{}, notAddress(s, missing(s))
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return address{}, notAddress(s, fmt.Sprintf("%q is not a port from 0 to 65535", port))
	}
	if host == "" {
		host = loopback
	}
	return address{"tcp", net.JoinHostPort(host, strconv.FormatUint(n, 10))}, nil
}

// parseAddresses reads a list of addresses with commas between them and returns it in the form that a loadgen.Plan has.
func parseAddresses(s string) (string, error) {
	var list []string
	for one := range strings.SplitSeq(s, ",") {
		a, err := parseAddress(one)
		if err != nil {
			return "", err
		}
		list = append(list, a.String())
	}
	return strings.Join(list, ","), nil
}

func notAddress(s, why string) error {
	return fmt.Errorf("%q is not an address (%s): want host:port, :port or unix:///path", s, why)
}

// missing guesses what an address without a port was meant to be.
func missing(s string) string {
	if _, err := strconv.ParseUint(s, 10, 16); err == nil {
		return fmt.Sprintf("did you mean :%s?", s)
	}
	if strings.Count(s, ":") > 1 && !strings.HasPrefix(s, "[") {
		return "an IPv6 host goes in brackets, as in [::1]:5001"
	}
	return "it has no port"
}

// addressOf is the address that a listener or a connection reports.
func addressOf(a net.Addr) address {
	if a.Network() == "unix" {
		return address{"unix", a.String()}
	}
	return address{"tcp", a.String()}
}

// String is the form that parseAddress reads.
func (a address) String() string {
	if a.network == "unix" {
		return unixScheme + a.place
	}
	return a.place
}

// onLoopback reports whether only this machine can reach a. A name counts as reachable from elsewhere unless it is
// localhost: only the resolver knows.
func (a address) onLoopback() bool {
	if a.network == "unix" {
		return true
	}
	host, _, _ := net.SplitHostPort(a.place)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
