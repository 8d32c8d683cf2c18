package mutant

import (
	"bytes"
	"maps"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// sharing are faults in which clients share what each should have for itself, or one inherits from another.
func sharing() []Mutant {
	const gap = 2 * time.Millisecond
	return []Mutant{
		{"block-parts-shared", "gathers blocks that come in parts in one buffer for all clients", []string{"CON-06"},
			gathered(func(*client, string) any { return "all" })},
		{"block-parts-by-key", "gathers blocks that come in parts in one buffer for all sets of a key", []string{"CON-06"},
			gathered(func(_ *client, key string) any { return key })},
		{"block-parts-by-number", "gathers blocks that come in parts in a buffer for each number of clients that there were when one came", []string{"CON-06"},
			func(l *lite) {
				var numbers sync.Map // *client to int
				gathered(func(c *client, _ string) any { n, _ := numbers.Load(c); return n })(l)
				line := l.line
				l.line = func(c *client) (string, error) {
					if _, known := numbers.Load(c); !known {
						c.mu.Lock()
						numbers.Store(c, len(c.conns))
						c.mu.Unlock()
					}
					return line(c)
				}
			}},
		{"line-parts-shared", "gathers command lines that come in parts in one buffer for all clients", []string{"CON-06"},
			func(l *lite) {
				var mu sync.Mutex
				var gathered string
				l.line = func(c *client) (string, error) {
					for {
						p, err := c.ahead()
						if err != nil {
							return "", err
						}
						before, _, ended := strings.Cut(string(p), "\n")
						c.skip(len(before))
						mu.Lock()
						gathered += before
						line := gathered
						if ended {
							gathered = ""
						}
						mu.Unlock()
						if ended {
							c.skip(1)
							c.ending = "\r\n"
							return strings.TrimSuffix(line, "\r"), nil
						}
					}
				}
			}},
		{"set-line-shared", "remembers the key of the set whose block is awaited once for all clients", []string{"CON-06"},
			func(l *lite) {
				var key atomic.Value
				set, save := l.set, l.save
				l.set = func(c *client, args []string) error {
					if len(args) == 2 {
						key.Store(args[0])
					}
					return set(c, args)
				}
				l.save = func(c *client, _, value string) { save(c, key.Load().(string), value) }
			}},
		{"set-size-shared", "remembers the size of the set whose block is awaited once for all clients", []string{"CON-06"},
			func(l *lite) {
				var size atomic.Int64
				l.block = func(c *client, announced int64) (block, error) {
					size.Store(announced)
					return readBlock(c, announced)
				}
				l.verdict = func(c *client, s request) bool { s.size = size.Load(); return l.isGood(c, s) }
			}},
		{"line-ending-shared", "remembers once for all clients how the last command line ended", []string{"FRM-06"},
			func(l *lite) {
				var last atomic.Value
				l.line = func(c *client) (string, error) {
					line, err := readLine(c)
					last.Store(c.ending)
					return line, err
				}
				l.block = func(c *client, size int64) (block, error) {
					if _, err := c.in.Peek(1); err != nil {
						return block{}, err
					}
					c.ending = last.Load().(string)
					return readBlock(c, size)
				}
			}},
		{"refusal-shared", "keeps whether a request failed in one variable for all clients", []string{"CON-13"},
			func(l *lite) {
				var failed atomic.Bool
				good := l.reply
				l.reply = func(c *client, text string) error {
					failed.Store(text == c.refused)
					l.pause(gap)
					if failed.Load() {
						text = c.refused
					}
					return good(c, text)
				}
			}},
		{"discarding-shared", "throws away what any client sends while one's block is not to be stored", []string{"CON-06"},
			func(l *lite) {
				var discarding atomic.Int64
				line := l.line
				l.line = func(c *client) (string, error) {
					for {
						text, err := line(c)
						if err != nil || discarding.Load() == 0 {
							return text, err
						}
					}
				}
				l.block = func(c *client, size int64) (block, error) {
					if size > c.maxValue {
						discarding.Add(1)
						defer discarding.Add(-1)
					}
					return readBlock(c, size)
				}
			}},
		{"last-set-line-wins", "gives a set its place in the order of sets when its line has come, not its block", []string{"CON-06"},
			func(l *lite) {
				var clock atomic.Int64
				var began sync.Map           // *client to the time of its set line
				placed := map[string]int64{} // guarded by l.mu
				l.set = func(c *client, args []string) error {
					began.Store(c, clock.Add(1))
					return runSet(c, args)
				}
				good := l.save
				l.save = func(c *client, key, value string) {
					at, _ := began.Load(c)
					l.mu.Lock()
					late := placed[key] > at.(int64)
					placed[key] = max(placed[key], at.(int64))
					l.mu.Unlock()
					if !late {
						good(c, key, value)
					}
				}
			}},
		{"input-inherited", "leaves what a client has not finished in the buffer that the next client gets", []string{"END-07", "CON-07"},
			func(l *lite) {
				var mu sync.Mutex
				var left string
				var heard sync.Map // *client
				l.receive = func(c *client, p []byte) (int, error) {
					n := 0
					if _, known := heard.LoadOrStore(c, true); !known {
						mu.Lock()
						n = copy(p, left)
						left = ""
						mu.Unlock()
					}
					more, err := c.conn.Read(p[n:])
					if err != nil {
						return 0, err
					}
					return n + more, nil
				}
				l.line = func(c *client) (string, error) {
					for {
						p, _ := c.in.Peek(c.in.Buffered())
						if len(p) == c.maxLine || bytes.IndexByte(p, '\n') >= 0 {
							return readLine(c)
						}
						if _, err := c.in.Peek(len(p) + 1); err != nil {
							mu.Lock()
							left = string(p)
							mu.Unlock()
							return "", err
						}
					}
				}
			}},
		{"replies-inherited", "sends the replies that a reset client did not take to the next client", []string{"CON-07"},
			func(l *lite) {
				var left atomic.Value
				left.Store("")
				var heard sync.Map // *client
				l.send = func(c *client, p []byte) (int, error) {
					if _, known := heard.LoadOrStore(c, true); !known {
						p = append([]byte(left.Swap("").(string)), p...)
					}
					n, err := c.conn.Write(p)
					if err != nil {
						left.Store(string(p[n:]))
					}
					return len(p), err
				}
			}},
		{"end-closes-newest", "closes the connection that came last when a client says end", []string{"END-05"},
			func(l *lite) {
				var newest atomic.Value
				accept := l.accept
				l.accept = func(conn net.Conn) { newest.Store(conn); accept(conn) }
				l.left = func(_ *client, err error) {
					if err == errEnd {
						newest.Load().(net.Conn).Close()
					}
				}
			}},
		{"store-copied-at-connect", "shows a client the store as it was when it connected, and its own sets", []string{"GET-05"},
			func(l *lite) {
				var views sync.Map // *client to map[string]string, used by that client alone
				view := func(c *client) map[string]string {
					l.mu.Lock()
					defer l.mu.Unlock()
					v, _ := views.LoadOrStore(c, maps.Clone(l.values))
					return v.(map[string]string)
				}
				l.line = func(c *client) (string, error) { view(c); return readLine(c) }
				good := l.save
				l.save = func(c *client, key, value string) { view(c)[key] = value; good(c, key, value) }
				l.load = func(c *client, key string) (string, bool) { value, ok := view(c)[key]; return value, ok }
			}},
		{"sets-repeated-at-leaving", "stores a client's values once more when it leaves", []string{"CON-04"},
			func(l *lite) {
				var own sync.Map // *client to map[string]string, used by that client alone
				good := l.save
				l.save = func(c *client, key, value string) {
					values, _ := own.LoadOrStore(c, map[string]string{})
					values.(map[string]string)[key] = value
					good(c, key, value)
				}
				l.left = func(c *client, _ error) {
					if values, ok := own.LoadAndDelete(c); ok {
						for key, value := range values.(map[string]string) {
							good(c, key, value)
						}
					}
				}
			}},
	}
}

// gathered collects blocks that come in parts in buffers that are the same for all for which of says the same.
func gathered(of func(c *client, key string) any) func(*lite) {
	return func(l *lite) {
		var mu sync.Mutex
		buffers := map[any]string{}
		var keys sync.Map // *client to the key of its set
		l.set = func(c *client, args []string) error {
			if len(args) == 2 {
				keys.Store(c, args[0])
			}
			return runSet(c, args)
		}
		l.block = func(c *client, size int64) (block, error) {
			if p, _ := c.in.Peek(c.in.Buffered()); strings.Contains(string(p), "\r\n") || size > c.maxValue {
				return readBlock(c, size)
			}
			key, _ := keys.Load(c)
			buffer := of(c, key.(string))
			for part := 0; ; part++ {
				p, err := c.ahead()
				if err != nil {
					return block{}, err
				}
				mu.Lock()
				if part == 0 {
					buffers[buffer] = ""
				}
				had := len(buffers[buffer])
				all := buffers[buffer] + string(p)
				value, _, ended := strings.Cut(all, c.ending)
				if ended {
					all = all[:max(had, len(value)+len(c.ending))]
				}
				buffers[buffer] = all
				mu.Unlock()
				c.skip(len(all) - had)
				if ended {
					return block{value, int64(len(value))}, nil
				}
			}
		}
	}
}
