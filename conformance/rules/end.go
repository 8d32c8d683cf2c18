package rules

import (
	"cmp"
	"strings"
)

func endRules() []Rule {
	return []Rule{
		{
			ID: "END-01", Level: Must, Source: "R; decision 8", States: []Trait{Leaving},
			Title: "end closes that client's connection without a reply",
			Text: `A client that sends end (classic: quit) gets no reply; the server closes its connection. It may be the
				first command of the connection, or follow any other, a refused one too.`,
			Example: `
				> "get k\r\n"
				< "NOT-FOUND\r\n"
				> "end\r\n"
				< FIN`,
			Pitfall: `Some servers say BYE or END first, some know only quit or exit, and some leave their loop without closing the
				socket: then the client waits (in Python a file from makefile() keeps it open, too). Send what is queued, say
				nothing more, and close.`,
			Check: func(t *T) {
				leave := cmp.Or(t.Profile.Leave, "end")
				for i := range t.Times(12, 4) {
					c := t.Dial()
					switch i % 4 {
					case 1:
						c.InStep()
					case 2:
						c.Send(t.Lines("nonsense"))
						c.Expect(BadCommand)
					case 3:
						c.Miss(t.Key())
					}
					c.Send(t.Lines(leave))
					c.ExpectEnd()
				}
				t.Dial().InStep()
			},
		},
		{
			ID: "END-02", Level: Must, Source: "decision 8", Needs: []Trait{Leaving, Pipelining},
			Title: "replies to everything before end are sent first",
			Text: `Requests are answered in order, and end comes last: whatever stood before it, also in the same packet, gets its
				whole reply before the connection is closed.`,
			Example: `
				> "set k 3\r\nabc\r\nget k\r\nend\r\n"
				< "STORED\r\nVALUE k 3\r\nabc\r\nEND\r\n"
				< FIN`,
			Pitfall: `A server that searches the packet for end leaves before it has run what stands in front of it; one with a buffered
				writer closes the socket and forgets to flush. And close() while received bytes are unread makes the kernel send a
				reset, which can destroy replies on their way. Run requests in order, flush, shut the sending side, then close.`,
			Check: func(t *T) {
				for _, n := range Some(t, []int{1, 2, 10, 100, 300}, 2) {
					c := t.Dial()
					key, value, absent := t.Key(), t.Text(1+t.Rand.IntN(t.UpTo(3000))), t.Key()
					n = t.Times(n, 1)
					c.Step("%d times get, get and a set before %s, in one packet", n, t.Profile.Leave)
					c.Send(t.SetRequest(key, value) + strings.Repeat(t.GetRequest(key)+t.GetRequest(absent)+t.SetRequest(key, value), n) +
						t.LeaveLine())
					c.Expect(Stored)
					for range n {
						c.ExpectValue(key, value)
						c.Expect(Missing)
						c.Expect(Stored)
					}
					c.ExpectEnd()
				}
				c, later := t.Dial(), t.unread()
				c.Step("gets of %d bytes and %s, whose replies are read later", later.bytes, t.Profile.Leave)
				later.ask(c, t.LeaveLine(), nil)
				c.ExpectEnd()
				t.Dial().InStep()
			},
		},
		{
			ID: "END-03", Level: Must, Source: "decision 8", Needs: []Trait{Leaving},
			Title: "what follows end is not run",
			Text: `end is the last thing that a client says. A set behind it, in the same packet or the next, stores nothing; a get
				gets no reply.`,
			Example: `
				A> "end\r\nset k 3\r\nabc\r\nget k\r\n"
				A< FIN
				B> "get k\r\n"
				B< "NOT-FOUND\r\n"`,
			Pitfall: `end sets a flag (running = false), and the loop over the other lines of the same packet goes on to its end, so the
				set behind it is stored. Leave that loop at once, and drop what is left in the buffer.`,
			Check: func(t *T) {
				other := t.Dial()
				for i := range t.Times(10, 2) {
					c := t.Dial()
					key, present := t.Key(), t.Key()
					other.Set(present, "before")
					tail := t.SetRequest(key, t.Text(5)) + t.SetRequest(present, "after") + t.GetRequest(present)
					c.Step("%s and requests behind it", t.Profile.Leave)
					if i%2 == 0 {
						c.Send(t.LeaveLine() + tail)
					} else {
						c.SendApart(t.LeaveLine(), tail)
					}
					c.ExpectEnd()
					other.Step("another client had sent sets behind %s", t.Profile.Leave)
					other.Miss(key)
					other.Get(present, "before")
				}
				other.InStep()
			},
		},
		{
			ID: "END-04", Level: Should, Source: "decisions 2 and 8", Dialects: []string{Lite}, Needs: []Trait{Leaving},
			Title: "end with arguments is ERROR and the connection stays",
			Text:  `An end line has exactly one token. With more it is refused like any other wrong count, and nobody leaves.`,
			Example: `
				> "end now\r\nget k\r\n"
				< "ERROR\r\nNOT-FOUND\r\n"`,
			Pitfall: `line.startswith("end") and strncmp(line, "end", 3) take end now and endless for end. Split the line, then compare
				the first token as a whole, and the number of tokens.`,
			Check: func(t *T) {
				c, leave := t.Dial(), t.Profile.Leave
				for _, tail := range Some(t, []string{"x", leave, "1 2 3", "get " + t.Key(), text(t.Rand, 8, keyBytes)}, 2) {
					line := leave + " " + tail
					c.Step("the line %q", line)
					c.Send(t.Lines(line))
					c.Expect(BadCommand)
					c.InStep()
				}
			},
		},
		{
			ID: "END-05", Level: Must, Source: "R",
			Title: "other clients do not notice that one ends or closes; a new one can connect",
			Text: `A connection that ends, by end or by closing, in the middle of a line or not, is that client's affair. The others
				go on where they were and new clients are served.`,
			Example: `
				A> "set k 3\r\nabc\r\n"
				A< "STORED\r\n"
				B> "end\r\n"
				B< FIN
				A> "get k\r\n"
				A< "VALUE k 3\r\nabc\r\nEND\r\n"
				C> "get k\r\n"
				C< "VALUE k 3\r\nabc\r\nEND\r\n"`,
			Pitfall: `exit() where the connection was meant, or a break that leaves the accept loop, ends the server for all. A read of 0
				bytes means that the client has gone: whoever takes it for an empty line spins on it for ever (4 of 31 servers
				tried). In C a write to a client that has left kills the process unless SIGPIPE is ignored. End this one connection,
				and nothing else.`,
			Check: func(t *T) {
				stays := []*Client{t.Dial(), t.Dial()}
				key, value := t.Key(), t.Text(40)
				stays[0].Set(key, value)
				for i := range t.Times(12, 2) {
					c := t.Dial()
					c.Get(key, value)
					later := t.Dial()
					if i%3 == 0 {
						later.InStep()
					}
					how := []string{"left", "closed", "closed in the middle of a line", "was reset"}[i%4]
					switch i % 4 {
					case 0:
						c.Leave()
					case 1:
						c.Close()
					case 2:
						c.Send("get " + key)
						c.Close()
					case 3:
						c.Abort()
					}
					for _, other := range append(stays, later, t.Dial()) {
						other.Step("another client %s", how)
						other.Get(key, value)
						other.InStep()
					}
				}
			},
		},
		{
			ID: "END-06", Level: Should, Source: "decision 12", Needs: []Trait{Pipelining},
			Title: "a client that shuts its sending side still gets all its replies",
			Text: `The end of the stream says that no more requests come, not that nobody reads. Everything asked before is
				answered (printf … | nc works so).`,
			Example: `
				> "set k 3\r\nabc\r\nget k\r\n"
				> FIN
				< "STORED\r\nVALUE k 3\r\nabc\r\nEND\r\n"
				< FIN`,
			Pitfall: `The end of the stream is taken for a client that has gone, and the requests before it stay unanswered. Node ends its
				own side as soon as the other has ended, before replies that come later, unless allowHalfOpen is set. Answer every
				whole request first, then close.`,
			Check: func(t *T) {
				for _, n := range Some(t, []int{1, 3, 30, 200}, 1) {
					n = t.Times(n, 1)
					c := t.Dial()
					key, value := t.Key(), t.Text(1+t.Rand.IntN(t.UpTo(3000)))
					c.Step("%d gets, then the end of the stream", n)
					c.Send(t.SetRequest(key, value) + strings.Repeat(t.GetRequest(key), n) + t.Lines("nonsense"))
					c.CloseWrite()
					c.Expect(Stored)
					for range n {
						c.ExpectValue(key, value)
					}
					c.Expect(BadCommand)
				}
				c, later := t.Dial(), t.unread()
				c.Step("gets of %d bytes and the end of the stream, and the replies are read later", later.bytes)
				later.ask(c, "", c.CloseWrite)
				t.Dial().InStep()
			},
		},
		{
			ID: "END-07", Level: Should, Source: "decision 12", Needs: []Trait{Cuts},
			Title: "an unfinished request at the end of the stream is dropped: no reply, nothing stored",
			Text: `A line without its line end, or a set without the end of its block, is not a request. When the stream ends there,
				the server closes the connection without a reply and stores nothing.`,
			Example: `
				A> "set k 3\r\nabc"
				A> FIN
				A< FIN
				B> "get k\r\n"
				B< "NOT-FOUND\r\n"`,
			Pitfall: `At the end of a stream readLine in Java, Go's Scanner and Node's readline hand out the last piece as if its line end
				had come, so that half of a request is run when a client dies: set k 100 is cut to set k 10, a value to its first
				packet. Look whether the line end is there (Python's readline keeps it, Go's ReadString returns an error without
				it).`,
			Check: func(t *T) {
				other := t.Dial()
				present, value := t.Key(), t.Text(30)
				other.Set(present, value)
				set := t.SetRequest(present, "abc")
				line := len(t.SetLine(present, 3))
				list := []string{"nonsense"}
				if t.Has(CRLF) && t.Has(Block) {
					lf := strings.ReplaceAll(set, "\r\n", "\n")
					list = append(list, "get "+present+"\r", "\r", t.unfinished(present, 3, "abc\n"), lf[:len(lf)-1], lf[:len(lf)-2], lf[:line])
				}
				for _, cut := range Some(t, append(list, "get "+present, "g", set[:line-4], set[:line], set[:line+len(t.Profile.LineEnd)],
					set[:len(set)-1], set[:len(set)-2], set[:len(set)-4], t.unfinished(present, 0, ""),
					t.unfinished(present, t.UpTo(5000), t.Text(t.UpTo(4000)))), 2) {
					for _, before := range []string{"", t.GetRequest(present)} {
						if before != "" && !t.Has(Pipelining) {
							continue
						}
						c := t.Dial()
						c.Step("%s and the end of the stream", quote([]byte(before+cut)))
						c.Send(before + cut)
						c.CloseWrite()
						if before != "" {
							c.ExpectValue(present, value)
						}
						c.ExpectEnd()
						next := t.Dial()
						for _, who := range []*Client{other, next} {
							who.Step("another client's stream ended after %s", quote([]byte(before+cut)))
							who.Get(present, value)
							value = t.Text(30)
							who.Set(present, value)
							who.Get(present, value)
						}
					}
				}
				other.InStep()
			},
		},
	}
}
