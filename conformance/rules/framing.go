package rules

import (
	"bytes"
	"slices"
	"strings"
)

// framingRules are about lines and tokens; packetRules about how TCP cuts them.
func framingRules() []Rule {
	return []Rule{
		{
			ID: "FRM-01", Level: Must, Source: "R; decision 1",
			Title: "an unknown command is ERROR, in step",
			Text: `A line whose first token is no command is answered with one ERROR, whatever follows on the line, and the next
				line is a command again. That goes for words that begin like a command too.`,
			Example: `
				> "delete k\r\nget k\r\n"
				< "ERROR\r\nNOT-FOUND\r\n"
				> "gett k\r\n"
				< "ERROR\r\n"`,
			Pitfall: `A chain of ifs without a last else: 3 of 31 servers tried say nothing, and the client waits for ever. Others look at
				the first letter or at startswith("get"), close the connection, or read a block behind any line of three words.
				Compare the whole first token, and end with an else that says ERROR once.`,
			Check: func(t *T) {
				c := t.Dial()
				list := []string{"nonsense", "x", "g", "ge", "se", "gett", "sett", "getget", "sset", "en", "endd", "set:", "\"get\"",
					"?", "0", "-", "STORED", "getk", "set=1"}
				if t.Profile.Dialect == Lite {
					list = append(list, "gets", "gat", "add", "replace", "append", "prepend", "cas", "incr", "decr", "touch", "delete", "flush_all", "stats", "version",
						"verbosity", "mg", "ms", "md", "mn", "del", "put", "GET", "ping", "help", "list", "keys", "clear", "shutdown",
						"remove", "#get", "\xff", "\x00", "\x80\x00", "get\x00", "\xefget", "//",
						"GET / HTTP/1.1") // at which memcached closes the connection, on purpose
				}
				for range 30 {
					list = append(list, "zz"+text(t.Rand, 1+t.Rand.IntN(30), plainBytes))
				}
				present, value := t.Key(), t.Text(30)
				c.Set(present, value)
				for i, word := range Some(t, list, 3) {
					var asks []exchange
					for _, tail := range []string{"", " " + present, " " + t.Key() + " 3", " a b c d e"} {
						asks = append(asks, exchange{t.Lines(word + tail), answers(BadCommand)})
					}
					c.Step("the word %q alone, with a stored key, with three words and with six", word)
					c.InOnePacket(append(asks, exchange{t.GetRequest(present), finds(present, value)})...)
					if i%12 == 0 {
						c.InStep()
					}
				}
				c.InStep()
			},
		},
		{
			ID: "FRM-02", Level: Must, Source: "decision 1",
			Title: "an empty or blank line is ERROR, in step",
			Text: `A line without a token is no command: it gets one ERROR like any other, and is not passed over in silence, which
				would leave the client waiting.`,
			Example: `
				> "\r\n"
				< "ERROR\r\n"
				> "   \r\nget k\r\n"
				< "ERROR\r\nNOT-FOUND\r\n"`,
			Pitfall: `if not line: continue is a habit, and split()[0] of nothing throws: 9 of 31 servers tried never answer a blank line.
				An empty read is the end of the stream; an empty line is a request without a command, and is answered like every
				other.`,
			Check: func(t *T) {
				c := t.Dial()
				for _, line := range Some(t, []string{"", " ", "  ", strings.Repeat(" ", 10+t.Rand.IntN(100))}, 2) {
					c.Step("the line %q", line)
					c.Send(t.Lines(line))
					c.Expect(BadCommand)
					c.InStep()
				}
				n := t.Times(20, 3)
				c.Step("%d empty lines in one packet", n)
				c.InOnePacket(slices.Repeat([]exchange{{t.Lines(""), answers(BadCommand)}}, n)...)
				c.InStep()
			},
		},
		{
			ID: "FRM-03", Level: Must, Source: "M; decision 1",
			Title: "commands are lower case: SET, Get, END are unknown",
			Text:  `In any other case the three words are unknown commands: one ERROR, no data block, no value, and nobody leaves.`,
			Example: `
				> "GET k\r\n"
				< "ERROR\r\n"
				> "SET k 3\r\nabc\r\n"
				< "ERROR\r\nERROR\r\n"`,
			Pitfall: `lower(), equalsIgnoreCase and strcasecmp are meant kindly. But then SET has a block on one server and none on the
				next, and a client cannot know what becomes of its value. Compare the bytes.`,
			Check: func(t *T) {
				c := t.Dial()
				present, fresh := t.Key(), t.Key()
				c.Set(present, t.Text(10))
				for _, word := range Some(t, otherCases("get"), 2) {
					c.Step("the command %q", word)
					c.Send(t.Lines(word + " " + present))
					c.Expect(BadCommand)
				}
				for _, word := range Some(t, otherCases("set"), 2) {
					c.Step("the command %q with a block", word)
					line, _ := t.Profile.set(fresh, 3, "abc")
					asks := []exchange{{t.Lines(strings.Replace(line, "set", word, 1)), answers(BadCommand)}}
					if t.Has(Block) {
						asks = append(asks, exchange{t.Lines("abc"), answers(BadCommand)})
					}
					c.InOnePacket(asks...)
					c.Miss(fresh)
				}
				for _, word := range Some(t, otherCases(t.Profile.Leave), 1) {
					c.Step("the command %q", word)
					c.Send(t.Lines(word))
					c.Expect(BadCommand)
				}
				c.InStep()
			},
		},
		{
			ID: "FRM-04", Level: Should, Source: "A, which writes get <key> \\r\\n; decision 1",
			Title: "one or more spaces separate tokens; leading and trailing spaces are ignored",
			Text:  `Spaces between, before and after the tokens of a command line do not matter, however many.`,
			Example: `
				> "  set   k  3  \r\nabc\r\n get k \r\n"
				< "STORED\r\nVALUE k 3\r\nabc\r\nEND\r\n"`,
			Pitfall: `split(" ") makes an empty token between two spaces, and taking the rest of the line for the key adds the trailing
				space to it, which the assignment writes before each line end. Split at every space and drop the tokens that are
				empty.`,
			Check: func(t *T) {
				c := t.Dial()
				gap := func() string { return strings.Repeat(" ", size(t.Rand, 300)) }
				for _, ends := range Some(t, [][2]string{{"", " "}, {" ", ""}, {" ", " "}, {"", ""}, {gap(), gap()}, {gap(), gap()},
					{strings.Repeat(" ", 9), strings.Repeat(" ", 9)}, {strings.Repeat(" ", 70), ""}, {"", strings.Repeat(" ", 700)}}, 2) {
					key, value := t.Key(), text(t.Rand, 12, plainBytes) // a space may be between tokens here
					spread := func(line string) string { return t.Lines(ends[0] + strings.ReplaceAll(line, " ", gap()) + ends[1]) }
					line, block := t.Profile.set(key, len(value), value)
					set, get := spread(line), spread("get "+key)
					c.Step("the line %q", set)
					c.Send(set + block)
					c.Expect(Stored)
					c.Get(key, value)
					c.Step("the line %q", get)
					c.Send(get)
					c.ExpectValue(key, value)
				}
				for _, line := range []string{t.Profile.Leave + " ", "  " + t.Profile.Leave + "  "} {
					if !t.Has(Leaving) {
						break
					}
					leaves := t.Dial()
					leaves.Step("the line %q", line)
					leaves.Send(t.Lines(line))
					leaves.ExpectEnd()
				}
				c.InStep()
			},
		},
		{
			ID: "FRM-05", Level: Should, Source: "M; decision 1",
			Title: "a tab is not a separator",
			Text: `Nor is any other white space but the space: such a byte belongs to its token, so "get<tab>k" is an unknown command
				and "get k<tab>" does not ask for k.`,
			Example: `
				> "get\tk\r\n"
				< "ERROR\r\n"
				> "get k\t\r\n"
				< "ERROR\r\n"
				- here NOT-FOUND is right too`,
			Pitfall: `split() in Python, \s in regular expressions, scanf, and strings.Fields in Go separate at tabs and more: form feeds
				and, in decoded text, no-break spaces. On another server the same line is one word. Split at byte 32 alone: split(b"
				"), without the empty ones.`,
			Check: func(t *T) {
				c := t.Dial()
				key := t.Key()
				c.Set(key, t.Text(10))
				for _, white := range append(Some(t, []string{"\v", "\f", "\u00a0", "\u2003", "\t\t"}, 1), "\t") {
					c.Step("get and key with %q between", white)
					c.Send(t.Lines("get" + white + key))
					c.Expect(BadCommand)
					for _, line := range []string{"get " + key + white, "get " + white + key, "get " + key + white + key} {
						c.Step("the line %q", line)
						c.Send(t.Lines(line))
						c.Expect(BadKey, Missing)
					}
					if t.Profile.Dialect == Lite && t.Has(Block) {
						for _, line := range []string{"set " + key + white + "3", "set " + key + " 3" + white, "set " + key + " " + white + "3"} {
							c.Step("the line %q", line)
							c.Send(t.Lines(line))
							c.Expect(BadCommand)
						}
					}
				}
				c.InStep()
			},
		},
		{
			ID: "FRM-06", Level: May, Source: "M; decision 1", Needs: []Trait{Block, CRLF},
			Title: "a command line may end in a bare LF; a block ends the way its command line ended",
			Text: `"get k\n" is a get. "set k 3\nabc\n" is STORED, and "set k 2\nab\r\n" is refused, because that block has 3 bytes.
				Replies end in CRLF all the same. (Classic: the block ends in CRLF always.)`,
			Example: `
				> "set k 3\nabc\nget k\n"
				< "STORED\r\nVALUE k 3\r\nabc\r\nEND\r\n"
				> "set k 2\nab\r\n"
				< "ERROR\r\n"`,
			Pitfall: `A server that waits for "\r\n" leaves the person who types at nc without an answer, for nc sends a bare LF. One that
				takes either end off either line cannot tell ab from ab and a CR. Find the LF, see whether a CR stands before it,
				and end the block in the same way.`,
			Check: func(t *T) {
				c := t.Dial()
				for range t.Times(10, 1) {
					key, value := t.Key(), t.Text(1+t.Rand.IntN(50))
					if t.Profile.Dialect == Classic {
						c.Send(t.SetLine(key, len(value)) + "\n" + value + "\r\n")
					} else {
						c.Send(t.SetLine(key, len(value)) + "\n" + value + "\n")
					}
					c.Expect(Stored)
					c.Send("get " + key + "\n")
					c.ExpectValue(key, value)
					c.InOnePacket(exchange{"nonsense\n", answers(BadCommand)}, exchange{"\n", answers(BadCommand)},
						exchange{"get " + t.Key() + "\n", answers(Missing)})
					if t.Profile.Dialect == Lite {
						if t.Has(Refuses) {
							c.Step("a block that ends in CRLF after a line that ended in LF")
							c.Send(t.SetLine(key, len(value)) + "\n" + value + "\r\n")
							c.Expect(Mismatch)
							c.Get(key, value)
						}
						c.Step("a CR that is the last byte of the value")
						c.Send(t.SetLine(key, len(value)+1) + "\n" + value + "\r\n")
						c.Expect(Stored)
						c.Get(key, value+"\r")
					}
					// While one client's block is awaited, another ends its lines in the other way.
					end := "\n"
					if t.Profile.Dialect == Classic {
						end = t.Profile.BlockEnd
					}
					waits, value := t.Dial(), t.Text(9)
					waits.Step("a set with bare LFs, whose block comes after another client's set with CRLFs")
					waits.Send(t.SetLine(key, 9) + "\n")
					t.Pause()
					c.Set(t.Key(), value)
					waits.Continue(value + end)
					waits.Expect(Stored)
					c.Get(key, value)
					waits.Close()
				}
				if t.refusesInStep() {
					key, long := t.Key(), t.KeyOf(t.Profile.MaxKey+1)
					for _, refused := range []exchange{
						{t.SetLine(key, 3) + "\nab\n", answers(Mismatch)},
						{t.SetLine(key, 3) + "\nabcd\n", answers(Mismatch)},
						{t.SetLine(long, 3) + "\nabc\n", answers(BadKey)},
						{t.SetLine(key, "9999999999") + "\nabc\n", answers(TooLarge, Mismatch)},
						{t.SetLine(key, "3x") + "\n", answers(BadCommand)},
						{"set " + key + "\n", answers(BadCommand)},
					} {
						c.Step("%s and a get, with bare LFs", quote([]byte(refused.request)))
						c.InOnePacket(refused, exchange{"get " + key + "\n", answers(Missing)})
					}
				}
				c.InStep()
			},
		},
		{
			ID: "FRM-14", Level: May, Source: "decision 4", Dialects: []string{Lite}, Needs: []Trait{Block, CRLF},
			Title: "a CR before the CRLF of a command line belongs to the last token",
			Text: `A line ends in one CRLF. A CR before it is a byte of the last token like any other, so "get k\r\r\n" asks for a
				key that cannot be, "end\r\r\n" is an unknown command and "set k 3\r\r\n" has an unreadable size.`,
			Example: `
				> "get k\r\r\n"
				< "ERROR\r\n"
				> "end\r\r\nget k\r\n"
				< "ERROR\r\nNOT-FOUND\r\n"`,
			Pitfall: `rstrip("\r\n"), rstrip() and TrimRight take away every CR at the end of the line, not one line end. Take off exactly
				CRLF: removesuffix in Python, CutSuffix in Go, or compare the last two bytes.`,
			Check: func(t *T) {
				c := t.Dial()
				for range t.Times(5, 1) {
					key, value := t.Key(), t.Text(10)
					c.Set(key, value)
					for _, line := range Some(t, []string{"get " + key + "\r", t.Profile.Leave + "\r", "set " + key + " 3\r", "get\r", "\r", "get " + key + "\r\r\r"}, 2) {
						c.Step("the line %q", line)
						c.InOnePacket(exchange{t.Lines(line), answers(BadCommand, BadKey)}, exchange{t.GetRequest(key), finds(key, value)})
					}
				}
				c.InStep()
			},
		},
	}
}

// otherCases returns every other spelling of a word in lower and upper case.
func otherCases(word string) (list []string) {
	word = strings.ToLower(word)
	for mask := 1; mask < 1<<len(word); mask++ {
		b := []byte(word)
		for i := range b {
			if mask>>i&1 == 1 {
				b[i] = bytes.ToUpper(b[i : i+1])[0]
			}
		}
		list = append(list, string(b))
	}
	return list
}
