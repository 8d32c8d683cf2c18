package server

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"memlite/server/store"
)

// A model is the lite dialect once more: slow, on the whole stream at once, and plainly what PROTOCOL.md says. It
// shares nothing with the parser, so that the two can be wrong only in different ways.
type model struct {
	maxValue int
	values   map[string]string
}

var (
	setLine = regexp.MustCompile(`(?s)^ *set +([^ ]+) +([0-9]{1,10}) *$`)
	getLine = regexp.MustCompile(`(?s)^ *get +([^ ]+) *$`)
	endLine = regexp.MustCompile(`^ *end *$`)
	goodKey = func(k string) bool {
		return len(k) <= 250 && !strings.ContainsFunc(k, func(r rune) bool { return r <= 0x20 || r == 0x7f })
	}
)

// answer returns the replies to a stream, and whether the server closes before the client does.
func (m *model) answer(stream string) (replies string, closed bool) {
	for {
		line, rest, whole := strings.Cut(stream, "\n")
		if len(line) >= 8192 {
			return replies + "ERROR\r\n", true
		}
		if !whole {
			return replies, false
		}
		eol := "\n"
		if strings.HasSuffix(line, "\r") {
			line, eol = strings.TrimSuffix(line, "\r"), "\r\n"
		}
		reply := "ERROR\r\n"
		if endLine.MatchString(line) {
			return replies, true
		} else if get := getLine.FindStringSubmatch(line); get != nil && goodKey(get[1]) {
			reply = "NOT-FOUND\r\n"
			if value, ok := m.values[get[1]]; ok {
				reply = fmt.Sprintf("VALUE %s %d\r\n%s\r\nEND\r\n", get[1], len(value), value)
			}
		} else if set := setLine.FindStringSubmatch(line); set != nil {
			var block string
			block, rest, whole = strings.Cut(rest, eol)
			if !whole {
				return replies, false
			}
			size, _ := strconv.Atoi(set[2])
			if goodKey(set[1]) && size <= m.maxValue && size == len(block) {
				m.values[set[1]] = block
				reply = "STORED\r\n"
			}
		}
		replies += reply
		stream = rest
	}
}

var replyStart = regexp.MustCompile(`^(?:STORED\r\n|NOT-FOUND\r\n|ERROR\r\n|VALUE ([^ ]+) ([0-9]+)\r\n)`)

// wellFormed reports what in replies is not a reply of the protocol.
func wellFormed(replies []byte) error {
	for len(replies) > 0 {
		m := replyStart.FindSubmatch(replies)
		if m == nil {
			return fmt.Errorf("not a reply: %.60q", replies)
		}
		replies = replies[len(m[0]):]
		if m[1] != nil {
			n, _ := strconv.Atoi(string(m[2]))
			if len(replies) < n || !bytes.HasPrefix(replies[n:], []byte("\r\nEND\r\n")) {
				return fmt.Errorf("value of %d bytes without its end: %.60q", n, replies)
			}
			replies = replies[n+len("\r\nEND\r\n"):]
		}
	}
	return nil
}

// FuzzLite sends a stream whole and cut (into pieces whose lengths are the bytes of cuts, over and over) and
// compares each with the model.
func FuzzLite(f *testing.F) {
	for _, path := range exchangeFiles {
		for _, x := range readExchanges(f, path) {
			if x.dialect.name != "lite" {
				continue
			}
			var stream []byte
			for _, s := range x.steps {
				if s.send {
					stream = append(stream, s.bytes...)
				}
			}
			if len(stream) < 20<<10 {
				f.Add(stream, []byte{1, 2, 3})
			}
		}
	}
	f.Add([]byte("set k 3\r\nabc\r\nget k\r\nget k\r\nget k\r\nget k\r\n"), []byte{1})
	f.Add([]byte("set k 100\r\n"+strings.Repeat("v", 100)+"\r\n"+strings.Repeat("get k\r\n", 20)), []byte{255})
	f.Fuzz(func(t *testing.T, stream, cuts []byte) {
		const maxValue = 300 // so that a short stream can exceed it
		m := model{maxValue, map[string]string{}}
		want, closed := m.answer(string(stream))
		check := func(name string, c *client) {
			if string(c.got) != want || c.closed != closed {
				t.Errorf("%s\nstream %q\nwant %q, closed %v\ngot  %q, closed %v", name, stream, want, closed, c.got, c.closed)
			}
			if err := wellFormed(c.got); err != nil {
				t.Errorf("%s\nstream %q\n%v", name, stream, err)
			}
			if c.store.Len() != len(m.values) {
				t.Errorf("%s\nstream %q\n%d keys stored, want %d", name, stream, c.store.Len(), len(m.values))
			}
		}
		c := newClient(t, store.NewMemory(), maxValue, 4<<10)
		c.send(stream)
		check("whole", c)
		c = newClient(t, newSlowStore(), maxValue, minRoom)
		c.send(stream)
		check("whole, little room, a store that finishes later", c)
		c = newClient(t, store.NewMemory(), maxValue, minRoom)
		for i, rest := 0, stream; len(rest) > 0; i++ {
			n := 1
			if len(cuts) > 0 {
				n = min(max(int(cuts[i%len(cuts)]), 1), len(rest))
			}
			c.send(rest[:n])
			rest = rest[n:]
		}
		check(fmt.Sprintf("cut into %v", cuts), c)
	})
}
