package server

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"memlite/server/store"
)

// today is what the clock of clockStore says, in seconds of Unix time.
const today = 1_800_000_000

// clockStore returns a store whose clock stands still until it is moved.
func clockStore(now *int64) *store.Memory {
	*now = today * int64(time.Second)
	return store.NewMemoryWith(store.MemoryConfig{Now: func() int64 { return *now }})
}

func TestClassicLines(t *testing.T) {
	const bad = "CLIENT_ERROR bad command line format\r\n"
	key250, key251 := strings.Repeat("k", 250), strings.Repeat("k", 251)
	for _, test := range []struct{ request, reply string }{
		{"\r\n", "ERROR\r\n"},
		{"\n", "ERROR\r\n"},
		{"   \r\n", "ERROR\r\n"},
		{"GET k\r\n", "ERROR\r\n"},
		{"getx k\r\n", "ERROR\r\n"},
		{"end\r\n", "ERROR\r\n"},
		{"get\r\n", "ERROR\r\n"},
		{"gets \r\n", "ERROR\r\n"},
		{" get  k  \n", "END\r\n"},
		{"get " + key250 + "\r\n", "END\r\n"},
		{"get " + key251 + "\r\n", bad},
		{"get a b " + key251 + " c\r\n", bad},
		{"get k\r\r\n", bad},
		{"set\r\n", "ERROR\r\n"},
		{"set k 0 0\r\n", "ERROR\r\n"},
		{"set k 0 0 1 noreply x\r\n", "ERROR\r\n"},
		{"set k 0 0 1 norepl\r\nx\r\nget k\r\n", "STORED\r\nVALUE k 0 1\r\nx\r\nEND\r\n"},
		{"set  k  5 0  1  \r\nx\r\nget k\r\n", "STORED\r\nVALUE k 5 1\r\nx\r\nEND\r\n"},
		{"set k 0 0 1\nx\r\nget k\n", "STORED\r\nVALUE k 0 1\r\nx\r\nEND\r\n"},
		{"set k 0 0 0\r\n\r\nget k\r\n", "STORED\r\nVALUE k 0 0\r\n\r\nEND\r\n"},
		{"set k 0 0 4\r\n\r\n\r\n\r\nget k\r\n", "STORED\r\nVALUE k 0 4\r\n\r\n\r\n\r\nEND\r\n"},
		{"set k 4294967296 0 4\r\nquit\r\nget k\r\n", bad + "END\r\n"},
		{"set k -1 0 4\r\nquit\r\nget k\r\n", bad + "END\r\n"},
		{"set k 0 x 4\r\nquit\r\nget k\r\n", bad + "END\r\n"},
		{"set k 0 - 4\r\nquit\r\nget k\r\n", bad + "END\r\n"},
		{"set k\x01 0 0 4\r\nquit\r\nget k\r\n", bad + "END\r\n"},
		{"set " + key251 + " 0 0 4 noreply\r\nquit\r\nget k\r\n", "END\r\n"},
		{"set k 0 0 2147483646\r\nget k\r\n", bad + "END\r\n"},
		{"set k 0 0 x\r\nget k\r\n", bad + "END\r\n"},
		{"set k 0 0 2\r\nab\n\nget k\r\n", "CLIENT_ERROR bad data chunk\r\nEND\r\n"},
		{"set k 0 0 5 noreply\r\nabc\r\n??get k\r\n", "END\r\n"},
		{"append k 0 0 4 noreply\r\nquit\r\nget k\r\n", "END\r\n"},
		{"cas k 0 0 4 17\r\nquit\r\nget k\r\n", "ERROR\r\nEND\r\n"},
		{"cas k 0 0 4 17 noreply\r\nquit\r\nget k\r\n", "END\r\n"},
		{"cas k 0 0 4\r\nget k\r\n", "ERROR\r\nEND\r\n"},
		{"delete\r\n", "ERROR\r\n"},
		{"delete k\r\n", "NOT_FOUND\r\n"},
		{"delete k 0\r\n", "NOT_FOUND\r\n"},
		{"delete k 1\r\n", badUsage},
		{"delete k 0 0\r\n", badUsage},
		{"delete k 0 noreply\r\ndelete k noreply\r\ndelete k noreply noreply\r\nget k\r\n", "END\r\n"},
		{"delete a b c d\r\n", "ERROR\r\n"},
		{"delete " + key251 + "\r\n", bad},
		{"version\r\nversion x\r\n", "VERSION test\r\nVERSION test\r\n"},
		{"touch k 0\r\n", "ERROR\r\n"},
		{"set k 0 0 1\r\n1\r\nset k 0 0 1048577\r\n" + strings.Repeat("x", 1048579) + "get k\r\n", "STORED\r\n" + tooLarge + "VALUE k 0 1\r\n1\r\nEND\r\n"},
	} {
		c := newClientOf(newClassic, t, store.NewMemory(), DefaultMaxValue, minRoom)
		if c.send([]byte(test.request)); string(c.got) != test.reply || c.closed || len(c.unread) > 0 {
			t.Errorf("%.80q: want %q, got %q, closed %v, unread %q", test.request, test.reply, c.got, c.closed, c.unread)
		}
	}
	for _, request := range []string{"quit\r\n", "quit now\r\nget k\r\n"} {
		c := newClientOf(newClassic, t, store.NewMemory(), DefaultMaxValue, minRoom)
		if c.send([]byte(request)); len(c.got) > 0 || !c.closed {
			t.Errorf("%q: got %q, closed %v", request, c.got, c.closed)
		}
	}
}

func TestExptime(t *testing.T) {
	var now int64
	for _, test := range []struct {
		exptime string
		lives   int64 // seconds; -1 is for ever
	}{
		{"0", -1}, {"-1", 0}, {"-9999999999", 0}, {"1", 1}, {"2592000", 2592000}, {"2592001", 0}, {fmt.Sprint(today), 0},
		{fmt.Sprint(today + 5), 5}, {"9999999999", -1},
	} {
		c := newClientOf(newClassic, t, clockStore(&now), DefaultMaxValue, minRoom)
		c.send([]byte("set k 0 0 1\r\n1\r\nset k 0 " + test.exptime + " 1\r\n2\r\n"))
		present := func() bool {
			c.got = nil
			c.send([]byte("get k\r\n"))
			return string(c.got) == "VALUE k 0 1\r\n2\r\nEND\r\n"
		}
		if test.lives < 0 {
			now += int64(7000 * time.Hour)
			if !present() {
				t.Errorf("exptime %s: got %q later", test.exptime, c.got)
			}
			continue
		}
		if test.lives > 0 {
			now += test.lives*int64(time.Second) - 1
			if !present() {
				t.Errorf("exptime %s: got %q before %d s", test.exptime, c.got, test.lives)
			}
			now++
		}
		if present() || string(c.got) != "END\r\n" {
			t.Errorf("exptime %s: got %q after %d s", test.exptime, c.got, test.lives)
		}
	}
}

func TestGetsGivesEverySetItsOwnNumber(t *testing.T) {
	c := newClientOf(newClassic, t, store.NewMemory(), DefaultMaxValue, minRoom)
	var seen []string
	for range 3 {
		c.got = nil
		c.send([]byte("set k 0 0 1\r\nv\r\ngets k\r\n"))
		m := regexp.MustCompile(`^STORED\r\nVALUE k 0 1 ([0-9]+)\r\nv\r\nEND\r\n$`).FindSubmatch(c.got)
		if m == nil {
			t.Fatalf("got %q", c.got)
		}
		if slices.Contains(seen, string(m[1])) {
			t.Errorf("%s again, after %v", m[1], seen)
		}
		seen = append(seen, string(m[1]))
	}
}

// TestAGetOfManyKeys: on a line that is longer than any other may be, and with values that do not fit beside each other.
func TestAGetOfManyKeys(t *testing.T) {
	for _, room := range []int{minRoom, 4 << 10} {
		c := newClientOf(newClassic, t, store.NewMemory(), DefaultMaxValue, room)
		var want strings.Builder
		line := "get"
		for i := range 1000 {
			key := fmt.Sprintf("key-%d-%s", i, strings.Repeat("k", i%240))
			if i%3 > 0 {
				value := strings.Repeat("v", i)
				c.send([]byte(fmt.Sprintf("set %s %d 0 %d noreply\r\n%s\r\n", key, i, len(value), value)))
				fmt.Fprintf(&want, "VALUE %s %d %d\r\n%s\r\n", key, i, len(value), value)
			}
			line += " " + key
		}
		want.WriteString("END\r\n")
		c.send([]byte(line + "\r\n"))
		if string(c.got) != want.String() {
			t.Errorf("room for %d: got %d bytes, want %d", room, len(c.got), want.Len())
		}
		c.got = nil
		c.send([]byte(line[:9000] + strings.Repeat("x", 251)))
		if got := string(c.got); !c.closed || !strings.HasSuffix(got, "\r\n"+badFormat) {
			t.Errorf("a key that is too long, late: closed %v, got …%q", c.closed, got[max(0, len(got)-60):])
		}
	}
}

func TestClassicLongLine(t *testing.T) {
	for _, line := range []string{strings.Repeat("x", 8192), strings.Repeat(" ", 8189) + "get", "set " + strings.Repeat("k", 8188)} {
		c := newClientOf(newClassic, t, store.NewMemory(), DefaultMaxValue, minRoom)
		c.send([]byte(line[:8191]))
		if c.closed || len(c.got) > 0 {
			t.Errorf("%.10q: 8191 bytes: closed %v, got %q", line, c.closed, c.got)
		}
		if c.send([]byte(line[8191:])); !c.closed || string(c.got) != tooLong {
			t.Errorf("%.10q: 8192 bytes: closed %v, got %q", line, c.closed, c.got)
		}
	}
}

func TestClassicErrorsOfTheStore(t *testing.T) {
	s := newSlowStore()
	c := newClientOf(newClassic, t, s, DefaultMaxValue, minRoom)
	c.send([]byte("set k 1 0 1\r\n1\r\nset k 1 0 1 noreply\r\n2\r\n"))
	s.fail = errors.New("disk full")
	c.send([]byte("set k 0 0 1\r\n3\r\ndelete k\r\ndelete k noreply\r\nget k\r\n"))
	s.fail = store.ErrOutOfMemory
	c.send([]byte("set k 0 0 1\r\n3\r\nset k 0 0 1 noreply\r\n3\r\n"))
	s.fail = nil
	c.send([]byte("delete k\r\ndelete k\r\n"))
	if want := "STORED\r\n" + failed + failed + "VALUE k 1 1\r\n2\r\nEND\r\n" + noMemory + "DELETED\r\nNOT_FOUND\r\n"; string(c.got) != want {
		t.Errorf("want %q\ngot  %q", want, c.got)
	}
	if want := (tally{getHit: 1, setStored: 2, setFailed: 1, setFull: 2, deleteHit: 1, deleteMiss: 1, deleteFailed: 2}); *c.tally != want {
		t.Errorf("counted %v, want %v", *c.tally, want)
	}
}

func TestClassicHoldsLittle(t *testing.T) {
	for _, line := range []string{"set k 0 0 1048577\r\n", "set k 0 0 2147483645\r\n", "set \x01 0 0 1048576\r\n", "add k 0 0 1048576\r\n"} {
		c := newClientOf(newClassic, t, store.NewMemory(), DefaultMaxValue, minRoom)
		c.send([]byte(line))
		for range 64 {
			c.send(make([]byte, 16<<10))
			if n := cap(c.value) + len(c.unread); n != 0 {
				t.Fatalf("%q: %d bytes are held of a block that is refused", line, n)
			}
		}
	}
	c := newClientOf(newClassic, t, store.NewMemory(), DefaultMaxValue, minRoom)
	c.send([]byte("set k 0 0 1048576\r\nx"))
	if n := cap(c.value); n > firstPart {
		t.Errorf("1 MiB announced, 1 byte sent: %d bytes held, want at most %d", n, firstPart)
	}
}

func TestClassicAllocations(t *testing.T) {
	c := newClientOf(newClassic, t, store.NewMemory(), DefaultMaxValue, minRoom)
	set := []byte("set a-key 1 0 100\r\n" + strings.Repeat("v", 100) + "\r\n")
	c.send(set)
	out := make([]byte, 0, 4<<10)
	for _, test := range []struct {
		request string
		allowed float64
	}{
		{string(set), 1}, {"get a-key\r\nget absent\r\n", 0}, {"gets a-key absent a-key\r\n", 0}, {"delete absent\r\n", 0}, {"nonsense\r\n", 0},
	} {
		in := []byte(test.request)
		n := testing.AllocsPerRun(1000, func() {
			if used, _, then := c.feed(in, out); used != len(in) || then != readOn {
				t.Fatalf("used %d of %d, then %v", used, len(in), then)
			}
		})
		if n > test.allowed {
			t.Errorf("%.20q: %v allocations, want %v", test.request, n, test.allowed)
		}
	}
}

func BenchmarkClassic(b *testing.B) {
	for name, request := range map[string]string{
		"get": "get a-key-of-some-length\r\n",
		"set": "set a-key-of-some-length 0 0 100\r\n" + strings.Repeat("v", 100) + "\r\n",
	} {
		b.Run(name, func(b *testing.B) {
			c := newClientOf(newClassic, b, store.NewMemory(), DefaultMaxValue, minRoom)
			c.send([]byte("set a-key-of-some-length 0 0 100\r\n" + strings.Repeat("v", 100) + "\r\n"))
			in, out := []byte(request), make([]byte, 0, 4<<10)
			b.ReportAllocs()
			for b.Loop() {
				c.feed(in, out)
			}
		})
	}
}

// A classicModel is the classic dialect once more: slow, on the whole stream at once, sharing nothing with the parser.
type classicModel struct {
	maxValue int
	values   map[string]string // flags, a space and the value
}

var (
	blockLine   = regexp.MustCompile(`(?s)^ *(set|add|replace|append|prepend|cas) +([^ ]+) +([^ ]+) +([^ ]+) +([0-9]{1,10})(?: +([^ ]+))?(?: +([^ ]+))? *$`)
	countedLine = regexp.MustCompile(`(?s)^ *(set|add|replace|append|prepend)( +[^ ]+){4,5} *$|^ *cas( +[^ ]+){5,6} *$`)
	deleteLine  = regexp.MustCompile(`(?s)^ *delete +([^ ]+)(?: +([^ ]+))?(?: +([^ ]+))? *$`)
	getsLine    = regexp.MustCompile(`(?s)^ *(gets?)((?: +[^ ]+)+) *$`)
	number      = regexp.MustCompile(`^[0-9]{1,10}$`)
	signed      = regexp.MustCompile(`^-?[0-9]{1,10}$`)
)

// answer returns the replies to a stream, the numbers of gets as #, and whether the server closes first.
func (m *classicModel) answer(stream string) (replies string, closed bool) {
	for {
		line, rest, whole := strings.Cut(stream, "\n")
		if len(line) >= 8192 {
			return replies + tooLong, true
		}
		if !whole {
			return replies, false
		}
		line = strings.TrimSuffix(line, "\r")
		reply, quiet := "ERROR\r\n", false
		if l := blockLine.FindStringSubmatch(line); l != nil && countedLine.MatchString(line) {
			last := l[6]
			if l[1] == "cas" {
				last = l[7]
			}
			quiet = last == "noreply"
			flags, _ := strconv.Atoi(l[3])
			exptime, _ := strconv.Atoi(l[4])
			size, _ := strconv.Atoi(l[5])
			good := goodKey(l[2]) && number.MatchString(l[3]) && flags < 1<<32 && signed.MatchString(l[4])
			if size > 1<<31-3 {
				reply = badFormat
				say(&replies, reply, quiet)
				stream = rest
				continue
			}
			early := ""
			switch {
			case l[1] != "set":
				early = "ERROR\r\n"
			case !good:
				early = badFormat
			case size > m.maxValue:
				early = tooLarge
			}
			if early != "" {
				say(&replies, early, quiet)
			}
			if len(rest) < size+2 {
				return replies, false
			}
			value, end := rest[:size], rest[size:size+2]
			stream = rest[size+2:]
			switch {
			case early != "":
			case end != "\r\n":
				say(&replies, badChunk, quiet)
			default:
				delete(m.values, l[2])
				if exptime == 0 || exptime > 0 && exptime <= 2592000 || exptime > today {
					m.values[l[2]] = fmt.Sprint(flags) + " " + value
				}
				say(&replies, "STORED\r\n", quiet)
			}
			continue
		} else if countedLine.MatchString(line) {
			reply = badFormat
			fields := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' })
			quiet = fields[len(fields)-1] == "noreply" && (len(fields) == 6 && fields[0] != "cas" || len(fields) == 7)
		} else if l := deleteLine.FindStringSubmatch(line); l != nil {
			options := strings.TrimSpace(l[2] + " " + l[3])
			quiet = options == "noreply" || strings.HasSuffix(options, " noreply")
			switch {
			case !slices.Contains([]string{"", "0", "noreply", "0 noreply"}, options):
				reply = badUsage
			case !goodKey(l[1]):
				reply = badFormat
			default:
				reply = "NOT_FOUND\r\n"
				if _, ok := m.values[l[1]]; ok {
					reply = "DELETED\r\n"
					delete(m.values, l[1])
				}
			}
		} else if l := getsLine.FindStringSubmatch(line); l != nil {
			reply = ""
			for _, key := range strings.FieldsFunc(l[2], func(r rune) bool { return r == ' ' }) {
				if !goodKey(key) {
					reply = badFormat
					break
				}
				if v, ok := m.values[key]; ok {
					flags, value, _ := strings.Cut(v, " ")
					cas := ""
					if l[1] == "gets" {
						cas = " #"
					}
					reply += fmt.Sprintf("VALUE %s %s %d%s\r\n%s\r\n", key, flags, len(value), cas, value)
				}
			}
			if reply != badFormat {
				reply += "END\r\n"
			}
		} else if strings.HasPrefix(strings.TrimLeft(line, " ")+" ", "version ") {
			reply = "VERSION test\r\n"
		} else if strings.HasPrefix(strings.TrimLeft(line, " ")+" ", "quit ") {
			return replies, true
		}
		say(&replies, reply, quiet)
		stream = rest
	}
}

func say(replies *string, reply string, quiet bool) {
	if !quiet {
		*replies += reply
	}
}

var casNumber = regexp.MustCompile(`(?m)^(VALUE [^ \r\n]+ [0-9]+ [0-9]+) [0-9]{15,}\r$`)

// FuzzClassic sends a stream whole and cut, as FuzzLite does, and compares each with the model.
func FuzzClassic(f *testing.F) {
	for _, path := range exchangeFiles {
		for _, x := range readExchanges(f, path) {
			var stream []byte
			for _, s := range x.steps {
				if s.send {
					stream = append(stream, s.bytes...)
				}
			}
			if x.dialect.name == "classic" && len(stream) < 20<<10 {
				f.Add(stream, []byte{1, 2, 3})
			}
		}
	}
	f.Add([]byte("set k 0 0 3\r\nabc\r\ngets k k k\r\nget k\r\ndelete k\r\n"), []byte{1})
	f.Add([]byte("set k 5 0 300\r\n"+strings.Repeat("v", 300)+"\r\nget"+strings.Repeat(" k", 50)+"\r\nset j 0 0 301\r\n"+strings.Repeat("v", 301)+"\r\nget j\r\n"), []byte{255})
	f.Add([]byte("set k 0 -1 1\r\nx\r\nset j 0 1800000001 1\r\nx\r\nset l 0 1800000000 1\r\nx\r\nget k j l\r\n"), []byte{7})
	f.Add([]byte("cas k 0 0 3 1 noreply\r\nabc\r\nset k 0 0 x noreply\r\nset k 0 0 2 noreply\r\nabcd\r\ndelete k 0 noreply\r\n"), []byte{2})
	f.Fuzz(func(t *testing.T, stream, cuts []byte) {
		const maxValue = 300
		if len(stream) >= 8192 {
			return // long gets are for TestAGetOfManyKeys
		}
		m := classicModel{maxValue, map[string]string{}}
		want, closed := m.answer(string(stream))
		check := func(name string, c *client) {
			got := casNumber.ReplaceAllString(string(c.got), "$1 #\r")
			if got != casNumber.ReplaceAllString(want, "$1 #\r") || c.closed != closed {
				t.Errorf("%s\nstream %q\nwant %q, closed %v\ngot  %q, closed %v", name, stream, want, closed, c.got, c.closed)
			}
		}
		var now int64
		c := newClientOf(newClassic, t, clockStore(&now), maxValue, 4<<10)
		c.send(stream)
		check("whole", c)
		slow := newSlowStore()
		slow.Memory = clockStore(&now)
		c = newClientOf(newClassic, t, slow, maxValue, minRoom)
		c.send(stream)
		check("whole, little room, a store that finishes later", c)
		c = newClientOf(newClassic, t, clockStore(&now), maxValue, minRoom)
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
