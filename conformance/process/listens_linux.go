package process

import (
	"os"
	"strconv"
	"strings"

	"memlite/conformance/wire"
)

// listens looks addr's port up in the kernel's tables of TCP sockets. Known is false where these do not tell.
func listens(addr string) (up, known bool) {
	network, place, err := wire.ParseAddr(addr)
	if err != nil || network != "tcp" {
		return false, false
	}
	number, err := strconv.Atoi(place[strings.LastIndexByte(place, ':')+1:])
	if err != nil {
		return false, false
	}
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		table, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		known = true
		up = up || inTable(string(table), number)
	}
	return up, known
}

// inTable reports whether a table such as /proc/net/tcp has a socket that listens on the port. Its lines are
// "sl local_address rem_address st …", the address in hexadecimal, the state of a listening socket 0A.
func inTable(table string, port int) bool {
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[3] != "0A" {
			continue
		}
		_, digits, _ := strings.Cut(fields[1], ":")
		if n, err := strconv.ParseUint(digits, 16, 16); err == nil && int(n) == port {
			return true
		}
	}
	return false
}
