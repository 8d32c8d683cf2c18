package conformance_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"memlite/conformance"
	"memlite/reports"
	"memlite/server"
)

// Debian's memcached is the one server here that the project has not written. What it fails is its own documented
// deviation, named with the result; at level must that is nothing.
func TestMemcached(t *testing.T) {
	if testing.Short() {
		t.Skip("no code that the other tests do not run: of no use to the race detector, which -short is for")
	}
	for clients, filter := range map[int]string{4096: "", 1024: "LIM-10 || LIM-11 || LIM-12 || CON-08"} {
		t.Run(fmt.Sprintf("-c %d", clients), func(t *testing.T) {
			addr := memcached(t, clients)
			suite := run(t, conformance.Config{Addr: addr, Profile: "memcached", Level: conformance.May, LabelFilter: filter}, 60*time.Second)
			count := map[reports.Status]int{}
			for _, r := range suite.Rules {
				count[r.Status]++
				switch {
				case r.Status == reports.Inconclusive, r.Status == reports.Failed && (r.Known == "" || r.Level == "must"):
					t.Errorf("%s %s: %s (known: %q)", r.ID, r.Status, r.Reason, r.Known)
				case r.Status == reports.NotRun && r.Reason == "":
					t.Errorf("%s is not run, without a reason", r.ID)
				}
			}
			if want := map[int]int{4096: 50, 1024: 4}[clients]; count[reports.Passed] < want {
				t.Errorf("%v, want %d passed", count, want)
			}
		})
	}
}

// The reference server speaks that dialect too, and has no deviations.
func TestReferencePassesInClassic(t *testing.T) {
	if testing.Short() {
		t.Skip("no code that the other tests do not run: of no use to the race detector, which -short is for")
	}
	addr, _ := start(t, server.Config{Dialect: "classic"})
	suite := run(t, conformance.Config{Addr: addr, Profile: "memcached", Level: conformance.May, Seed: time.Now().UnixNano()}, 60*time.Second)
	passed := 0
	for _, r := range suite.Rules {
		switch r.Status {
		case reports.Passed:
			passed++
		case reports.NotRun:
		default:
			t.Errorf("%s %s: %s", r.ID, r.Status, r.Reason)
		}
	}
	if passed < 50 {
		t.Errorf("only %d rules have passed", passed)
	}
}

// A server of the other dialect is told apart from one that hangs.
func TestOtherDialect(t *testing.T) {
	addr := memcached(t, 1024)
	suite := run(t, conformance.Config{Addr: addr, LabelFilter: "SET-01 || GET-02"}, 20*time.Second)
	everyRule(t, suite, "answer")
}

func memcached(t *testing.T, clients int) string {
	t.Helper()
	path, err := exec.LookPath("memcached")
	if err != nil {
		if slices.Contains(strings.Split(os.Getenv("MEMLITE_REQUIRE"), ","), "memcached") {
			t.Fatalf("MEMLITE_REQUIRE names memcached: %v", err)
		}
		t.Skip("memcached is not installed (apt-get install memcached)")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	_, port, _ := net.SplitHostPort(addr)
	args := []string{"-l", "127.0.0.1", "-p", port, "-U", "0", "-c", fmt.Sprint(clients)}
	if os.Geteuid() == 0 {
		args = append(args, "-u", "nobody")
	}
	cmd := exec.Command(path, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return addr
		}
		if time.Now().After(deadline) {
			t.Fatal("memcached does not listen")
		}
	}
}
