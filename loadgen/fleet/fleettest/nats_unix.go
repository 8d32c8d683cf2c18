//go:build unix

package fleettest

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// NATS is a nats-server process, which can be ended and started again at the same place.
type NATS struct {
	*Process
	URL string // nats://HOST:PORT

	t     testing.TB
	host  *Host
	flags []string
}

// binary is the module's own nats-server, built by the go command, which keeps it in its cache.
var binary = sync.OnceValues(func() (string, error) {
	cmd := exec.Command("go", "tool", "-n", "nats-server")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as make has it: it is built once
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
})

// StartNATS starts a nats-server on a host, nil being loopback, and waits until it takes connections. It ends with the test.
func StartNATS(t testing.TB, host *Host, flags ...string) *NATS {
	t.Helper()
	if out, err := binary(); err != nil {
		t.Fatalf("go tool nats-server: %v: %s", err, out)
	}
	at := host.address(t, 4222)
	addr, port, _ := net.SplitHostPort(at)
	n := &NATS{t: t, host: host, URL: "nats://" + at, flags: append([]string{"--addr", addr, "--port", port}, flags...)}
	n.Restart()
	return n
}

// Restart starts it again, after a Kill or a Signal, and waits until it takes connections.
func (n *NATS) Restart() {
	n.t.Helper()
	path, _ := binary()
	n.Process = Start(n.t, n.host, path, n.flags...)
	n.Line(0, "Server is ready")
}

// KillFor ends the nats-server as a crash would, and starts it again after a pause.
func (n *NATS) KillFor(pause time.Duration) {
	n.t.Helper()
	n.Kill()
	time.Sleep(pause)
	n.Restart()
}
