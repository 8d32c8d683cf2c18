package rules

import (
	"fmt"
	"strings"
)

// durabilityRules are about what is there after the server has stopped or was killed; crashRules about a kill in the midst of something;
// lifeRules about the process itself.
func durabilityRules() []Rule {
	return []Rule{
		{
			ID: "DUR-01", Level: Should, Source: "A; decision 11", Alone: true, Restarts: true,
			Title: "what was answered STORED is there after a stop, a kill and a restart",
			Text: `The server is stopped and killed, in turn, right after it has answered STORED, and started again on the same
				data. Every value that it has ever acknowledged is there, those from before the earlier restarts too.`,
			Example: `
				A> "set k 4\r\nkept\r\n"
				A< "STORED\r\n"
				- the server is killed, and started again
				B> "get k\r\n"
				B< "VALUE k 4\r\nkept\r\nEND\r\n"`,
			Pitfall: `Values that are written when the server is told to stop, once a second, or when a buffer is full: a kill loses what was answered STORED.
				A file that is opened with "w", or a lock file that a kill leaves behind and the next start stumbles over. Write to the file, with a system call, before you answer.`,
			Check: func(t *T) {
				v := t.newVault()
				for round := range t.Rounds(4, 2) {
					end := endings()[round%2]
					c := t.Dial()
					for range t.Times(150, 4) {
						v.set(c, t.Key(), t.Text(size(t.Rand, 4<<10)))
					}
					t.forget(c)
					end.do(t)
					t.restart()
					v.check(end.name)
				}
			},
		},
		{
			ID: "DUR-02", Level: Should, Source: "decision 11", Alone: true, Restarts: true,
			Title: "no older value comes back after a restart",
			Text: `Keys are set again and again, to longer and shorter values and back to one that they had before; some sets
				are refused. After a stop or a kill each key has the last value that was acknowledged: none from before, none
				that was refused, and (in classic) none that was deleted.`,
			Example: `
				A> "set k 3\r\nold\r\nset k 3\r\nnew\r\n"
				A< "STORED\r\nSTORED\r\n"
				- the server is stopped, and started again
				B> "get k\r\n"
				B< "VALUE k 3\r\nnew\r\nEND\r\n"`,
			Pitfall: `A log that is searched from its start for the first record of a key, a snapshot that is read after the log that is newer, timestamps in whole
				seconds, a file per key that is only made when the key is new, a record that is written before its set is found wrong. Read the log in order; the last record of a key counts.`,
			Check: func(t *T) {
				v := t.newVault()
				keys := make([]string, t.Times(40, 4))
				for i := range keys {
					keys[i] = t.Key()
				}
				for round := range t.Rounds(4, 2) {
					end := endings()[round%2]
					c := t.Dial()
					for i, key := range keys {
						if i%4 == 3 && round > 0 && t.Rand.IntN(2) == 0 {
							continue // left as it was
						}
						first := fmt.Sprintf("%d.%d:%s", round, i, t.Text(1+t.Rand.IntN(60)))
						v.set(c, key, first)
						for again := range t.Rand.IntN(3) {
							v.set(c, key, fmt.Sprintf("%d.%d.%d:%s", round, i, again, t.Text(size(t.Rand, 600))))
						}
						if i%5 == 4 {
							v.set(c, key, first)
						}
					}
					if t.Profile.Dialect == Classic {
						v.remove(c, keys[1])
					}
					t.forget(c)
					v.refuse(keys[0], keys[len(keys)/2], t.Key(), t.Key())
					end.do(t)
					t.restart()
					v.check(end.name)
				}
			},
		},
		{
			ID: "DUR-05", Level: Should, Source: "it follows from decisions 10 and 11", Alone: true, Restarts: true,
			Title: "the value that concurrent sets have left is the same after a restart",
			Text: `Many clients set the same keys at the same time. What a get finds when all of them have been answered is what
				it finds after a kill: the order in memory and the order in the file are one.`,
			Example: `
				A> "set k 1\r\na\r\n"
				A< "STORED\r\n"
				B> "set k 1\r\nb\r\n"
				B< "STORED\r\n"
				C> "get k\r\n"
				C< "VALUE k 1\r\nb\r\nEND\r\n"
				- the server is killed, and started again
				D> "get k\r\n"
				D< "VALUE k 1\r\nb\r\nEND\r\n"`,
			Pitfall: `One lock for the map and another for the file, or none: two sets of a key come in one order into the map and in the other into the file. Hold one lock for
				both, or give each set a timestamp and let the highest win when the file is read.`,
			Check: func(t *T) {
				const clients = 8
				v := t.newVault()
				for round := range t.Rounds(3, 2) {
					keys, together := make([]string, t.Times(40, 4)), make([]*Client, clients)
					for i := range together {
						together[i] = t.Dial()
					}
					// Key by key, because only the last sets of each tell anything.
					for i := range keys {
						keys[i] = t.Key()
						t.Together(clients, func(n int) {
							for again := range 2 {
								together[n].Set(keys[i], fmt.Sprintf("%d.%d:%s", n, again, together[n].Text(size(together[n].Rand, 1000))))
							}
						})
					}
					for _, c := range together {
						t.forget(c)
					}
					c := t.Dial()
					for _, key := range keys {
						c.Step("%d clients had set one key at once", clients)
						value, found := c.Fetch(key)
						if !found {
							t.Wrong(state, "one of the values that were set", "a miss", "%s: the key has no value", c.about())
						}
						v.put(key, value)
					}
					t.forget(c)
					end := endings()[(round+1)%2]
					end.do(t)
					t.restart()
					v.check(end.name)
				}
			},
		},
		{
			ID: "DUR-06", Level: Should, Source: "decision 11", Alone: true, Restarts: true,
			Title: "values of every size and every byte survive a restart as they are",
			Text: `Empty values, one byte, sizes around powers of two up to the largest that is taken, all 256 bytes, line ends,
				quotes, separators and whatever else a file format may give a meaning to. Only values that come back right before
				the restart are asked for.`,
			Example: `
				A> "set k 5\r\na\nb\\n\r\nset e 0\r\n\r\n"
				A< "STORED\r\nSTORED\r\n"
				- the server is stopped, and started again
				B> "get k\r\nget e\r\n"
				B< "VALUE k 5\r\na\nb\\n\r\nEND\r\nVALUE e 0\r\n\r\nEND\r\n"`,
			Pitfall: `A file of lines that a LF in a value breaks, escapes without one for the escape sign, JSON or a text mode that cannot hold what is not UTF-8, trim and split on the
				way back, an empty value taken for none, lengths in one or two bytes. Write lengths and raw bytes, or base64.`,
			Check: func(t *T) {
				v := t.newVault()
				list := Some(t, awkwardValues(t), 6)
				for _, value := range list {
					v.offer(t.Key(), value)
				}
				v.need(len(list), "values")
				for _, end := range endings() {
					end.do(t)
					t.restart()
					v.check(end.name)
				}
			},
		},
		{
			ID: "DUR-07", Level: Should, Source: "decision 11", Alone: true, Restarts: true,
			Title: "keys are distinct byte strings after a restart too",
			Text: `Keys of 1 to 250 bytes, keys that differ only in case or in their last byte, keys that look like paths, numbers,
				words or file names, with separators and bytes above 127: each has its own value after the restart. Only keys
				whose value comes back right before it are asked for.`,
			Example: `
				A> "set a/b 1\r\n1\r\nset a_b 1\r\n2\r\nset A_B 1\r\n3\r\n"
				A< "STORED\r\nSTORED\r\nSTORED\r\n"
				- the server is stopped, and started again
				B> "get a/b\r\nget a_b\r\n"
				B< "VALUE a/b 1\r\n1\r\nEND\r\nVALUE a_b 1\r\n2\r\nEND\r\n"`,
			Pitfall: `Keys as names of files: slashes, case, length and bytes that the file system does not have. Keys in a file where =, # or a comma means something.
				If there must be a file for each key, name it by a hash or in hexadecimal.`,
			Check: func(t *T) {
				v := t.newVault()
				var keys []string
				for _, group := range lookAlikes(t) {
					keys = append(keys, group...)
				}
				keys = Some(t, unique(append(keys, awkwardKeys(t)...)), 6)
				// All are set before any is read: one that another takes the place of is for GET-04, which runs without a restart.
				for _, key := range keys {
					v.offer(key, t.Text(1+t.Rand.IntN(40)))
				}
				v.recheck()
				v.need(len(keys), "keys")
				for _, end := range endings() {
					end.do(t)
					t.restart()
					v.check(end.name)
				}
			},
		},
	}
}

// awkwardValues are values that some way of writing them down spoils.
func awkwardValues(t *T) []string {
	list := []string{"", "\n", "\r", "\x00", " ", "\t", "a\nb", "a\rb", "a\n", "\na", "\n\n", "a\x00b", "\x00\x00", " a", "a ", "\xff", "\xc3\x28", "\xed\xa0\x80",
		"\xef\xbb\xbfa", "\x1a", "\x04", "é", "日本語", "😀", "e\u0301", `"`, `""`, `'`, `\`, `\\`, `\n`, `\x00`, `\u0041`, "a,b", "a;b", "a:b", "a=b", "a|b",
		"a\tb", "#a", "//a", "-- a", "{}", "[]", `{"a":1}`, "null", "None", "true", "0", "-1", "1e3", "0x10", "007", "NaN", "<a>", "&amp;", "%41", "%s%n",
		"$a", "`a`", "a*b", "END", "STORED", "VALUE a 1", "set a 1", "get a", "delete a", "a 1", "---", "===", "\x1e", "\x1f", everyByte()}
	for b := range 256 {
		list = append(list, string([]byte{'<', byte(b), '>'}))
	}
	for n := 1; n <= 64<<10; n *= 4 {
		list = append(list, t.Bytes(n-1), t.Bytes(n), t.Bytes(n+1))
	}
	list = append(list, strings.Repeat("\x00", 5000), strings.Repeat("\n", 5000), strings.Repeat("a\n", 5000))
	for _, n := range []int{255, 256, 4095, 8191, 8192, 32767, 65535, 100_000, 300_000, t.Profile.MaxValue} {
		list = append(list, t.Bytes(min(n, t.Profile.MaxValue)))
	}
	for range 20 {
		list = append(list, t.Bytes(size(t.Rand, 3000)))
	}
	return unique(list)
}

// awkwardKeys are those beyond lookAlikes that some way of writing them down spoils.
func awkwardKeys(t *T) []string {
	id := t.KeyOf(30)
	return []string{"a", "Z", "~", t.KeyOf(249), t.KeyOf(250), strings.ToUpper(t.KeyOf(250)), strings.Repeat("/", 100), strings.Repeat("../", 80),
		strings.Repeat("é", 125), id + "é", id + "e\u0301", id + "É", "日本語" + id, "\xff" + id, id + "\xc3\x28", id + "\u00a0x", id + "\u2028x", id + "\u0085x",
		"con", "CON", "nul", "aux", "prn.txt", "C:" + id, "~" + id, ".git", ".DS_Store", "-rf", "--" + id, "#" + id, "\"" + id + "\"", "'" + id + "'", id + "\\n", id + "\\",
		"{" + id + "}", "[" + id + "]", "<" + id + ">", id + ",x", id + "=x=y", id + "%", id + "%s", id + "$HOME", id + "%00", id + "(1)", id + "@", id + "!"}
}
