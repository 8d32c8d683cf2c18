package rules

import (
	"fmt"
	"strings"
)

// setLineRules are the set rules about the command line: its tokens and its size.
func setLineRules() []Rule {
	return []Rule{
		{
			ID: "SET-09", Level: Must, Source: "R, which counts the value as the fourth part of set; decision 2", Labels: []string{oneClient},
			Title: "a set line without exactly 3 tokens is ERROR",
			Text: `R counts four parts of a set: the command, the key, the size and the value, the last of which is the
				block. So the line has exactly 3 tokens; fewer or more are refused. (In classic the line has 5, or 6 with
				noreply; fewer, and many more, are refused.)`,
			Example: `
				> "set k\r\n"
				< "ERROR\r\n"
				> "set k 3 abc\r\n"
				< "ERROR\r\n"
				> "set\r\n"
				< "ERROR\r\n"`,
			Pitfall: `parts[2] of a line with two words throws, which ends the connection, or in Go the whole process; 6 of 31 servers
				tried never answer a bare set. Where only the first three words are looked at, a fourth passes unseen. Count the
				tokens before you use one.`,
			Check: func(t *T) {
				c := t.Dial()
				for _, tail := range Some(t, wrongSetTails(t), 4) {
					line := "set" + tail
					c.Step("the line %q", line)
					c.Send(t.Lines(line))
					c.Expect(BadCommand)
					if key, _, _ := strings.Cut(strings.TrimPrefix(tail, " "), " "); len(key) > 1 {
						c.Step("the refused line %q", line)
						c.Miss(key)
					}
				}
				c.InStep()
			},
		},
		{
			ID: "SET-10", Level: Must, Source: "decision 2", Dialects: []string{Lite}, Needs: []Trait{Block},
			Title: "a set line with a wrong token count has no data block: the next line is a command",
			Text: `Without 3 tokens there is no size to go by, so the line stands alone: "set k 3 abc" gets one ERROR, and
				memcached's "set k 0 0 3" with a block gets two, the second for the block taken as a command. Nothing is
				stored.`,
			Example: `
				> "set k 3 abc\r\nget k\r\n"
				< "ERROR\r\nNOT-FOUND\r\n"
				> "set k 0 0 3\r\nabc\r\n"
				< "ERROR\r\nERROR\r\n"`,
			Pitfall: `A server that reads a block after every line that begins with set eats the next command here, or waits for one.
				Another takes memcached's five words as well, or the value from the line itself, and says STORED. Read a block only
				after a line of three words, the last of which is a size.`,
			Check: func(t *T) {
				c := t.Dial()
				key, value := t.Key(), t.Text(30)
				c.Set(key, value)
				for _, tail := range Some(t, wrongSetTails(t), 3) {
					c.Step("the line %q and a get, in one packet", "set"+tail)
					c.InOnePacket(exchange{t.Lines("set" + tail), answers(BadCommand)}, exchange{t.GetRequest(key), finds(key, value)})
				}
				for _, form := range Some(t, []string{"set %s 0 0 3", "set %s 3 noreply", "set %s"}, 1) {
					line := fmt.Sprintf(form, key)
					c.Step("the line %q with a block", line)
					c.InOnePacket(exchange{t.Lines(line), answers(BadCommand)}, exchange{t.Lines("abc"), answers(BadCommand)})
					c.Get(key, value)
				}
				c.InStep()
			},
		},
		{
			ID: "SET-11", Level: Must, Source: "decision 2", Needs: []Trait{Sized},
			Title: "an unreadable size is ERROR, and has no data block",
			Text: `A size with a sign, without digits, with anything but the ASCII digits 0 to 9, or with more than 10 of
				them is refused, and the next line is a command. (Classic: a negative size, or one that is not a number, is
				refused.)`,
			Example: `
				> "set k -1\r\nset k 3x\r\nset k 0x3\r\nget k\r\n"
				< "ERROR\r\nERROR\r\nERROR\r\nNOT-FOUND\r\n"`,
			Pitfall: `Number parsers take more than numbers: atoi and parseInt read 3x as 3, Python's int takes -1, +3, 1_0 and the digits
				of other scripts, JavaScript's Number takes 0x3 and 1e1. 10 of 31 servers tried store a set of size -1. Check that
				the token is 1 to 10 of the bytes 0 to 9, then convert it.`,
			Check: func(t *T) {
				c := t.Dial()
				key, value := t.Key(), t.Text(30)
				c.Set(key, value)
				for _, size := range Some(t, unreadableSizes(t), 2) {
					fresh := t.Key()
					c.Step("the size %q", size)
					if t.Profile.Dialect == Classic {
						c.Send(t.Lines(t.SetLine(fresh, size)))
						c.ExpectRefused(0, BadCommand)
					} else {
						c.InOnePacket(exchange{t.Lines(t.sizeOnly(fresh, size)), answers(BadCommand)}, exchange{t.GetRequest(key), finds(key, value)})
					}
					c.Step("a set with the size %q", size)
					c.Miss(fresh)
				}
				if t.Profile.Dialect == Lite {
					// Every byte that is no digit, behind one and before one, and then a get. White space is FRM-05's.
					var asks []exchange
					for b := range 256 {
						if one := string([]byte{byte(b)}); !strings.Contains(" \t\n\v\f\r\x85\xa00123456789", one) {
							asks = append(asks, exchange{t.Lines(t.sizeOnly(key, "3"+one)), answers(BadCommand)}, exchange{t.Lines(t.sizeOnly(key, one+"3")), answers(BadCommand)})
						}
					}
					c.Step("sizes of one digit and one byte that is none, of every kind")
					c.InOnePacket(append(Some(t, asks, 4), exchange{t.GetRequest(key), finds(key, value)})...)
				}
				c.InStep()
			},
		},
		{
			ID: "SET-12", Level: Must, Source: "M; decision 2", Needs: []Trait{Sized},
			Title: "leading zeros in a size of up to 10 digits are legal",
			Text:  `0005 is 5, and 0010 is 10, not 8. The size comes back without the zeros.`,
			Example: `
				> "set k 0010\r\n0123456789\r\nget k\r\n"
				< "STORED\r\nVALUE k 10\r\n0123456789\r\nEND\r\n"`,
			Pitfall: `strtol and Go's ParseInt with base 0, and C's %i, read 0010 as octal, which is 8. A check that prints the number
				again and compares it with the token refuses it, and a server that keeps the token sends the zeros back. Convert
				with base 10, and answer with the length that the value has.`,
			Check: func(t *T) {
				c := t.Dial()
				for _, n := range Some(t, []int{5, t.least(), 1, 8, 9, 10, 11, 77, 100, t.UpTo(1000), t.UpTo(4096)}, 2) {
					for _, width := range Some(t, []int{10, 5, 6 + t.Rand.IntN(4)}, 1) {
						key, value := t.Key(), t.Text(n)
						size := fmt.Sprintf("%0*d", width, n)
						c.Step("the size %q", size)
						c.Send(t.SetWith(key, size, value))
						c.Expect(Stored)
						c.Get(key, value)
					}
				}
				c.InStep()
			},
		},
		{
			ID: "SET-18", Level: Must, Source: "decisions 2 and 6", Dialects: []string{Lite}, Needs: []Trait{Block, Sized, Refuses},
			Title: "a readable size always has a block, however large the size",
			Text: `A size of up to 10 digits is read as the number it is, not cut to 32 bits, and always has a block: the
				refusal comes when the block's end has been read, and the next line is a command.`,
			Example: `
				> "set k 9999999999\r\nabc\r\nget k\r\n"
				< "ERROR\r\nNOT-FOUND\r\n"
				> "set k 4294967299\r\nabc\r\n"
				< "ERROR\r\n"`,
			Pitfall: `Read into 32 bits 4294967299 is 3, and abc is stored; malloc(size) or new byte[size] before a byte has come can end
				the process; a server that refuses at the line runs the block as a command, and one that reads <size> bytes first
				waits for what never comes. Read the size into 64 bits, and throw the block away piece by piece, up to its CRLF.`,
			Check: func(t *T) {
				c := t.Dial()
				key, value := t.Key(), t.Text(30)
				c.Set(key, value)
				for _, block := range Some(t, append([]string{"abc", "", "get " + key, t.Text(300)}, t.halfEnds()...), 2) {
					n := int64(len(block))
					for _, size := range Some(t, []int64{1<<32 + n, 1<<31 + n, 1<<33 + n, 9999999999, 1<<32 - 1, 1<<31 - 1,
						1 << 31, 1 << 32, int64(t.Profile.MaxValue) + 1, 1 << 30}, 1) {
						c.Step("a block of %d bytes announced as %d and a get", n, size)
						c.InOnePacket(exchange{t.SetWith(key, size, block), answers(Mismatch, TooLarge)}, exchange{t.GetRequest(key), finds(key, value)})
					}
				}
				c.InStep()
			},
		},
	}
}

// wrongSetTails are what may stand after "set" on a line with too few or too many tokens.
func wrongSetTails(t *T) []string {
	key := t.Key()
	list := []string{"", " " + key}
	if !t.Has(Block) { // what is too many is part of the value
		if t.Has(Sized) {
			list = append(list, " "+key+" 3")
		}
		return list
	}
	if t.Profile.Dialect == Classic {
		list = append(list, " "+key+" 0", " "+key+" 0 0", " "+key+" 0 0 3 a b c", " "+key+" 0 0 3"+strings.Repeat(" 0", 10))
		return list
	}
	list = append(list, " 3", " "+key+" 3 abc", " "+key+" 0 0 3", " "+key+" 3 3", " "+key+" 3 noreply", " "+key+" 0 0 3 noreply")
	for range t.Times(10, 1) {
		list = append(list, " "+key+" 3"+strings.Repeat(" "+text(t.Rand, 1+t.Rand.IntN(5), keyBytes), 1+t.Rand.IntN(20)))
	}
	return list
}

// sizeOnly is a set line with a size that no block can follow: on a line of its own, or, where that is the grammar, with a value.
func (t *T) sizeOnly(key, size string) string {
	line, _ := t.Profile.set(key, size, "abc")
	return line
}

// unreadableSizes are those that some language's number parser takes.
func unreadableSizes(t *T) []string {
	list := []string{"-1", "-3", "abc", "3a", "3.0", "0x3", "1e1", "1_0", "３", "٣", "3,0", "--3", "3-", "NaN", "\"3\"",
		fmt.Sprintf("%d%s", 1+t.Rand.IntN(50), text(t.Rand, 1+t.Rand.IntN(3), "ghijkmnopqrsvwyz"))}
	if t.Profile.Dialect == Classic {
		return list
	}
	return append(list, "+3", "-0", "+0", "12345678901", "00000000003", "99999999999", "18446744073709551619",
		"4294967299000", "0000000000000000000003", "3\v", "3\x00", "a3",
		"0X3", "0b11", "0o3", "0x", "00x3", "3k", "3K", "3b", "3B", "3L", "3u", "3f", "3.", ".3", "3e0", "3E0", "1,0", "1'0", "²", "③", "三", "3%", "$3", "#3", "(3)",
		"[3]", "3;", "3:", "3/1", "1+2", "3-0", "~3", "!3", "inf", "null", "None", "true", "\xb3", "3\xa0", "\xa03")
}
