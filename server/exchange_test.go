package server

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// An exchange is what clients send and what comes back, written so that people can read it and tests can run it:
//
//	> "set k 3\r\nabc\r\n"     one send
//	< "STORED\r\n"             exactly what comes back before the next send; without a line, nothing
//	< FIN                      the server closes
//	> FIN                      the client shuts its sending side
//	> "get " "k"*251 "\r\n"    quoted as in Go; *251 repeats
//	B> "get k\r\n"             several clients have letters; without one it is A
//
// The fence says which dialect it is in, if not lite.
type exchange struct {
	name    string
	dialect dialect
	steps   []step
}

type step struct {
	client byte
	send   bool
	fin    bool
	bytes  []byte
}

var (
	stepLine = regexp.MustCompile(`^([A-Z]?)([<>]) (FIN|".*)$`)
	piece    = regexp.MustCompile(`^("(?:[^"\\]|\\.)*")(?:\*([0-9]+))?(?: +|$)`)
)

func parseStep(line string) (step, error) {
	m := stepLine.FindStringSubmatch(line)
	if m == nil {
		return step{}, fmt.Errorf("not a step of an exchange: %s", line)
	}
	s := step{client: 'A', send: m[2] == ">", fin: m[3] == "FIN"}
	if m[1] != "" {
		s.client = m[1][0]
	}
	for rest := m[3]; !s.fin && rest != ""; {
		p := piece.FindStringSubmatch(rest)
		if p == nil {
			return step{}, fmt.Errorf("not a quoted string: %s", rest)
		}
		text, err := strconv.Unquote(p[1])
		if err != nil {
			return step{}, fmt.Errorf("unquote %s: %w", p[1], err)
		}
		times := 1
		if p[2] != "" {
			times, _ = strconv.Atoi(p[2])
		}
		s.bytes = append(s.bytes, strings.Repeat(text, times)...)
		rest = rest[len(p[0]):]
	}
	return s, nil
}

// readExchanges returns the exchanges of a file: each block fenced as ```exchange or ```exchange classic, called after the
// heading above it.
func readExchanges(t testing.TB, path string) []exchange {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []exchange
	var name string
	inside := false
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "```exchange", line == "```exchange classic":
			inside = true
			x := exchange{name: fmt.Sprintf("line %d: %s", n, name), dialect: dialects[0]}
			if line == "```exchange classic" {
				x.dialect = dialects[1]
			}
			all = append(all, x)
		case inside && line == "```":
			inside = false
		case inside:
			s, err := parseStep(line)
			if err != nil {
				t.Fatalf("%s:%d: %v", path, n, err)
			}
			last := &all[len(all)-1]
			last.steps = append(last.steps, s)
		case strings.HasPrefix(line, "#"):
			name = strings.TrimLeft(line, "# ")
		}
	}
	if inside || len(all) == 0 {
		t.Fatalf("%s: %d exchanges, the last is open: %v", path, len(all), inside)
	}
	return all
}

// A cutter says how the n-th send is cut into segments.
type cutter func(n int, p []byte) [][]byte

// cutAt cuts send n at i and leaves the others whole.
func cutAt(n, i int) cutter {
	return func(m int, p []byte) [][]byte {
		if m != n || i >= len(p) {
			return [][]byte{p}
		}
		return [][]byte{p[:i], p[i:]}
	}
}

// run plays an exchange against parsers that share the store, and returns the first difference.
func (x exchange) run(t testing.TB, clientOf func() *client, cut cutter) error {
	clients := map[byte]*client{}
	shut := map[byte]bool{}
	want := map[byte]*bytes.Buffer{}
	wantClosed := map[byte]bool{}
	check := func() error {
		for name, c := range clients {
			if w := want[name].Bytes(); !bytes.Equal(c.got, w) {
				return fmt.Errorf("client %c: want %.200q, got %.200q", name, w, c.got)
			}
			// The end of the client's stream is handled by the session, which closes; see TestExchangesOverTCP.
			if w := wantClosed[name]; w != (c.closed || shut[name]) {
				return fmt.Errorf("client %c after %.200q: closed is %v, want %v", name, c.got, c.closed, w)
			}
		}
		return nil
	}
	sends := 0
	for _, s := range x.steps {
		c := clients[s.client]
		if c == nil {
			c = clientOf()
			clients[s.client], want[s.client] = c, new(bytes.Buffer)
		}
		switch {
		case !s.send && s.fin:
			wantClosed[s.client] = true
		case !s.send:
			want[s.client].Write(s.bytes)
		default:
			if err := check(); err != nil {
				return err
			}
			if s.fin {
				shut[s.client] = true
				continue
			}
			for _, p := range cut(sends, s.bytes) {
				c.send(p)
			}
			sends++
		}
	}
	return check()
}
