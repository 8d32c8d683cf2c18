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
			Check: func(t *T) {
				c := t.Dial()
				for _, n := range t.sizes(30, 2, 2000) {
					key, value := t.KeyOf(24+t.Rand.IntN(100)), t.Text(n)
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
					c.Send(line + "\r\n")
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
			Check: func(t *T) {
				c, other := t.Dial(), t.Dial()
				present, absent, value := t.Key(), t.Key(), t.Text(100)
				c.Set(present, value)
				for i := range t.Times(40, 2) {
					asks := []*Client{c, other}[i%2]
					asks.Step("asked for the %dth time", i+1)
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
			Check: func(t *T) {
				c := t.Dial()
				for _, n := range Some(t, []int{251, 252, 255, 256, 257, 300, 500, 512, 513, 1000, 1024, 1025, 251 + t.Rand.IntN(1500)}, 1) {
					key := t.KeyOf(n)
					c.Set(key[:250], t.Text(3))
					c.Step("get of a key of %d bytes, whose first 250 are a stored key", n)
					c.Send(getRequest(key))
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
	long := t.KeyOf(249)
	deep := t.KeyOf(200)
	groups := [][]string{
		{id + "a", id + "A"},
		{strings.ToUpper(id), strings.ToLower(id), "_" + id},
		{id, id + "1", id + "11", id + "111", id[:len(id)-1]},
		{"1", "01", "001", "1.0", "+1", "1e0", "0x1", "-1", "10"},
		{"0", "00", "-0", "+0", "0.0"},
		{"9007199254740993", "9007199254740992", "9007199254740993.0"},
		{"null", "None", "nil", "undefined", "true", "false", "NaN", "nan", "Infinity"},
		{"__proto__", "constructor", "toString", "hasOwnProperty", "length", "prototype"},
		{"../" + id, "./" + id, "/" + id, id + "/", id + "/.", "a/../" + id, "//" + id, "a/" + id, "a\\" + id, "..", "."},
		{id + ".", id + "..", id + "~", "." + id, id + ".tmp", id + ".lock", id + ".json", id + ".txt"},
		{id + "%41", id + "A", id + "+", id + "%20", id + "\\u0041", id + "&amp;", id + "&"},
		{id + "'", id + "\"", id + "`", id + ";", id + "$x", id + "*", id + "?", id + "[a]", id + "#", id + "--"},
		{id + ":1", id + "=1", id + ",1", id + "|1", id + "|", id + ":", id + "="},
		{long + "a", long + "b", long + "A", long},
		{"get", "set", "end", "VALUE", "END", "STORED"},
	}
	// Keys that differ in one byte, wherever it is: hashes and fixed buffers that look at a part only.
	var near []string
	for range 10 {
		at := t.Rand.IntN(len(deep))
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
