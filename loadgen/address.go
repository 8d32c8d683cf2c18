package loadgen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// target is an endpoint's address: as it was given, and from resolve on as netloop dials it.
type target struct{ network, address, dial string }

// maxServers bounds the list of Plan.Target: every loop has a connection to each, and histograms of its own for each.
const maxServers = 64

// parseTargets reads a list of targets with commas between them, each once.
func parseTargets(text string) ([]target, error) {
	var list []target
	for one := range strings.SplitSeq(text, ",") {
		t, err := parseTarget(one)
		if err != nil {
			return nil, err
		}
		if slices.Contains(list, t) {
			return nil, fmt.Errorf("target %q: is in the list twice", one)
		}
		list = append(list, t)
	}
	if len(list) > maxServers {
		return nil, fmt.Errorf("target: %d servers, where at most %d can be", len(list), maxServers)
	}
	return list, nil
}

// parseTarget reads host:port, :port or unix:///path. A host may still be a name.
func parseTarget(text string) (target, error) {
	if path, ok := strings.CutPrefix(text, "unix://"); ok {
		if !strings.HasPrefix(path, "/") || path == "/" {
			return target{}, fmt.Errorf("target %q: want unix:///path", text)
		}
		return target{"unix", text, text}, nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return target{}, fmt.Errorf("target %q: want host:port, :port or unix:///path", text)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return target{}, fmt.Errorf("target %q: want a port from 1 to 65535", text)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	t := target{network: "tcp", address: net.JoinHostPort(host, port)}
	if net.ParseIP(strings.SplitN(host, "%", 2)[0]) != nil {
		t.dial = t.address
	}
	return t, nil
}

// resolveAll looks the hosts of targets up. allow, if there is one, is asked for each address before anything is sent there.
func resolveAll(ctx context.Context, targets []target, timeout time.Duration, allow func(netip.Addr, string) error) ([]target, error) {
	var all []target
	for _, t := range targets {
		t, err := t.resolve(ctx, timeout, allow)
		var no *refusal
		if errors.As(err, &no) {
			return nil, err
		}
		if err != nil && (len(targets) == 1 || t.dial == "") { // of several servers one may be down
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// resolve looks a host name up, once for all connections. Of several addresses it takes the first that accepts a
// connection, which costs one extra; a literal address costs none.
func (t target) resolve(ctx context.Context, timeout time.Duration, allow func(netip.Addr, string) error) (target, error) {
	if t.dial != "" {
		return t, t.ask(allow)
	}
	host, port, _ := net.SplitHostPort(t.address)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return t, err // says "lookup host" itself
	}
	for _, ip := range found {
		t.dial = net.JoinHostPort(ip.String(), port)
		if err := t.ask(allow); err != nil {
			return t, err
		}
	}
	t.dial = net.JoinHostPort(found[0].String(), port)
	if len(found) == 1 {
		return t, nil
	}
	var refusals []error
	for _, ip := range found {
		address := net.JoinHostPort(ip.String(), port)
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", address)
		if err == nil {
			t.dial = address
			return t, c.Close()
		}
		refusals = append(refusals, err)
	}
	return t, errors.Join(refusals...)
}

// refusal is the error of an address that is not allowed.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

// ask has allow judge the address that t dials.
func (t target) ask(allow func(netip.Addr, string) error) error {
	if allow == nil {
		return nil
	}
	var err error
	if path, ok := strings.CutPrefix(t.dial, "unix://"); ok {
		err = allow(netip.Addr{}, path)
	} else {
		var at netip.AddrPort
		if at, err = netip.ParseAddrPort(t.dial); err == nil {
			err = allow(at.Addr().Unmap(), "")
		}
	}
	if err != nil {
		return &refusal{fmt.Errorf("target %s: %w", t.address, err)}
	}
	return nil
}
