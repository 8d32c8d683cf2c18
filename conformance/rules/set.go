package rules

import (
	"cmp"
	"slices"
	"strings"
)

func setRules() []Rule {
	return []Rule{
		{
			ID: "SET-01", Level: Must, Source: "R, A", Labels: []string{oneClient},
			Title: "a set whose block has the announced size is answered STORED",
			Text: `A set line announces the size of the value in bytes; the value follows as a block with its own line end.
				When the block has that size the value is stored and the reply is the one line STORED.`,
			Example: `
				> "set colour 4\r\nblue\r\n"
				< "STORED\r\n"`,
			Pitfall: `Servers that were only ever tried with a client of their own add an END after STORED, say OK, or say nothing.
				println and its kin end a line as the system does, on Linux in a bare LF: write "STORED\r\n" yourself, and nothing
				behind it.`,
			Check: func(t *T) {
				c := t.Dial()
				for _, n := range t.sizes(40, 3, t.UpTo(4<<10)) {
					c.Step("a set of %d bytes", n)
					c.Set(t.Key(), t.Text(n))
				}
				c.InStep()
			},
		},
		{
			ID: "SET-02", Level: Must, Source: "R, A",
			Title: "a stored value comes back byte for byte",
			Text: `What a get returns is what the set stored: the same bytes in the same order, none added, none lost.
				Stored values do not disturb one another.`,
			Example: `
				> "set k 13\r\nC:\\new  \"50%\"\r\n"
				< "STORED\r\n"
				> "get k\r\n"
				< "VALUE k 13\r\nC:\\new  \"50%\"\r\nEND\r\n"`,
			Pitfall: `The value goes through some form of text on its way: scanf("%s") stops at the first space, split and join make one
				space of two, a file of quoted or escaped lines gives back something else than it was given. Keep the bytes of the
				block as they came, and hand out those.`,
			Check: func(t *T) {
				c := t.Dial()
				values := map[string]string{}
				for _, n := range t.sizes(40, 2, t.UpTo(4<<10)) {
					key, value := t.Key(), t.Text(n)
					c.Set(key, value)
					c.Get(key, value)
					values[key] = value
				}
				for key, value := range values {
					c.Step("asked again after %d other sets", len(values))
					c.Get(key, value)
				}
				c.InStep()
			},
		},
		{
			ID: "SET-03", Level: Must, Source: "R",
			Title: "a second set of a key replaces the first value",
			Text: `A set of a key that has a value replaces it, whether the new value is longer, shorter, equally long or
				empty; nothing of the old one is left.`,
			Example: `
				> "set k 6\r\nlonger\r\n"
				< "STORED\r\n"
				> "set k 2\r\nno\r\nget k\r\n"
				< "STORED\r\nVALUE k 2\r\nno\r\nEND\r\n"`,
			Pitfall: `setdefault, putIfAbsent or a plain INSERT keeps the first value, a file opened for appending keeps both, and writing
				over a buffer or a file without shortening it leaves the old one's tail. With timestamps in whole seconds the second
				of two quick sets loses. Replace the value and its length in one step.`,
			Check: func(t *T) {
				c, other := t.Dial(), t.Dial()
				key := t.Key()
				for i, n := range Some(t, []int{5, 500, 3, 3, 1, 0, 4000, 4001, 17, 2, 5000, 1500, 70_000, 20_000, 100_000, 69_999, 1}, 3) {
					value := t.Text(max(t.least(), t.UpTo(n)))
					c.Step("set %d of the same key, %d bytes", i+1, n)
					c.Set(key, value)
					c.Get(key, value)
					if i%3 == 0 {
						other.Get(key, value)
					}
				}
				for i, value := range Some(t, t.alike(), 3) {
					c.Step("value %d of a row that resemble the one before, %d bytes", i+1, len(value))
					c.Set(key, value)
					other.Get(key, value)
				}
				c.InStep()
				other.InStep()
			},
		},
		{
			ID: "SET-04", Level: Must, Source: "R (T and A answer with another word); decision 3", Labels: []string{oneClient},
			Needs: []Trait{Sized}, States: []Trait{Refuses},
			Title: "a block shorter than the size is refused",
			Text: `When the block ends before the announced size is reached, the set is refused. In the lite dialect the
				block is a text line: it ends at its first CRLF, so the refusal comes at once and does not wait for the
				missing bytes. In classic the missing bytes are taken from what follows.`,
			Example: `
				> "set k 5\r\nabc\r\n"
				< "ERROR\r\n"
				> "get k\r\n"
				< "NOT-FOUND\r\n"`,
			Pitfall: `Of 31 servers tried, 16 store what came, and 4 go on reading until they have <size> bytes, which makes the client's
				next request part of the value. In lite, read the block up to its CRLF first, then compare its length with the size.`,
			Check: func(t *T) {
				c := t.Dial()
				for _, m := range Some(t, t.mismatches(shorter), 3) {
					c.Step("a block of %d bytes announced as %d", m.have, m.announced)
					c.Mismatch(t.Key(), m.announced, t.Text(m.have))
				}
				c.InStep()
			},
		},
		{
			ID: "SET-05", Level: Must, Source: "R (T and A answer with another word); decision 3", Labels: []string{oneClient},
			Needs: []Trait{Sized}, States: []Trait{Refuses},
			Title: "a block longer than the size is refused",
			Text: `When the block has more bytes than announced, by one or by many, the set is refused; the value is not
				cut to fit.`,
			Example: `
				> "set k 2\r\nabc\r\n"
				< "ERROR\r\n"
				> "get k\r\n"
				< "NOT-FOUND\r\n"`,
			Pitfall: `Reading <size> bytes and storing them, value[:size], substring and strncpy all cut the value without a word, and
				what is left of it is then run as a command. A block that is one or two bytes too long passes where the line end is
				counted as part of it. Take the line end off, then compare lengths.`,
			Check: func(t *T) {
				c := t.Dial()
				for _, m := range Some(t, t.mismatches(longer), 3) {
					c.Step("a block of %d bytes announced as %d", m.have, m.announced)
					c.Mismatch(t.Key(), m.announced, t.Text(m.have))
				}
				if t.refusesInStep() {
					// One byte too many is one whatever it is: no end of a string, and no part of the line end.
					var asks []exchange
					for b := range 256 {
						block := "abc" + string([]byte{byte(b)})
						if t.fits(block) && !(b == ' ' && t.Profile.TrailingSpace) {
							asks = append(asks, exchange{t.SetWith(t.Key(), 3, block), answers(Mismatch)})
						}
					}
					c.Step("blocks of 4 bytes announced as 3, the last of every kind")
					c.InOnePacket(Some(t, asks, 4)...)
				}
				c.InStep()
			},
		},
		{
			ID: "SET-06", Level: Must, Source: "R; decision 3", Needs: []Trait{Sized, Refuses},
			Title: "a refused set stores nothing and keeps the earlier value",
			Text: `A set that is refused because its block is too short or too long leaves everything as it was: a key
				without a value still has none, a key with a value still has that one, for this client and for others.`,
			Example: `
				> "set k 3\r\nold\r\n"
				< "STORED\r\n"
				> "set k 2\r\nnew\r\n"
				< "ERROR\r\n"
				> "get k\r\n"
				< "VALUE k 3\r\nold\r\nEND\r\n"`,
			Pitfall: `The entry is made, emptied or opened for writing (which truncates a file) before the block has been judged, and the
				refusal does not bring the old value back. Have the whole block, decide, and only then touch the store.`,
			Check: func(t *T) {
				c, other := t.Dial(), t.Dial()
				for i, m := range Some(t, append(t.mismatches(shorter), t.mismatches(longer)...), 1) {
					if i%3 == 2 {
						continue // the sizes are the business of SET-04 and SET-05
					}
					absent, present, value := t.Key(), t.Key(), t.Text(max(t.least(), min(m.announced, 1000)))
					c.Set(present, value)
					block := t.Text(m.have)
					for _, key := range []string{absent, present} {
						c.Mismatch(key, m.announced, block)
					}
					c.Step("a refused set (a block of %d bytes announced as %d)", m.have, m.announced)
					c.Miss(absent)
					c.Get(present, value)
					other.Step("a set of another client was refused (a block of %d bytes announced as %d)", m.have, m.announced)
					other.Miss(absent)
					other.Get(present, value)
					// Nor is a key spoilt by it: it can be set again, by anyone.
					again := t.Text(len(value))
					other.Set(present, again)
					c.Set(absent, again)
					c.Get(present, again)
					other.Get(absent, again)
				}
				c.InStep()
				other.InStep()
			},
		},
		{
			ID: "SET-07", Level: Must, Source: "decision 3", Dialects: []string{Lite}, Needs: []Trait{Block, Sized, Refuses},
			Title: "after a size mismatch the connection is in step",
			Text: `A refused set gets exactly one reply, and the line after its block is the next command, also when it
				has arrived in the same packet. Bytes beyond the announced size are never run, nor kept for later.`,
			Example: `
				> "set k 100\r\nshort\r\nset k 1\r\nfar too long\r\nget k\r\n"
				< "ERROR\r\nERROR\r\nNOT-FOUND\r\n"`,
			Pitfall: `After the refusal a server skips a line too many, runs the bytes beyond the size as a command, keeps them for later,
				or closes to be safe. From then on each reply answers another question than the client asked. Throw away the rest of
				the block up to its CRLF, no more and no less, and go on.`,
			Check: func(t *T) {
				c := t.Dial()
				key, value := t.Key(), t.Text(20)
				c.Set(key, value)
				for i, m := range Some(t, append(t.mismatches(shorter), t.mismatches(longer)...), 2) {
					c.Step("a block of %d bytes announced as %d and a get, in one packet", m.have, m.announced)
					c.InOnePacket(exchange{t.SetWith(t.Key(), m.announced, t.Text(m.have)), answers(Mismatch)},
						exchange{t.GetRequest(key), finds(key, value)})
					if i%5 == 0 {
						c.InStep()
					}
				}
				leave := cmp.Or(t.Profile.Leave, "end")
				for _, tail := range Some(t, append([]string{"get " + key, leave, "\n" + leave, "set " + key + " 1",
					strings.Repeat("x", 4093), strings.Repeat("get "+key+" ", 1000), strings.Repeat(t.Text(64), 1<<15)}, t.halfEnds()...), 1) {
					if !t.fits(tail) {
						continue
					}
					c.Step("a block whose bytes beyond the size are %s, and a get", quote([]byte(tail)))
					c.InOnePacket(exchange{t.SetWith(key, 3, "abc"+tail), answers(Mismatch)}, exchange{t.GetRequest(key), finds(key, value)})
				}
				for range t.Times(3, 1) {
					key := t.Key()
					c.Step("a set that is refused and one of an empty value, in one packet")
					c.InOnePacket(exchange{t.SetWith(key, 2, "abc"), answers(Mismatch)}, exchange{t.SetRequest(key, ""), answers(Stored)},
						exchange{t.GetRequest(key), finds(key, "")}, exchange{t.Lines(""), answers(BadCommand)})
				}
				c.InStep()
			},
		},
		{
			ID: "SET-08", Level: Must, Source: "M; decision 5", Needs: []Trait{Block},
			Title: "size 0 is legal: the block is an empty line",
			Text: `A value may be empty. Its block is an empty line, which is not a command of its own; the value comes
				back with size 0, between the VALUE line and END.`,
			Example: `
				> "set k 0\r\n\r\nget k\r\n"
				< "STORED\r\nVALUE k 0\r\n\r\nEND\r\n"`,
			Pitfall: `An empty value worked in 10 of 31 servers tried. if value: and if (!value) take it for none in Python and
				JavaScript, a loop that skips empty lines waits for ever, and a read of 0 bytes leaves the block's CRLF behind as a
				command. Ask whether the key is in the map, and read the block's line end whatever the size is.`,
			Check: func(t *T) {
				c := t.Dial()
				for i := range t.Times(10, 1) {
					key := t.Key()
					if i%2 == 1 {
						c.Set(key, t.Text(9))
					}
					c.Step("an empty value")
					c.Set(key, "")
					c.Get(key, "")
					c.Miss(t.Key())
				}
				first, second := t.Key(), t.Key()
				c.Step("two empty values in one packet")
				c.InOnePacket(exchange{t.SetRequest(first, ""), answers(Stored)}, exchange{t.SetRequest(second, ""), answers(Stored)},
					exchange{t.GetRequest(first), finds(first, "")})
				c.Step("an empty value, an empty line and an empty value in one packet")
				c.InOnePacket(exchange{t.SetRequest(first, ""), answers(Stored)}, exchange{t.Lines(""), answers(BadCommand)},
					exchange{t.SetRequest(second, ""), answers(Stored)}, exchange{t.GetRequest(first), finds(first, "")})
				c.InStep()
			},
		},
	}
}

// sizes are n value sizes from 1 to most: those around small powers of two first, then from the seed. A slow endpoint is asked
// for fewer, at least least.
func (t *T) sizes(n, least, most int) []int {
	list := []int{1, 2, 3, 10, 99, 100, 255, 256, 257, min(most, 1023), min(most, 1024), min(most, 1025)}
	for len(list) < n {
		list = append(list, size(t.Rand, most))
	}
	return Some(t, list, least)
}

// alike are values of which each resembles the one before: its beginning, its end, longer by a byte, other in one byte only, or the same.
func (t *T) alike() (list []string) {
	for _, n := range []int{t.UpTo(40), t.UpTo(5000), t.UpTo(70_000)} {
		v := []byte(t.Text(n))
		list = append(list, string(v), string(v), string(v[:n/2]), string(v), string(v[n/2:]), string(v[:n-1]), string(v))
		for _, at := range []int{0, n / 2, n - 1} {
			v[at] ^= 1 // a printable byte is another
			list = append(list, string(v))
		}
		list = append(list, strings.Repeat("x", n), strings.Repeat("y", n), strings.Repeat("x", n-1))
	}
	return slices.DeleteFunc(list, func(value string) bool { return !t.fits(value) })
}

// halfEnds are blocks with half of a line end in them or before their own, as far as a block may hold them.
func (t *T) halfEnds() []string {
	list := []string{"ab", "a\nb", "\n", "abc\n", "abc\r", "\r", "a\rb\r\r", "\n\rget"}
	return slices.DeleteFunc(list, func(block string) bool { return !t.fits(block) })
}

type mismatch struct{ announced, have int }

func shorter(announced, by int) int { return announced - by }
func longer(announced, by int) int  { return announced + by }

// mismatches are blocks that are not as long as announced: by 1 and 2 (the length of a line end), by a few and by many.
func (t *T) mismatches(differ func(announced, by int) int) (list []mismatch) {
	for _, announced := range []int{1, 2, 3, 5, 10, 64, 100, t.UpTo(1000), size(t.Rand, t.UpTo(4000)), size(t.Rand, t.UpTo(4000))} {
		for _, by := range []int{1, 2, 3, announced, 1 + t.Rand.IntN(200)} {
			if have := differ(announced, by); have >= t.least() {
				list = append(list, mismatch{announced, have})
			}
		}
	}
	if t.Profile.Dialect == Classic {
		return list // a counted block that is far too long is a command line that is far too long
	}
	for _, announced := range []int{t.least(), 5000, 20_000, 1 << 16, 100_000} {
		for _, by := range []int{1, 3, announced - 1, announced, 10_000, 70_000} {
			if have := differ(announced, by); by > 0 && have >= t.least() && have <= t.UpTo(1<<20) {
				list = append(list, mismatch{announced, have})
			}
		}
	}
	// Equal in the lowest 8 or 16 bits.
	for _, by := range []int{256, 512, 1 << 16, 1 << 17} {
		for _, announced := range []int{3, 250, by + 3} {
			if have := differ(announced, by); have >= t.least() && have <= t.UpTo(1<<20) {
				list = append(list, mismatch{announced, have})
			}
		}
	}
	return list
}

// least is the size of the smallest value that a set can have.
func (t *T) least() int {
	if t.Has(Block) {
		return 0
	}
	return 1
}
