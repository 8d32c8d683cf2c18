package mutant

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// races are faults between clients that work at the same time. None is a data race to Go: each access has its lock, and where a
// lock should span two of them the fault is helped along by a pause.
func races() []Mutant {
	const gap = 2 * time.Millisecond
	// shared passes what every client writes through one variable, as a static buffer does.
	shared := func() func(l *lite, text string) string {
		var mu sync.Mutex
		var buffer string
		return func(l *lite, text string) string {
			mu.Lock()
			buffer = text
			mu.Unlock()
			l.pause(gap)
			mu.Lock()
			defer mu.Unlock()
			return buffer
		}
	}
	// inSteps stores a value in two steps that others can see.
	inSteps := func(first func(values map[string]string, key string)) func(*lite) {
		return func(l *lite) {
			good := l.save
			l.save = func(c *client, key, value string) {
				l.mu.Lock()
				first(l.values, key)
				l.mu.Unlock()
				l.pause(gap)
				good(c, key, value)
			}
		}
	}
	return []Mutant{
		{"lost-updates", "copies the store, adds to the copy and puts it in place without holding a lock throughout", []string{"CON-01"},
			func(l *lite) {
				l.save = func(_ *client, key, value string) {
					l.mu.Lock()
					values := maps.Clone(l.values)
					l.mu.Unlock()
					l.pause(gap)
					values[key] = value
					l.mu.Lock()
					l.values = values
					l.mu.Unlock()
				}
			}},
		{"busy-store-skipped", "says STORED and stores nothing when another set is being stored", []string{"CON-01"},
			func(l *lite) {
				var storing sync.Mutex
				good := l.save
				l.save = func(c *client, key, value string) {
					if storing.TryLock() {
						defer storing.Unlock()
						l.pause(gap)
						good(c, key, value)
					}
				}
			}},
		{"block-buffer-shared", "reads all clients' blocks into one buffer", []string{"CON-01"},
			func(l *lite) {
				through := shared()
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, size)
					if err == nil && b.length == size {
						b.value = through(l, b.value)
					}
					return b, err
				}
			}},
		{"reply-buffer-shared", "forms all clients' replies in one buffer", []string{"CON-01"},
			func(l *lite) {
				through := shared()
				good := l.reply
				l.reply = func(c *client, text string) error { return good(c, through(l, text)) }
			}},
		{"torn-halves", "writes the first half of a value, and the second a moment later", []string{"CON-02"},
			func(l *lite) {
				half := func(key, value string, first bool) {
					l.mu.Lock()
					defer l.mu.Unlock()
					old, at := l.values[key], len(value)/2
					if first {
						l.values[key] = value[:at] + old[min(at, len(old)):]
					} else {
						l.values[key] = old[:min(at, len(old))] + value[at:]
					}
				}
				l.save = func(_ *client, key, value string) {
					half(key, value, true)
					l.pause(gap)
					half(key, value, false)
				}
			}},
		{"torn-large", "writes values of more than 64 KiB a part at a time", []string{"CON-02"},
			func(l *lite) {
				good := l.save
				l.save = func(c *client, key, value string) {
					for at := 32 << 10; len(value) > 64<<10 && at < len(value); at += 32 << 10 {
						l.mu.Lock()
						if old := l.values[key]; len(old) > at {
							l.values[key] = value[:at] + old[at:]
						}
						l.mu.Unlock()
						l.pause(gap)
					}
					good(c, key, value)
				}
			}},
		{"shortened-while-read", "reads the length of a value, and a moment later as many bytes, zeros where it has become shorter", []string{"CON-02"},
			func(l *lite) {
				good := l.load
				l.load = func(c *client, key string) (string, bool) {
					was, _ := good(c, key)
					l.pause(gap)
					value, ok := good(c, key)
					if ok && len(value) < len(was) {
						value += strings.Repeat("\x00", len(was)-len(value))
					}
					return value, ok
				}
			}},
		{"torn-size", "keeps size and bytes of a value under separate locks", []string{"CON-02"},
			func(l *lite) {
				var sizes sync.Map // key to int
				good, load := l.save, l.load
				l.save = func(c *client, key, value string) {
					sizes.Store(key, len(value))
					l.pause(gap)
					good(c, key, value)
				}
				l.get = func(c *client, args []string) error {
					if len(args) == 1 {
						if value, ok := load(c, args[0]); ok {
							size, _ := sizes.Load(args[0])
							return c.reply(c, fmt.Sprintf("VALUE %s %d\r\n%s\r\nEND", args[0], size, value))
						}
					}
					return runGet(c, args)
				}
			}},
		{"set-truncates-first", "empties the old value before it writes the new one", []string{"CON-02"},
			inSteps(func(values map[string]string, key string) { values[key] = "" })},
		{"set-removes-first", "removes the old value before it adds the new one", []string{"CON-02", "CON-03"},
			inSteps(func(values map[string]string, key string) { delete(values, key) })},
		{"reads-cached-per-connection", "answers from what this connection has seen before", []string{"CON-03", "CON-04"},
			func(l *lite) {
				type seen struct {
					c   *client
					key string
				}
				var cache sync.Map // seen to string
				save, load := l.save, l.load
				l.save = func(c *client, key, value string) { cache.Store(seen{c, key}, value); save(c, key, value) }
				l.load = func(c *client, key string) (string, bool) {
					if value, ok := cache.Load(seen{c, key}); ok {
						return value.(string), true
					}
					value, ok := load(c, key)
					if ok {
						cache.Store(seen{c, key}, value)
					}
					return value, ok
				}
			}},
		{"replica-behind", "answers every other get from a replica that is 50 ms behind", []string{"CON-04"},
			func(l *lite) {
				var replica sync.Map // key to string
				var gets atomic.Int64
				save, load := l.save, l.load
				l.save = func(c *client, key, value string) {
					save(c, key, value)
					l.running.Go(func() { l.pause(50 * time.Millisecond); replica.Store(key, value) })
				}
				l.load = func(c *client, key string) (string, bool) {
					if gets.Add(1)%2 == 0 {
						value, ok := replica.Load(key)
						text, _ := value.(string)
						return text, ok
					}
					return load(c, key)
				}
			}},
		{"stored-too-early", "says STORED 50 ms before others can see the value", []string{"CON-04"},
			func(l *lite) {
				type pending struct {
					c   *client
					key string
				}
				var own sync.Map // pending to string: the client itself sees what it has just stored
				save, load := l.save, l.load
				l.save = func(c *client, key, value string) {
					own.Store(pending{c, key}, value)
					l.running.Go(func() {
						l.pause(50 * time.Millisecond)
						save(c, key, value)
						own.CompareAndDelete(pending{c, key}, value)
					})
				}
				l.load = func(c *client, key string) (string, bool) {
					if value, ok := own.Load(pending{c, key}); ok {
						return value.(string), true
					}
					return load(c, key)
				}
			}},
		{"large-stored-too-early", "says STORED 20 ms before anyone can see a value of more than 60,000 bytes", []string{"CON-04"},
			func(l *lite) {
				good := l.save
				l.save = func(c *client, key, value string) {
					if len(value) <= 60_000 {
						good(c, key, value)
						return
					}
					l.running.Go(func() { l.pause(20 * time.Millisecond); good(c, key, value) })
				}
			}},
		{"clock-in-seconds", "keeps the first of two values set within the same second", []string{"SET-03", "CON-03"},
			func(l *lite) {
				var times sync.Map // key to the second of its last set
				good := l.save
				l.save = func(c *client, key, value string) {
					now := time.Now().Unix()
					if was, ok := times.Swap(key, now); !ok || was != now {
						good(c, key, value)
					}
				}
			}},
		{"set-repeated-later", "stores a value again a few times in the next 100 ms, over what was set meanwhile", []string{"CON-03", "CON-04"},
			func(l *lite) {
				good := l.save
				l.save = func(c *client, key, value string) {
					good(c, key, value)
					l.running.Go(func() {
						for _, later := range []time.Duration{5, 20, 80} {
							l.pause(later * time.Millisecond)
							good(c, key, value)
						}
					})
				}
			}},
	}
}
