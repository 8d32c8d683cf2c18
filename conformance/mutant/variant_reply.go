package mutant

// oddValues send what a get finds in another form.
func oddValues() []Variant {
	return []Variant{
		{"stored-and-end", "sends END after STORED", "sends END after STORED", nil, func(l *lite) { l.stored = "STORED\r\nEND" }},
		{"stored-as-ok", "answers a set with OK", "answers a set with OK", nil, func(l *lite) { l.stored = "OK" }},
		{"value-with-flags", "sends flags on the VALUE line", "sends \"VALUE k 0 n\" before a value", nil, found("VALUE KEY 0 SIZE\r\nDATA\r\nEND")},
		{"value-with-space", "sends a space at the end of the VALUE line", "as the profile course says", nil, found("VALUE KEY SIZE \r\nDATA\r\nEND")},
		{"value-without-key", "leaves the key out of the VALUE line", "sends \"VALUE n\" before a value", nil, found("VALUE SIZE\r\nDATA\r\nEND")},
		{"value-without-end", "sends no END after a value", "sends nothing after a value", nil, found("VALUE KEY SIZE\r\nDATA")},
		{"value-alone", "sends a value and nothing else", "sends a value without a line before it; sends nothing after a value", nil, found("DATA")},
	}
}

// oddMisses call a miss something else.
func oddMisses() []Variant {
	return []Variant{
		{"miss-as-end", "answers a miss with END", "as the profile course says", nil, missing("END")},
		{"miss-underscore", "answers a miss with NOT_FOUND", "answers a miss with NOT_FOUND", nil, missing("NOT_FOUND")},
		{"miss-as-null", "answers a miss with null", "answers a miss with null", nil, missing("null")},
		{"miss-as-empty-line", "answers a miss with an empty line", "answers a miss with an empty line", nil, missing("")},
		{"miss-with-key", "repeats the key of a miss", `answers a miss with "KEY … NOT FOUND"`, nil,
			func(l *lite) {
				l.get = func(c *client, args []string) error {
					if len(args) == 1 && c.keyOK(args[0]) {
						if _, ok := c.load(c, args[0]); !ok {
							return c.reply(c, "KEY "+args[0]+" NOT FOUND")
						}
					}
					return runGet(c, args)
				}
			}},
		{"miss-as-nothing", "says nothing to a miss", "answers nothing to a miss", nil,
			func(l *lite) {
				l.get = func(c *client, args []string) error {
					if len(args) == 1 && c.keyOK(args[0]) {
						if _, ok := c.load(c, args[0]); !ok {
							return nil
						}
					}
					return runGet(c, args)
				}
			}},
	}
}

// oddRefusals call a refusal something else.
func oddRefusals() []Variant {
	return []Variant{
		{"mismatch-dash", "answers NOT-STORED to a size mismatch", "as the profile course says", nil, mismatched("NOT-STORED")},
		{"mismatch-underscore", "answers NOT_STORED to a size mismatch", "as the profile transcript says", nil, mismatched("NOT_STORED")},
		{"mismatch-space", "answers NOT STORED to a size mismatch", `answers a block of the wrong size with "NOT STORED"`, nil, mismatched("NOT STORED")},
		{"refused-as-invalid", "answers INVALID to whatever it refuses", "answers what is no command with INVALID", nil, func(l *lite) { l.refused = "INVALID" }},
		{"refused-with-reason", "says which line it does not know", `answers what is no command with "ERROR unknown command: …"`, nil,
			func(l *lite) {
				l.unknown = func(c *client, line string) error { return c.reply(c, "ERROR unknown command: "+line) }
			}},
	}
}

// mismatched answers word where the size is wrong and nothing else.
func mismatched(word string) func(*lite) {
	return func(l *lite) {
		l.set = func(c *client, args []string) error {
			if len(args) != 2 {
				return c.refuse()
			}
			size, ok := c.size(args[1])
			if !ok {
				return c.refuse()
			}
			b, err := c.block(c, size)
			switch {
			case err != nil:
				return err
			case !c.keyOK(args[0]) || size > c.maxValue && b.length == size:
				return c.refuse()
			case !c.verdict(c, request{args[0], size, b}):
				return c.reply(c, word)
			}
			c.save(c, args[0], b.value)
			return c.reply(c, c.stored)
		}
	}
}
