package wire

import (
	"net"
	"strings"
	"testing"
)

func TestParseAddr(t *testing.T) {
	for _, c := range []struct{ addr, network, address string }{
		{"127.0.0.1:5001", "tcp", "127.0.0.1:5001"},
		{":5001", "tcp", "127.0.0.1:5001"},
		{"localhost:1", "tcp", "localhost:1"},
		{"[::1]:65535", "tcp", "[::1]:65535"},
		{"unix:///run/kv.sock", "unix", "/run/kv.sock"},
		{"", "", ""}, {"5001", "", ""}, {"localhost", "", ""}, {"localhost:", "", ""}, {"localhost:http", "", ""},
		{"localhost:0", "", ""}, {"localhost:65536", "", ""}, {"::1:80", "", ""}, {"unix://kv.sock", "", ""}, {"unix:///", "unix", "/"},
		{"localhost:-1", "", ""}, {"localhost:+80", "", ""}, {"http://localhost:80", "", ""},
	} {
		network, address, err := ParseAddr(c.addr)
		if network != c.network || address != c.address || (err == nil) != (c.network != "") {
			t.Errorf("%q: %s %s %v, want %s %s", c.addr, network, address, err, c.network, c.address)
		}
		if err != nil && !strings.Contains(err.Error(), c.addr) {
			t.Errorf("%q: %v", c.addr, err)
		}
	}
}

// What is accepted can be dialled: it has a host and a port in range, or a path.
func FuzzParseAddr(f *testing.F) {
	for _, addr := range []string{"127.0.0.1:5001", ":5001", "[::1]:80", "unix:///s", "unix://", ":::", "[a]:1:2", "\x00:1", "a%25:80"} {
		f.Add(addr)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		network, address, err := ParseAddr(addr)
		switch {
		case err != nil:
		case network == "unix":
			if !strings.HasPrefix(address, "/") {
				t.Errorf("%q: path %q", addr, address)
			}
		default:
			if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
				t.Errorf("%q: %q: %v", addr, address, err)
			}
		}
	})
}
