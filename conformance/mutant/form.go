package mutant

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// valueForms are faults that show with values of a certain form: those which something on their way takes for more than bytes.
func valueForms() []Mutant {
	// lost has no get find certain values.
	lost := func(when func(key, value string) bool) func(*lite) {
		return func(l *lite) {
			good := l.load
			l.load = func(c *client, key string) (string, bool) {
				value, ok := good(c, key)
				return value, ok && !when(key, value)
			}
		}
	}
	return []Mutant{
		{"value-of-digits-is-number", "keeps a value of digits as a floating point number", []string{"SET-13"},
			stored(func(value string) string {
				if strings.ContainsFunc(value, func(r rune) bool { return r < '0' || r > '9' }) {
					return value
				}
				if f, err := strconv.ParseFloat(value, 64); err == nil {
					return strconv.FormatFloat(f, 'f', -1, 64)
				}
				return value
			})},
		{"value-as-json", "writes a value that is JSON anew", []string{"SET-13"},
			stored(func(value string) string {
				var out bytes.Buffer
				if json.Valid([]byte(value)) && json.Compact(&out, []byte(value)) == nil {
					return out.String()
				}
				return value
			})},
		{"value-unquoted", "takes the quotes off a value", []string{"SET-13"},
			stored(func(value string) string {
				if plain, err := strconv.Unquote(value); err == nil {
					return plain
				}
				return value
			})},
		{"value-null-is-none", "takes the value null for none", []string{"SET-13"},
			lost(func(_, value string) bool { return value == "null" })},
		{"value-like-key-is-none", "takes a value that is its own key for none", []string{"SET-13"},
			lost(func(key, value string) bool { return key == value })},
		{"value-telnet-newline", "drops a NUL behind a CR, as telnet does", []string{"SET-13"},
			stored(func(value string) string { return strings.ReplaceAll(value, "\r\x00", "\r") })},
		{"value-telnet-command", "makes one byte 0xff of two, as telnet does", []string{"SET-13"},
			stored(func(value string) string { return strings.ReplaceAll(value, "\xff\xff", "\xff") })},
		{"value-bom-dropped", "drops a byte order mark at the start of a value", []string{"SET-13"},
			stored(func(value string) string {
				for _, mark := range []string{"\ufeff", "\xff\xfe", "\xfe\xff"} {
					value = strings.TrimPrefix(value, mark)
				}
				return value
			})},
		{"value-run-counted-in-a-byte", "counts a run of equal bytes in eight bits", []string{"SET-13"},
			stored(func(value string) string {
				var out strings.Builder
				for i := 0; i < len(value); {
					n := i
					for n < len(value) && value[n] == value[i] {
						n++
					}
					out.WriteString(strings.Repeat(value[i:i+1], (n-i)%256))
					i = n
				}
				return out.String()
			})},
		{"value-compressed-already", "keeps nothing of a value that begins as a gzip file does", []string{"SET-13"},
			stored(func(value string) string {
				if strings.HasPrefix(value, "\x1f\x8b") {
					return ""
				}
				return value
			})},
		{"value-expanded", "puts the environment's variables in the place of their names", []string{"SET-13"},
			stored(func(value string) string { return strings.ReplaceAll(value, "$HOME", "/root") })},
		{"large-value-as-text", "handles values of more than 20,000 bytes as text", []string{"SET-13"},
			stored(func(value string) string {
				if len(value) > 20_000 {
					return strings.ToValidUTF8(value, "\uFFFD")
				}
				return value
			})},
		{"text-decoded-by-packet", "decodes each packet by itself, where all but a character cut by its end is UTF-8", []string{"SET-15"},
			func(l *lite) {
				l.receive = func(c *client, p []byte) (int, error) {
					n, err := c.conn.Read(p)
					at := n
					for at > 0 && n-at < utf8.UTFMax && !utf8.RuneStart(p[at-1]) {
						at--
					}
					if at > 0 && !utf8.FullRune(p[at-1:n]) && utf8.Valid(p[:at-1]) {
						for i := at - 1; i < n; i++ {
							p[i] = '?'
						}
					}
					return n, err
				}
			}},
	}
}

// resemblances are faults of a store that takes for equal what is only alike.
func resemblances() []Mutant {
	// unchanged keeps the old value where the new one looks like it.
	unchanged := func(alike func(old, value string) bool) func(*lite) {
		return func(l *lite) {
			good := l.save
			l.save = func(c *client, key, value string) {
				if old, ok := c.load(c, key); !ok || !alike(old, value) {
					good(c, key, value)
				}
			}
		}
	}
	return []Mutant{
		{"same-head-is-same-value", "takes a value of the same length and the same first 16 bytes for no change", []string{"SET-03"},
			unchanged(func(old, value string) bool {
				return len(value) > 16 && len(old) == len(value) && old[:16] == value[:16]
			})},
		{"same-tail-is-same-value", "takes a value of the same length and the same last 16 bytes for no change", []string{"SET-03"},
			unchanged(func(old, value string) bool {
				return len(value) > 16 && len(old) == len(value) && old[len(old)-16:] == value[len(value)-16:]
			})},
		{"start-of-value-is-same-value", "takes a value that the old one begins with for no change", []string{"SET-03"},
			unchanged(func(old, value string) bool { return value != "" && strings.HasPrefix(old, value) })},
		{"values-shared-by-head", "keeps one copy of all values of the same length and the same first 64 bytes", []string{"SET-03"},
			func(l *lite) {
				copies := map[string]string{} // guarded by l.mu
				good := l.save
				l.save = func(c *client, key, value string) {
					l.mu.Lock()
					digest := strconv.Itoa(len(value)) + value[:min(len(value), 64)]
					if kept, ok := copies[digest]; ok {
						value = kept
					}
					copies[digest] = value
					l.mu.Unlock()
					good(c, key, value)
				}
			}},
		{"long-tail-remains", "writes a value of 1000 bytes and more over the old one without shortening it", []string{"SET-03"},
			func(l *lite) {
				good := l.save
				l.save = func(c *client, key, value string) {
					if old, ok := c.load(c, key); ok && len(value) >= 1000 && len(old) > len(value) {
						value += old[len(value):]
					}
					good(c, key, value)
				}
			}},
	}
}
