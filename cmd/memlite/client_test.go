package main

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestRequests(t *testing.T) {
	for _, c := range []struct {
		dialect string
		typed   string // a line, as at the prompt
		want    string
	}{
		{lite, "get k", "get k\r\n"},
		{lite, "set k v", "set k 1\r\nv\r\n"},
		{lite, "set k  a  b ", "set k 6\r\n a  b \r\n"},
		{lite, "set k ", "set k 0\r\n\r\n"},
		{lite, "set k", "set k\r\n"},
		{lite, "set k ü", "set k 2\r\nü\r\n"},
		{lite, "end", "end\r\n"},
		{lite, "anything at all", "anything at all\r\n"},
		{classic, "set k v", "set k 0 0 1\r\nv\r\n"},
		{classic, "quit", "quit\r\n"},
	} {
		if got := string(parseRequest(c.dialect, c.typed).wire); got != c.want {
			t.Errorf("%s %q is sent as %q, want %q", c.dialect, c.typed, got, c.want)
		}
	}
	for want, words := range map[string][]string{
		"set k 3\r\na b\r\n":     {"set", "k", "a", "b"},
		"set k 4\r\na  b\r\n":    {"set", "k", "a  b"},
		"set k 0\r\n\r\n":        {"set", "k", ""},
		"set k\r\n":              {"set", "k"},
		"get a b\r\n":            {"get", "a", "b"},
		"set k 5\r\n1 2 3\r\n":   {"set", "k", "1", "2", "3"},
		"set k 7\r\nset a b\r\n": {"set", "k", "set", "a", "b"},
	} {
		if got := string(newRequest(lite, words).wire); got != want {
			t.Errorf("%q is sent as %q, want %q", words, got, want)
		}
	}
	if r := parseRequest(lite, "end"); !r.leaves {
		t.Error("end does not leave")
	}
	if r := parseRequest(lite, "quit"); r.leaves {
		t.Error("quit leaves, but lite has no such command")
	}
}

func TestReplies(t *testing.T) {
	for _, c := range []struct {
		name string // of the command
		wire string
		text string
		good bool
		bad  bool // no whole reply
	}{
		{name: "set", wire: "STORED\r\n", text: "STORED\n", good: true},
		{name: "set", wire: "NOT_STORED\r\n", text: "NOT_STORED\n"},
		{name: "set", wire: "ERROR\r\n", text: "ERROR\n"},
		{name: "get", wire: "NOT-FOUND\r\n", text: "NOT-FOUND\n"},
		{name: "get", wire: "END\r\n", text: "END\n"},
		{name: "get", wire: "VALUE k 3\r\nabc\r\nEND\r\n", text: "VALUE k 3\nabc\nEND\n", good: true},
		{name: "get", wire: "VALUE k 7 3\r\nabc\r\nEND\r\n", text: "VALUE k 7 3\nabc\nEND\n", good: true},
		{name: "get", wire: "VALUE k 7 3 99\r\nabc\r\nVALUE l 0 0\r\n\r\nEND\r\n", text: "VALUE k 7 3 99\nabc\nVALUE l 0 0\n\nEND\n", good: true},
		{name: "get", wire: "VALUE k 5\r\na\r\nb\n\r\nEND\r\n", text: "VALUE k 5\na\r\nb\n\nEND\n", good: true},
		{name: "get", wire: "VALUE k 1\r\na\r\nERROR\r\n", text: "VALUE k 1\na\nERROR\n"},
		{name: "get", wire: "VALUE k\r\n", text: "VALUE k\n", bad: true},
		{name: "get", wire: "VALUE k -1\r\n", text: "VALUE k -1\n", bad: true},
		{name: "get", wire: "VALUE k 3\r\nab", text: "VALUE k 3\nab", bad: true},
		{name: "get", wire: "VALUE k 0\r\n\r\nEN", text: "VALUE k 0\n\nEN", bad: true},
		{name: "delete", wire: "DELETED\n", text: "DELETED\n", good: true},
		{name: "delete", wire: "NOT_FOUND\r\n", text: "NOT_FOUND\n"},
		{name: "hello", wire: "CLIENT_ERROR bad\r\n", text: "CLIENT_ERROR bad\n"},
		{name: "get", bad: true},
	} {
		r, err := readReply(bufio.NewReader(strings.NewReader(c.wire)), c.name)
		if string(r.text) != c.text || r.good != c.good || (err != nil) != c.bad || string(r.wire) != c.wire {
			t.Errorf("%s %q: %q, wire %q, good %t, %v", c.name, c.wire, r.text, r.wire, r.good, err)
		}
	}
}

func TestReplyLineIsBounded(t *testing.T) {
	endless := io.MultiReader(strings.NewReader("x"), endlessly('x'))
	r, err := readReply(bufio.NewReader(endless), "get")
	if err == nil || len(r.wire) > 2*maxReplyLine {
		t.Errorf("%d bytes were read, %v", len(r.wire), err)
	}
}

type endlessly byte

func (e endlessly) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(e)
	}
	return len(b), nil
}

// A reply is a prefix of what came, and the same however the bytes were cut.
func FuzzReadReply(f *testing.F) {
	for _, s := range []string{"STORED\r\n", "VALUE k 3\r\nabc\r\nEND\r\n", "VALUE k 0 9999999\r\nx", "VALUE\r\n", "a\nb", ""} {
		f.Add("get", []byte(s))
	}
	f.Fuzz(func(t *testing.T, name string, wire []byte) {
		whole, err := readReply(bufio.NewReader(bytes.NewReader(wire)), name)
		if !bytes.HasPrefix(wire, whole.wire) {
			t.Fatalf("%q is no prefix of %q", whole.wire, wire)
		}
		cut, cutErr := readReply(bufio.NewReader(iotest.OneByteReader(bytes.NewReader(wire))), name)
		if !bytes.Equal(whole.wire, cut.wire) || !bytes.Equal(whole.text, cut.text) || whole.good != cut.good || (err == nil) != (cutErr == nil) {
			t.Fatalf("whole: %q %v; byte by byte: %q %v", whole.wire, err, cut.wire, cutErr)
		}
	})
}

// What is typed is sent as one line, or as a set line whose size is that of the block behind it.
func FuzzParseRequest(f *testing.F) {
	f.Add("set k v")
	f.Add("set  k v")
	f.Add("get k")
	f.Add("")
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\r\n") {
			return // not a line
		}
		wire := string(parseRequest(lite, line).wire)
		first, block, _ := strings.Cut(wire, "\r\n")
		if block == "" {
			if first != line {
				t.Fatalf("%q is sent as %q", line, wire)
			}
			return
		}
		if !strings.HasSuffix(line, strings.TrimSuffix(block, "\r\n")) || !strings.HasPrefix(line, "set ") {
			t.Fatalf("%q is sent as %q", line, wire)
		}
	})
}

// What a server sends must not get at the terminal; a file gets it as it is.
func TestHarmless(t *testing.T) {
	in := []byte("a\tb\x1b[31m\x00\r\nc\rd\x7f\xff\n")
	if got := string((&client{}).harmless(in)); got != string(in) {
		t.Errorf("for a file: %q", got)
	}
	if got, want := string((&client{terminal: true}).harmless(in)), "a\tb\\x1b[31m\\x00\r\nc\\x0dd\\x7f\xff\n"; got != want {
		t.Errorf("for a terminal: %q, want %q", got, want)
	}
}
