//go:build unix

package fleettest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// Network is a bridge in a network namespace of its own, so that nothing of it is seen outside. It goes with the test.
type Network struct {
	t      testing.TB
	prefix string // of its namespaces' names
	hub    string
	hosts  atomic.Int32
}

// Host is a network namespace with one link to the bridge. The nil Host is the machine that runs the test.
type Host struct {
	Addr string // in 10.99.0.0/24

	network *Network // nil: this machine's own
	space   string
	port    string   // its end of the link at the bridge
	prefix  []string // of the command lines of its programs, each of which becomes the program: the process ID is the program's
}

// Core is this machine with its programs on one of its cores.
func Core(i int) *Host { return &Host{prefix: []string{"taskset", "-c", strconv.Itoa(i)}} }

// address is where a server on that host listens; the port is free on this machine, where there may be others.
func (h *Host) address(t testing.TB, port int) string {
	t.Helper()
	if h != nil && h.network != nil {
		return net.JoinHostPort(h.Addr, strconv.Itoa(port))
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// spaces is where ip keeps the names of network namespaces.
const spaces = "/run/netns"

// NewNetwork makes a network, or skips the test where there can be none; that is a failure where MEMLITE_REQUIRE names netns.
func NewNetwork(t testing.TB) *Network {
	t.Helper()
	n := &Network{t: t, prefix: fmt.Sprintf("memlite-%d-%08x-", os.Getpid(), rand.Uint32())}
	sweep()
	t.Cleanup(n.remove)
	n.hub = n.prefix + "hub"
	if out, err := exec.Command("ip", "netns", "add", n.hub).CombinedOutput(); err != nil {
		why := fmt.Sprintf("a network namespace cannot be made (it takes root, Linux and iproute2): %v: %s", err, out)
		if slices.Contains(strings.Split(os.Getenv("MEMLITE_REQUIRE"), ","), "netns") {
			t.Fatal("MEMLITE_REQUIRE names netns, but ", why)
		}
		t.Skip(why)
	}
	n.ip("-n", n.hub, "link", "add", "bridge", "up", "type", "bridge")
	return n
}

// Host adds a host to the network.
func (n *Network) Host() *Host {
	n.t.Helper()
	i := int(n.hosts.Add(1))
	h := &Host{Addr: fmt.Sprintf("10.99.0.%d", i), network: n, space: n.prefix + strconv.Itoa(i), port: "port" + strconv.Itoa(i)}
	h.prefix = []string{"ip", "netns", "exec", h.space}
	n.ip("netns", "add", h.space)
	n.ip("link", "add", h.port, "netns", n.hub, "type", "veth", "peer", "name", "eth0", "netns", h.space)
	n.ip("-n", n.hub, "link", "set", h.port, "master", "bridge", "up")
	n.ip("-n", h.space, "addr", "add", h.Addr+"/24", "dev", "eth0")
	n.ip("-n", h.space, "link", "set", "lo", "up")
	n.ip("-n", h.space, "link", "set", "eth0", "up")
	return h
}

// Down takes the host's own end of its link down: it has no route any more, and says so at once to who sends.
func (h *Host) Down() { h.network.ip("-n", h.space, "link", "set", "eth0", "down") }

// Up ends Down.
func (h *Host) Up() { h.network.ip("-n", h.space, "link", "set", "eth0", "up") }

// Cut takes the other end of the link down: what the host sends is lost without a word.
func (h *Host) Cut() { h.network.ip("-n", h.network.hub, "link", "set", h.port, "nomaster") }

// Mend ends Cut.
func (h *Host) Mend() { h.network.ip("-n", h.network.hub, "link", "set", h.port, "master", "bridge") }

// command is the program on that host.
func (h *Host) command(name string, args ...string) *exec.Cmd {
	if h == nil {
		return exec.Command(name, args...)
	}
	args = slices.Concat(h.prefix, []string{name}, args)
	return exec.Command(args[0], args[1:]...)
}

func (n *Network) ip(args ...string) {
	n.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func (n *Network) remove() { removeAll(n.prefix) }

// removeAll removes the namespaces whose names begin so; their links go with them.
func removeAll(prefix string) {
	names, _ := filepath.Glob(filepath.Join(spaces, prefix+"*"))
	for _, name := range names {
		_ = exec.Command("ip", "netns", "delete", filepath.Base(name)).Run()
	}
}

// sweep removes what tests have left that were killed.
func sweep() {
	names, _ := filepath.Glob(filepath.Join(spaces, "memlite-*"))
	for _, name := range names {
		parts := strings.Split(filepath.Base(name), "-")
		if pid, err := strconv.Atoi(parts[1]); err == nil && len(parts) == 4 && syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = exec.Command("ip", "netns", "delete", filepath.Base(name)).Run()
		}
	}
}
