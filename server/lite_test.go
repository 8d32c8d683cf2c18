package server

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"memlite/server/store"
)

// exchangeFiles are the protocol's own examples, and the cases that would only be in a reader's way there.
var exchangeFiles = []string{"PROTOCOL.md", "testdata/exchanges.md"}

func whole(_ int, p []byte) [][]byte { return [][]byte{p} }

func forEachExchange(t *testing.T, test func(*testing.T, exchange)) {
	for _, path := range exchangeFiles {
		t.Run(path, func(t *testing.T) {
			for _, x := range readExchanges(t, path) {
				t.Run(x.name, func(t *testing.T) { test(t, x) })
			}
		})
	}
}

// TestExchanges runs every exchange whole, with all kinds of stores and of room for replies.
func TestExchanges(t *testing.T) {
	forEachExchange(t, func(t *testing.T, x exchange) {
		for _, room := range []int{minRoom, 2 << 10, 64 << 10} {
			memory := store.NewMemory()
			if err := x.run(t, func() *client { return newClientOf(x.dialect.new, t, memory, DefaultMaxValue, room) }, whole); err != nil {
				t.Errorf("room for %d bytes: %v", room, err)
			}
		}
		slow := newSlowStore()
		if err := x.run(t, func() *client { return newClientOf(x.dialect.new, t, slow, DefaultMaxValue, minRoom) }, whole); err != nil {
			t.Errorf("a store that finishes later: %v", err)
		}
	})
}

// TestExchangesCutAnywhere runs every exchange with each send cut in two at every place, then into random pieces. Of
// long sends only the ends and some places between are tried.
func TestExchangesCutAnywhere(t *testing.T) {
	forEachExchange(t, func(t *testing.T, x exchange) {
		try := func(name string, cut cutter) {
			t.Helper()
			memory := store.NewMemory()
			if err := x.run(t, func() *client { return newClientOf(x.dialect.new, t, memory, DefaultMaxValue, 4<<10) }, cut); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		r := rand.New(rand.NewPCG(3, 3))
		n := 0
		for _, s := range x.steps {
			if !s.send || s.fin {
				continue
			}
			for i := 1; i < len(s.bytes); i++ {
				if edge := 100; i > edge && i < len(s.bytes)-edge && len(s.bytes) > 1000 {
					i += r.IntN(len(s.bytes) / 8)
				}
				try(fmt.Sprintf("send %d cut at %d", n, i), cutAt(n, i))
			}
			n++
		}
		for seed := range uint64(8) {
			r := rand.New(rand.NewPCG(4, seed))
			try(fmt.Sprintf("random pieces, seed %d", seed), func(_ int, p []byte) (parts [][]byte) {
				for most := 1 + len(p)/10; len(p) > 0; {
					k := 1 + r.IntN(min(most, len(p)))
					parts, p = append(parts, p[:k]), p[k:]
				}
				return parts
			})
		}
	})
}

func TestByteByByte(t *testing.T) {
	c := newClient(t, store.NewMemory(), DefaultMaxValue, minRoom)
	stream := "set k 3\r\nabc\r\nget k\r\nset k 2\r\nabc\r\nget x\r\nset k 4\nab\r\n\nget k\nend\r\nget k\r\n"
	for i := range stream {
		c.send([]byte{stream[i]})
	}
	want := "STORED\r\nVALUE k 3\r\nabc\r\nEND\r\nERROR\r\nNOT-FOUND\r\nERROR\r\nERROR\r\nVALUE k 3\r\nabc\r\nEND\r\n"
	if string(c.got) != want || !c.closed {
		t.Errorf("want %q, then closed\ngot  %q, closed %v", want, c.got, c.closed)
	}
}

// TestReplyComesWithTheEndOfTheBlock: not one byte earlier, and without waiting for one byte more.
func TestReplyComesWithTheEndOfTheBlock(t *testing.T) {
	for _, request := range []string{
		"set k 3\r\nabc\r\n", "set k 3\r\nab\r\n", "set k 3\r\nabcdefgh\r\n", "set k 3\nabc\n", "set k 9999999999\r\nx\r\n",
		"set " + strings.Repeat("k", 251) + " 3\r\nabc\r\n", "set k 0\r\n\r\n", "set k 2\r\n\r\r\r\n", "set k\r\n", "set k -1\r\n",
	} {
		c := newClient(t, store.NewMemory(), DefaultMaxValue, minRoom)
		c.send([]byte(request[:len(request)-1]))
		if len(c.got) != 0 {
			t.Errorf("%.40q without its last byte: answered %q", request, c.got)
		}
		c.send([]byte(request[len(request)-1:]))
		if n := bytes.Count(c.got, crlf); n != 1 {
			t.Errorf("%.40q: want one reply, got %q", request, c.got)
		}
	}
}

func TestAnAnnouncedSizeAllocatesLittle(t *testing.T) {
	c := newClient(t, store.NewMemory(), DefaultMaxValue, minRoom)
	c.send([]byte("set k 1048576\r\nx"))
	if n := cap(c.value); n > firstPart {
		t.Errorf("1 MiB announced, 1 byte sent: %d bytes held, want at most %d", n, firstPart)
	}
	c.send(bytes.Repeat([]byte("x"), 9999))
	if n := cap(c.value); n > 20000 {
		t.Errorf("1 MiB announced, 10,000 bytes sent: %d bytes held, want at most twice as many", n)
	}
	moves := 0
	for sent := 10000; sent < 1048576; sent += 64 {
		before := cap(c.value)
		c.send(bytes.Repeat([]byte("x"), min(64, 1048576-sent)))
		if cap(c.value) != before {
			moves++
		}
	}
	if moves > 10 {
		t.Errorf("the value was moved %d times while it grew to 1 MiB", moves)
	}
	c.send(crlf)
	if string(c.got) != "STORED\r\n" {
		t.Fatalf("got %q", c.got)
	}
	if item, _ := c.store.Get([]byte("k")); len(item.Value) != 1048576 || cap(item.Value) != len(item.Value) {
		t.Errorf("stored %d bytes in a slice of %d", len(item.Value), cap(item.Value))
	}
}

func TestARefusedBlockIsNotHeld(t *testing.T) {
	for _, line := range []string{"set k 1048577\r\n", "set k 9999999999\r\n", "set \x01 1048576\r\n", "set k 10\r\n", "set k 10\n"} {
		c := newClient(t, store.NewMemory(), DefaultMaxValue, minRoom)
		c.send([]byte(line))
		part := bytes.Repeat([]byte("x"), 16<<10)
		for range 128 {
			c.send(part)
			if n := cap(c.value) + len(c.unread); n != 0 {
				t.Fatalf("%q: %d bytes are held of a block that will be refused", line, n)
			}
		}
		c.send([]byte("\r\nget x\r\n"))
		if want := "ERROR\r\nNOT-FOUND\r\n"; string(c.got) != want {
			t.Errorf("%q: want %q, got %q", line, want, c.got)
		}
	}
}

func TestParseSize(t *testing.T) {
	for token, want := range map[string]int64{
		"0": 0, "1": 1, "0005": 5, "1048576": 1048576, "9999999999": 9999999999,
		"": -1, "00000000001": -1, "-1": -1, "+1": -1, "1 ": -1, "1.0": -1, "x": -1, "/": -1, ":": -1, "\xb2": -1,
	} {
		if got, ok := parseSize([]byte(token)); ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %d, %v, want %d (-1: unreadable)", token, got, ok, want)
		}
	}
}

func TestValidKey(t *testing.T) {
	for key, want := range map[string]bool{
		"k": true, "!": true, "~": true, "\x80": true, "\xff": true, strings.Repeat("k", 250): true,
		"": false, " ": false, "a b": false, "\x00": false, "\x1f": false, "\x7f": false, strings.Repeat("k", 251): false,
	} {
		if got := validKey([]byte(key)); got != want {
			t.Errorf("%.20q: %v, want %v", key, got, want)
		}
	}
}

func TestASetThatFailsIsAnError(t *testing.T) {
	s := newSlowStore()
	c := newClient(t, s, DefaultMaxValue, minRoom)
	c.send([]byte("set k 3\r\nold\r\n"))
	s.fail = errors.New("disk full")
	c.send([]byte("set k 3\r\nnew\r\nget k\r\n"))
	if want := "STORED\r\nERROR\r\nVALUE k 3\r\nold\r\nEND\r\n"; string(c.got) != want {
		t.Errorf("want %q\ngot  %q", want, c.got)
	}
	if c.waits != 2 {
		t.Errorf("waited for %d sets, want 2", c.waits)
	}
}

func TestFeedStopsAtASetThatIsNotDone(t *testing.T) {
	c := newClient(t, newSlowStore(), DefaultMaxValue, minRoom)
	in := []byte("get x\r\nset k 3\r\nabc\r\nget k\r\n")
	used, out, then := c.feed(in, make([]byte, 0, 2*minRoom))
	if rest := string(in[used:]); rest != "get k\r\n" || string(out) != "NOT-FOUND\r\n" || then != awaitStore {
		t.Errorf("rest %q, out %q, then %v", rest, out, then)
	}
}

func TestHotPathAllocations(t *testing.T) {
	c := newClient(t, store.NewMemory(), DefaultMaxValue, minRoom)
	set, get := []byte("set a-key 100\r\n"+strings.Repeat("v", 100)+"\r\n"), []byte("get a-key\r\nget absent\r\n")
	c.send(set)
	out := make([]byte, 0, 4<<10)
	feed := func(in []byte) func() {
		return func() {
			if used, _, then := c.feed(in, out); used != len(in) || then != readOn {
				t.Fatalf("used %d of %d, then %v", used, len(in), then)
			}
		}
	}
	if n := testing.AllocsPerRun(1000, feed(get)); n != 0 {
		t.Errorf("get: %v allocations, want 0", n)
	}
	if n := testing.AllocsPerRun(1000, feed(set)); n != 1 {
		t.Errorf("set of a present key: %v allocations, want 1, the value", n)
	}
}

func BenchmarkLite(b *testing.B) {
	for name, request := range map[string]string{
		"get": "get a-key-of-some-length\r\n",
		"set": "set a-key-of-some-length 100\r\n" + strings.Repeat("v", 100) + "\r\n",
	} {
		b.Run(name, func(b *testing.B) {
			c := newClient(b, store.NewMemory(), DefaultMaxValue, minRoom)
			c.send([]byte("set a-key-of-some-length 100\r\n" + strings.Repeat("v", 100) + "\r\n"))
			in, out := []byte(request), make([]byte, 0, 4<<10)
			b.ReportAllocs()
			for b.Loop() {
				c.feed(in, out)
			}
		})
	}
}
