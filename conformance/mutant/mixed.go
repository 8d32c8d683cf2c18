package mutant

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// mixtures are faults that need two things at once: a burst and a refusal, an empty value and what stands behind it, a set and a get of one key.
func mixtures() []Mutant {
	const gap = 2 * time.Millisecond
	// burst gives each client something that is made anew when all has been run that has been received.
	burst := func(l *lite, anew func(c *client)) {
		good := l.line
		l.line = func(c *client) (string, error) {
			if c.in.Buffered() == 0 {
				anew(c)
			}
			return good(c)
		}
	}
	return []Mutant{
		{"burst-keeps-first-set", "keeps the first value where a burst sets a key twice", []string{"FRM-09"},
			func(l *lite) {
				type place struct {
					c   *client
					key string
				}
				var set sync.Map // place to true
				burst(l, func(c *client) {
					set.Range(func(p, _ any) bool {
						if p.(place).c == c {
							set.Delete(p)
						}
						return true
					})
				})
				good := l.save
				l.save = func(c *client, key, value string) {
					if _, twice := set.LoadOrStore(place{c, key}, true); !twice {
						good(c, key, value)
					}
				}
			}},
		{"burst-gets-run-first", "answers the gets of a burst from the store as it was before its sets", []string{"FRM-09"},
			func(l *lite) {
				type change struct{ key, value string }
				var waiting sync.Map // *client to []change
				good := l.save
				burst(l, func(c *client) {
					changes, _ := waiting.LoadAndDelete(c)
					list, _ := changes.([]change)
					for _, set := range list {
						good(c, set.key, set.value)
					}
				})
				l.save = func(c *client, key, value string) {
					changes, _ := waiting.Load(c)
					list, _ := changes.([]change)
					waiting.Store(c, append(list, change{key, value}))
				}
			}},
		{"error-sticks-in-burst", "answers ERROR to all that stands behind a refused request in its burst", []string{"SET-07", "SET-10"},
			func(l *lite) {
				var failed sync.Map // *client
				burst(l, func(c *client) { failed.Delete(c) })
				good := l.reply
				l.reply = func(c *client, text string) error {
					if _, sticks := failed.Load(c); sticks {
						text = c.refused
					} else if text == c.refused {
						failed.Store(c, true)
					}
					return good(c, text)
				}
			}},
		{"size-sticks-after-refusal", "compares the block behind a refused set with the size of that one", []string{"SET-07"},
			func(l *lite) {
				var last sync.Map // *client to the size of a refused set
				l.verdict = func(c *client, s request) bool {
					if size, ok := last.LoadAndDelete(c); ok {
						s.size = size.(int64)
					}
					good := l.isGood(c, s)
					if !good {
						last.Store(c, s.size)
					}
					return good
				}
			}},
		{"too-large-flushes-input", "throws away what it has received when it refuses a value that is too large", []string{"SET-18"},
			func(l *lite) {
				l.verdict = func(c *client, s request) bool {
					if s.size > l.maxValue {
						c.skip(c.in.Buffered())
					}
					return l.isGood(c, s)
				}
			}},
		{"blank-line-behind-empty-value-lost", "skips empty lines behind the block of an empty value", []string{"SET-08"},
			func(l *lite) {
				good := l.save
				l.save = func(c *client, key, value string) {
					for value == "" {
						if p, _ := c.in.Peek(min(2, c.in.Buffered())); string(p) != "\r\n" {
							break
						}
						c.skip(2)
					}
					good(c, key, value)
				}
			}},
		{"key-busy-refused", "refuses a set of a key whose value is being read", []string{"CON-02"},
			func(l *lite) {
				var busy sync.Map // key to *atomic.Int64
				readers := func(key string) *atomic.Int64 {
					n, _ := busy.LoadOrStore(key, new(atomic.Int64))
					return n.(*atomic.Int64)
				}
				good := l.load
				l.load = func(c *client, key string) (string, bool) {
					readers(key).Add(1)
					defer readers(key).Add(-1)
					l.pause(gap)
					return good(c, key)
				}
				l.verdict = func(c *client, s request) bool { return readers(s.key).Load() == 0 && l.isGood(c, s) }
			}},
		{"readers-share-position", "reads a value from where another client that reads the key has got to", []string{"CON-02"},
			func(l *lite) {
				var mu sync.Mutex
				read := map[string]int{} // bytes, by key
				good := l.load
				l.load = func(c *client, key string) (string, bool) {
					mu.Lock()
					read[key] = 0
					mu.Unlock()
					l.pause(gap)
					value, ok := good(c, key)
					mu.Lock()
					defer mu.Unlock()
					from := min(read[key], len(value))
					read[key] = len(value)
					return value[from:], ok
				}
			}},
		{"reply-sent-from-store", "sends a value a part at a time, each as the store has it by then", []string{"CON-02"},
			func(l *lite) {
				load := l.load
				l.get = func(c *client, args []string) error {
					if len(args) != 1 {
						return runGet(c, args)
					}
					value, ok := load(c, args[0])
					if !ok {
						return runGet(c, args)
					}
					fmt.Fprintf(c.out, "VALUE %s %d\r\n", args[0], len(value))
					for at := 0; at < len(value); at += 16 << 10 {
						now, _ := load(c, args[0])
						now += strings.Repeat("\x00", max(0, len(value)-len(now)))
						c.out.WriteString(now[at:min(at+16<<10, len(value))])
						c.out.Flush()
					}
					return c.reply(c, "\r\nEND")
				}
			}},
		{"successor-closed", "closes the socket of a client that was reset a second time, when it is another client's already", []string{"END-05", "CON-07"},
			func(l *lite) {
				var twice atomic.Int64
				accept := l.accept
				l.accept = func(conn net.Conn) {
					if twice.Load() > 0 {
						twice.Add(-1)
						conn.Close()
					}
					accept(conn)
				}
				l.left = func(_ *client, err error) {
					if err != errEnd && err != errLongLine && err != io.EOF {
						twice.Add(1)
					}
				}
			}},
	}
}
