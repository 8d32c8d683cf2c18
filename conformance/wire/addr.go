package wire

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// ParseAddr splits an endpoint's address into what net.Dial takes: "host:port", ":port" (this machine) or
// "unix:///path".
func ParseAddr(addr string) (network, address string, err error) {
	if path, ok := strings.CutPrefix(addr, "unix://"); ok {
		if !strings.HasPrefix(path, "/") {
			return "", "", fmt.Errorf("address %q: a socket's path starts with a slash, as in unix:///run/kv.sock", addr)
		}
		return "unix", path, nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", "", fmt.Errorf("address %q: want host:port, :port or unix:///path", addr)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", fmt.Errorf("address %q: the port is a number from 1 to 65535", addr)
	}
	if host == "" {
		// Not left to net.Dial: which of the loopback addresses it takes differs between systems.
		host = "127.0.0.1"
	}
	return "tcp", net.JoinHostPort(host, port), nil
}
