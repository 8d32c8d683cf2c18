package rules

import (
	"slices"
	"strings"
)

// cutRules are about where TCP cuts the bytes of a request.
func cutRules() []Rule {
	return []Rule{
		{
			ID: "FRM-07", Level: Must, Source: "it follows from a byte stream; decision 3", States: []Trait{Cuts},
			Title: "a request that arrives byte by byte is answered like one that arrives at once",
			Text: `How TCP cuts the bytes means nothing. A server reads until it has a whole request, also when every byte comes
				alone.`,
			Example: `
				> "s"
				> "et k 3"
				> "\r"
				> "\n"
				> "abc\r\n"
				< "STORED\r\n"
				- every line is a packet of its own`,
			Pitfall: `A set that comes byte by byte fails on 19 of 31 servers tried. recv, Node's data event and conn.Read return what has
				arrived, which may be one byte or two requests and is never a message; on one's own machine it looks like one.
				Append to a buffer that belongs to the connection, and take requests out of that.`,
			Check: func(t *T) {
				c := t.Dial()
				bytewise := func(r Request) {
					c.Step("%s, byte by byte", r.Words)
					c.SendApart(strings.Split(r.Text, "")...)
					r.expect(c)
				}
				w := t.writer()
				requests := w.requests(Must)
				// The plainest always, and some of the others: a byte costs a pause.
				for _, i := range append([]int{0, 1, 2}, t.Rand.Perm(len(requests))[:t.Times(4, 1)]...) {
					r := requests[i]()
					bytewise(r)
					if r.Leaves {
						c = t.Dial()
					}
				}
				for range t.Times(2, 1) {
					bytewise(w.done(w.set(w.keys[0], valueShape{n: 1 + t.Rand.IntN(20)}, "")))
					bytewise(w.done(w.plainGet(op{})))
				}
				// In many parts, which come so quickly that they cost little.
				key, value := t.Key(), t.Text(t.UpTo(t.Times(240, 20)))
				c.Step("a set of %d bytes, byte by byte", len(value))
				c.SendQuickly(strings.Split(t.SetRequest(key, value), "")...)
				c.Expect(Stored)
				c.Get(key, value)
				c.InStep()
			},
		},
		{
			ID: "FRM-08", Level: Must, Source: "it follows from a byte stream; decision 3", States: []Trait{Cuts},
			Title: "a request cut in two at any place is answered the same",
			Text: `Checked is every place: inside of a word, between CR and LF, before the block, inside of it, and with the second
				part joined to the next request.`,
			Example: `
				> "set k 3\r"
				> "\nabc\r"
				> "\nget k\r\n"
				< "STORED\r\nVALUE k 3\r\nabc\r\nEND\r\n"`,
			Pitfall: `The cut that hurts is the one between CR and LF: code that looks for the line end in each packet by itself misses
				it, or takes the lone LF for an empty line. Text decoded packet by packet breaks where a character is cut. Search in
				all bytes that have not been used yet, not in those that came last.`,
			Check: func(t *T) {
				t.cutEverywhere(Must)
				c := t.Dial()
				for range t.Times(10, 1) {
					key, value := t.Key(), t.Text(t.UpTo(1000+t.Rand.IntN(30000)))
					set := t.SetRequest(key, value)
					at := 1 + t.Rand.IntN(len(set)-1)
					c.Step("a set of %d bytes cut after byte %d", len(value), at)
					c.SendApart(set[:at], set[at:])
					c.Expect(Stored)
					c.Get(key, value)
				}
				key, value := t.KeyOf(t.Profile.MaxKey), t.Text(10)
				set, get := t.SetRequest(key, value), t.GetRequest(key)
				for _, at := range Some(t, []int{3, len(key) / 2, len(key) + 2, len(set) - len(value) - 4, len(set) - len(value) - 3}, 1) {
					c.Step("a set with a key of %d bytes, cut after byte %d", len(key), at)
					c.SendApart(set[:at], set[at:])
					c.Expect(Stored)
				}
				for _, at := range Some(t, []int{2, len(get) / 2, len(get) - 3, len(get) - 2, len(get) - 1}, 1) {
					c.Step("a get with a key of %d bytes, cut after byte %d", len(key), at)
					c.SendApart(get[:at], get[at:])
					c.ExpectValue(key, value)
				}
				if t.Has(Block) && t.Has(CRLF) && t.Has(Pipelining) {
					pages := t.pages(t.Volume(16, 2))
					c.Step("%d sets and gets in one packet, in which each 4096th byte is the CR of a line's end", len(pages))
					c.InOnePacket(pages...)
				}
				c.InStep()
			},
		},
		{
			ID: "FRM-15", Level: Should, Source: "it follows from a byte stream; decisions 1, 3 and 4", States: []Trait{Cuts},
			Title: "so is one with any bytes in it, cut at any place",
			Text: `FRM-08 for the requests of level should: values with CR, LF and NUL at their ends, which a cut parts from the line
				end, keys of other bytes than ASCII, more spaces than needed, keys that are too long.`,
			Example: `
				> "set k 3\r\nab\r"
				> "\r\nget k\r\n"
				< "STORED\r\nVALUE k 3\r\nab\r\r\nEND\r\n"`,
			Pitfall: `A CR that a packet ends with may be half of a line end or the last byte of the value: only the next byte tells. Code that
				drops it, or forgets that it was there, has it right until a value ends in CR. Leave it in the buffer until the
				next byte has come.`,
			Check: func(t *T) { t.cutEverywhere(Should) },
		},
		{
			ID: "FRM-16", Level: May, Source: "it follows from a byte stream; decision 1", States: []Trait{Cuts},
			Title: "so is one with control characters or odd line ends, cut at any place",
			Text: `FRM-08 for the requests of level may: lines that end in a bare LF, a CR before the CRLF of a line, control
				characters in keys.`,
			Example: `
				> "get k"
				> "\nget k\r"
				< "NOT-FOUND\r\n"
				> "\r\nget k\r\n"
				< "ERROR\r\nNOT-FOUND\r\n"`,
			Pitfall: `A LF that a packet begins with is skipped because the line before it is thought to be over: after "get k" and a
				pause it was the whole line end. Whether a line is over depends on the bytes and never on when they came.`,
			Check: func(t *T) { t.cutEverywhere(May) },
		},
	}
}

// pages are requests in which a CR with its LF behind it ends each of so many times 4096 bytes: a buffer of that size, or a multiple, cuts
// there, whatever the packets are.
func (t *T) pages(n int) (list []exchange) {
	const page = 4096
	absent, sent := t.GetRequest(t.Key()), 0
	for i := range n {
		key, value, behind := t.Key(), "", ""
		if i%2 == 1 {
			behind = absent // the CR of a command line, not of a block
		}
		for range 3 { // the size has more digits when the value is longer
			short := (i+1)*page + 1 - sent - len(t.SetRequest(key, value)+behind)
			value = strings.Repeat("x", max(t.least(), len(value)+short))
		}
		list = append(list, exchange{t.SetRequest(key, value), answers(Stored)})
		if behind != "" {
			list = append(list, exchange{behind, answers(Missing)})
		}
		sent += len(t.SetRequest(key, value) + behind)
	}
	return list
}

// writer writes requests about three fresh keys, outside of a sequence. They are short, because each of their bytes is a place to cut
// at, and that costs a pause.
func (t *T) writer() *sequenceWriter {
	id := t.rule.ID[4:] + t.target.token
	w := &sequenceWriter{t: t, least: len(id) + 1, values: map[string]string{}}
	for i := range keysOfSequence {
		w.keys = append(w.keys, keyShape{}.name(id, 0, i))
	}
	return w
}

// done has the model do what r does.
func (w *sequenceWriter) done(r Request) Request {
	if r.run != nil {
		r.run()
	}
	return r
}

// requests returns a writer for each form of level, in a variation from the seed that stays the same. What the model does is done when
// it is written.
func (w *sequenceWriter) requests(level Level) (list []func() Request) {
	t := w.t
	add := func(o op) {
		list = append(list, func() Request {
			return w.done(sequenceForms[o.form].write(w, o))
		})
	}
	for i, f := range sequenceForms {
		if f.level == level && (f.asked == nil || f.asked(t)) {
			add(op{form: i, key: t.Rand.IntN(2), n: t.Rand.IntN(16), value: valueShape{n: 1 + t.Rand.IntN(5), first: t.Rand.IntN(30)}})
		}
	}
	values := []valueShape{}
	switch {
	case level == Must:
		values = []valueShape{{n: t.least()}, {kind: wordValue, n: t.Rand.IntN(20)}, {kind: wideValue, n: 3}}
	case level == Should && t.Has(ByteSize):
		for _, bytes := range []string{"ab\r", "\n", "\nab\r\r", "\r", "\x00\n\x00", "a\nb\n"} {
			values = append(values, valueShape{kind: byteValue, bytes: bytes})
		}
	}
	if t.Profile.Words || !t.Has(Block) {
		return list
	}
	for _, v := range values {
		add(op{form: plainSet, value: v})
	}
	return list
}

// cutEverywhere sends the requests of a level cut in two at every place, the second part together with the next request where they may
// share a packet.
func (t *T) cutEverywhere(level Level) {
	c := t.Dial()
	w := t.writer()
	next := 0
	follow := []func() Request{
		func() Request { return w.plainGet(op{key: 2}) },
		func() Request { return w.refused("unknown command", op{}, "nonsense") },
		func() Request { return w.plainGet(op{}) },
	}
	for _, write := range w.requests(level) {
		text := write().Text
		for _, at := range Some(t, places(text), 2) {
			r := write()
			c.Step("%s, cut after byte %d: %s %s", r.Words, at, quote([]byte(text[:at])), quote([]byte(text[at:])))
			step := c.step
			if r.Leaves || r.Alone || !t.Has(Pipelining) {
				c.SendApart(text[:at], text[at:])
				r.expect(c)
				if r.Leaves {
					c = t.Dial()
				}
				continue
			}
			behind := w.done(follow[next%len(follow)]())
			next++
			c.SendApart(text[:at], text[at:]+behind.Text)
			r.expect(c)
			c.step = behind.Words + " behind " + step
			behind.expect(c)
		}
		c.InStep()
	}
}

// places are all at which s can be cut in two; of a long one, those around the ends of its lines and some of the others.
func places(s string) (list []int) {
	const short, near = 80, 3
	for at := 1; at < len(s); at++ {
		lineEnd := slices.ContainsFunc([]int{strings.IndexByte(s, '\n'), len(s) - 1}, func(end int) bool {
			return at >= end-near && at <= end+near
		})
		if len(s) <= short || lineEnd || at%(len(s)/short*4) == 0 {
			list = append(list, at)
		}
	}
	return list
}
