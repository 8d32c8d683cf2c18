package mutant

import (
	"bytes"
	"cmp"
	"fmt"
	"net"
	"strconv"
	"strings"
	"unicode/utf8"
)

// setSizes are faults in reading the size, and in what is done when the block has another one.
func setSizes() []Mutant {
	// accept makes a set good, in spite of the size that it announced, when the length of its block passes.
	accept := func(passes func(length, size int64) bool) func(*lite) {
		return func(l *lite) {
			l.verdict = func(c *client, s request) bool {
				if passes(s.block.length, s.size) {
					s.size = s.block.length
				}
				return l.isGood(c, s)
			}
		}
	}
	sizes := func(read func(token string) (int64, bool)) func(*lite) {
		return func(l *lite) { l.size = read }
	}
	return []Mutant{
		{"mismatch-stored", "stores the block whatever its length", []string{"SET-04", "SET-05"},
			accept(func(int64, int64) bool { return true })},
		{"short-block-stored", "stores a block that is too short", []string{"SET-04"},
			accept(func(length, size int64) bool { return length < size })},
		{"long-block-stored", "stores a block that is too long", []string{"SET-05"},
			accept(func(length, size int64) bool { return length > size })},
		{"long-block-cut", "cuts a block that is too long to its size and stores that", []string{"SET-05"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, size)
					if b.length > size && size <= c.maxValue {
						b = block{b.value[:size], size}
					}
					return b, err
				}
			}},
		{"one-byte-more-stored", "counts the CR as part of the block", []string{"SET-05"},
			accept(func(length, size int64) bool { return length == size+1 })},
		{"size-compared-in-8-bits", "compares the lowest 8 bits of size and length", []string{"SET-05"},
			accept(func(length, size int64) bool { return byte(length) == byte(size) })},
		{"size-compared-in-16-bits", "compares the lowest 16 bits of size and length", []string{"SET-04", "SET-05"},
			accept(func(length, size int64) bool { return uint16(length) == uint16(size) })},
		{"size-zero-takes-any-block", "does not look at the length of a block that is announced as empty", []string{"SET-05"},
			accept(func(_, size int64) bool { return size == 0 })},
		{"large-short-block-stored", "stores a block that is too short where more than 16 KiB are announced", []string{"SET-04"},
			accept(func(length, size int64) bool { return length < size && size > 16<<10 })},
		{"large-long-block-stored", "stores a block that is too long where more than 16 KiB are announced", []string{"SET-05"},
			accept(func(length, size int64) bool { return length > size && size > 16<<10 })},
		{"one-nul-more-stored", "takes a NUL behind the block for the end of a string, and stores what is before it", []string{"SET-05", "SET-17"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, size)
					if value, ok := strings.CutSuffix(b.value, "\x00"); ok && b.length == size+1 {
						b = block{value, size}
					}
					return b, err
				}
			}},
		{"short-block-waited-for", "reads lines until the announced size is reached", []string{"SET-04", "SET-07"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, size)
					for err == nil && b.length < size {
						var next block
						next, err = readBlock(c, size)
						b = block{b.value + "\r\n" + next.value, b.length + 2 + next.length}
					}
					return b, err
				}
			}},
		{"counted-block-leaves-tail", "reads size bytes and two more; the rest of a long block is run as a command", []string{"SET-07"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					if size > c.maxValue {
						return readBlock(c, size)
					}
					return readCounted(c, size)
				}
			}},
		{"large-blocks-counted", "reads as many bytes as the size says where that is more than 10,000", []string{"SET-04", "SET-07"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					if 10_000 < size && size <= c.maxValue {
						return readCounted(c, size)
					}
					return readBlock(c, size)
				}
			}},
		{"much-too-long-closes", "closes the connection over a block that is 8 KiB too long", []string{"SET-07"},
			func(l *lite) {
				l.verdict = func(c *client, s request) bool {
					if s.block.length-s.size >= 8<<10 && s.size <= l.maxValue {
						c.refuse()
						c.conn.(*net.TCPConn).CloseRead()
					}
					return l.isGood(c, s)
				}
			}},
		{"excess-beyond-buffer-run", "runs what of a long block is more than 4 KiB beyond its size", []string{"SET-07"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					if size > c.maxValue {
						return readBlock(c, size)
					}
					var value []byte
					for int64(len(value)) < size+4<<10 {
						b, err := c.in.ReadByte()
						if err != nil {
							return block{}, err
						}
						value = append(value, b)
						if cut, ended := bytes.CutSuffix(value, []byte(c.ending)); ended {
							return block{string(cut), int64(len(cut))}, nil
						}
					}
					return block{length: -1}, nil
				}
			}},
		{"mismatch-closes", "closes the connection after a size mismatch", []string{"SET-07"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, size)
					if err == nil && b.length != size {
						return b, cmp.Or(c.refuse(), errEnd)
					}
					return b, err
				}
			}},
		{"mismatch-eats-next-line", "skips the line after a refused block", []string{"SET-07"},
			func(l *lite) {
				l.verdict = func(c *client, s request) bool {
					good := l.isGood(c, s)
					if s.block.length != s.size {
						c.line(c)
					}
					return good
				}
			}},
		{"refused-set-deletes", "deletes the old value when a set is refused for its length", []string{"SET-06"},
			func(l *lite) {
				l.verdict = func(c *client, s request) bool {
					good := l.isGood(c, s)
					if s.block.length != s.size {
						l.mu.Lock()
						delete(l.values, s.key)
						l.mu.Unlock()
					}
					return good
				}
			}},
		{"refused-set-stores", "says ERROR to a size mismatch and stores the block", []string{"SET-06"},
			func(l *lite) {
				l.verdict = func(c *client, s request) bool {
					good := l.isGood(c, s)
					if s.block.length != s.size {
						l.save(c, s.key, s.block.value)
					}
					return good
				}
			}},
		{"empty-value-refused", "refuses size 0", []string{"SET-08"},
			sizes(func(token string) (int64, bool) { n, ok := readSize(token); return n, ok && n > 0 })},
		{"empty-value-without-block", "reads no block for size 0: its empty line is taken for a command", []string{"SET-08"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					if size == 0 {
						return block{}, nil
					}
					return readBlock(c, size)
				}
			}},
		{"empty-value-hangs", "waits for a line that is not empty when the size is 0", []string{"SET-08"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, size)
					for err == nil && b.length == 0 {
						b, err = readBlock(c, size)
					}
					return b, err
				}
			}},
		{"empty-value-is-missing", "takes an empty value for none when it is asked for", []string{"SET-08"},
			func(l *lite) {
				good := l.load
				l.load = func(c *client, key string) (string, bool) {
					value, _ := good(c, key)
					return value, value != ""
				}
			}},
		{"negative-size-stored", "accepts a negative size and stores what comes", []string{"SET-11"},
			func(l *lite) {
				l.size = func(token string) (int64, bool) {
					n, err := strconv.ParseInt(token, 10, 64)
					return n, err == nil && len(token) <= 10
				}
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, max(size, c.maxValue))
					if size < 0 {
						b.length = size
					}
					return b, err
				}
			}},
		{"size-by-atoi", "reads 3abc as 3 and abc as 0", []string{"SET-11"},
			sizes(func(token string) (int64, bool) {
				if len(token) > 10 {
					return 0, false
				}
				digits := strings.IndexFunc(token+".", func(r rune) bool { return r < '0' || r > '9' })
				n, _ := strconv.ParseInt(token[:digits], 10, 64)
				return n, true
			})},
		{"size-plus-sign", "accepts a plus sign before the size", []string{"SET-11"},
			sizes(func(token string) (int64, bool) { return readSize(strings.TrimPrefix(token, "+")) })},
		{"size-with-unit", "accepts 3k, 3b and 3L as sizes of 3 bytes", []string{"SET-11"},
			sizes(func(token string) (int64, bool) { return readSize(strings.TrimRight(token, "kKmMbBlLuU")) })},
		{"size-neighbours-of-digits", "takes the slash before 0 and the colon behind 9 for digits", []string{"SET-11"},
			sizes(func(token string) (int64, bool) {
				var n int64
				for _, b := range []byte(token) {
					if b < '/' || b > ':' {
						return 0, false
					}
					n = n*10 + int64(b) - '0'
				}
				return max(n, 0), len(token) <= 10
			})},
		{"size-blanks-skipped", "accepts a size with a tab before or behind it", []string{"FRM-05"},
			sizes(func(token string) (int64, bool) { return readSize(strings.Trim(token, "\t")) })},
		{"size-hexadecimal-in-capitals", "accepts 0X3 as a size", []string{"SET-11"},
			sizes(func(token string) (int64, bool) {
				if hex, ok := strings.CutPrefix(token, "0X"); ok {
					n, err := strconv.ParseInt(hex, 16, 32)
					return n, err == nil
				}
				return readSize(token)
			})},
		{"size-hexadecimal", "accepts 0x3 as a size", []string{"SET-11"},
			sizes(func(token string) (int64, bool) {
				if hex, ok := strings.CutPrefix(token, "0x"); ok {
					n, err := strconv.ParseInt(hex, 16, 32)
					return n, err == nil
				}
				return readSize(token)
			})},
		{"size-float", "accepts 3.0 and 3e0 as a size", []string{"SET-11"},
			sizes(func(token string) (int64, bool) {
				f, err := strconv.ParseFloat(token, 64)
				n, ok := readSize(token)
				if !ok && err == nil && strings.ContainsAny(token, ".e") {
					n, ok = int64(f), f >= 0 && f < 1e10
				}
				return n, ok
			})},
		{"size-any-digits", "accepts a size of more than ten digits", []string{"SET-11"},
			sizes(func(token string) (int64, bool) {
				if len(token) <= 10 {
					return readSize(token)
				}
				n, ok := readSize(strings.TrimLeft(token, "0")) // as a server does that reads until the number ends
				return n, ok
			})},
		{"bad-size-takes-block", "reads a block after a size that is no number", []string{"SET-11"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) == 2 {
						if _, ok := c.size(args[1]); !ok {
							c.block(c, 0)
						}
					}
					return runSet(c, args)
				}
			}},
		{"size-octal", "reads a size with a leading zero as octal", []string{"SET-12"},
			sizes(func(token string) (int64, bool) {
				n, ok := readSize(token)
				if ok && len(token) > 1 && token[0] == '0' {
					octal, err := strconv.ParseInt(token, 8, 64)
					return octal, err == nil
				}
				return n, ok
			})},
		{"size-leading-zero-refused", "refuses a size with a leading zero", []string{"SET-12"},
			sizes(func(token string) (int64, bool) {
				n, ok := readSize(token)
				return n, ok && strconv.FormatInt(n, 10) == token
			})},
		{"size-in-characters", "counts characters, not bytes", []string{"SET-15"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, min(4*size, c.maxValue))
					b.length = int64(utf8.RuneCountInString(b.value))
					return b, err
				}
			}},
		{"value-size-in-characters", "announces a value's length in characters", []string{"SET-15"},
			func(l *lite) {
				l.found = func(key, value string) string {
					return fmt.Sprintf("VALUE %s %d\r\n%s\r\nEND", key, utf8.RuneCountInString(value), value)
				}
			}},
	}
}
