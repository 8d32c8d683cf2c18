package mutant

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Variant is a server that is odd in one way and consistent in it: another grammar or spelling, as real servers have them. They are the
// test of detection, as the mutants are that of the rules.
type Variant struct {
	Name string // short, in kebab case, unique
	Odd  string // what is odd, one clause
	Says string // part of what detection must say of it
	// Fails holds the IDs of the rules that the oddity breaks even when it is asked in its own words: what is no spelling.
	Fails []string

	change func(*lite)
}

// Mutant is the server with the oddity.
func (v Variant) Mutant() Mutant { return Mutant{Name: v.Name, Fault: v.Odd, change: v.change} }

// With is the server with the oddity, and with m's fault too.
func (v Variant) With(m Mutant) Mutant {
	both := func(l *lite) { v.change(l); m.change(l) }
	return Mutant{Name: m.Name + " of " + v.Name, Fault: m.Fault + ", and " + v.Odd, Rules: m.Rules, change: both}
}

// Variants returns every odd server.
func Variants() []Variant {
	return slices.Concat(oddSets(), oddWrites(), oddEnds(), oddValues(), oddMisses(), oddRefusals(), oddConnections())
}

// oddSets take a set in another form.
func oddSets() []Variant {
	return []Variant{
		{"set-line-with-size", "takes the value on the set line, behind its size", "takes the one-line set `set k n v`", nil, oneLineSet(true)},
		{"set-line-without-size", "takes the value on the set line, without a size", "takes the one-line set `set k v`", nil, oneLineSet(false)},
		{"set-line-of-words", "takes one word on the set line for the value", "takes values without spaces only", nil,
			func(l *lite) {
				l.line = readAnyLine
				l.set = func(c *client, args []string) error {
					if len(args) != 2 || !c.keyOK(args[0]) || int64(len(args[1])) > c.maxValue {
						return c.refuse()
					}
					c.save(c, args[0], args[1])
					return c.reply(c, c.stored)
				}
			}},
		{"set-with-flags", "takes memcached's set line, and is lite otherwise", "answers a miss with NOT-FOUND", nil,
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) != 4 {
						return c.refuse()
					}
					return runSet(c, []string{args[0], args[3]})
				}
				l.block = readCounted
				found("VALUE KEY 0 SIZE\r\nDATA\r\nEND")(l)
				leaves("quit")(l)
			}},
		{"size-of-characters", "counts sizes in characters", "counts sizes in characters", []string{"SET-15"},
			func(l *lite) {
				l.verdict = func(c *client, s request) bool {
					return c.keyOK(s.key) && s.size <= 1<<20 && int64(utf8.RuneCountInString(s.block.value)) == s.size
				}
				l.maxValue = 1 << 22
				l.block = func(c *client, size int64) (block, error) { return readBlock(c, min(4*size+16, c.maxValue)) }
				l.found = func(key, value string) string {
					return "VALUE " + key + " " + strconv.Itoa(utf8.RuneCountInString(value)) + "\r\n" + value + "\r\nEND"
				}
			}},
		{"block-counted", "reads as many bytes as announced and the CRLF, whatever they are", "waits for the bytes that a block lacks",
			[]string{"SET-04", "SET-05"}, func(l *lite) { l.block = readCounted }},
		{"block-cut-to-size", "stores a block that is too long or too short as it is", "stores a block of another size than announced",
			[]string{"SET-04", "SET-05"},
			func(l *lite) {
				l.verdict = func(c *client, s request) bool { return c.keyOK(s.key) && s.block.length <= c.maxValue }
				l.block = func(c *client, _ int64) (block, error) { return readBlock(c, c.maxValue) }
			}},
	}
}

// oneLineSet takes the value from the set line: all that follows the size, or the key.
func oneLineSet(sized bool) func(*lite) {
	return func(l *lite) {
		l.line = readAnyLine
		l.run = func(c *client, line string) error {
			word, rest := token(line)
			if word != "set" {
				return runLine(c, line)
			}
			key, rest := token(rest)
			size, value, ok := int64(0), strings.Trim(rest, " "), true
			if sized {
				digits, after := token(rest)
				value = strings.Trim(after, " ")
				size, ok = c.size(digits)
			} else {
				size = int64(len(value))
			}
			if value == "" || !ok || !c.verdict(c, request{key, size, block{value, int64(len(value))}}) {
				return c.refuse()
			}
			c.save(c, key, value)
			return c.reply(c, c.stored)
		}
	}
}

// token cuts the first word off a line.
func token(line string) (word, rest string) {
	word, rest, _ = strings.Cut(strings.TrimLeft(line, " "), " ")
	return word, rest
}

// readAnyLine reads a line however long it is.
func readAnyLine(c *client) (string, error) {
	line, err := c.in.ReadString('\n')
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), err
}

// oddWrites mind how a request is cut into packets.
func oddWrites() []Variant {
	return []Variant{
		{"set-in-one-write", "needs line and block in one packet", "wants a set's line and block in one write",
			[]string{"FRM-07", "FRM-08", "FRM-11", "FRM-15"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					if c.in.Buffered() == 0 {
						return block{length: -1}, nil
					}
					return readBlock(c, size)
				}
			}},
		{"set-in-two-writes", "reads the block from the next packet", "wants a set's line and block in two writes", []string{"FRM-08", "FRM-09", "FRM-11"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					c.skip(c.in.Buffered())
					return readBlock(c, size)
				}
			}},
		{"request-in-one-write", "takes a packet for a request", "does not answer every request of a packet",
			[]string{"FRM-07", "FRM-08", "FRM-09", "FRM-11", "FRM-15"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					c.skip(c.in.Buffered())
					return c.packetLine()
				}
				l.block = func(c *client, size int64) (block, error) {
					if c.in.Buffered() == 0 {
						return block{length: -1}, nil
					}
					return readBlock(c, size)
				}
			}},
	}
}

// oddEnds end lines and blocks otherwise.
func oddEnds() []Variant {
	return []Variant{
		{"space-before-line-end", "wants a space before each CRLF, as the assignment is printed", "wants command lines to end in a space and CRLF",
			nil, func(l *lite) {
				l.maxValue++
				l.verdict = func(c *client, s request) bool { return l.isGood(c, s) && s.size < c.maxValue }
				l.line = func(c *client) (string, error) {
					line, err := readLine(c)
					if rest, ok := strings.CutSuffix(line, " "); ok || err != nil {
						return rest, err
					}
					return "?", nil
				}
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, min(size+1, c.maxValue))
					if value, ok := strings.CutSuffix(b.value, " "); ok {
						return block{value, b.length - 1}, err
					}
					return block{length: -1}, err
				}
			}},
		{"block-without-line-end", "takes the bytes of a block and no line end behind them", "wants blocks to end in nothing",
			[]string{"SET-04", "SET-05"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b := make([]byte, size)
					for n := 0; n < len(b); {
						m, err := c.in.Read(b[n:])
						if n += m; err != nil {
							return block{}, err
						}
					}
					return block{string(b), size}, nil
				}
			}},
		{"lf-only", "ends its lines in LF, and takes a CR for part of one", "wants command lines to end in LF alone", nil,
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					line, err := c.in.ReadString('\n')
					c.ending = "\n"
					return strings.TrimSuffix(line, "\n"), err
				}
				l.reply = func(c *client, text string) error {
					_, err := c.out.WriteString(strings.ReplaceAll(text, "\r\n", "\n") + "\n")
					return err
				}
			}},
		{"replies-in-lf", "ends its replies in LF", "ends its lines in LF alone", nil,
			func(l *lite) {
				l.reply = func(c *client, text string) error {
					_, err := c.out.WriteString(strings.ReplaceAll(text, "\r\n", "\n") + "\n")
					return err
				}
			}},
		{"extra-line-end", "sends one more LF after each reply", "ends its lines in CRLF or LF alone", nil,
			func(l *lite) {
				l.reply = func(c *client, text string) error { _, err := c.out.WriteString(text + "\r\n\n"); return err }
			}},
	}
}
