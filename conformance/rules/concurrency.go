package rules

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// concurrencyRules are about what many clients see of one another's values; neighbourRules about clients that do
// nothing, stop or vanish.
func concurrencyRules() []Rule {
	return []Rule{
		{
			ID: "CON-01", Level: Must, Source: "R", Labels: []string{nClient},
			Title: "concurrent sets of different keys are all kept",
			Text: `Many clients store different keys at the same time. Every set that was answered STORED is there afterwards, for
				the client that sent it and for any other.`,
			Example: `
				A> "set a 1\r\n1\r\n"
				B> "set b 1\r\n2\r\n"
				A< "STORED\r\n"
				B< "STORED\r\n"
				A> "get b\r\n"
				A< "VALUE b 1\r\n2\r\nEND\r\n"
				B> "get a\r\n"
				B< "VALUE a 1\r\n1\r\nEND\r\n"`,
			Pitfall: `With 50 clients 8 of 31 servers tried lose values that they had answered STORED. A map without a lock (Java's
				HashMap loses entries; Go ends the process), a file that every set reads, changes and writes back as a whole, one
				static buffer for everybody's requests. Hold a lock for the whole of the change, and share nothing but the store.`,
			Check: func(t *T) {
				const clients = 50
				sets := t.Times(60, 3)
				keys, values := make([][]string, clients), make([][]string, clients)
				t.Each(clients, func(i int, c *Client) {
					for range sets {
						key, value := t.Key(), c.Text(1+c.Rand.IntN(300))
						c.Set(key, value)
						keys[i], values[i] = append(keys[i], key), append(values[i], value)
					}
					for j, key := range keys[i] {
						c.Step("set by this client, beside %d others", clients-1)
						c.Get(key, values[i][j])
					}
				})
				t.Each(min(clients, 8), func(i int, c *Client) {
					for j := i; j < clients; j += 8 {
						for k, key := range keys[j] {
							if k%t.every(sets) == 0 {
								c.Step("set by another client beside %d others", clients-1)
								c.Get(key, values[j][k])
							}
						}
					}
					c.InStep()
				})
			},
		},
		{
			ID: "CON-02", Level: Must, Source: "R, which names this race as its limitation; decision 10", Labels: []string{nClient},
			Title: "concurrent sets of one key leave one of the values, whole: no torn or mixed value",
			Text: `Many clients set the same key at the same time, to values of different lengths, while others read it. Every read,
				then and afterwards, finds exactly one of the values that were sent: never parts of two, a wrong size, or nothing.`,
			Example: `
				A> "set k 3\r\naaa\r\n"
				B> "set k 5\r\nbbbbb\r\n"
				A< "STORED\r\n"
				B< "STORED\r\n"
				- every get finds aaa or bbbbb, whole: not bbb, not aaabb`,
			Pitfall: `Size and bytes are stored one after the other, or the file is emptied and then written (open with "w"), and a reader
				comes in between; two writers in one file mix. Make the new value aside and put it in its place in one step: an
				assignment under the lock, or a rename of the file.`,
			Check: func(t *T) {
				const writers, readers = 12, 6
				key := t.Key()
				sent := newSent(t.Text(10))
				t.Dial().Set(key, sent.first)
				rounds := t.Times(40, 3)
				t.Each(writers+readers, func(i int, c *Client) {
					for range rounds {
						if i < writers {
							value := fmt.Sprintf("%d:", i) + c.Text(size(c.Rand, t.UpTo(48<<10)-3))
							sent.add(value)
							c.Set(key, value)
							continue
						}
						c.Step("reading as one of %d beside %d writers of the key", readers, writers)
						sent.check(c, key)
					}
				})
				t.Each(3, func(i int, c *Client) {
					c.Step("%d clients had set one key at once", writers)
					sent.check(c, key)
					c.InStep()
				})
				// Large values, each of one byte only and all of one length: whoever writes or reads them in parts is seen.
				large, parts := t.Key(), newSent(strings.Repeat("-", t.UpTo(200_000)))
				t.Dial().Set(large, parts.first)
				t.Each(4, func(i int, c *Client) {
					for range t.Times(8, 1) {
						if i < 2 {
							value := strings.Repeat(string(rune('a'+c.Rand.IntN(26))), len(parts.first))
							parts.add(value)
							c.Set(large, value)
							continue
						}
						c.Step("reading a value of %d bytes beside 2 writers of the key", len(parts.first))
						parts.check(c, large)
					}
				})
			},
		},
		{
			ID: "CON-03", Level: Should, Source: "decision 10", Labels: []string{nClient},
			Title: "per key, the history of all clients is linearizable",
			Text: `There is one order of all sets and gets of a key that fits what every client saw and the times at which it saw
				it: no value comes back after it was replaced, and no two clients see two values in different orders. Decided by
				porcupine; where it runs out of time, or no client saw another's value, the rule is inconclusive.`,
			Example: `
				A> "set k 1\r\n1\r\n"
				A< "STORED\r\n"
				B> "get k\r\n"
				B< "VALUE k 1\r\n1\r\nEND\r\n"
				A> "set k 1\r\n2\r\n"
				A< "STORED\r\n"
				B> "get k\r\n"
				B< "VALUE k 1\r\n2\r\nEND\r\n"
				- from here on nobody gets 1 again`,
			Pitfall: `A cache for each thread or connection, a copy in each process, a write that is done again later, removing the old
				value before adding the new: each shows some client a value from before. So do timestamps in whole seconds. Let one
				place decide, and every set and get go through its lock, or its one thread.`,
			Check: func(t *T) {
				const clients, keys = 12, 16
				names := make([]string, keys)
				for i := range names {
					names[i] = t.Key()
				}
				var history journal
				began := time.Now()
				ops := t.Times(250, 12)
				t.Each(clients, func(i int, c *Client) {
					for n := range ops {
						// A few keys get most of the requests, and all clients take them in the same order, or they would not meet.
						key := (n/8 + c.Rand.IntN(3)) % keys
						op := porcupine.Operation{ClientId: i, Call: int64(time.Since(began))}
						if c.Rand.IntN(2) == 0 {
							value := fmt.Sprintf("%d.%d", i, n)
							op.Input = registerOp{key: key, write: true, value: value}
							c.Set(names[key], value)
						} else {
							value, _ := c.Fetch(names[key])
							op.Input, op.Output = registerOp{key: key}, value
						}
						op.Return = int64(time.Since(began))
						history.add(op)
					}
					c.InStep()
				})
				history.judge(t)
			},
		},
		{
			ID: "CON-04", Level: Must, Source: "R; decision 10",
			Title: "what was answered STORED is seen by every get that starts afterwards",
			Text: `STORED means done: from then on a get of any client finds that value or a later one. It is never older, not even
				for a moment.`,
			Example: `
				A> "set k 3\r\nold\r\n"
				A< "STORED\r\n"
				B> "set k 3\r\nnew\r\n"
				B< "STORED\r\n"
				A> "get k\r\n"
				A< "VALUE k 3\r\nnew\r\nEND\r\n"`,
			Pitfall: `STORED is sent when the set has been put into a queue, for a thread that writes, a replica or a disk, and the next
				get finds the value from before. Answer when the store that gets are answered from has the new value.`,
			Check: func(t *T) {
				writer := t.Dial()
				readers := make([]*Client, 8)
				for i := range readers {
					readers[i] = t.Dial()
				}
				keys := []string{t.Key(), t.Key()}
				for n := range t.Times(150, 3) {
					key, value := keys[n%2], fmt.Sprintf("%d-%s", n, t.Text(1+t.Rand.IntN(20)))
					switch {
					case n%10 == 4:
						value = fmt.Sprintf("%d-", n) + strings.Repeat(t.Text(16), max(1, t.UpTo(1000<<(n/10%9))/16-1))
					case n%5 == 3 && !t.Profile.silent(Missing): // nobody has set it, and whoever asks is told so; then somebody has
						key = t.Key()
						readers[n/5%len(readers)].Miss(key)
					}
					writer.Set(key, value)
					for _, i := range append(t.Rand.Perm(len(readers))[:2], n/5%len(readers)) {
						readers[i].Step("STORED %d of the writer", n+1)
						readers[i].Get(key, value)
					}
					writer = readers[n%len(readers)]
				}
				// The client whose value has been replaced leaves: nothing that it had comes back.
				for i := range t.Times(8, 2) {
					key, last := keys[i%2], t.Text(20)
					early := t.Dial()
					early.Set(key, t.Text(20))
					writer.Set(key, last)
					switch i % 4 {
					case 0:
						early.Close()
					case 1:
						early.Abort()
					case 2:
						early.CloseWrite() // how the server takes it is END-06's business
					case 3:
						early.Send(t.unfinished(key, 9, "late"))
						early.Close()
					}
					t.Pause()
					writer.Step("a client whose value had been replaced has left")
					writer.Get(key, last)
				}
				writer.InStep()
			},
		},
	}
}

// every returns how many of n to leave out so that a slow endpoint is asked for a few of them only.
func (t *T) every(n int) int { return max(1, n/t.Times(n, 1)) }

// sent is the set of values that were ever sent for one key.
type sent struct {
	first string
	mu    sync.Mutex
	all   map[string]bool
}

func newSent(first string) *sent { return &sent{first: first, all: map[string]bool{first: true}} }

// add is called before the value is sent: it may be read before it is answered.
func (s *sent) add(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[value] = true
}

func (s *sent) check(c *Client, key string) {
	value, found := c.Fetch(key)
	s.mu.Lock()
	whole := s.all[value]
	s.mu.Unlock()
	switch {
	case !found:
		c.t.Wrong(state, "one of the values that were set", "a miss", "%s: the key has no value", c.about())
	case !whole:
		c.t.Wrong(state, "one of the values that were set", quote([]byte(value)),
			"%s: a value of %d bytes that nobody has sent", c.about(), len(value))
	}
}
