package mutant

import (
	"hash/crc32"
	"path"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// getKeys are faults in which two keys share one value, or two clients do not.
func getKeys() []Mutant {
	named := func(name func(key string) string) func(*lite) { return func(l *lite) { l.name = name } }
	cutAt := func(n int) func(*lite) {
		return named(func(key string) string { return key[:min(len(key), n)] })
	}
	return []Mutant{
		{"keys-case-insensitive", "takes upper and lower case of a key for the same", []string{"GET-04"}, named(strings.ToLower)},
		{"keys-as-numbers", "takes 1, 01 and 1.0 for the same key", []string{"GET-04"},
			named(func(key string) string {
				if f, err := strconv.ParseFloat(key, 64); err == nil {
					return strconv.FormatFloat(f, 'g', -1, 64)
				}
				return key
			})},
		{"keys-as-integers", "takes 1 and 01 for the same key", []string{"GET-04"},
			named(func(key string) string {
				if n, err := strconv.Atoi(key); err == nil {
					return strconv.Itoa(n)
				}
				return key
			})},
		{"keys-as-paths", "takes a, ./a and x/../a for the same key", []string{"GET-04"}, named(path.Clean)},
		{"keys-as-file-names", "takes dir/a and a for the same key", []string{"GET-04"}, named(path.Base)},
		{"keys-sanitised", "keeps a key under a name in which every odd byte is an underscore", []string{"GET-04"},
			named(func(key string) string {
				return strings.Map(func(r rune) rune {
					if r < 0x80 && !strings.ContainsRune("-.", r) && !isAlphanumeric(r) {
						return '_'
					}
					return r
				}, key)
			})},
		{"keys-cut-at-32", "tells keys apart by their first 32 bytes", []string{"GET-04"}, cutAt(32)},
		{"keys-cut-at-128", "tells keys apart by their first 128 bytes", []string{"GET-04"}, cutAt(128)},
		{"keys-by-prefix", "answers a get with the value of a key that begins so", []string{"GET-02"},
			func(l *lite) {
				good := l.load
				l.load = func(c *client, key string) (string, bool) {
					if value, ok := good(c, key); ok {
						return value, true
					}
					l.mu.Lock()
					defer l.mu.Unlock()
					for other, value := range l.values {
						if strings.HasPrefix(other, key) {
							return value, true
						}
					}
					return "", false
				}
			}},
		{"keys-cut-in-front", "tells keys apart by their last 249 bytes", []string{"GET-04"},
			named(func(key string) string { return key[max(0, len(key)-249):] })},
		{"keys-by-their-ends", "tells keys of one length apart by their first and last 100 bytes", []string{"GET-04"},
			named(func(key string) string {
				if len(key) <= 200 {
					return key
				}
				return key[:100] + strings.Repeat("?", len(key)-200) + key[len(key)-100:]
			})},
		{"keys-hashed-as-in-java", "tells keys apart by the hash of their characters that Java has (31 times, plus the next)", []string{"GET-04"},
			named(func(key string) string {
				hash := int32(0)
				for _, b := range []byte(key) {
					hash = hash*31 + int32(b)
				}
				return strconv.Itoa(int(hash))
			})},
		{"keys-hashed-by-crc32", "tells keys apart by their CRC-32", []string{"GET-04"},
			named(func(key string) string { return strconv.Itoa(int(crc32.ChecksumIEEE([]byte(key)))) })},
		{"keys-without-last-slash", "takes a/ for a", []string{"GET-04"}, named(func(key string) string { return strings.TrimSuffix(key, "/") })},
		{"keys-unquoted", "takes a quoted key for the one inside of the quotes", []string{"GET-04"},
			named(func(key string) string {
				if plain, err := strconv.Unquote(key); err == nil {
					return plain
				}
				return key
			})},
		{"keys-as-formats", "makes one percent sign of two", []string{"GET-04"},
			named(func(key string) string { return strings.ReplaceAll(key, "%%", "%") })},
		{"keys-without-comment", "ends a key at a number sign behind its first byte", []string{"GET-04"},
			named(func(key string) string {
				if at := strings.IndexByte(key, '#'); at > 0 {
					return key[:at]
				}
				return key
			})},
		{"keys-hashed-to-a-byte", "keeps one value for all keys of the same 8-bit hash", []string{"GET-04"},
			named(func(key string) string {
				sum := byte(0)
				for _, b := range []byte(key) {
					sum = sum*31 + b
				}
				return strconv.Itoa(int(sum))
			})},
		{"store-per-connection", "keeps a store for each connection", []string{"GET-05"},
			func(l *lite) {
				var stores sync.Map // of *client and key
				type place struct {
					c   *client
					key string
				}
				l.save = func(c *client, key, value string) { stores.Store(place{c, key}, value) }
				l.load = func(c *client, key string) (string, bool) {
					value, ok := stores.Load(place{c, key})
					text, _ := value.(string)
					return text, ok
				}
			}},
		{"store-leaves-with-client", "forgets what a client stored when it leaves", []string{"GET-05"},
			func(l *lite) {
				var owners sync.Map // key to *client
				good := l.save
				l.save = func(c *client, key, value string) { owners.Store(key, c); good(c, key, value) }
				l.left = func(c *client, _ error) {
					owners.Range(func(key, owner any) bool {
						if owner == c {
							l.mu.Lock()
							delete(l.values, key.(string))
							l.mu.Unlock()
						}
						return true
					})
				}
			}},
	}
}

func isAlphanumeric(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// keyLimits are faults in which keys are allowed.
func keyLimits() []Mutant {
	allowed := func(ok func(key string) bool) func(*lite) {
		return func(l *lite) {
			good := l.keyOK
			l.keyOK = func(key string) bool { return good(key) && ok(key) }
		}
	}
	longest := func(n int) func(*lite) { return func(l *lite) { l.maxKey = n } }
	return []Mutant{
		{"key-of-250-refused", "takes keys of up to 249 bytes", []string{"LIM-01"}, longest(249)},
		{"key-of-200-refused", "takes keys of up to 199 bytes", []string{"LIM-01"}, longest(199)},
		{"key-of-one-refused", "refuses keys of one byte", []string{"LIM-01"},
			allowed(func(key string) bool { return len(key) > 1 })},
		{"key-of-250-lost", "stores a key of 250 bytes where no get finds it", []string{"LIM-01"},
			func(l *lite) {
				good := l.save
				l.save = func(c *client, key, value string) { good(c, key[:min(len(key), 249)], value) }
			}},
		{"key-of-251-accepted", "takes keys of up to 251 bytes", []string{"LIM-02"}, longest(251)},
		{"key-of-256-accepted", "takes keys of up to 256 bytes", []string{"LIM-02"}, longest(256)},
		{"key-of-any-length", "takes keys of any length", []string{"LIM-02"}, longest(1 << 20)},
		{"long-key-cut", "cuts a key to 250 bytes and stores under that", []string{"LIM-02"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) > 0 {
						args[0] = args[0][:min(len(args[0]), c.maxKey)]
					}
					return runSet(c, args)
				}
			}},
		{"long-key-refused-stores", "says ERROR to a long key and stores it", []string{"LIM-02"},
			func(l *lite) {
				l.verdict = func(c *client, s request) bool {
					good := l.isGood(c, s)
					if len(s.key) > l.maxKey {
						l.save(c, s.key, s.block.value)
					}
					return good
				}
				l.get = func(c *client, args []string) error {
					if len(args) == 1 {
						if value, ok := c.load(c, args[0]); ok {
							return c.reply(c, c.found(args[0], value))
						}
					}
					return runGet(c, args)
				}
			}},
		{"long-key-leaves-block", "takes the block of a set refused for its key for commands", []string{"LIM-03"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) == 2 && !c.keyOK(args[0]) {
						return c.refuse()
					}
					return runSet(c, args)
				}
			}},
		{"long-key-answered-twice", "refuses a long key when it has read the line, and again when it has read the block", []string{"LIM-03"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) == 2 && !c.keyOK(args[0]) {
						c.refuse()
					}
					return runSet(c, args)
				}
			}},
		{"long-key-closes", "closes the connection after a long key", []string{"LIM-03"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					err := runSet(c, args)
					if err == nil && len(args) == 2 && len(args[0]) > c.maxKey {
						return errEnd
					}
					return err
				}
			}},
		{"control-bytes-in-keys", "takes control bytes in keys", []string{"LIM-04"},
			func(l *lite) { l.keyOK = func(key string) bool { return len(key) <= l.maxKey } }},
		{"delete-in-keys", "takes the byte 0x7f in keys", []string{"LIM-04"},
			func(l *lite) {
				good := l.keyOK
				l.keyOK = func(key string) bool { return good(strings.ReplaceAll(key, "\x7f", "x")) }
			}},
		{"keys-printable-ascii", "refuses keys with bytes above 0x7e", []string{"LIM-05"},
			allowed(func(key string) bool { return !strings.ContainsFunc(key, func(r rune) bool { return r > 0x7e }) })},
		{"keys-utf8-only", "refuses keys that are not UTF-8", []string{"LIM-05"}, allowed(utf8.ValidString)},
		{"keys-lossy-utf8", "takes keys that are not UTF-8 for the same where the bytes differ", []string{"LIM-05"},
			func(l *lite) {
				l.name = func(key string) string { return string([]rune(key)) }
			}},
		{"keys-fold-all-letters", "takes upper and lower case of letters beyond ASCII for the same", []string{"LIM-05"},
			func(l *lite) {
				l.name = func(key string) string {
					if !utf8.ValidString(key) {
						return key
					}
					return strings.Map(func(r rune) rune {
						if r < utf8.RuneSelf {
							return r
						}
						return unicode.ToLower(r)
					}, key)
				}
			}},
		{"keys-trimmed-as-latin1", "trims the byte 0xa0, a no-break space in Latin-1, from the end of a key", []string{"LIM-05"},
			func(l *lite) { l.name = func(key string) string { return strings.TrimSuffix(key, "\xa0") } }},
		{"keys-without-bom", "drops a byte order mark at the start of a key", []string{"LIM-05"},
			func(l *lite) { l.name = func(key string) string { return strings.TrimPrefix(key, "\ufeff") } }},
		{"key-as-comment-refused", "refuses a key that begins with a number sign", []string{"LIM-05"},
			allowed(func(key string) bool { return key[0] != '#' })},
		{"control-byte-looked-for-in-64", "looks for control bytes in the first 64 bytes of a key", []string{"LIM-04"},
			func(l *lite) {
				l.keyOK = func(key string) bool {
					return len(key) <= l.maxKey && !strings.ContainsFunc(key[:min(len(key), 64)], isControl)
				}
			}},
		{"long-key-deletes-cut", "deletes what the first 250 bytes of a refused key name", []string{"LIM-02"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					err := runSet(c, args)
					if len(args) > 0 && len(args[0]) > c.maxKey {
						c.mu.Lock()
						delete(c.values, args[0][:c.maxKey])
						c.mu.Unlock()
					}
					return err
				}
			}},
		{"key-of-4000-closes", "closes the connection after a key of more than 4000 bytes", []string{"LIM-02", "LIM-03"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					err := runSet(c, args)
					if err == nil && len(args) > 0 && len(args[0]) > 4000 {
						return errEnd
					}
					return err
				}
			}},
		{"keys-of-250-characters", "counts a key's length in characters", []string{"LIM-02"},
			func(l *lite) {
				l.keyOK = func(key string) bool {
					return utf8.RuneCountInString(key) <= l.maxKey && !strings.ContainsFunc(key, isControl)
				}
			}},
	}
}
