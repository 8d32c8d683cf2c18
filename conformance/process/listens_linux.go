package process

import (
	"bufio"
	"io"
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
		table, err := os.Open(name)
		if err != nil {
			continue
		}
		known = true
		up = up || inTable(table, number)
		table.Close()
	}
	return up, known
}

// inTable reports whether a table such as /proc/net/tcp has a socket that listens on the port. Its lines are
// "sl local_address rem_address st …", the address in hexadecimal, the state of a listening socket 0A. Those come first (the kernel's
// proc_net_tcp.rst), and the others are not read: where clients come and go there are thousands, and to list them takes the kernel 10 ms.
func inTable(table io.Reader, port int) bool {
	lines := bufio.NewScanner(table)
	lines.Scan() // the heading
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || fields[3] != "0A" {
			return false
		}
		_, digits, _ := strings.Cut(fields[1], ":")
		if n, err := strconv.ParseUint(digits, 16, 16); err == nil && int(n) == port {
			return true
		}
	}
	return false
}
