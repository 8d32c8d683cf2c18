package mutant

import (
	"strings"
	"time"
)

// setValues are faults in which the block is not just bytes.
func setValues() []Mutant {
	cutAt := func(n int) func(*lite) {
		return stored(func(value string) string { return value[:min(len(value), n)] })
	}
	return []Mutant{
		{"value-nul-terminated", "cuts a value at its first NUL", []string{"SET-13"},
			stored(func(value string) string { cut, _, _ := strings.Cut(value, "\x00"); return cut })},
		{"value-lossy-utf8", "replaces bytes that are not UTF-8", []string{"SET-13"},
			stored(func(value string) string { return strings.ToValidUTF8(value, "\uFFFD") })},
		{"value-seven-bits", "clears the highest bit of each byte", []string{"SET-13", "SET-15"},
			stored(func(value string) string {
				bytes := []byte(value)
				for i := range bytes {
					bytes[i] &= 0x7f
				}
				return string(bytes)
			})},
		{"value-latin1-to-utf8", "stores bytes above 0x7f as two", []string{"SET-13", "SET-15"},
			stored(func(value string) string {
				var runes []rune
				for _, b := range []byte(value) {
					runes = append(runes, rune(b))
				}
				return string(runes)
			})},
		{"value-carriage-returns-dropped", "drops bare CRs in a value", []string{"SET-13"},
			stored(func(value string) string { return strings.ReplaceAll(value, "\r", "") })},
		{"value-ends-at-bare-lf", "ends a block at its first LF", []string{"SET-13"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					was := c.ending
					c.ending = "\n"
					b, err := readBlock(c, size)
					c.ending = was
					if value, ok := strings.CutSuffix(b.value, "\r"); ok {
						b = block{value, b.length - 1}
					}
					return b, err
				}
			}},
		{"value-trimmed", "trims spaces from the block", []string{"SET-17"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, c.maxValue)
					value := strings.TrimSpace(b.value)
					return block{value, b.length - int64(len(b.value)-len(value))}, err
				}
			}},
		{"value-trailing-space-allowed", "accepts the block with one space after it", []string{"SET-17"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, size)
					if value, ok := strings.CutSuffix(b.value, " "); ok && b.length == size+1 {
						b = block{value, size}
					}
					return b, err
				}
			}},
		{"value-first-word", "stores the first word of the block (scanf)", []string{"SET-02", "SET-17"},
			stored(func(value string) string { word, _, _ := strings.Cut(value, " "); return word })},
		{"value-escaped", "doubles backslashes", []string{"SET-02"},
			stored(func(value string) string { return strings.ReplaceAll(value, `\`, `\\`) })},
		{"value-like-command-run", "runs a block that begins as a command does", []string{"SET-16"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, size)
					for _, word := range []string{"get ", "set ", "end"} {
						if err == nil && strings.HasPrefix(b.value, word) {
							if err := c.run(c, b.value); err != nil {
								return b, err
							}
						}
					}
					return b, err
				}
			}},
		{"value-end-is-end", "looks for end in every line, blocks included", []string{"SET-16"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, size)
					if err == nil && b.value == "end" {
						return b, errEnd
					}
					return b, err
				}
			}},
		{"value-cut-at-1023", "keeps 1023 bytes of a value", []string{"SET-14"}, cutAt(1023)},
		{"value-cut-at-4095", "keeps 4095 bytes of a value", []string{"SET-14"}, cutAt(4095)},
		{"value-cut-at-32767", "keeps 32767 bytes of a value", []string{"SET-14"}, cutAt(32767)},
		{"value-cut-at-65535", "keeps 65535 bytes of a value", []string{"SET-14"}, cutAt(65535)},
		{"value-of-1024-refused", "has a buffer of 1024 bytes for block and CRLF", []string{"SET-14"},
			func(l *lite) { l.maxValue = 1022 }},
		{"value-of-4096-loses-last", "overwrites the last byte of a value that fills its buffer", []string{"SET-14"},
			stored(func(value string) string {
				if len(value) == 4096 {
					value = value[:4095] + "\x00"
				}
				return value
			})},
	}
}

// stored changes a value on its way into the store.
func stored(spoil func(value string) string) func(*lite) {
	return func(l *lite) {
		good := l.save
		l.save = func(c *client, key, value string) { good(c, key, spoil(value)) }
	}
}

// forgetting are faults of a store that is only a cache.
func forgetting() []Mutant {
	// room forgets the oldest key when there are more than n.
	room := func(n int) func(*lite) {
		return func(l *lite) {
			var order []string // guarded by l.mu
			save := l.save
			l.save = func(c *client, key, value string) {
				l.mu.Lock()
				if _, known := l.values[l.name(key)]; !known {
					order = append(order, l.name(key))
				}
				if len(order) > n {
					delete(l.values, order[0])
					order = order[1:]
				}
				l.mu.Unlock()
				save(c, key, value)
			}
		}
	}
	return []Mutant{
		{"room-for-1000-keys", "forgets the oldest of more than 1000 keys", []string{"SET-19"}, room(1000)},
		{"room-for-10000-keys", "forgets the oldest of more than 10000 keys", []string{"SET-19"}, room(10000)},
		{"replaced-value-returns-when-crowded", "keeps the first value of a key in a table of 4096 places, and the later ones in one that is emptied when it is full", []string{"SET-19"},
			func(l *lite) {
				later := map[string]string{} // guarded by l.mu
				l.save = func(_ *client, key, value string) {
					l.mu.Lock()
					defer l.mu.Unlock()
					if _, known := l.values[key]; !known && len(l.values) < 4096 {
						l.values[key] = value
						return
					}
					if len(later) == 4096 {
						clear(later)
					}
					later[key] = value
				}
				l.load = func(_ *client, key string) (string, bool) {
					l.mu.Lock()
					defer l.mu.Unlock()
					if value, ok := later[key]; ok {
						return value, true
					}
					value, ok := l.values[key]
					return value, ok
				}
			}},
		{"room-for-4mib", "forgets the oldest values when all together have more than 4 MiB", []string{"SET-19"},
			func(l *lite) {
				var order []string // guarded by l.mu
				total := 0
				l.save = func(_ *client, key, value string) {
					l.mu.Lock()
					defer l.mu.Unlock()
					old, known := l.values[key]
					if !known {
						order = append(order, key)
					}
					l.values[key] = value
					for total += len(value) - len(old); total > 4<<20; order = order[1:] {
						total -= len(l.values[order[0]])
						delete(l.values, order[0])
					}
				}
			}},
		{"values-expire", "forgets a value after a second", []string{"CON-11"},
			func(l *lite) {
				set := map[string]time.Time{} // guarded by l.mu
				save, load := l.save, l.load
				l.save = func(c *client, key, value string) {
					l.mu.Lock()
					set[key] = time.Now()
					l.mu.Unlock()
					save(c, key, value)
				}
				l.load = func(c *client, key string) (string, bool) {
					l.mu.Lock()
					at := set[key]
					l.mu.Unlock()
					if time.Since(at) > time.Second {
						return "", false
					}
					return load(c, key)
				}
			}},
	}
}
