package rules

import (
	"fmt"
	"strings"
	"time"
)

func packetRules() []Rule {
	return []Rule{
		{
			ID: "FRM-09", Level: Must, Source: "it follows from a byte stream", Needs: []Trait{Persistent}, States: []Trait{Pipelining},
			Title: "requests that arrive in one packet are each answered, in order",
			Text: `A packet is not a request: when it holds several, each gets its reply, in the order in which they were asked, and as soon as it is
				whole: also when what stands behind it in the packet is not.`,
			Example: `
				> "set a 1\r\n1\r\nset b 1\r\n2\r\nget a\r\nget b\r\n"
				< "STORED\r\nSTORED\r\nVALUE a 1\r\n1\r\nEND\r\nVALUE b 1\r\n2\r\nEND\r\n"`,
			Pitfall: `Two gets in one packet fail on 19 of 31 servers tried: they answer the first line of what recv returned and forget
				the others, or read again before they look at what they have. Take requests out of the buffer until no whole one is
				left, and only then read.`,
			Check: func(t *T) {
				c := t.Dial()
				for _, n := range Some(t, []int{2, 3, 5, 10, 50, 200}, 2) {
					n = t.Times(n, 2)
					var requests strings.Builder
					keys, values := make([]string, n), make([]string, n)
					for i := range n {
						keys[i], values[i] = t.Key(), t.Text(1+t.Rand.IntN(100))
						requests.WriteString(t.SetRequest(keys[i], values[i]))
					}
					c.Step("%d sets in one packet", n)
					c.Send(requests.String())
					for range n {
						c.Expect(Stored)
					}
					requests.Reset()
					for _, i := range t.Rand.Perm(n) {
						requests.WriteString(t.GetRequest(keys[i]))
						keys = append(keys, keys[i])
						values = append(values, values[i])
					}
					c.Step("%d gets in one packet", n)
					c.Send(requests.String())
					for i := n; i < 2*n; i++ {
						c.ExpectValue(keys[i], values[i])
					}
				}
				key, value := t.Key(), t.Text(20)
				set, get := t.SetRequest(key, value), t.GetRequest(key)
				// A large reply takes its place among small ones, and a burst has no end that is too far.
				large := t.Text(t.UpTo(200_000))
				c.Step("a set of %d bytes, gets of it, and others among them", len(large))
				c.Send(t.SetRequest(key, large) + get + t.GetRequest(t.Key()) + get + set + get)
				c.Expect(Stored)
				c.ExpectValue(key, large)
				c.Expect(Missing)
				c.ExpectValue(key, large)
				c.Expect(Stored)
				c.ExpectValue(key, value)
				n := t.Volume(4000, 2)
				absent := t.KeyOf(24)
				c.Step("%d gets at once", n+1)
				sent := c.SendBehind(strings.Repeat(t.GetRequest(absent), n) + get)
				for range n {
					c.Expect(Missing)
				}
				c.ExpectValue(key, value)
				<-sent
				for _, at := range Some(t, []int{1, len(set) - len(value) - 3, len(set) - 3, len(set) - 1}, 1) {
					c.Step("a set, a get, and the first %d bytes of another set in one packet", at)
					c.Send(set + get + set[:at])
					c.Expect(Stored)
					c.ExpectValue(key, value)
					c.Step("the other bytes of that set")
					c.Continue(set[at:])
					c.Expect(Stored)
				}
				c.InStep()
			},
		},
		{
			ID: "FRM-10", Level: Must, Source: "it follows from FRM-09; decisions 2 and 3", Needs: []Trait{Pipelining},
			Title: "a pipeline of good and bad requests is answered one by one, in order",
			Text: `A refused request takes one reply's place and no more: what was asked before and after it is answered as if it
				had been asked alone. Checked on sequences from the seed, cut at places from the seed.`,
			Example: `
				> "get x\r\nnonsense\r\nset k 3\r\nab\r\nset k 3\r\nabc\r\nget k\r\n"
				< "NOT-FOUND\r\nERROR\r\nERROR\r\nSTORED\r\nVALUE k 3\r\nabc\r\nEND\r\n"`,
			Pitfall: `Errors are where servers lose their place: the handler empties the input buffer, an exception leaves the loop over
				the packet, or ERROR is written to the socket past the replies that wait in a buffer. Let an error take the way of
				every other reply, and take out of the buffer what the bad request used and no more.`,
			Check: func(t *T) { t.sequences(shape{level: Must, clients: 1, whole: true}, 40) },
		},
		{
			ID: "FRM-11", Level: Must, Source: "it follows from a byte stream", Needs: []Trait{Block}, States: []Trait{Cuts},
			Title: "header and block may come in one packet or in two",
			Text: `A client may write the set line and the block together or one after the other, and the block's line end apart
				from the block.`,
			Example: `
				> "set k 3\r\n"
				> "abc\r\n"
				< "STORED\r\n"
				> "set k 3\r\ndef\r\n"
				< "STORED\r\n"`,
			Pitfall: `One server reads the block with a new recv and loses what came with the line; another wants both in one packet and
				says ERROR when the block is late. Each works with the client it was written with. Read lines and blocks through one
				buffered reader that lives as long as the connection, and never past it with recv.`,
			Check: func(t *T) {
				c := t.Dial()
				for _, n := range t.sizes(6, 1, t.UpTo(20000)) {
					value := t.Text(n)
					end := t.Profile.BlockEnd
					for _, cuts := range Some(t, [][]string{{value + end}, {"", value + end}, {"", value, end},
						{"", value[:n/2], value[n/2:] + end}, {value, end}}, 3) {
						key := t.Key()
						pieces := append([]string{t.Lines(t.SetLine(key, n)) + cuts[0]}, cuts[1:]...)
						c.Step("a set of %d bytes in %d packets", n, len(pieces))
						c.SendApart(pieces...)
						c.Expect(Stored)
						c.Get(key, value)
					}
				}
				for _, n := range Some(t, []int{t.UpTo(3000), t.UpTo(16 << 10), t.UpTo(100_000)}, 1) {
					key, value, end := t.Key(), t.Text(n), t.Profile.BlockEnd
					if len(end) < 2 {
						break
					}
					c.Step("a set of %d bytes, the last byte of its line end in a packet of its own", n)
					c.SendApart(t.Lines(t.SetLine(key, n))+value+end[:len(end)-1], end[len(end)-1:])
					c.Expect(Stored)
					c.Get(key, value)
				}
				c.InStep()
			},
		},
		{
			ID: "FRM-12", Level: Must, Source: "R", States: []Trait{Persistent},
			Title: "one connection serves many requests",
			Text:  `A connection stays until the client ends it; it is not good for one request only.`,
			Example: `
				> "set k 3\r\nabc\r\n"
				< "STORED\r\n"
				> "get k\r\n"
				< "VALUE k 3\r\nabc\r\nEND\r\n"
				> "get x\r\n"
				< "NOT-FOUND\r\n"`,
			Pitfall: `accept, recv, send, close is how echo examples are written, and handle() of Python's socketserver is called once for
				a connection, not once for a request. Loop until the client leaves.`,
			Check: func(t *T) {
				t.Profile.OneRequest = false // also where detection has found it
				c := t.Dial()
				var key, value string
				for i := range t.Times(500, 6) {
					c.Step("request %d of the connection", i+1)
					switch {
					case i%3 == 0:
						key, value = t.Key(), t.Text(1+t.Rand.IntN(100))
						c.Set(key, value)
					case i%3 == 1:
						c.Get(key, value)
					default:
						c.Miss(t.Key())
					}
				}
				for i := range t.Times(1500, 3) {
					c.step = fmt.Sprintf("refused request %d of the connection", i+1)
					c.Send(t.Lines([]string{"nonsense", "get", "", "set " + key}[i%4]))
					c.Expect(BadCommand)
				}
				c.InStep()
			},
		},
		{
			ID: "FRM-13", Level: Should, Source: "M", Needs: []Trait{Pipelining},
			Title: "a deep pipeline whose replies are read only later is answered whole",
			Text: `A client may send many requests before it reads the first reply. The server may stop reading while its replies
				are not taken, but it loses none and does not hang when they are.`,
			Example: `
				> "set k 3\r\nabc\r\n"
				< "STORED\r\n"
				> "get k\r\n"*1000
				- the client reads nothing before it has sent all
				< "VALUE k 3\r\nabc\r\nEND\r\n"*1000`,
			Pitfall: `When replies are not taken the kernel's buffers fill. A blocking write then holds up the thread, which must not be
				everybody's; a non-blocking send takes fewer bytes than it was given, and whoever does not look at the number it
				returns loses the rest. Keep what was not taken, and read no more from this client until it is gone.`,
			Check: func(t *T) {
				c := t.Dial()
				key, value, absent := t.Key(), t.Text(t.UpTo(4000)), t.Key()
				c.Set(key, value)
				n := t.Volume(2000, 3)
				c.Step("%d gets and sets whose replies (%d bytes) are read later", 2*n+(n+4)/5, n*len(value))
				var all strings.Builder
				for i := range n {
					all.WriteString(t.GetRequest(key) + t.GetRequest(absent))
					if i%5 == 0 { // not always: a server may wait for its disk
						all.WriteString(t.SetRequest(key, value))
					}
				}
				sent := c.SendBehind(all.String())
				select {
				case <-sent:
				case <-time.After(100 * time.Millisecond):
					// The server has stopped reading, as it may; the rest goes out as its replies are taken.
				}
				for i := range n {
					c.ExpectValue(key, value)
					c.Expect(Missing)
					if i%5 == 0 {
						c.Expect(Stored)
					}
				}
				<-sent
				later := t.unread()
				c.Step("gets of %d bytes whose replies are read later", later.bytes)
				later.ask(c, "", nil)
				c.InStep()
			},
		},
	}
}

// refusesInStep reports whether a set with a size mismatch gets one reply, and the next line is a command.
func (t *T) refusesInStep() bool { return t.Profile.Dialect == Lite && t.Has(Sized) && t.Has(Refuses) }

// unread is more than the buffers between two programs hold, in replies to little that is asked.
type unread struct {
	t          *T
	key, value string
	n, bytes   int
}

func (t *T) unread() unread {
	key, value := t.Key(), t.Text(t.UpTo(60_000))
	t.Dial().Set(key, value)
	n := t.Volume(250, 2)
	return unread{t, key, value, n, n * len(value)}
}

// ask sends all gets and what is behind them, lets the endpoint get stuck, and only then reads.
func (u unread) ask(c *Client, behind string, then func()) {
	c.Send(strings.Repeat(u.t.GetRequest(u.key), u.n) + behind)
	if then != nil {
		then()
	}
	select {
	case <-time.After(80 * time.Millisecond):
	case <-u.t.ctx.Done():
	}
	for range u.n {
		c.ExpectValue(u.key, u.value)
	}
}
