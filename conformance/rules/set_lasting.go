package rules

import (
	"fmt"
	"slices"
	"strings"
)

// lastingSetRules are about how many values stay beside one another.
func lastingSetRules() []Rule {
	return []Rule{
		{
			ID: "SET-19", Level: Must, Source: "R, A",
			Title: "a value stays beside thousands of others",
			Text: `A store is no cache: it forgets nothing to make room. Twelve thousand keys are stored, old and new in turn replaced and read,
				beside 16 MB of larger values, and each is there with its last value. A server whose room is used up refuses the set and keeps what it has.`,
			Example: `
				> "set a 1\r\n1\r\n"
				< "STORED\r\n"
				- 12,000 other keys are set
				> "get a\r\n"
				< "VALUE a 1\r\n1\r\nEND\r\n"`,
			Pitfall: `A cache library with a limit that nobody set on purpose (an LRU of 100 or 1000 entries), a table of fixed size that is written over when it
				is full, a list that is searched from its start and gets slower with every key. Use a map that grows; where there is a limit, refuse the set.`,
			Check: func(t *T) {
				n, batch := t.Volume(12_000, 100), 50
				if !t.Has(Pipelining) {
					n, batch = t.Times(2000, 100), 1
				}
				n = max(batch, n/batch*batch)
				// Many clients, because a server that has each set on its disk before it answers then waits for the disk once for all of them.
				clients := make([]*Client, min(16, n/batch))
				for i := range clients {
					clients[i] = t.Dial()
				}
				c := clients[0]
				keys, values := make([]string, n), make([]string, n)
				for i := range keys {
					keys[i], values[i] = t.Key(), t.Text(1+t.Rand.IntN(40))
				}
				ask := func(by []*Client, what string, of []int, request func(i int) string, expect func(c *Client, i int)) {
					t.Together(len(by), func(number int) {
						c := by[number]
						for part := range slices.Chunk(of[number*len(of)/len(by):(number+1)*len(of)/len(by)], batch) {
							var all strings.Builder
							for _, i := range part {
								all.WriteString(request(i))
							}
							c.Step("%s of %d keys", what, n)
							c.Send(all.String())
							for _, i := range part {
								c.step = fmt.Sprintf("%s of key %d of %d", what, i+1, n)
								expect(c, i)
							}
						}
					})
				}
				stored := func(c *Client, _ int) { c.Expect(Stored) }
				set := func(i int) string { return t.SetRequest(keys[i], values[i]) }
				order := make([]int, n)
				for i := range order {
					order[i] = i
				}
				ask(clients, "a set", order, set, stored)
				for i := 0; i < n; i += 7 {
					values[i] = t.Text(1 + t.Rand.IntN(40))
				}
				again := slices.DeleteFunc(slices.Clone(order), func(i int) bool { return i%7 != 0 })
				ask(clients, "a second set", again, set, stored)
				t.Rand.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
				ask(clients[:1], "a get", order, func(i int) string { return t.GetRequest(keys[i]) }, func(c *Client, i int) { c.ExpectValue(keys[i], values[i]) })
				// And beside megabytes.
				large := make([]string, min(n, t.Volume(40, 1)))
				for i := range large {
					keys[i], large[i] = t.Key(), t.Text(t.UpTo(1000))
					c.Step("a set of large value %d of %d", i+1, len(large))
					large[i] = strings.Repeat(large[i], t.UpTo(400_000)/len(large[i]))
					c.Set(keys[i], large[i])
				}
				for i, value := range large {
					c.Step("a get of large value %d of %d", i+1, len(large))
					c.Get(keys[i], value)
				}
				c.InStep()
			},
		},
	}
}
