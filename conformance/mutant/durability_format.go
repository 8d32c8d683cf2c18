package mutant

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
)

// formats are faults in how keys and values are written down.
func formats() []Mutant {
	// text keeps each record on a line of its own.
	text := func(write func(key, value string) string, read func(line string) (key, value string)) func(*durable) {
		return func(d *durable) {
			d.encode = func(key, value string) []byte { return []byte(write(key, value) + "\n") }
			d.decode = func(in *bufio.Reader) (string, string, int, error) {
				line, err := in.ReadString('\n')
				if err != nil {
					return "", "", 0, io.EOF
				}
				key, value := read(strings.TrimSuffix(line, "\n"))
				return key, value, len(line), nil
			}
		}
	}
	// renamed keeps every record right, but not under its own key.
	renamed := func(name func(key string) string) func(*durable) {
		return func(d *durable) {
			d.encode = func(key, value string) []byte { return encodeRecord(name(key), value) }
			good := d.load
			d.load = func(c *client, key string) (string, bool) {
				if value, ok := good(c, key); ok {
					return value, ok
				}
				return good(c, name(key))
			}
		}
	}
	// spoiled changes a value on its way to the file.
	spoiled := func(change func(value string) string) func(*durable) {
		return func(d *durable) {
			d.encode = func(key, value string) []byte { return encodeRecord(key, change(value)) }
		}
	}
	first := func(s string, n int) string { return s[:min(len(s), n)] }
	return durables([]disk{
		{"lines-in-a-file", "writes a line for each set, and line ends in it as they are", []string{"DUR-06"},
			text(func(key, value string) string { return key + " " + value },
				func(line string) (string, string) { key, value, _ := strings.Cut(line, " "); return key, value })},
		{"cut-at-space", "reads its file as words between spaces", []string{"DUR-06"},
			text(func(key, value string) string { return key + " " + strings.ReplaceAll(value, "\n", "\x00n") },
				func(line string) (string, string) {
					words := strings.Fields(line)
					if len(words) < 2 {
						return first(line, 0), ""
					}
					return words[0], strings.ReplaceAll(words[1], "\x00n", "\n")
				})},
		{"carriage-returns-cut", "takes a carriage return at the end of a value for a part of the line's end in its file", []string{"DUR-06"},
			text(func(key, value string) string {
				return key + " " + strings.NewReplacer("\\", `\\`, "\n", `\n`).Replace(value)
			}, func(line string) (string, string) {
				key, value, _ := strings.Cut(strings.TrimSuffix(line, "\r"), " ")
				return key, strings.NewReplacer(`\\`, "\\", `\n`, "\n").Replace(value)
			})},
		{"backslash-not-escaped", "escapes line ends in its file, but not the backslash that it does that with", []string{"DUR-06"},
			text(func(key, value string) string { return key + " " + strings.ReplaceAll(value, "\n", `\n`) },
				func(line string) (string, string) {
					key, value, _ := strings.Cut(line, " ")
					return key, strings.ReplaceAll(value, `\n`, "\n")
				})},
		{"json", "keeps values in JSON, where they have to be text", []string{"DUR-06"},
			text(func(key, value string) string {
				text, _ := json.Marshal([]string{base64.StdEncoding.EncodeToString([]byte(key)), value})
				return string(text)
			}, func(line string) (string, string) {
				var pair [2]string
				_ = json.Unmarshal([]byte(line), &pair)
				key, _ := base64.StdEncoding.DecodeString(pair[0])
				return string(key), pair[1]
			})},
		{"json-keys", "keeps keys in JSON, where they have to be text", []string{"DUR-07"},
			text(func(key, value string) string {
				text, _ := json.Marshal([]string{key, base64.StdEncoding.EncodeToString([]byte(value))})
				return string(text)
			}, func(line string) (string, string) {
				var pair [2]string
				_ = json.Unmarshal([]byte(line), &pair)
				value, _ := base64.StdEncoding.DecodeString(pair[1])
				return pair[0], string(value)
			})},
		{"key-equals-value", "writes key=value, and cuts at the first equals sign", []string{"DUR-07"},
			text(func(key, value string) string { return key + "=" + base64.StdEncoding.EncodeToString([]byte(value)) },
				func(line string) (string, string) {
					key, coded, _ := strings.Cut(line, "=")
					value, _ := base64.StdEncoding.DecodeString(coded)
					return key, string(value)
				})},
		{"comments", "takes lines of its file that begin with # for comments", []string{"DUR-07"},
			text(func(key, value string) string { return key + " " + base64.StdEncoding.EncodeToString([]byte(value)) },
				func(line string) (string, string) {
					if strings.HasPrefix(line, "#") {
						return "", ""
					}
					key, coded, _ := strings.Cut(line, " ")
					value, _ := base64.StdEncoding.DecodeString(coded)
					return key, string(value)
				})},
		{"ends-at-nul", "writes values down as C strings", []string{"DUR-06"},
			spoiled(func(value string) string { before, _, _ := strings.Cut(value, "\x00"); return before })},
		{"empty-values-skipped", "takes an empty value in its file for none", []string{"DUR-06"},
			func(d *durable) {
				good := d.replay
				d.keep = func(_ *client, key, value string) {
					d.order.Lock()
					defer d.order.Unlock()
					d.must(d.write(d.encode(key, value)))
					good(key, value)
				}
				d.replay = func(key, value string) {
					if value != "" {
						good(key, value)
					}
				}
			}},
		{"length-of-16-bits", "writes lengths of values in 16 bits", []string{"DUR-06"},
			spoiled(func(value string) string { return value[:len(value)%(1<<16)] })},
		{"length-of-8-bits", "writes lengths of values in 8 bits", []string{"DUR-01", "DUR-06"},
			spoiled(func(value string) string { return value[:len(value)%(1<<8)] })},
		{"off-by-one", "drops the last byte of a value that fills its buffer of 4096 bytes", []string{"DUR-06"},
			spoiled(func(value string) string {
				if n := len(value); n > 0 && n%4096 == 0 {
					return value[:n-1]
				}
				return value
			})},
		{"values-trimmed", "trims values on their way to the file", []string{"DUR-06"}, spoiled(strings.TrimSpace)},
		{"text-in-latin-1", "writes what is not UTF-8 as question marks", []string{"DUR-06"},
			spoiled(func(value string) string { return strings.ToValidUTF8(value, "?") })},
		{"keys-folded", "writes keys down in lower case", []string{"DUR-07"}, renamed(strings.ToLower)},
		{"keys-replaced-in-file", "writes keys down with what is not good in a file's name replaced", []string{"DUR-07"},
			renamed(func(key string) string {
				return strings.Map(func(r rune) rune {
					if strings.ContainsRune(`/\:*?"<>|%`, r) {
						return '_'
					}
					return r
				}, key)
			})},
		{"keys-cut", "keeps 248 bytes of a key in its file", []string{"DUR-07"}, renamed(func(key string) string { return first(key, 248) })},
		{"base-names", "keeps of a key what is behind the last slash", []string{"DUR-07"},
			renamed(func(key string) string { return key[strings.LastIndexByte(key, '/')+1:] })},
	})
}
