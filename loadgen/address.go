package loadgen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// target is an endpoint's address in the form that netloop dials.
type target struct{ network, address string }

// parseTarget reads host:port, :port or unix:///path. A host may still be a name.
func parseTarget(text string) (target, error) {
	if path, ok := strings.CutPrefix(text, "unix://"); ok {
		if !strings.HasPrefix(path, "/") || path == "/" {
			return target{}, fmt.Errorf("target %q: want unix:///path", text)
		}
		return target{"unix", text}, nil
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
	return target{"tcp", net.JoinHostPort(host, port)}, nil
}

// resolve looks a host name up, once for all connections. Of several addresses it takes the first that accepts a
// connection, which costs one extra; a literal address costs none.
func (t target) resolve(ctx context.Context, timeout time.Duration) (target, error) {
	host, port, err := net.SplitHostPort(t.address)
	if t.network == "unix" || err != nil || net.ParseIP(strings.SplitN(host, "%", 2)[0]) != nil {
		return t, nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return t, err // says "lookup host" itself
	}
	if len(found) == 1 {
		return target{"tcp", net.JoinHostPort(found[0].String(), port)}, nil
	}
	var refusals []error
	for _, ip := range found {
		address := net.JoinHostPort(ip.String(), port)
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", address)
		if err == nil {
			return target{"tcp", address}, c.Close()
		}
		refusals = append(refusals, err)
	}
	return t, errors.Join(refusals...)
}
