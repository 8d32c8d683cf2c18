package rules

import (
	"strings"
	"unicode/utf8"
)

func limitRules() []Rule {
	return []Rule{
		{
			ID: "LIM-01", Level: Must, Source: "R; decision 4",
			Title: "keys of 1 to 250 bytes are stored and found",
			Text:  `Every length from 1 to 250 is legal, each key distinct from the others.`,
			Example: `
				> "set " "k"*250 " 1\r\nv\r\n"
				< "STORED\r\n"
				> "get " "k"*250 "\r\n"
				< "VALUE " "k"*250 " 1\r\nv\r\nEND\r\n"`,
			Pitfall: `< where <= was meant, char key[250] without a place for the NUL, a file called after the key with a suffix that
				brings it over the file system's 255 bytes: 249 work and 250 do not. Try both sides of every limit.`,
			Check: func(t *T) {
				c := t.Dial()
				most := t.Profile.MaxKey
				lengths := make([]int, most)
				for i := range lengths {
					lengths[i] = i + 1
				}
				some := append(Some(t, lengths[:most-2], 3), most-1, most)
				values := map[string]string{}
				for _, n := range some {
					key, value := t.KeyOf(n), t.Text(10)
					c.Step("a key of %d bytes", n)
					c.Set(key, value)
					values[key] = value
				}
				for _, n := range Some(t, []int{1, 100, 1000, 10_000, 100_000}, 1) {
					// The longest VALUE lines.
					key, value := t.KeyOf(most), t.Text(max(t.least(), t.UpTo(n)))
					c.Step("a key of %d bytes and a value of %d", most, len(value))
					c.Set(key, value)
					c.Get(key, value)
				}
				for key, value := range values {
					c.Step("a key of %d bytes", len(key))
					c.Get(key, value)
				}
				c.InStep()
			},
		},
		{
			ID: "LIM-02", Level: Must, Source: "R; decision 4",
			Title: "a set with a key longer than 250 bytes is refused",
			Text: `From 251 bytes on, in however few characters, the set is refused and nothing is stored, neither under that key nor under its first 250
				bytes.`,
			Example: `
				> "set " "k"*251 " 1\r\nv\r\n"
				< "ERROR\r\n"
				> "get " "k"*250 "\r\n"
				< "NOT-FOUND\r\n"`,
			Pitfall: `Most servers have no limit. Of those that do, some cut the key to 250 bytes and so overwrite another's value, and
				some count characters, so that 126 é with their 252 bytes pass. Count bytes, refuse, and store nothing.`,
			Check: func(t *T) {
				c := t.Dial()
				most := t.Profile.MaxKey
				keys := []string{strings.Repeat("é", most/2+1), strings.Repeat("語", most/3+1), t.Key() + strings.Repeat("😀", most/4+1)}
				for _, n := range longKeys(t) {
					keys = append(keys, t.KeyOf(n))
				}
				for i, key := range Some(t, keys, 1) {
					kept := ""
					if i%2 == 1 && key[0] < utf8.RuneSelf {
						kept = t.Text(20)
						c.Set(key[:most], kept)
					}
					c.Step("a set with a key of %d bytes in %d characters", len(key), utf8.RuneCountInString(key))
					c.Send(t.SetRequest(key, t.Text(5)))
					c.ExpectRefused(0, BadKey)
					c.Step("a set with a key of %d bytes was refused", len(key))
					switch {
					case kept != "":
						c.Get(key[:most], kept)
					case key[0] < utf8.RuneSelf:
						c.Miss(key[:most])
					}
					c.Send(t.GetRequest(key))
					c.Expect(BadKey, Missing)
				}
				c.InStep()
			},
		},
		{
			ID: "LIM-03", Level: Must, Source: "decision 4", Dialects: []string{Lite}, Needs: []Trait{Block},
			Title: "a set refused for its key consumes its block: one reply, in step",
			Text: `Whatever is wrong with the key, 3 tokens and a readable size announce a block. It is read and thrown away with
				the refusal, never run as a command, whatever it looks like and whether or not its size is right.`,
			Example: `
				> "set " "k"*251 " 3\r\nend\r\nget k\r\n"
				< "ERROR\r\nNOT-FOUND\r\n"`,
			Pitfall: `The check of the key returns before the block has been read, so the block is run as a command: here it says end.
				Memcached 1.6 does so too. Or both the line and the block get an ERROR. The count of tokens and the size say whether
				a block follows: read it away, then judge the key.`,
			Check: func(t *T) {
				c := t.Dial()
				present, value := t.Key(), t.Text(30)
				c.Set(present, value)
				for _, n := range Some(t, longKeys(t), 1) {
					for _, block := range Some(t, []string{"abc", "", "get " + present, t.Profile.Leave, t.SetLine(present, 3), t.Text(t.UpTo(3000))}, 2) {
						c.Step("a set with a key of %d bytes, the block %s and a get", n, quote([]byte(block)))
						c.InOnePacket(exchange{t.SetRequest(t.KeyOf(n), block), answers(BadKey)}, exchange{t.GetRequest(present), finds(present, value)})
					}
					block := t.halfEnds()[t.Rand.IntN(len(t.halfEnds()))]
					c.Step("a set with a key of %d bytes, the block %q and a get", n, block)
					c.InOnePacket(exchange{t.SetRequest(t.KeyOf(n), block), answers(BadKey)}, exchange{t.GetRequest(present), finds(present, value)})
					if !t.refusesInStep() {
						continue
					}
					c.Step("a set with a key of %d bytes and a block shorter than announced", n)
					c.InOnePacket(exchange{t.SetWith(t.KeyOf(n), 9, "abc"), answers(BadKey, Mismatch)},
						exchange{t.GetRequest(present), finds(present, value)})
				}
				c.InStep()
			},
		},
		{
			ID: "LIM-04", Level: May, Source: "M; decision 4", Dialects: []string{Lite},
			Title: "a key with a byte up to 0x20 or 0x7f is refused, in step",
			Text: `Control characters in a key are refused and the set's block is consumed. (A space, CRLF and LF cannot be in a key
				anyway: they end it.)`,
			Example: `
				> "set a\tb 1\r\nv\r\nget a\tb\r\nget k\r\n"
				< "ERROR\r\nERROR\r\nNOT-FOUND\r\n"`,
			Pitfall: `Hardly anyone looks, and then a key with an escape sequence turns up in a log, on a terminal or as a file name. One
				loop over the bytes is enough: refuse the key if one of them is 0x20 or less, or 0x7f. isprint depends on the locale
				and refuses more than that.`,
			Check: func(t *T) {
				c := t.Dial()
				present, value := t.Key(), t.Text(10)
				c.Set(present, value)
				var controls []byte
				for b := byte(0); b < 0x20; b++ {
					if b != '\n' {
						controls = append(controls, b)
					}
				}
				for _, b := range Some(t, append(controls, 0x7f), 1) {
					id := t.Key()
					long := []byte(t.KeyOf(t.Profile.MaxKey))
					long[len(long)/4+t.Rand.IntN(len(long)/2)] = b
					for _, key := range Some(t, []string{id + string(b) + "x", string(b) + id, id + string(b), string(long), string(long[1:]) + string(b)}, 1) {
						c.Step("a set with the key %q", key)
						c.InOnePacket(exchange{t.SetRequest(key, "abc"), answers(BadKey)}, exchange{t.GetRequest(present), finds(present, value)})
						c.Step("a get with the key %q", key)
						c.InOnePacket(exchange{t.GetRequest(key), answers(BadKey, Missing)}, exchange{t.GetRequest(present), finds(present, value)})
					}
				}
				c.InStep()
			},
		},
		{
			ID: "LIM-05", Level: Should, Source: "M; decision 4",
			Title: "other bytes in keys are just bytes, UTF-8 or not",
			Text: `From 0x21 to 0x7e and from 0x80 to 0xff every byte may be in a key, alone or in any company. They are not decoded:
				two sequences that are not UTF-8 stay two keys, and composed and decomposed letters are different.`,
			Example: `
				> "set é 1\r\n1\r\nset \xff\x80 1\r\n2\r\n"
				< "STORED\r\nSTORED\r\n"
				> "get \xff\x80\r\nget é\r\n"
				< "VALUE \xff\x80 1\r\n2\r\nEND\r\nVALUE é 1\r\n1\r\nEND\r\n"`,
			Pitfall: `decode() throws on bytes that are not UTF-8, or makes the same U+FFFD of all of them, so that two keys become one;
				isalnum and [A-Za-z0-9_] refuse what is legal. Keep keys as bytes. In Node, where a Map compares Buffers by
				identity, a latin1 string of the bytes does the same.`,
			Check: func(t *T) {
				c := t.Dial()
				id := t.Key()
				keys := []string{id, id + "é", id + "É", id + "\xc9", id + "\xe9", id + "σ", id + "ς", id + "Σ", id + "k", id + "K", id + "\u212a", id + "ı", id + "İ", id + "i", id + "e\u0301", id + "日本語", id + "😀", id + "\u00a0", id + "ß", id + "SS", id + "ſ",
					id + "\xc3\x28", id + "\xff\xfe", id + "\xed\xa0\x80", id + "\ufffd", id + "\u2028", id + "\u202e", "\ufeff" + id, id + "\u0085",
					strings.Repeat("é", t.Profile.MaxKey/2)}
				for b := 0x21; b < 0x100; b++ {
					if b != 0x7f {
						// In the middle, at the end and at the start: what is trimmed or skipped there makes it the plain key.
						one := string([]byte{byte(b)})
						keys = append(keys, id+"<"+one+">", id+one, one+id)
					}
				}
				keys = Some(t, unique(keys), 3)
				values := make([]string, len(keys))
				for i, key := range keys {
					values[i] = t.Text(10)
					c.Step("the key %q", key)
					c.Set(key, values[i])
				}
				for i, key := range keys {
					c.Step("the key %q, beside %d others", key, len(keys)-1)
					c.Get(key, values[i])
				}
				c.InStep()
			},
		},
		{
			ID: "LIM-06", Level: Should, Source: "M; decision 6",
			Title: "a value of the maximum size is stored and comes back",
			Text: `The maximum is 1 MiB (classic: 1 MiB less 4 KiB, because memcached counts an item's overhead). The maximum itself is
				legal, and so is everything up to it.`,
			Example: `
				> "set k 1048576\r\n" "x"*1048576 "\r\n"
				< "STORED\r\n"
				> "get k\r\n"
				< "VALUE k 1048576\r\n" "x"*1048576 "\r\nEND\r\n"`,
			Pitfall: `1 MiB comes back right from 8 of 31 servers tried, and 9 say STORED and lose part of it. Fixed buffers on the way
				in; on the way out one send whose return value nobody looks at, though it may take less than all. Read in a loop,
				write in a loop (sendall, io.ReadFull, write until nothing is left).`,
			Check: func(t *T) {
				c := t.Dial()
				most := t.Profile.MaxValue
				for i, n := range Some(t, []int{most, most - 1, most / 2, most / 10, most - t.Rand.IntN(most/2)}, 1) {
					key, value := t.Key(), t.Text(n)
					if i%2 == 1 && t.Has(Block) && t.Has(ByteSize) {
						value = t.Bytes(n)
					}
					c.Step("a value of %d bytes", n)
					c.Set(key, value)
					c.Get(key, value)
				}
				c.InStep()
			},
		},
		{
			ID: "LIM-07", Level: Should, Source: "M; decision 6",
			Title: "a value larger than the maximum is refused, in step",
			Text: `A value of one byte more than 1 MiB, or of many more, is refused when its block has been read and thrown away. An earlier
				value stays, and the next line is a command.`,
			Example: `
				> "set k 1048577\r\n" "x"*1048577 "\r\nget k\r\n"
				< "ERROR\r\nNOT-FOUND\r\n"`,
			Pitfall: `Without a limit one client can fill the memory that all need. With one, the refusal often comes at the line, and a
				million bytes are run as commands, or the first part of the value is stored. Throw the block away piece by piece,
				keep none of it, and answer when it has ended.`,
			Check: func(t *T) {
				c := t.Dial()
				over := t.Profile.TooLarge
				for _, n := range Some(t, []int{over, over + 1, over + t.Rand.IntN(100_000), 2 * over, 3 * over, 9 * over}, 1) {
					present, absent, value := t.Key(), t.Key(), t.Text(100)
					c.Set(present, value)
					block := strings.Repeat(t.Text(64), n/64+1)[:n]
					for _, key := range []string{present, absent} {
						c.Step("a value of %d bytes", n)
						c.Send(t.SetRequest(key, block))
						c.ExpectRefused(0, TooLarge)
					}
					c.Step("a value of %d bytes was refused", n)
					c.Get(present, value)
					c.Miss(absent)
					c.Set(absent, value)
					c.Set(present, value[:50])
					c.Get(present, value[:50])
					c.Get(absent, value)
				}
				c.InStep()
			},
		},
		{
			ID: "LIM-08", Level: May, Source: "M; decision 7", Dialects: []string{Lite}, Needs: []Trait{Block},
			Title: "a command line whose first 8,192 bytes hold no LF: ERROR and close",
			Text: `A line that long is no command; the server says so and closes the connection, and does not keep what it is
				sent. It does so too when the line end has already arrived behind the 8,192 bytes. Other clients do not notice.`,
			Example: `
				A> "x"*8192
				A< "ERROR\r\n"
				A< FIN
				B> "get k\r\n"
				B< "NOT-FOUND\r\n"`,
			Pitfall: `readline() without a limit, or a buffer that doubles until a LF is found in it, lets one client take all memory with
				a line that never ends. Give the search an end at 8,192 bytes, say ERROR, and close: nobody knows where the next
				command would begin.`,
			Check: func(t *T) {
				other := t.Dial()
				for _, n := range Some(t, []int{8192, 8193, 8200, 10_000, 10_001, 65_536, 300_000}, 1) {
					for _, tail := range []string{"", t.Profile.LineEnd} {
						for _, head := range Some(t, []string{"get ", "x", "set " + t.Key() + " "}, 1) {
							c := t.Dial()
							if n%2 == 1 {
								c.InStep() // not the first line of its connection
							}
							line := head + strings.Repeat("3", n-len(head))
							c.Step("%q and so on, %d bytes, then %q", head, n, tail)
							c.Send(line + tail)
							c.Expect(BadCommand)
							c.ExpectEnd()
						}
					}
					other.Step("another client sent a line of %d bytes", n)
					other.InStep()
				}
			},
		},
		{
			ID: "LIM-09", Level: May, Source: "decision 7", Dialects: []string{Lite}, Needs: []Trait{CRLF},
			Title: "a command line of 8,191 bytes and a LF is an ordinary line",
			Text: `Up to 8,191 bytes before the LF, the CR among them, a line is judged like any other: spaces around its tokens are
				ignored, a wrong count or an unknown command is ERROR, and the connection stays.`,
			Example: `
				> "get k" " "*8185 "\r\n"
				< "NOT-FOUND\r\n"
				> "x"*8190 "\r\nget k\r\n"
				< "ERROR\r\nNOT-FOUND\r\n"`,
			Pitfall: `With a buffer of 1024 or 4096 bytes fgets returns the first part of a long line as if it were a line, and the next
				part is taken for another command. What is too long should be a number that you chose, tried on both sides, and not
				the size of a buffer.`,
			Check: func(t *T) {
				c := t.Dial()
				key, value := t.Key(), t.Text(20)
				c.Set(key, value)
				for _, n := range Some(t, []int{8191, 8190, 8189, 5000, 4097, 4096, 4095, 2048}, 1) {
					fill := func(head, with string) string { return head + strings.Repeat(with, n-1-len(head)) + "\r\n" }
					c.Step("get, key and spaces, %d bytes and a LF", n)
					c.Send(fill("get "+key, " "))
					c.ExpectValue(key, value)
					c.Step("an unknown command of %d bytes and a LF", n)
					c.Send(fill("x", "x"))
					c.Expect(BadCommand)
					c.Step("a get with one long key, %d bytes and a LF", n)
					c.Send(fill("get ", "k"))
					c.Expect(BadKey, Missing)
					c.InStep()
				}
				c.InStep()
			},
		},
	}
}

// longKeys are lengths of keys that are too long, by one and by many.
func longKeys(t *T) []int {
	most := t.Profile.MaxKey
	list := []int{most + 1, most + 2}
	for _, n := range []int{255, 256, 257, 300, 500, 511, 512, 513, 1000, 1024, 1025, 2048, 4097, 8000, most + 1 + t.Rand.IntN(1500)} {
		if n > most {
			list = append(list, n)
		}
	}
	return list
}
