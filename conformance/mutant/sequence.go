package mutant

import (
	"slices"
	"strings"
	"sync"
)

// sequences are faults that no request has alone: it takes two of them, two clients, or many.
func sequences() []Mutant {
	// remembering gives each connection a number of its own to count with.
	remembering := func(change func(l *lite, state *sync.Map)) func(*lite) {
		return func(l *lite) { change(l, &sync.Map{}) }
	}
	isReply := func(value string) bool {
		return slices.Contains([]string{"STORED", "NOT-FOUND", "ERROR", "END", "NOT_STORED"}, value)
	}
	return []Mutant{
		{"refused-set-holds-key", "forgets the value of the next set of a key whose last set was refused for its size", []string{"RND-01"},
			remembering(func(l *lite, held *sync.Map) {
				l.verdict = func(c *client, s request) bool {
					good := l.isGood(c, s)
					if !good {
						held.Store(s.key, true)
					}
					return good
				}
				save := l.save
				l.save = func(c *client, key, value string) {
					if _, was := held.LoadAndDelete(key); !was {
						save(c, key, value)
					}
				}
			})},
		{"third-after-error-lost", "loses the third of the requests that came behind a bad one in the same packet", []string{"FRM-10"},
			remembering(func(l *lite, since *sync.Map) {
				reply := l.reply
				l.reply = func(c *client, text string) error {
					n, bad := since.Load(c)
					switch {
					case text == c.refused:
						since.Store(c, 0)
					case bad && c.out.Buffered() == 0:
						since.Delete(c)
					case bad && n.(int) == 2:
						since.Delete(c)
						return nil
					case bad:
						since.Store(c, n.(int)+1)
					}
					return reply(c, text)
				}
			})},
		{"longest-keys-per-client", "keeps the values of keys of 250 bytes for the client that has set them", []string{"RND-01"},
			remembering(func(l *lite, own *sync.Map) {
				type of struct {
					c   *client
					key string
				}
				load, save := l.load, l.save
				l.save = func(c *client, key, value string) {
					if len(key) == l.maxKey {
						own.Store(of{c, key}, value)
						return
					}
					save(c, key, value)
				}
				l.load = func(c *client, key string) (string, bool) {
					if len(key) == l.maxKey {
						value, ok := own.Load(of{c, key})
						text, _ := value.(string)
						return text, ok
					}
					return load(c, key)
				}
			})},
		{"value-taken-for-reply", "answers a get with the value alone when that looks like a reply", []string{"RND-01"},
			func(l *lite) {
				l.found = func(key, value string) string {
					if isReply(value) {
						return value
					}
					return foundReply(key, value)
				}
			}},
		{"twentieth-request-refused", "refuses the twentieth request of a connection", []string{"FRM-10", "RND-01"},
			remembering(func(l *lite, counts *sync.Map) {
				reply := l.reply
				l.reply = func(c *client, text string) error {
					n, _ := counts.LoadOrStore(c, 0)
					counts.Store(c, n.(int)+1)
					if n.(int)+1 == 20 {
						text = c.refused
					}
					return reply(c, text)
				}
			})},
		{"set-line-empties", "has nothing under a key between a set's line and its block", []string{"CON-06"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) != 2 || c.in.Buffered() > 0 {
						return runSet(c, args)
					}
					l.mu.Lock()
					before, had := l.values[args[0]]
					delete(l.values, args[0])
					l.mu.Unlock()
					_, err := c.in.Peek(1)
					l.mu.Lock()
					if had {
						l.values[args[0]] = before
					}
					l.mu.Unlock()
					if err != nil {
						return err
					}
					return runSet(c, args)
				}
			}},
		{"same-value-refused", "refuses a set of the value that is there already", []string{"RND-01"},
			func(l *lite) {
				l.verdict = func(c *client, s request) bool {
					value, has := l.load(c, s.key)
					return l.isGood(c, s) && !(has && value == s.block.value)
				}
			}},
		{"empty-value-stays", "keeps an empty value for ever", []string{"RND-01"},
			func(l *lite) {
				save := l.save
				l.save = func(c *client, key, value string) {
					if before, has := l.load(c, key); !has || before != "" {
						save(c, key, value)
					}
				}
			}},
		{"miss-remembered", "answers a client that has once missed a key with a miss, until it sets the key itself", []string{"RND-01", "GET-05", "CON-04"},
			remembering(func(l *lite, missed *sync.Map) {
				type of struct {
					c   *client
					key string
				}
				load, save := l.load, l.save
				l.load = func(c *client, key string) (string, bool) {
					value, has := load(c, key)
					if _, before := missed.Load(of{c, key}); before {
						return "", false
					}
					if !has {
						missed.Store(of{c, key}, true)
					}
					return value, has
				}
				l.save = func(c *client, key, value string) {
					missed.Delete(of{c, key})
					save(c, key, value)
				}
			})},
		{"leaving-forgets-last-set", "takes back the last set of a client that says end, if another client has not set the key since", []string{"RND-01"},
			remembering(func(l *lite, last *sync.Map) {
				save := l.save
				l.save = func(c *client, key, value string) {
					last.Store(c, [2]string{key, value})
					save(c, key, value)
				}
				l.left = func(c *client, err error) {
					if set, ok := last.Load(c); ok && err == errEnd {
						l.mu.Lock()
						defer l.mu.Unlock()
						if set := set.([2]string); l.values[set[0]] == set[1] && len(set[1]) > 1 {
							delete(l.values, set[0])
						}
					}
				}
			})},
		{"values-end-at-nul-after-error", "cuts values at a NUL once a request of the connection was refused", []string{"RND-02"},
			remembering(func(l *lite, bad *sync.Map) {
				reply, save := l.reply, l.save
				l.reply = func(c *client, text string) error {
					if text == c.refused {
						bad.Store(c, true)
					}
					return reply(c, text)
				}
				l.save = func(c *client, key, value string) {
					if _, was := bad.Load(c); was {
						value, _, _ = strings.Cut(value, "\x00")
					}
					save(c, key, value)
				}
			})},
		{"long-get-drops-replies", "drops the replies that wait to be sent when it refuses the key of a get", []string{"RND-02"},
			func(l *lite) {
				l.get = func(c *client, args []string) error {
					if len(args) == 1 && !c.keyOK(args[0]) {
						c.out.Reset(writer{c})
					}
					return runGet(c, args)
				}
			}},
		{"bare-lf-remembered", "reads every block as it read the last line that ended in a bare LF", []string{"RND-03"},
			remembering(func(l *lite, bare *sync.Map) {
				l.line = func(c *client) (string, error) {
					line, err := readLine(c)
					if _, was := bare.Load(c); was || c.ending == "\n" {
						bare.Store(c, true)
						c.ending = "\n"
					}
					return line, err
				}
			})},
		{"control-key-flushes-input", "throws away what it has received when it refuses a key with a control character", []string{"RND-03"},
			func(l *lite) {
				l.verdict = func(c *client, s request) bool {
					good := l.isGood(c, s)
					if !good && strings.ContainsFunc(s.key, isControl) {
						c.skip(c.in.Buffered())
					}
					return good
				}
			}},
	}
}
