package rules

import (
	"strings"
)

func getRules() []Rule {
	return []Rule{
		{
			ID: "GET-01", Level: Must, Source: "R, A",
			Title: "get of a present key answers VALUE key size, the value, END",
			Text: `The reply is the line VALUE with the key as it was asked for and the size in decimal, the value with a line
				end of its own, and the line END. (Classic: the flags stand between key and size.)`,
			Example: `
				> "set colour 4\r\nblue\r\n"
				< "STORED\r\n"
				> "get colour\r\n"
				< "VALUE colour 4\r\nblue\r\nEND\r\n"`,
			Pitfall: `The reply is written from memory: memcached's flags between key and size, no key, a space before the CRLF, a size
				that counts the CRLF, no line end between value and END, no END. A client reads the first line, then as many bytes
				as it says, then "\r\nEND\r\n"; try yours with a client that somebody else has written.`,
			Check: func(t *T) {
				c := t.Dial()
				for _, n := range t.sizes(30, 2, t.UpTo(2000)) {
					key, value := t.KeyOf(24+t.Rand.IntN(min(t.Profile.MaxKey, 123)-23)), t.Text(n)
					c.Set(key, value)
					c.Step("a value of %d bytes under a key of %d", n, len(key))
					c.Get(key, value)
				}
				c.InStep()
			},
		},
		{
			ID: "GET-02", Level: Must, Source: "R (A and M answer with a bare END)",
			Title: "get of an absent key answers NOT-FOUND",
			Text: `A key that was never stored is answered with the one line of a miss; also a key that only begins like a
				stored one, or goes on after it.`,
			Example: `
				> "get colour\r\n"
				< "NOT-FOUND\r\n"
				> "set colours 3\r\nred\r\nget colour\r\n"
				< "STORED\r\nNOT-FOUND\r\n"`,
			Pitfall: `A miss is answered with END, NOT_FOUND, null or an empty line, or not at all, and then the client waits for ever.
				Searching a file for the first line that begins with the key finds colours for colour. Look the whole key up, and
				answer every get.`,
			Check: func(t *T) {
				c := t.Dial()
				for range t.Times(20, 1) {
					key := t.Key()
					c.Miss(key)
					c.Set(key+"-and-on", t.Text(10))
					for _, near := range []string{key, key + "-and", key + "-and-o", key + "-and-on-", key + "-and-oN", "x" + key + "-and-on"} {
						c.Step("get of %q, beside %q", near, key+"-and-on")
						c.Miss(near)
					}
				}
				c.InStep()
			},
		},
		{
			ID: "GET-03", Level: Must, Source: "R; decision 2", Labels: []string{oneClient},
			Title: "a get line without exactly 2 tokens is ERROR",
			Text: `A get names one key. Without a key, or with more than one, it is refused and no value is sent. (Classic: a get
				of several keys is legal; without a key it is refused.)`,
			Example: `
				> "get\r\n"
				< "ERROR\r\n"
				> "get a b\r\n"
				< "ERROR\r\n"`,
			Pitfall: `split(" ")[1] throws on a bare get, or is undefined in JavaScript, and who looks no further answers get a b for a
				alone; memcached answers for both, which a client of the lite dialect does not expect. Count the tokens first:
				exactly two.`,
			Check: func(t *T) {
				c := t.Dial()
				first, second := t.Key(), t.Key()
				c.Set(first, t.Text(5))
				c.Set(second, t.Text(5))
				list := []string{"get", "get ", "get  "}
				if t.Profile.Dialect == Lite {
					list = append(list, "get "+first+" "+second, "get "+first+" "+first, "get "+first+" 3", "get "+first+" x y",
						"get "+t.Key()+" "+first, "get 0 0 "+first)
					for range t.Times(10, 1) {
						list = append(list, "get "+first+strings.Repeat(" "+text(t.Rand, 1+t.Rand.IntN(9), keyBytes), 1+t.Rand.IntN(20)))
					}
				}
				for _, line := range Some(t, list, 3) {
					c.Step("the line %q", line)
					c.Send(t.Lines(line))
					c.Expect(BadCommand)
				}
				c.InStep()
			},
		},
		{
			ID: "GET-04", Level: Must, Source: "R",
			Title: "keys are distinct byte strings: case, prefixes, look-alike numbers, path-like keys",
			Text: `Two keys are the same only if all their bytes are. Nothing is folded, trimmed, cut, decoded, or read as a
				number, a path or a word of some language; a difference in the last of 250 bytes counts.`,
			Example: `
				> "set k 1\r\n1\r\nset K 1\r\n2\r\nset 1 1\r\n3\r\nset 01 1\r\n4\r\nset ../k 1\r\n5\r\n"
				< "STORED\r\n"*5
				> "get k\r\nget 1\r\nget ../k\r\n"
				< "VALUE k 1\r\n1\r\nEND\r\nVALUE 1 1\r\n3\r\nEND\r\nVALUE ../k 1\r\n5\r\nEND\r\n"`,
			Pitfall: `With a file for each key ../k is a path (it leaves the data folder in 4 of 31 servers tried), a/k a folder, and k
				and K one file on macOS and Windows. A plain JavaScript object has a __proto__ and a constructor before anything is
				stored, and keys read as numbers or cut to a field fall together. Use a map of byte strings, and hashes of the keys
				where there must be file names.`,
			Check: func(t *T) {
				c := t.Dial()
				for _, group := range Some(t, lookAlikes(t), 1) {
					values := map[string]string{}
					for _, key := range group {
						values[key] = key + "=" + t.Text(4)
						c.Step("%q beside its look-alikes", key)
						c.Set(key, values[key])
					}
					for _, i := range t.Rand.Perm(len(group)) {
						c.Step("%q beside its look-alikes", group[i])
						c.Get(group[i], values[group[i]])
					}
				}
				c.InStep()
			},
		},
		{
			ID: "GET-05", Level: Must, Source: "R",
			Title: "what one client stored, every other client gets, after the first has left too",
			Text: `The store is shared: values belong to the server and not to a connection. They stay when the client that
				stored them leaves, in order or not.`,
			Example: `
				A> "set k 3\r\nabc\r\n"
				A< "STORED\r\n"
				A> "end\r\n"
				A< FIN
				B> "get k\r\n"
				B< "VALUE k 3\r\nabc\r\nEND\r\n"`,
			Pitfall: `The map is a local variable of the function that serves a client, or a field of a handler that is made anew for each
				(Python's socketserver does), or a copy in a process of its own (fork, multiprocessing, Node's cluster). Make one
				store before the first accept, and pass it to everybody.`,
			Check: func(t *T) {
				values := map[string]string{}
				check := func(who string, c *Client) {
					for key, value := range values {
						c.Step("%s asks for %q", who, key)
						c.Get(key, value)
					}
				}
				early := t.Dial()
				for i := range t.Times(6, 2) {
					c := t.Dial()
					for range t.Times(4, 1) {
						key, value := t.Key(), t.Text(1+t.Rand.IntN(200))
						if !t.Profile.silent(Missing) { // or nobody would know when it was asked
							early.Step("a get before another client stores the key")
							early.Miss(key)
						}
						c.Set(key, value)
						values[key] = value
					}
					check("a client that was there before", early)
					switch i % 3 {
					case 0:
						c.Leave()
					case 1:
						c.Close()
					case 2:
						c.Abort()
					}
					check("a client that was there before", early)
					late := t.Dial()
					check("a client that came after the first had left", late)
					late.InStep()
				}
				early.InStep()
			},
		},
		{
			ID: "GET-06", Level: Must, Source: "R",
			Title: "get changes nothing: asked again, it answers the same",
			Text: `A get neither removes nor creates nor alters. The same question gets the same answer, however often and by
				whomever it is asked.`,
			Example: `
				> "set k 3\r\nabc\r\nget k\r\nget k\r\n"
				< "STORED\r\nVALUE k 3\r\nabc\r\nEND\r\nVALUE k 3\r\nabc\r\nEND\r\n"
				> "get x\r\nget x\r\n"
				< "NOT-FOUND\r\nNOT-FOUND\r\n"`,
			Pitfall: `pop where get was meant; a defaultdict, or map[key] in C++, which makes an empty entry of every key that it is asked
				for; a file that has been read to its end by the first get. Look up with a call that only reads (get, find,
				contains).`,
			Check: func(t *T) {
				c, other := t.Dial(), t.Dial()
				present, absent, value := t.Key(), t.Key(), t.Text(100)
				c.Set(present, value)
				for i := range t.Times(40, 2) {
					asks := []*Client{c, other}[i%2]
					asks.Step("get %d of the same key", i+1)
					asks.Get(present, value)
					asks.Miss(absent)
				}
				c.InStep()
				other.InStep()
			},
		},
		{
			ID: "GET-07", Level: Should, Source: "M; decision 4",
			Title: "get of a key longer than 250 bytes is refused or a miss, in step",
			Text: `No such key can have been stored. R speaks of the limit for set only, so both answers are right; what is not
				is the value of the key's first 250 bytes, silence, or a closed connection.`,
			Example: `
				> "get " "k"*251 "\r\n"
				< "ERROR\r\n"
				- NOT-FOUND is right too
				> "get k\r\n"
				< "NOT-FOUND\r\n"`,
			Pitfall: `A field of fixed length cuts the key (char key[251], strncpy), and the get finds what another key holds; or the
				check that is there for sets throws in a get and ends the connection. Compare the length in bytes, answer, and read
				on.`,
			Check: func(t *T) {
				c := t.Dial()
				for _, n := range Some(t, longKeys(t), 1) {
					key := t.KeyOf(n)
					c.Set(key[:t.Profile.MaxKey], t.Text(3))
					c.Step("get of a key of %d bytes, whose first %d are a stored key", n, t.Profile.MaxKey)
					c.Send(t.GetRequest(key))
					c.Expect(BadKey, Missing)
					c.InStep()
				}
				c.InStep()
			},
		},
	}
}

// lookAlikes are groups of keys that some server takes for one another.
func lookAlikes(t *T) [][]string {
	id := t.Key()
	long := t.KeyOf(t.Profile.MaxKey - 1)
	deep := t.KeyOf(t.Profile.MaxKey)
	groups := [][]string{
		{id + "a", id + "A"},
		{strings.ToUpper(id), strings.ToLower(id), "_" + id},
		{id, id + "1", id + "11", id + "111", id[:len(id)-1]},
		{"1", "01", "001", "1.0", "+1", "1e0", "0x1", "-1", "10"},
		{"0", "00", "-0", "+0", "0.0"},
		{"4294967297", "1", "18446744073709551617", "65537", "257"},
		{"9007199254740993", "9007199254740992", "9007199254740993.0"},
		{"null", "None", "nil", "undefined", "true", "false", "NaN", "nan", "Infinity"},
		{"__proto__", "constructor", "toString", "hasOwnProperty", "length", "prototype"},
		// What is left out of a key, or changed in it, makes another of it, or the plain one, which is therefore in each group.
		{id, "../" + id, "./" + id, "/" + id, id + "/", id + "/.", "a/../" + id, "//" + id, "a/" + id, "a\\" + id, "..", "."},
		{id, id + ".", id + "..", id + "~", "." + id, "~" + id, id + ".tmp", id + ".lock", id + ".json", id + ".txt"},
		{id, id + "%41", id + "A", id + "+", id + "%20", id + "\\u0041", id + "&amp;", id + "&", id + "%00", id + "\\n", id + "\\"},
		{id, id + "'", id + "\"", id + "`", id + ";", id + "$x", id + "*", id + "?", id + "[a]", id + "#", id + "--", "'" + id + "'", "\"" + id + "\"",
			"(" + id + ")", id + "#x", id + ";x", id + "@x", id + "!"},
		{id, id + "%%", id + "%", id + "%s%n", id + "$$", id + "$", id + "$&", id + "\\\\", id + "\\", id + "{}", id + "{0}", id + "\\1"},
		{id, id + ":1", id + "=1", id + ",1", id + "|1", id + "|", id + ":", id + "=", id + ",", "-" + id, "+" + id, "=" + id},
		{long + "a", long + "b", long + "A", long, "a" + long, "b" + long, long[1:]},
		// Same length and same hash: 31 (Java) and 33 (djb2) times the hash plus the byte, sums of bytes; FNV-1a, CRC-32.
		{id + "Aa", id + "BB", id + "C#", id + "aA", id + "AaAa", id + "BBBB", id + "AaBB"},
		{id + "Ez", id + "FY", id + "ab", id + "ba", id + "ac", id + "bb", id + "1001", id + "0110"},
		{"costarring", "liquid", "declinate", "macallums", "plumless", "buckeroo", id + "plumless", id + "buckeroo"},
		{"get", "set", "end", "VALUE", "END", "STORED"},
	}
	// Keys that differ in one byte, wherever it is: hashes and fixed buffers that look at a part only.
	near := []string{"~" + deep[1:]}
	for at := t.Rand.IntN(5); at < len(deep); at += 5 + t.Rand.IntN(6) {
		near = append(near, deep[:at]+"~"+deep[at+1:])
	}
	return append(groups, unique(append(near, deep)))
}

func unique(list []string) (out []string) {
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}
