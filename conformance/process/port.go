package process

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"memlite/conformance/wire"
)

// The ports to choose from: above what services use, below those that Linux, macOS and Windows give to outgoing connections. One of
// these could be taken, by the suite's own clients too, while the server is being restarted, and that would look like the server's fault.
const lowestPort, highestPort = 20000, 32767

// freeAddr finds a port of the loopback interface that nobody uses.
func freeAddr() (string, error) {
	var last error
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowestPort+rand.IntN(highestPort-lowestPort+1)))
		ln, err := net.Listen("tcp", addr)
		if err == nil {
			return addr, ln.Close()
		}
		last = err
	}
	return "", fmt.Errorf("no free port between %d and %d: %w", lowestPort, highestPort, last)
}

// dials reports whether addr can be connected to.
func dials(addr string) bool {
	network, place, err := wire.ParseAddr(addr)
	if err != nil {
		return false
	}
	conn, err := net.DialTimeout(network, place, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
