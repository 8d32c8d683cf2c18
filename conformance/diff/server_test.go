package diff

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// server speaks lite as the protocol's step by step has it, with an edge of its own: a reply to a command line that others answer
// otherwise. "" as a reply is silence, "close" ends the connection, and no edge is for lines that it is not about.
type server struct {
	edge   func(line string) (reply string, is bool)
	tokens func(line string) []string
	max    int

	mu     *sync.Mutex
	values map[string]string
}

// start serves until the test ends.
func (s *server) start(t *testing.T) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	s.mu, s.values = &sync.Mutex{}, map[string]string{}
	if s.max == 0 {
		s.max = 1 << 20
	}
	if s.tokens == nil {
		s.tokens = func(line string) []string { return strings.FieldsFunc(line, func(r rune) bool { return r == ' ' }) }
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); s.serve(bufio.NewReaderSize(c, 8192), c) }()
		}
	}()
	return ln.Addr().String()
}

func (s *server) serve(in *bufio.Reader, out net.Conn) {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		end := "\n"
		if line = strings.TrimSuffix(line, "\n"); strings.HasSuffix(line, "\r") {
			line, end = strings.TrimSuffix(line, "\r"), "\r\n"
		}
		words := s.tokens(line)
		size, block := -1, ""
		if len(words) == 3 && words[0] == "set" && len(words[2]) <= 10 && strings.Trim(words[2], "0123456789") == "" {
			size, _ = strconv.Atoi(words[2])
			for !strings.HasSuffix(block, end) {
				more, err := in.ReadString('\n')
				if err != nil {
					return
				}
				block += more
			}
			block = strings.TrimSuffix(block, end)
		}
		reply, is := "", false
		if s.edge != nil {
			reply, is = s.edge(line + end)
		}
		if !is {
			reply = s.answer(words, size, block)
		}
		if reply == "close" {
			return
		}
		if _, err := fmt.Fprint(out, reply); err != nil {
			return
		}
	}
}

func (s *server) answer(words []string, size int, block string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	valid := len(words) > 1 && len(words[1]) <= 250 && !strings.ContainsFunc(words[1], func(r rune) bool { return r <= 0x20 || r == 0x7f })
	switch {
	case len(words) == 1 && words[0] == "end":
		return "close"
	case len(words) == 2 && words[0] == "get" && valid:
		if value, ok := s.values[words[1]]; ok {
			return fmt.Sprintf("VALUE %s %d\r\n%s\r\nEND\r\n", words[1], len(value), value)
		}
		return "NOT-FOUND\r\n"
	case size >= 0 && valid && size == len(block) && size <= s.max:
		s.values[words[1]] = block
		return "STORED\r\n"
	}
	return "ERROR\r\n"
}

// on is an edge: reply to the lines that pass.
func on(reply string, passes func(line string) bool) func(string) (string, bool) {
	return func(line string) (string, bool) { return reply, passes(line) }
}
