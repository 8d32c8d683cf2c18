package rules

import (
	"fmt"
	"net"
	"strings"

	"memlite/conformance/wire"
)

// longRun is how many equal bytes in a row are made by a command instead of being printed.
const longRun = 2000

// Paste is a shell command that sends the same bytes to addr: one printf to nc where there is one client that sends
// everything at once, otherwise with sleeps that keep the order, and a nc for each client.
func Paste(list []Send, addr string) string {
	nc := "nc " + netcat(addr)
	var lines []string
	clients := 0
	for _, s := range list {
		clients = max(clients, s.Client+1)
	}
	for client := range clients {
		var parts []string
		due, now := 0, 0 // in pieces sent by anybody
		for _, s := range list {
			for _, piece := range s.Pieces {
				if s.Client == client {
					if due > now {
						parts = append(parts, fmt.Sprintf("sleep %d", due-now))
					}
					now = due
					parts = append(parts, printf(piece)...)
				}
				due++
			}
		}
		switch {
		case len(parts) == 1:
			lines = append(lines, parts[0]+" | "+nc)
		case len(parts) > 1:
			lines = append(lines, "("+strings.Join(parts, "; ")+") | "+nc)
		}
	}
	if len(lines) > 1 {
		return strings.Join(lines, " & ") + " & wait"
	}
	return strings.Join(lines, "")
}

// netcat is addr as nc takes it.
func netcat(addr string) string {
	network, address, err := wire.ParseAddr(addr)
	if err != nil {
		return addr
	}
	if network == "unix" {
		return "-U " + address
	}
	host, port, _ := net.SplitHostPort(address)
	return host + " " + port
}

// printf returns shell commands that print text, byte for byte, in any POSIX shell.
func printf(text string) (commands []string) {
	for text != "" {
		at, n := longestRun(text)
		if n < longRun {
			at, n = len(text), 0
		}
		if at > 0 {
			commands = append(commands, "printf '"+format(text[:at])+"'")
		}
		if n > 0 {
			commands = append(commands, fmt.Sprintf(`head -c %d /dev/zero | tr '\000' '\%03o'`, n, text[at]))
		}
		text = text[at+n:]
	}
	return commands
}

// longestRun returns where the first run of at least longRun equal bytes is.
func longestRun(s string) (at, n int) {
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && s[j] == s[i] {
			j++
		}
		if j-i >= longRun {
			return i, j - i
		}
		i = j
	}
	return 0, 0
}

// format writes text as a format of printf(1) between single quotes.
func format(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '%':
			b.WriteString(`%%`)
		case c == '\\':
			b.WriteString(`\\`)
		// A quote would end the format, and a dash at its start is an option to some.
		case c < 0x20, c >= 0x7f, c == '\'', c == '-' && i == 0:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
