package mutant

// setReplies are faults in what a set line is, in what is answered to it, and in what becomes of the value before.
func setReplies() []Mutant {
	return []Mutant{
		{"stored-then-end", "sends END after STORED", []string{"SET-01"},
			func(l *lite) { l.stored = "STORED\r\nEND" }},
		{"stored-spelled-ok", "answers OK instead of STORED", []string{"SET-01"},
			func(l *lite) { l.stored = "OK" }},
		{"stored-silent", "says nothing to a good set", []string{"SET-01"},
			func(l *lite) { l.reply = unless(l.reply, "STORED") }},
		{"set-extra-token-ignored", "reads the first three tokens of a set line and ignores the rest", []string{"SET-09", "SET-10"},
			func(l *lite) {
				l.set = func(c *client, args []string) error { return runSet(c, args[:min(len(args), 2)]) }
			}},
		{"set-one-line", "takes the value from a fourth token", []string{"SET-09", "SET-10"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) != 3 {
						return runSet(c, args)
					}
					c.save(c, args[0], args[2])
					return c.reply(c, c.stored)
				}
			}},
		{"set-memcached-form", "accepts memcached's five-token set as well", []string{"SET-09", "SET-10"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) == 4 {
						args = []string{args[0], args[3]}
					}
					return runSet(c, args)
				}
			}},
		{"set-bare-silent", "says nothing to a set line with too few tokens", []string{"SET-09"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) < 2 {
						return nil
					}
					return runSet(c, args)
				}
			}},
		{"set-bare-crashes-client", "loses the connection over a set line with too few tokens (index out of range)", []string{"SET-09"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) < 2 {
						return errEnd
					}
					return runSet(c, args)
				}
			}},
		{"set-arity-takes-block", "reads a block after a set line with a wrong token count", []string{"SET-10"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) != 2 {
						c.block(c, 0)
					}
					return runSet(c, args)
				}
			}},
		{"set-one-line-refused-stores", "says ERROR to a value on the command line and stores it", []string{"SET-09", "SET-10"},
			func(l *lite) {
				l.set = func(c *client, args []string) error {
					if len(args) == 3 {
						c.save(c, args[0], args[2])
					}
					return runSet(c, args)
				}
			}},
		{"set-keeps-first", "never replaces a value", []string{"SET-03"},
			func(l *lite) {
				good := l.save
				l.save = func(c *client, key, value string) {
					if _, ok := c.load(c, key); !ok {
						good(c, key, value)
					}
				}
			}},
		{"set-old-tail-remains", "writes over the old value without shortening it", []string{"SET-03"},
			func(l *lite) {
				good := l.save
				l.save = func(c *client, key, value string) {
					if old, ok := c.load(c, key); ok && len(old) > len(value) {
						value += old[len(value):]
					}
					good(c, key, value)
				}
			}},
		{"set-appends", "adds to the old value", []string{"SET-03"},
			func(l *lite) {
				good := l.save
				l.save = func(c *client, key, value string) {
					old, _ := c.load(c, key)
					good(c, key, old+value)
				}
			}},
	}
}

// unless drops one reply.
func unless(reply func(*client, string) error, silent string) func(*client, string) error {
	return func(c *client, text string) error {
		if text == silent {
			return nil
		}
		return reply(c, text)
	}
}
