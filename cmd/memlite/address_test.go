package main

import (
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1:5001":     "127.0.0.1:5001",
		":5001":              "127.0.0.1:5001",
		"localhost:0":        "localhost:0",
		"0.0.0.0:05001":      "0.0.0.0:5001",
		"[::1]:5001":         "[::1]:5001",
		"unix:///tmp/a b:c":  "unix:///tmp/a b:c",
		"kv.example.org:443": "kv.example.org:443",
	} {
		a, err := parseAddress(in)
		if err != nil || a.String() != want {
			t.Errorf("parseAddress(%q) = %q, %v; want %q", in, a, err, want)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":                   "no port",
		"localhost":          "no port",
		"5001":               "did you mean :5001?",
		"localhost:http":     `"http" is not a port`,
		"localhost:65536":    "not a port from 0 to 65535",
		"localhost:-1":       "not a port",
		"::1:5001":           "brackets",
		"http://localhost:1": "http:// is not spoken here",
		"unix://socket":      "whole path",
	} {
		if _, err := parseAddress(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseAddress(%q): %v; want an error with %q", in, err, want)
		}
	}
}

func TestOnLoopback(t *testing.T) {
	for in, want := range map[string]bool{
		":5001": true, "127.9.9.9:1": true, "[::1]:1": true, "localhost:1": true, "unix:///s": true,
		"0.0.0.0:1": false, "[::]:1": false, "example.org:1": false,
	} {
		a, err := parseAddress(in)
		if err != nil || a.onLoopback() != want {
			t.Errorf("onLoopback(%q) = %t, %v; want %t", in, a.onLoopback(), err, want)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{":5001", "[::1]:0", "unix:///s", "a:b:c", "http://x:1", "5001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := parseAddress(s)
		if err != nil {
			return
		}
		again, err := parseAddress(a.String())
		if err != nil || again != a {
			t.Fatalf("%q is read as %q, which is read as %q, %v", s, a, again, err)
		}
	})
}
