package mutant

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"
)

// refusals are faults in how a set is refused: too early, with its block not read as it should be, or with something left behind.
func refusals() []Mutant {
	// readable does something else with a set whose size can be read and that is going to be refused, whatever its block.
	doomed := func(when func(l *lite, key string, size int64) bool, instead func(c *client, args []string, size int64) error) func(*lite) {
		return func(l *lite) {
			good := l.set
			l.set = func(c *client, args []string) error {
				if len(args) == 2 {
					if size, ok := c.size(args[1]); ok && when(l, args[0], size) {
						return instead(c, args, size)
					}
				}
				return good(c, args)
			}
		}
	}
	tooLarge := func(l *lite, _ string, size int64) bool { return size > l.maxValue }
	badKey := func(l *lite, key string, _ int64) bool { return !l.keyOK(key) }
	either := func(l *lite, key string, size int64) bool { return tooLarge(l, key, size) || badKey(l, key, size) }
	early := func(c *client, _ []string, size int64) error {
		c.refuse()
		c.out.Flush()
		_, err := readBlock(c, size)
		return err
	}
	// locked is a server on which nobody can set certain keys any more; leave says which those are.
	locked := func(leave func(l *lite, lock func(key string))) func(*lite) {
		return func(l *lite) {
			var keys sync.Map
			leave(l, func(key string) { keys.Store(key, true) })
			good := l.set
			l.set = func(c *client, args []string) error {
				if len(args) > 0 {
					if _, held := keys.Load(args[0]); held {
						c.out.Flush()
						<-c.done
						return errEnd
					}
				}
				return good(c, args)
			}
		}
	}
	return []Mutant{
		{"too-large-refused-early", "refuses a value that is too large before its block has come", []string{"SET-20"}, doomed(tooLarge, early)},
		{"bad-key-refused-early", "refuses a set for its key before its block has come", []string{"SET-20"}, doomed(badKey, early)},
		{"long-block-refused-early", "refuses a block that is too long before it has ended", []string{"SET-20"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) == 2 {
						if size, ok := c.size(args[1]); ok && size < 4000 && !c.endsWithin(size) {
							return early(c, args, size)
						}
					}
					return runSet(c, args)
				}
			}},
		{"refused-block-ends-at-lf", "ends a block that it is not going to store at the first LF", []string{"LIM-03", "SET-18"},
			doomed(either, func(c *client, args []string, _ int64) error {
				c.ending = "\n"
				return runSet(c, args)
			})},
		{"refused-block-ends-in-crlf", "looks for CRLF behind a block that it is not going to store, though the line ended in a bare LF", []string{"FRM-06"},
			doomed(either, func(c *client, args []string, _ int64) error {
				c.ending = "\r\n"
				return runSet(c, args)
			})},
		{"refused-block-cr-before-end", "misses the end of a block that it is not going to store where a CR stands before it", []string{"LIM-03", "SET-18"},
			doomed(either, func(c *client, _ []string, _ int64) error {
				for was := byte(0); ; {
					b, err := c.in.ReadByte()
					if err != nil {
						return err
					}
					if was == '\r' {
						if b == '\n' {
							return c.refuse()
						}
						b = 0
					}
					was = b
				}
			})},
		{"long-block-cr-before-end", "misses the end of a block that is too long where a CR stands before it", []string{"SET-07"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, size)
					if err == nil && b.length > size && strings.HasSuffix(b.value, "\r") && b.length == int64(len(b.value)) {
						_, err = readBlock(c, size)
					}
					return b, err
				}
			}},
		{"too-large-leaves-lock", "never unlocks a key after a set of it that was too large", []string{"LIM-07"},
			locked(func(l *lite, lock func(key string)) {
				l.verdict = func(c *client, s request) bool {
					if s.size > l.maxValue {
						lock(s.key)
					}
					return l.isGood(c, s)
				}
			})},
		{"mismatch-leaves-lock", "never unlocks a key after a set of it whose block had another length", []string{"SET-06"},
			locked(func(l *lite, lock func(key string)) {
				l.verdict = func(c *client, s request) bool {
					if s.block.length != s.size {
						lock(s.key)
					}
					return l.isGood(c, s)
				}
			})},
		{"vanished-client-leaves-lock", "never unlocks a key whose client has gone in the middle of the block", []string{"END-07", "CON-07"},
			locked(func(l *lite, lock func(key string)) {
				l.set = func(c *client, args []string) error {
					err := runSet(c, args)
					if err != nil && len(args) == 2 {
						lock(args[0])
					}
					return err
				}
			})},
		{"empty-block-after-refusal-skipped", "skips empty lines behind a set that it has refused, the block of an empty value among them", []string{"SET-07"},
			func(l *lite) {
				var after sync.Map // *client to bool: the set before was refused
				good := l.verdict
				l.verdict = func(c *client, s request) bool {
					ok := good(c, s)
					after.Store(c, !ok)
					return ok
				}
				l.block = func(c *client, size int64) (block, error) {
					if was, _ := after.Load(c); was == true {
						for {
							p, err := c.in.Peek(2)
							if err != nil {
								return block{}, err
							}
							if string(p) != "\r\n" {
								break
							}
							c.skip(2)
						}
					}
					return readBlock(c, size)
				}
			}},
		{"hundred-refusals-close", "closes a connection after a hundred refusals", []string{"FRM-12"},
			func(l *lite) {
				var counts sync.Map // *client to *atomic.Int64
				good := l.reply
				l.reply = func(c *client, text string) error {
					if text == c.refused {
						n, _ := counts.LoadOrStore(c, new(atomic.Int64))
						if n.(*atomic.Int64).Add(1) > 100 {
							return errEnd
						}
					}
					return good(c, text)
				}
			}},
	}
}

// endsWithin waits until the block that comes has either ended, or more bytes than size and its ending, and says which. It looks no
// further than the buffer goes.
func (c *client) endsWithin(size int64) bool {
	for n := 1; ; n = c.in.Buffered() + 1 {
		_, err := c.in.Peek(n)
		p, _ := c.in.Peek(c.in.Buffered())
		if err != nil || bytes.Contains(p, []byte(c.ending)) {
			return true
		}
		if int64(len(p)) >= size+int64(len(c.ending)) {
			return false
		}
	}
}
