package rules

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// setValueRules are the set rules about what may be in a value.
func setValueRules() []Rule {
	return []Rule{
		{
			ID: "SET-13", Level: Should, Source: "M; decision 3", Needs: []Trait{Block, ByteSize},
			Title: "any byte may be in a value: NUL, bare CR, bare LF, 0x80 to 0xff",
			Text: `A value is bytes, not text. In lite the one thing it cannot contain is the pair CRLF, which ends its block;
				a CR alone, also as the last byte, a LF alone, NUL and everything that is not UTF-8 it can. In classic CRLF too.`,
			Example: `
				> "set k 7\r\n\x00a\nb\rc\xff\r\nget k\r\n"
				< "STORED\r\nVALUE k 7\r\n\x00a\nb\rc\xff\r\nEND\r\n"`,
			Pitfall: `The block is handled as text: C strings end at NUL, decode() throws on \xff or puts U+FFFD in its place, Java's
				readLine and Node's readline end a line at a bare CR or LF. Keep bytes (bytes, byte[], Buffer), and look for the
				pair CRLF, not for one half of it.`,
			Check: func(t *T) {
				c := t.Dial()
				list := []string{"\x00", "\r", "\n", "\xff", "a\x00b", "abc\r", "\rabc", "\nabc", "abc\n", "\r\r", "\n\r", "\n\n",
					"a\rb\nc", "\xc3\x28", "\xed\xa0\x80", "\xef\xbb\xbfx", "\x1b[0m", everyByte(),
					"\r\x00", "a\r\x00b", "\xff\xfe", "\xfe\xff", "\xff\xff", "\xff\xf4", "\u2028", "\u2029", "\u0085", "\u00a0", "\x1a", "\x04", "\n.\n", ".\n", "\b",
					"%s%n%d", "%00", "\\0", "\\", "\\r\\n", "a\\", "\\\\", "\"", "'", "\"a\"", "<a>&amp;", "{}", "[1]", "null", "+1", "0x10", "1e3", "#", ";", "--", "$HOME", "`id`"}
				list = append(list, "\x1f\x8b\b\x00", "\x78\x9c\x03", "\x80\x04\x95", "\x89PNG\r", "BZh9", "PK\x03\x04", "%PDF", "#!", "\x7fELF", "\xac\xed\x00\x05",
					"007", "-0", "1.10", "{\"a\": 1}", "[1, 2]", "(1, 2)", "\"abc\"", "'abc'", "b'abc'", "true", "false", "undefined", "None", "a: b", "- a", "<b>", "a,b", "a\tb", "a|b", "%41", "$&",
					"12345678901234567", strings.Repeat("9", 20), strings.Repeat("1234567890", 10), strings.Repeat("\x00", t.UpTo(4096)),
					strings.Repeat("\r", t.UpTo(40_000)), strings.Repeat("\xff", t.UpTo(20_000)), t.Bytes(t.UpTo(5000)), t.Bytes(t.UpTo(70_000)))
				for _, b := range []string{" ", "\x00", "x", "\xff", "\r", "\n", "ab"} {
					list = append(list, strings.Repeat(b, 300))
				}
				if t.Profile.Dialect == Classic {
					list = append(list, "\r\n", "a\r\nb", "\r\nEND\r\n", "a\r\n", "\r\r\n\n")
				}
				for b := range 256 {
					list = append(list, "<"+string([]byte{byte(b)})+">")
				}
				for range 20 {
					list = append(list, t.Bytes(size(t.Rand, t.UpTo(2000))))
				}
				list = slices.DeleteFunc(list, func(value string) bool { return !t.fits(value) })
				for _, value := range Some(t, list, 4) {
					key := t.Key()
					c.Step("the value %s", quote([]byte(value)))
					c.Set(key, value)
					c.Get(key, value)
				}
				for range t.Times(3, 1) {
					key := t.Key()
					c.Step("the value that is its own key")
					c.Set(key, key)
					c.Get(key, key)
				}
				c.InStep()
			},
		},
		{
			ID: "SET-14", Level: Must, Source: "A",
			Title: "values of every size up to 64 KiB come back, around powers of two and packet sizes",
			Text: `No size is special. Checked are the sizes around every power of two, around the sizes of packets and
				common buffers, and some between.`,
			Example: `
				> "set k 65536\r\n" "x"*65536 "\r\n"
				< "STORED\r\n"
				> "get k\r\n"
				< "VALUE k 65536\r\n" "x"*65536 "\r\nEND\r\n"`,
			Pitfall: `A value that does not fit into one packet needs more than one read: recv(1024) returns what has come so far, fgets
				and char buf[1024] cut, Go's bufio.Scanner gives up at 64 KiB, and off-by-one faults show only where the value just
				fills the buffer. Read in a loop until the block is whole, into a buffer that grows.`,
			Check: func(t *T) {
				c := t.Dial()
				var list []int
				most := t.UpTo(64 << 10)
				for n := 1; n <= 64<<10; n *= 2 {
					list = append(list, n-1, n, n+1)
				}
				for _, n := range []int{1000, 1440, 1448, 1460, 1500, 2896, 8000, 8190, 10000, 16384 - 2, 32741, 50000, 65483, 65495} {
					list = append(list, n-1, n, n+1)
				}
				for range 10 {
					list = append(list, size(t.Rand, most))
				}
				list = slices.DeleteFunc(list, func(n int) bool { return n < t.least() || n > most })
				for _, n := range Some(t, list, 3) {
					key, value := t.Key(), t.Text(n)
					c.Step("a value of %d bytes", n)
					c.Set(key, value)
					c.Get(key, value)
				}
				// Around powers of two is also the whole request, and the whole reply, whatever their other parts need.
				var wholes []int
				for n := 512; n <= 64<<10; n *= 2 {
					wholes = append(wholes, n-1, n, n+1)
				}
				for _, whole := range Some(t, wholes, 1) {
					key, value := t.Key(), ""
					for _, length := range []func() int{
						func() int { return len(t.SetRequest(key, value)) },
						func() int { return len(strings.Join(t.Profile.valueReply(key, value), "")) },
					} {
						value = ""
						for range 2 { // the second time for a digit that the size has got
							value = strings.Repeat("x", min(most, max(t.least(), whole-length()+len(value))))
						}
						c.Step("a value of %d bytes, whose set has %d bytes, and the reply to whose get has %d", len(value),
							len(t.SetRequest(key, value)), len(strings.Join(t.Profile.valueReply(key, value), "")))
						c.Set(key, value)
						c.Get(key, value)
					}
				}
				c.InStep()
			},
		},
		{
			ID: "SET-15", Level: Must, Source: "A (<value-size-bytes>)", Needs: []Trait{Sized}, States: []Trait{ByteSize},
			Title: "the size counts bytes, not characters",
			Text: `A value in UTF-8 is announced, and comes back, with its number of bytes. Announced with its number of
				characters, or of UTF-16 units, it is too long and refused.`,
			Example: `
				> "set k 2\r\né\r\nget k\r\n"
				< "STORED\r\nVALUE k 2\r\né\r\nEND\r\n"
				> "set k 1\r\né\r\n"
				< "ERROR\r\n"`,
			Pitfall: `len of a Python str counts characters, length of a Java or JavaScript string counts UTF-16 units: for é both say 1,
				and it has 2 bytes. 9 of 31 servers tried announce a length in characters. Count the bytes as they came, or encode
				first (len(s.encode()), getBytes(UTF_8).length, Buffer.byteLength).`,
			Check: func(t *T) {
				t.Profile.Characters = false // also where detection has found it
				c := t.Dial()
				for _, value := range Some(t, []string{"é", "naïve café", "日本語", "😀", "e\u0301", "Ω≈ç√", "ß", "a😀b",
					strings.Repeat("ü", 1+t.Rand.IntN(300)), strings.Repeat("語", 1+t.Rand.IntN(300))}, 1) {
					key, characters := t.Key(), utf8.RuneCountInString(value)
					c.Step("%d characters in %d bytes", characters, len(value))
					c.Set(key, value)
					c.Get(key, value)
					if !t.Has(Refuses) {
						continue
					}
					c.Step("%d characters in %d bytes, announced as %d", characters, len(value), characters)
					c.Mismatch(key, characters, value)
					c.Get(key, value)
				}
				// Longer than a packet, so that characters are cut where one ends.
				for _, value := range Some(t, []string{strings.Repeat("語", t.UpTo(90_000)/3), "x" + strings.Repeat("ü", t.UpTo(60_000)/2-1), strings.Repeat("é😀", t.UpTo(90_000)/6)}, 1) {
					key := t.Key()
					c.Step("%d characters in %d bytes", utf8.RuneCountInString(value), len(value))
					c.Set(key, value)
					c.Get(key, value)
				}
				c.InStep()
			},
		},
		{
			ID: "SET-16", Level: Must, Source: "R, A", Needs: []Trait{Block},
			Title: "a block that looks like a command is data and is not run",
			Text: `What stands in a block is the value, also when it reads like a get, a set, an end or a reply. It gets no
				reply of its own and does nothing.`,
			Example: `
				> "set k 3\r\nend\r\nset j 5\r\nget k\r\n"
				< "STORED\r\nSTORED\r\n"
				> "get k\r\nget j\r\n"
				< "VALUE k 3\r\nend\r\nEND\r\nVALUE j 5\r\nget k\r\nEND\r\n"`,
			Pitfall: `A server that looks for a command in every line, or tests each packet with startswith("get") or "end" in data, runs
				what its users store. After a set line the next line is a block, whatever it says: let one loop read the line and
				then, in the same place, its block.`,
			Check: func(t *T) {
				c := t.Dial()
				other, leave := t.Key(), t.Profile.Leave
				list := []string{"get " + other, leave, t.SetLine(other, 1), t.SetLine(other, 0), "END", "STORED", "ERROR",
					"VALUE " + other + " 3", "get", "set", " " + leave, leave + " ", "NOT-FOUND", "0", "-1"}
				if t.Profile.Dialect == Classic {
					list = append(list, t.Lines("x", t.SetLine(other, 1), "z")+leave, t.Lines("", leave))
				}
				for _, value := range Some(t, list, 2) {
					key := t.Key()
					c.Step("the value %q", value)
					c.Set(key, value)
					c.Get(key, value)
					c.Step("the value %q before this get", value)
					c.Miss(other)
				}
				c.InStep()
			},
		},
		{
			ID: "SET-17", Level: Must, Source: "R; decision 3", Needs: []Trait{Block},
			Title: "spaces in the data block belong to it",
			Text: `Spaces at the start, at the end and inside of a block are bytes of the value like others: they count, they
				come back, and one too many is a mismatch. (The course profile lets a block end in one space that does not count.)`,
			Example: `
				> "set k 4\r\nabc \r\nget k\r\n"
				< "STORED\r\nVALUE k 4\r\nabc \r\nEND\r\n"
				> "set k 3\r\nabc \r\n"
				< "ERROR\r\n"`,
			Pitfall: `strip(), trim() and TrimSpace take the value's own spaces away with the line end, and scanf and split skip them.
				Take off the two bytes CRLF and nothing else. (The assignment prints a space before every \r\n, and some servers
				send and expect it: the profile course allows for that.)`,
			Check: func(t *T) {
				c := t.Dial()
				list := []string{" x", "  x", " x y", "a  b", " " + t.Text(50)}
				extra := []string{" abc", "\tabc", "abc\t", "abc\x00", "abc\n", "\nabc", "\x00abc"}
				if !t.Profile.TrailingSpace {
					list = append(list, " ", "   ", "x ", "x   ", "\tx\t", " x ", t.Text(50)+" ")
					extra = append(extra, "abc ", "abc  ", " abc ", "ab c")
				}
				for _, value := range Some(t, list, 2) {
					key := t.Key()
					c.Step("the value %q", value)
					c.Set(key, value)
					c.Get(key, value)
				}
				for _, block := range Some(t, extra, 1) {
					if !t.Has(Sized) || !t.Has(Refuses) || !t.fits(block) {
						continue
					}
					key := t.Key()
					c.Step("the block %q announced as 3", block)
					c.Mismatch(key, 3, block)
					c.Step("the block %q announced as 3 was refused", block)
					c.Miss(key)
				}
				c.InStep()
			},
		},
	}
}

// everyByte is a value with all 256 bytes and no CRLF: LF comes before CR.
func everyByte() string {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}
