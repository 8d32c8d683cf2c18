package main

import (
	"fmt"
	"slices"
	"strings"
)

// The client's own few lines of protocol: what people type becomes bytes here, and reply.go cuts the bytes that
// come back into replies. It checks nothing: what a server makes of a wrong command is what people want to see.

const (
	lite    = "lite"
	classic = "classic"
)

// request is one command, ready to be sent.
type request struct {
	name string // get, set, end, ...: the first word
	wire []byte
	// leaves: the right reply is that the server closes the connection.
	leaves bool
}

// newRequest makes the bytes of the command that words are. set gets its size counted and its block; the words of
// its value are joined by single spaces. Anything else goes out as one line, as it is.
func newRequest(dialect string, words []string) request {
	if len(words) > 3 && words[0] == "set" {
		words = append(slices.Clone(words[:2]), strings.Join(words[2:], " "))
	}
	return newRequestOf(dialect, words)
}

// parseRequest makes the request of a line that was typed. The value of a set is all that follows the key and one
// space, so that spaces in it stay as they are.
func parseRequest(dialect, line string) request {
	if words := strings.SplitN(line, " ", 3); len(words) == 3 && words[0] == "set" {
		return newRequestOf(dialect, words)
	}
	return newRequestOf(dialect, []string{line})
}

func newRequestOf(dialect string, words []string) request {
	name, _, _ := strings.Cut(strings.TrimSpace(strings.Join(words, " ")), " ")
	r := request{name: name, leaves: name == "end" || dialect == classic && name == "quit"}
	if name == "set" && len(words) == 3 {
		options := ""
		if dialect == classic {
			options = "0 0 " // no flags, no expiry
		}
		r.wire = fmt.Appendf(nil, "set %s %s%d\r\n%s\r\n", words[1], options, len(words[2]), words[2])
		return r
	}
	r.wire = []byte(strings.Join(words, " ") + "\r\n")
	return r
}
