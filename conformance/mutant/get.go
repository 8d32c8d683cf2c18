package mutant

import (
	"fmt"
	"strconv"
	"strings"
)

// getReplies are faults in what is answered to a get line.
func getReplies() []Mutant {
	return []Mutant{
		{"found-without-end", "sends no END after the value", []string{"GET-01"}, found("VALUE KEY SIZE\r\nDATA")},
		{"found-without-size", "leaves the size out of the VALUE line", []string{"GET-01"}, found("VALUE KEY\r\nDATA\r\nEND")},
		{"found-without-key", "leaves the key out of the VALUE line", []string{"GET-01"}, found("VALUE SIZE\r\nDATA\r\nEND")},
		{"found-with-flags", "sends memcached's flags in the VALUE line", []string{"GET-01"}, found("VALUE KEY 0 SIZE\r\nDATA\r\nEND")},
		{"found-trailing-space", "sends a space after the size", []string{"GET-01"}, found("VALUE KEY SIZE \r\nDATA\r\nEND")},
		{"found-without-crlf", "sends no CRLF between value and END", []string{"GET-01"}, found("VALUE KEY SIZE\r\nDATAEND")},
		{"found-value-only", "answers with the value alone", []string{"GET-01"}, found("DATA")},
		{"found-size-off-by-two", "counts the CRLF in the size that it announces", []string{"GET-01"},
			func(l *lite) {
				l.found = func(key, value string) string {
					return fmt.Sprintf("VALUE %s %d\r\n%s\r\nEND", key, len(value)+2, value)
				}
			}},
		{"replies-end-in-lf", "ends reply lines in a bare LF", []string{"SET-01", "GET-01", "GET-02"},
			func(l *lite) {
				l.reply = func(c *client, text string) error {
					_, err := c.out.WriteString(strings.ReplaceAll(text, "\r\n", "\n") + "\n")
					return err
				}
			}},
		{"missing-underscore", "answers NOT_FOUND", []string{"GET-02"}, missing("NOT_FOUND")},
		{"missing-as-end", "answers a miss with END", []string{"GET-02"}, missing("END")},
		{"missing-as-error", "answers a miss with ERROR", []string{"GET-02"}, missing("ERROR")},
		{"missing-as-empty-line", "answers a miss with an empty line", []string{"GET-02"}, missing("")},
		{"missing-as-empty-value", "answers a miss with a value of no bytes", []string{"GET-02"},
			func(l *lite) {
				good := l.load
				l.load = func(c *client, key string) (string, bool) { value, _ := good(c, key); return value, true }
			}},
		{"missing-silent", "says nothing to a miss", []string{"GET-02"},
			func(l *lite) { l.reply = unless(l.reply, "NOT-FOUND") }},
		{"get-many", "answers a get of several keys, as memcached does", []string{"GET-03"},
			func(l *lite) {
				l.get = func(c *client, args []string) error {
					if len(args) < 2 {
						return runGet(c, args)
					}
					for _, key := range args {
						if err := runGet(c, []string{key}); err != nil {
							return err
						}
					}
					return nil
				}
			}},
		{"get-extra-token-ignored", "answers for the first key of a get line and ignores the rest", []string{"GET-03"},
			func(l *lite) {
				l.get = func(c *client, args []string) error { return runGet(c, args[:min(len(args), 1)]) }
			}},
		{"get-bare-silent", "says nothing to a get without a key", []string{"GET-03"},
			func(l *lite) {
				l.get = func(c *client, args []string) error {
					if len(args) == 0 {
						return nil
					}
					return runGet(c, args)
				}
			}},
		{"get-bare-is-missing", "takes a get without a key for one of the empty key", []string{"GET-03"},
			func(l *lite) {
				l.get = func(c *client, args []string) error {
					if len(args) == 0 {
						return c.reply(c, c.missing)
					}
					return runGet(c, args)
				}
			}},
		{"get-deletes", "forgets a value once it was read", []string{"GET-06"},
			func(l *lite) {
				good := l.load
				l.load = func(c *client, key string) (string, bool) {
					value, ok := good(c, key)
					l.mu.Lock()
					delete(l.values, key)
					l.mu.Unlock()
					return value, ok
				}
			}},
		{"get-creates", "makes an empty value of a key that it did not find", []string{"GET-06"},
			func(l *lite) {
				l.get = func(c *client, args []string) error {
					err := runGet(c, args)
					if len(args) == 1 {
						if _, ok := c.load(c, args[0]); !ok {
							c.save(c, args[0], "")
						}
					}
					return err
				}
			}},
		{"get-long-key-closes", "closes the connection on a get of a key longer than 250 bytes", []string{"GET-07"},
			func(l *lite) {
				l.get = func(c *client, args []string) error {
					if len(args) == 1 && len(args[0]) > c.maxKey {
						return errEnd
					}
					return runGet(c, args)
				}
			}},
		{"get-long-key-silent", "says nothing to a get of a key longer than 250 bytes", []string{"GET-07"},
			func(l *lite) {
				l.get = func(c *client, args []string) error {
					if len(args) == 1 && len(args[0]) > c.maxKey {
						return nil
					}
					return runGet(c, args)
				}
			}},
		{"get-long-key-cut", "cuts the key of a get to 250 bytes and answers for that one", []string{"GET-07"},
			func(l *lite) {
				l.get = func(c *client, args []string) error {
					if len(args) == 1 {
						args[0] = args[0][:min(len(args[0]), c.maxKey)]
					}
					return runGet(c, args)
				}
			}},
		{"get-long-key-twice", "answers a get of a key longer than 250 bytes with ERROR and with a miss", []string{"GET-07"},
			func(l *lite) {
				l.get = func(c *client, args []string) error {
					if err := runGet(c, args); err != nil || len(args) != 1 || len(args[0]) <= c.maxKey {
						return err
					}
					return c.reply(c, c.missing)
				}
			}},
	}
}

// found sends what a get has found in the form given.
func found(form string) func(*lite) {
	return func(l *lite) {
		l.found = func(key, value string) string {
			return strings.NewReplacer("KEY", key, "SIZE", strconv.Itoa(len(value)), "DATA", value).Replace(form)
		}
	}
}

// missing answers a miss with reply.
func missing(reply string) func(*lite) { return func(l *lite) { l.missing = reply } }
