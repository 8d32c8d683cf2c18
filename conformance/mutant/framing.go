package mutant

import "strings"

// lines are faults in what a command line is.
func lines() []Mutant {
	split := func(tokens func(line string) []string) func(*lite) {
		return func(l *lite) { l.tokens = tokens }
	}
	// onUnknown does something else with a line that is no command; blank says which of the two kinds.
	onUnknown := func(blank bool, answer func(*client) error) func(*lite) {
		return func(l *lite) {
			l.unknown = func(c *client, line string) error {
				if (len(c.tokens(line)) == 0) == blank {
					return answer(c)
				}
				return c.refuse()
			}
		}
	}
	silent := func(*client) error { return nil }
	leave := func(*client) error { return errEnd }
	twice := func(c *client) error { c.refuse(); return c.refuse() }
	return []Mutant{
		{"unknown-silent", "says nothing to an unknown command", []string{"FRM-01"}, onUnknown(false, silent)},
		{"unknown-closes", "closes the connection on an unknown command", []string{"FRM-01"}, onUnknown(false, leave)},
		{"unknown-twice", "answers an unknown command twice", []string{"FRM-01"}, onUnknown(false, twice)},
		{"unknown-takes-block", "reads a block after an unknown command of three words", []string{"FRM-01"},
			func(l *lite) {
				l.unknown = func(c *client, line string) error {
					if len(c.tokens(line)) > 2 {
						c.block(c, 0)
					}
					return c.refuse()
				}
			}},
		{"unknown-by-first-letter", "tells commands apart by their first letter", []string{"FRM-01"},
			func(l *lite) {
				l.run = func(c *client, line string) error {
					for _, word := range []string{"get", "set", "end"} {
						if trimmed := strings.TrimLeft(line, " "); trimmed != "" && trimmed[0] == word[0] {
							_, rest, _ := strings.Cut(trimmed, " ")
							line = word + " " + rest
						}
					}
					return runLine(c, line)
				}
			}},
		{"unknown-like-memcached", "answers memcached's gets as a get", []string{"FRM-01"},
			func(l *lite) {
				l.run = func(c *client, line string) error {
					if words := c.tokens(line); len(words) > 0 && words[0] == "gets" {
						return c.get(c, words[1:])
					}
					return runLine(c, line)
				}
			}},
		{"unknown-by-prefix", "takes setx for set and getx for get", []string{"FRM-01"},
			func(l *lite) {
				l.run = func(c *client, line string) error {
					words := c.tokens(line)
					if len(words) > 1 && (strings.HasPrefix(words[0], "get") || strings.HasPrefix(words[0], "set")) {
						words[0] = words[0][:3]
						line = strings.Join(words, " ")
					}
					return runLine(c, line)
				}
			}},
		{"errors-numbered", "answers ERROR 1 instead of ERROR", []string{"FRM-01", "SET-09", "GET-03"},
			func(l *lite) { l.refused = "ERROR 1" }},
		{"blank-line-ignored", "says nothing to a blank line", []string{"FRM-02"}, onUnknown(true, silent)},
		{"blank-line-closes", "closes the connection on a blank line", []string{"FRM-02"}, onUnknown(true, leave)},
		{"blank-line-twice", "answers a blank line twice", []string{"FRM-02"}, onUnknown(true, twice)},
		{"empty-line-ignored", "says nothing to an empty line, though it does to one of spaces", []string{"FRM-02"},
			func(l *lite) {
				l.unknown = func(c *client, line string) error {
					if line == "" {
						return nil
					}
					return c.refuse()
				}
			}},
		{"commands-any-case", "takes SET and Get for commands", []string{"FRM-03"},
			func(l *lite) {
				l.run = func(c *client, line string) error {
					start := len(line) - len(strings.TrimLeft(line, " "))
					word, _, _ := strings.Cut(line[start:], " ")
					return runLine(c, line[:start]+strings.ToLower(word)+line[start+len(word):])
				}
			}},
		{"commands-upper-case-too", "takes END, and only that, for a command", []string{"FRM-03"},
			func(l *lite) {
				l.unknown = func(c *client, line string) error {
					if line == "END" {
						return errEnd
					}
					return c.refuse()
				}
			}},
		{"double-space-empty-token", "makes an empty token of two spaces in a row", []string{"FRM-04"},
			split(func(line string) []string {
				if strings.TrimSpace(line) == "" {
					return nil
				}
				return strings.Split(strings.Trim(line, " "), " ")
			})},
		{"trailing-space-in-last-token", "counts trailing spaces to the last token", []string{"FRM-04"},
			split(func(line string) []string {
				words := splitSpaces(line)
				if len(words) > 0 {
					words[len(words)-1] += line[len(strings.TrimRight(line, " ")):]
				}
				return words
			})},
		{"leading-space-unknown", "knows no command behind a leading space", []string{"FRM-04"},
			split(func(line string) []string {
				words := splitSpaces(line)
				if len(words) > 0 && line[0] == ' ' {
					words[0] = " " + words[0]
				}
				return words
			})},
		{"eight-spaces-at-most", "takes a line with more than eight spaces in a row for no command", []string{"FRM-04"},
			func(l *lite) {
				l.run = func(c *client, line string) error {
					if strings.Contains(line, strings.Repeat(" ", 9)) {
						return c.unknown(c, line)
					}
					return runLine(c, line)
				}
			}},
		{"tab-separates", "takes a tab for a separator", []string{"FRM-05"},
			split(func(line string) []string {
				return strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
			})},
		{"any-whitespace-separates", "splits as strings.Fields does, NEL and the no-break space included", []string{"FRM-05"},
			split(strings.Fields)},
		{"bare-lf-waits", "does not take a bare LF for the end of a command line", []string{"FRM-06"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					var whole string
					for {
						line, err := readLine(c)
						if err != nil || c.ending == "\r\n" {
							return whole + line, err
						}
						whole += line + "\n"
					}
				}
			}},
		{"bare-lf-refused", "answers a command line that ends in a bare LF with ERROR", []string{"FRM-06"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					line, err := readLine(c)
					if c.ending == "\n" {
						line = "?"
					}
					return line, err
				}
			}},
		{"bare-lf-block-needs-crlf", "waits for CRLF after the block of a line that ended in a bare LF", []string{"FRM-06"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) { c.ending = "\r\n"; return readBlock(c, size) }
			}},
		{"bare-lf-block-drops-cr", "drops the CR of a block that ends in CRLF after a line that ended in a bare LF", []string{"FRM-06"},
			func(l *lite) {
				l.block = func(c *client, size int64) (block, error) {
					b, err := readBlock(c, size)
					if value, ok := strings.CutSuffix(b.value, "\r"); ok && c.ending == "\n" {
						b = block{value, b.length - 1}
					}
					return b, err
				}
			}},
		{"all-trailing-crs-trimmed", "trims every CR at the end of a command line", []string{"FRM-14"},
			func(l *lite) {
				l.line = func(c *client) (string, error) {
					line, err := readLine(c)
					return strings.TrimRight(line, "\r"), err
				}
			}},
	}
}
