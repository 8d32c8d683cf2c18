package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Request is one request of a sequence, under its keys' names.
type Request struct {
	Text   string
	Words  string // what it is: "get of a key of 251 bytes"
	Leaves bool   // the connection ends
	Alone  bool   // nothing is sent with it: what it does to its neighbours is not specified, or nothing is answered

	run    func()        // what the model does when the request is whole; nil: nothing
	expect func(*Client) // reads the reply and judges it, after run; nil where nothing says what is right
}

func (w *sequenceWriter) plainGet(o op) Request {
	return w.get(w.keys[o.key], w.getLine(w.keys[o.key])+w.t.Profile.LineEnd, "get of %s")
}

func (w *sequenceWriter) plainSet(o op) Request { return w.set(w.keys[o.key], o.value, "") }

func (w *sequenceWriter) unknownCommand(o op) Request {
	key := w.keys[o.key]
	return w.refused("unknown command", o, "nonsense", "nonsense "+key, "gett "+key, "sett "+key+" 3", "STORED", "g", "se t "+key, "getset")
}

func (w *sequenceWriter) blankLine(o op) Request { return w.refused("blank line", o, "", " ", "   ") }

func (w *sequenceWriter) wrongGetTokens(o op) Request {
	key, other := w.keys[o.key], w.keys[(o.key+1)%keysOfSequence]
	list := []string{"get", "get " + key + " " + other, "get " + key + " " + key, "get " + key + " 3", "get " + key + " 0 0 3"}
	if w.t.Profile.Dialect == Classic {
		list = list[:1]
	}
	return w.refused("get with a wrong number of tokens", o, list...)
}

func (w *sequenceWriter) wrongSetTokens(o op) Request {
	key := w.keys[o.key]
	list := []string{"set", "set " + key, "set " + key + " 3 abc", "set " + key + " 0 0 3", "set " + key + " 3 noreply", "set 3"}
	switch {
	case w.t.Profile.Dialect == Classic:
		list = []string{"set", "set " + key, "set " + key + " 0", "set " + key + " 0 0"}
	case !w.t.Has(Block) || !w.t.Has(Sized):
		list = list[:2]
	}
	return w.refused("set with a wrong number of tokens", o, list...)
}

func (w *sequenceWriter) unreadableSize(o op) Request {
	sizes := []string{"-1", "3x", "abc", "1.5", "0x3", "-3", "1e1", "+3", "99999999999", "00000000003", "18446744073709551619"}
	if w.t.Profile.Dialect == Classic {
		sizes = sizes[:5]
	}
	r := w.refused("set with an unreadable size", op{}, w.t.sizeOnly(w.keys[o.key], sizes[o.n%len(sizes)]))
	if w.t.Profile.Dialect == Classic {
		r.Alone = true
		r.expect = func(c *Client) { c.ExpectRefused(0, BadCommand) }
	}
	return r
}

func (w *sequenceWriter) capitals(o op) Request {
	leave := w.t.Profile.Leave
	return w.refused("command in capitals", o, "GET "+w.keys[o.key], strings.Replace(w.t.SetLine(w.keys[o.key], 3), "set", "Set", 1),
		strings.ToUpper(leave), strings.ToUpper(leave[:1])+leave[1:])
}

func (w *sequenceWriter) mismatch(o op) Request {
	block := w.harmless(o.value)
	have := w.t.Profile.length(block)
	by := []int{1, -1, 2, -2, 3, -3, 10, 100, 1000}[o.n%9]
	if have+by < 0 {
		by = -by
	}
	return w.refusedSet(w.keys[o.key], have+by, block, max(0, by), fmt.Sprintf("set of %s with a block of %s announced as %d",
		name(w.keys[o.key]), inBytes(have), have+by), Mismatch)
}

func (w *sequenceWriter) setOfLongKey(o op) Request {
	key, block := w.tooLong(o), w.harmless(o.value)
	return w.refusedSet(key, w.t.Profile.length(block), block, 0, fmt.Sprintf("set of %s", name(key)), BadKey)
}

func (w *sequenceWriter) hugeSize(o op) Request {
	block := w.block(o.value)
	n := int64(len(block))
	announced := []int64{9999999999, 1<<32 + n, 1<<31 + n, 1<<31 - 1, 1<<32 - 1, 1 << 30}[o.n%6]
	return w.refusedSet(w.keys[o.key], announced, block, 0, fmt.Sprintf("set of %s with a block of %s announced as %d",
		name(w.keys[o.key]), inBytes(len(block)), announced), Mismatch, TooLarge)
}

func (w *sequenceWriter) zeros(o op) Request {
	return w.set(w.keys[o.key], o.value, []string{"%010d", "%05d", "%07d"}[o.n%3])
}

func (w *sequenceWriter) leave(op) Request {
	return Request{Text: w.t.LeaveLine(), Words: w.t.Profile.Leave, Leaves: true, expect: (*Client).ExpectEnd}
}

func (w *sequenceWriter) getOfLongKey(o op) Request {
	key := w.tooLong(o)
	return w.answered(w.t.GetRequest(key), "get of "+name(key), BadKey, Missing)
}

func (w *sequenceWriter) spaces(o op) Request {
	line := w.getLine(w.keys[o.key])
	text := []string{line + " ", " " + line, strings.Replace(line, " ", "  ", 1), "   " + strings.Replace(line, " ", "   ", 1) + "   "}[o.n%4]
	return w.get(w.keys[o.key], text+w.t.Profile.LineEnd, "get of %s with more spaces than needed")
}

func (w *sequenceWriter) tabs(o op) Request {
	key := w.keys[o.key]
	if o.n%3 == 0 {
		return w.refused("get and key with a tab between", op{}, "get\t"+key)
	}
	return w.answered(w.t.Lines([]string{"get " + key + "\t", "get \t" + key}[o.n%2]), "get of a key with a tab", BadKey, Missing)
}

func (w *sequenceWriter) leaveWithArguments(o op) Request {
	leave := w.t.Profile.Leave
	return w.refused(leave+" with arguments", o, leave+" x", leave+" 0", leave+" now please")
}

func (w *sequenceWriter) setOfControl(o op) Request {
	key, block := w.controlled(o), w.block(o.value)
	return w.refusedSet(key, w.t.Profile.length(block), block, 0, fmt.Sprintf("set of the key %s", quote([]byte(key))), BadKey)
}

func (w *sequenceWriter) getOfControl(o op) Request {
	key := w.controlled(o)
	return w.answered(w.t.GetRequest(key), fmt.Sprintf("get of the key %s", quote([]byte(key))), BadKey, Missing)
}

func (w *sequenceWriter) bareGet(o op) Request {
	return w.get(w.keys[o.key], w.getLine(w.keys[o.key])+"\n", "get of %s that ends in a bare LF")
}

func (w *sequenceWriter) bareSet(o op) Request {
	key, block := w.keys[o.key], strings.ReplaceAll(w.block(o.value), "\n", "\v")
	r := w.answered(w.t.SetLine(key, w.t.Profile.length(block))+"\n"+block+"\n", fmt.Sprintf("set of %s whose lines end in a bare LF", name(key)), Stored)
	r.run = func() { w.values[key] = block }
	return r
}

func (w *sequenceWriter) bareThenCRLF(o op) Request {
	key, block := w.keys[o.key], strings.ReplaceAll(w.block(o.value), "\n", "\v")
	return w.answered(w.t.SetLine(key, w.t.Profile.length(block))+"\n"+block+"\r\n",
		fmt.Sprintf("set of %s whose line ends in a bare LF and its block in CRLF", name(key)), Mismatch)
}

func (w *sequenceWriter) doubleCR(o op) Request {
	key := w.keys[o.key]
	line := []string{w.getLine(key) + "\r", w.t.SetLine(key, 3) + "\r", "get\r", "\r", w.getLine(key) + "\r\r"}[o.n%5]
	return w.answered(line+"\r\n", "line with a CR before its CRLF", BadCommand, BadKey)
}

// aroundMaximum is a value of about the largest size.
func (w *sequenceWriter) aroundMaximum(o op) Request {
	n := max(0, w.t.Profile.MaxValue+[]int{1, 0, -1, 2, -2, 1024, -1024, w.t.Profile.MaxValue}[o.n%8])
	return Request{Alone: w.t.Profile.Dialect == Classic, Text: w.t.SetRequest(w.keys[o.key], strings.Repeat("x", n)), Words: fmt.Sprintf("set of %s to %s", name(w.keys[o.key]), inBytes(n))}
}

// longLine is a line around the lengths at which servers stop reading one.
func (w *sequenceWriter) longLine(o op) Request {
	n := []int{8192, 8191, 8190, 8193, 2048, 2049, 1024, 4096, 4097}[o.n%9]
	line := w.getLine(w.keys[o.key])
	end := w.t.Profile.LineEnd
	return Request{Alone: w.t.Profile.Dialect == Classic, Text: line + strings.Repeat(" ", max(0, n-len(line)-len(end))) + end,
		Words: fmt.Sprintf("get of %s on a line of %s", name(w.keys[o.key]), inBytes(n))}
}

// spoilt is a good request with one byte put in, in place of another, or taken out, anywhere before the last line end.
func (w *sequenceWriter) spoilt(o op) Request {
	whole := w.t.GetRequest(w.keys[o.key])
	if o.n%2 == 0 {
		whole = w.t.SetRequest(w.keys[o.key], "abc")
	}
	at := (len(o.value.bytes) + 3*o.value.n + 7*o.value.first) % (len(whole) - 2)
	odd := string("\x00\r \t\n0-\x7f\xffA"[(o.value.kind+o.n)%10])
	text := []string{whole[:at] + odd + whole[at:], whole[:at] + odd + whole[at+1:], whole[:at] + whole[at+1:]}[(o.n/2)%3]
	return Request{Alone: w.t.Profile.Dialect == Classic, Text: text, Words: "spoilt request"}
}

// set stores a value of that shape; format is how the size is written, "" as usual.
func (w *sequenceWriter) set(key string, shape valueShape, format string) Request {
	value := w.block(shape)
	n := w.t.Profile.length(value)
	words := fmt.Sprintf("set of %s to %s", name(key), inBytes(n))
	var size any = n
	if format != "" {
		size = fmt.Sprintf(format, n)
		words += fmt.Sprintf(", the size written %v", size)
	}
	r := w.answered(w.t.SetWith(key, size, value), words, Stored)
	r.run = func() { w.values[key] = value }
	return r
}

// get is answered by what the model says is there. A key too short to be fresh is set first: who knows what it has.
func (w *sequenceWriter) get(key, text, words string) Request {
	if _, known := w.values[key]; !known && len(key) < w.least {
		return w.set(key, valueShape{n: 1}, "")
	}
	var (
		value string
		found bool
	)
	r := w.answered(text, fmt.Sprintf(words, name(key)), Missing)
	r.run = func() { value, found = w.values[key] }
	r.expect = func(c *Client) {
		if found {
			c.ExpectValue(key, value)
		} else {
			c.Expect(Missing)
		}
	}
	return r
}

func (w *sequenceWriter) answered(text, words string, outcomes ...Outcome) Request {
	return Request{Text: text, Words: words, expect: func(c *Client) { c.Expect(outcomes...) },
		// Memcached refuses a key, and then forgets the replies to what came before that it has not sent yet.
		Alone: w.t.Profile.Dialect == Classic && slices.Contains(outcomes, BadKey) || slices.ContainsFunc(outcomes, w.t.Profile.silent)}
}

// refused is one of several command lines that stand alone.
func (w *sequenceWriter) refused(words string, o op, lines ...string) Request {
	return w.answered(w.t.Lines(lines[o.n%len(lines)]), words, BadCommand)
}

// refusedSet is a set that is refused with its block.
func (w *sequenceWriter) refusedSet(key string, size any, block string, missing int, words string, outcomes ...Outcome) Request {
	r := w.answered(w.t.SetWith(key, size, block), words, outcomes...)
	if w.t.Profile.Dialect == Classic {
		r.Alone = true
		r.expect = func(c *Client) { c.ExpectRefused(missing, outcomes...) }
	}
	return r
}

// getLine is the command line of a get, without its end.
func (w *sequenceWriter) getLine(key string) string {
	return strings.TrimSuffix(w.t.GetRequest(key), w.t.Profile.LineEnd)
}

func name(key string) string {
	if len(key) > 60 {
		return fmt.Sprintf("a key of %s", inBytes(len(key)))
	}
	return quote([]byte(key))
}

func inBytes(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}
