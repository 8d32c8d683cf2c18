package rules

import (
	"strings"
	"time"
)

// neighbourRules are about clients that should not be noticed. "Delays nobody" means: the others are answered within
// the same deadline as always.
func neighbourRules() []Rule {
	return []Rule{
		{
			ID: "CON-05", Level: Must, Source: "R",
			Title: "a client that says nothing delays nobody",
			Text:  `Clients that are connected and silent, however long and however many, do not keep the others from being served.`,
			Example: `
				A> ""
				- A has connected and says nothing
				B> "get k\r\n"
				B< "NOT-FOUND\r\n"`,
			Pitfall: `accept, then serve until this client leaves: the second waits for the first (3 of 31 servers tried). A pool of eight
				threads is the same with eight, and a loop that waits a little at each socket in turn grows slower with every
				client. A thread, goroutine or task for each, or an event loop.`,
			Check: func(t *T) {
				for range t.Times(40, 10) {
					t.Dial()
				}
				c := t.Dial()
				for range t.Times(20, 2) {
					c.Step("40 silent clients had connected before")
					c.InStep()
				}
				t.Dial()
				c.Step("a silent client has connected since")
				c.InStep()
				late := t.Dial()
				late.Step("41 silent clients had connected before")
				late.InStep()
			},
		},
		{
			ID: "CON-06", Level: Must, Source: "R",
			Title: "a client that stops in the middle of a request delays nobody",
			Text: `A client stops in the middle of a line or of a block. Others are served meanwhile, the same key too, on which the
				unfinished set has no effect; when the client goes on, its request is answered.`,
			Example: `
				A> "set k 3\r\nab"
				B> "set k 1\r\nb\r\nget k\r\n"
				B< "STORED\r\nVALUE k 1\r\nb\r\nEND\r\n"
				A> "c\r\n"
				A< "STORED\r\n"
				B> "get k\r\n"
				B< "VALUE k 3\r\nabc\r\nEND\r\n"`,
			Pitfall: `A lock that is taken when the set line has been read is held until the block is there, and one client that dawdles
				stops all; in an event loop a blocking read of the block does the same. Read the whole request without a lock, then
				lock, store, unlock.`,
			Check: func(t *T) {
				active := t.Dial()
				for range t.Times(3, 1) {
					shared := t.Key()
					active.Set(shared, "before")
					var stopped []*dawdler
					leaves := t.Dial()
					for i := range 8 {
						if i == 4 {
							leaves.Close() // there are as many clients now as there were before
							t.Pause()
						}
						d := &dawdler{c: t.Dial(), key: t.Key(), value: t.Text(t.UpTo(20 + 37*i))}
						if i%4 == 3 {
							d.key = shared
						}
						request := t.SetRequest(d.key, d.value)
						inside := len(request) - len(d.value) - 2 // the first place in the block
						at := []int{1, 4, inside - 1, inside, inside + 3, len(request) - 10, len(request) - 2, len(request) - 1}[i]
						d.c.Step("a set that stopped after byte %d of %d", at, len(request))
						d.c.Send(request[:at])
						d.rest = request[at:]
						stopped = append(stopped, d)
					}
					// Nor does it matter that what is unfinished is going to be refused.
					var refused []*Client
					if t.refusesInStep() && t.Has(CRLF) {
						for _, request := range []string{
							t.SetWith(t.KeyOf(t.Profile.MaxKey+1), 20, t.Text(20)),
							t.SetWith(shared, t.Profile.TooLarge, t.Text(20)),
							t.SetWith(shared, 3, t.Text(20)),
						} {
							r := t.Dial()
							r.Step("a set that is to be refused and stopped in its block")
							r.Send(request[:len(request)-5])
							refused = append(refused, r)
						}
					}
					t.Pause()
					for _, other := range []*Client{active, t.Dial()} {
						other.Step("other clients have stopped in the middle of a set of this key")
						other.Get(shared, "before")
						other.Set(shared, "between")
						other.Get(shared, "between")
						other.InStep()
						other.Set(shared, "before")
					}
					if !t.Has(Cuts) {
						continue
					}
					// They go on in another order, a part at a time, so that all their blocks are open at once.
					t.Rand.Shuffle(len(stopped), func(i, j int) { stopped[i], stopped[j] = stopped[j], stopped[i] })
					for _, d := range stopped {
						half := len(d.rest) / 2
						d.c.Continue(d.rest[:half])
						d.rest = d.rest[half:]
						time.Sleep(time.Millisecond)
					}
					t.Rand.Shuffle(len(stopped), func(i, j int) { stopped[i], stopped[j] = stopped[j], stopped[i] })
					last := ""
					for _, d := range stopped {
						d.c.Step("a set that had stopped, and went on beside seven others")
						d.c.Continue(d.rest)
						d.c.Expect(Stored)
						if d.key == shared {
							last = d.value
						}
					}
					for _, d := range stopped {
						value := d.value
						if d.key == shared {
							value = last
						}
						d.c.Get(d.key, value)
						active.Step("a set that had stopped, and went on beside seven others")
						active.Get(d.key, value)
						d.c.InStep()
					}
					for _, r := range refused {
						r.Continue(r.Text(3) + t.Profile.BlockEnd)
						r.Expect(Mismatch, BadKey, TooLarge)
						r.InStep()
					}
				}
				active.InStep()
			},
		},
		{
			ID: "CON-07", Level: Must, Source: "R",
			Title: "a client that resets its connection in the middle of a request harms nobody",
			Text: `A reset in the middle of a line, of a block, of a pipeline or of a reply ends that client's connection and
				nothing else: what it had not finished is not stored, others are served, and new clients can connect.`,
			Example: `
				A> "set k 3\r\nab"
				A> RST
				B> "get k\r\n"
				B< "NOT-FOUND\r\n"`,
			Pitfall: `A reset is an error that comes up only when it happens: a ConnectionResetError that nobody catches in Python, an
				error event that nobody listens to in Node, SIGPIPE in C. They end the loop, or the process, or skip the unlock.
				Catch it for each connection, give back what it held (with, finally, defer), and go on accepting.`,
			Check: func(t *T) {
				stays := t.Dial()
				key, big, value := t.Key(), t.Key(), t.Text(50)
				stays.Set(key, value)
				large := strings.Repeat(t.Text(100), t.UpTo(200_000)/100)
				stays.Set(big, large)
				sets := 0
				parts := []string{"", "g", "get " + key, "nonsen", "get " + key + "\r", t.unfinished(t.KeyOf(t.Profile.MaxKey), 9, "ab"), t.unfinished(key, 9, ""), t.unfinished(key, 9, "abc"),
					t.unfinished(key, 3, "abc"), t.GetRequest(big), strings.Repeat(t.GetRequest(big), 50),
					t.unfinished(key, t.UpTo(500_000), t.Text(t.UpTo(3000)/2))}
				for range t.Times(3, 1) {
					for _, part := range Some(t, parts, 3) {
						for range 3 {
							c := t.Dial()
							if part != "" {
								c.Send(part)
							}
							c.Abort()
						}
						next := t.Dial()
						for _, who := range []*Client{stays, next} {
							who.Step("other clients were reset after sending %s", quote([]byte(part)))
							who.Get(key, value)
							who.InStep()
						}
						if sets++; sets%3 == 0 {
							value = t.Text(50)
							next.Step("other clients were reset after sending %s", quote([]byte(part)))
							next.Set(key, value)
						}
						t.forget(next)
					}
				}
				stays.Get(big, large)
				late := t.Dial()
				late.Step("other clients had been reset")
				late.Get(key, value)
				late.InStep()
			},
		},
		{
			ID: "CON-08", Level: Should, Source: "decision 9", Alone: true,
			Title: "clients that come and go in large numbers leave the server as it was",
			Text: `More clients than can be served at once come and go, one after the other and side by side: by the leave command, by closing, by a
				reset, in the middle of a request. Afterwards clients are served as before and no value is lost.`,
			Example: `
				- 1,500 clients and more come and go, like these:
				A> "get k\r\n"
				A< "NOT-FOUND\r\n"
				A> "end\r\n"
				A< FIN
				B> "set k 100\r\nhalf of it"
				B> RST
				- and then one more:
				C> "get k\r\n"
				C< "NOT-FOUND\r\n"`,
			Pitfall: `Something stays behind with every client: a socket that is closed on end only, a thread that nobody joins or
				detaches, an entry in a list of clients. After a thousand visits accept fails. Close in one place for every way to
				leave, and look at the number of open files while clients come and go: it has to come back.`,
			Check: func(t *T) {
				const abreast = 32
				visits := t.Profile.Clients + 500
				if took := time.Duration(visits/abreast*3) * t.target.RoundTrip; took > time.Minute {
					t.Inconclusive("the endpoint is too slow: the %d visits that would say something would take %v", visits, took)
				}
				stays := t.Dial()
				key, value := t.Key(), t.Text(50)
				stays.Set(key, value)
				t.Together(abreast, func(worker int) {
					for i := range visits / abreast {
						c := t.Dial()
						c.Step("visit %d of %d", i*abreast+worker, visits)
						if i%4 != 0 {
							c.Get(key, value)
						}
						switch i % 5 {
						case 0:
							c.Close()
						case 1:
							c.Leave()
						case 2:
							c.Abort()
						case 3:
							c.Send(t.unfinished(key, 100, "half"))
							c.Close()
						case 4:
							c.Send("get " + key)
							c.Abort()
						}
						t.forget(c)
					}
				})
				for range 3 {
					late := t.Dial()
					late.Step("%d visits of other clients", visits)
					late.Get(key, value)
					late.InStep()
				}
				stays.Step("%d visits of other clients", visits)
				stays.Get(key, value)
				stays.InStep()
			},
		},
		{
			ID: "CON-09", Level: Should, Source: "decision 9", Needs: []Trait{Pipelining},
			Title: "a client that does not read its replies delays nobody else",
			Text: `A client asks for many megabytes and takes none of them. The server may stop serving it, or end it; the others are served as
				before, and keep their values.`,
			Example: `
				A> "set k 1000\r\n" "x"*1000 "\r\n"
				A< "STORED\r\n"
				A> "get k\r\n"*2000
				- A reads none of the replies
				B> "get k\r\n"
				B< "VALUE k 1000\r\n" "x"*1000 "\r\nEND\r\n"
				A> RST`,
			Pitfall: `A blocking send to a client that does not read holds up everybody whom the same thread serves, or who waits for the
				lock under which it is sent; queueing the replies without a bound takes all memory instead. Copy the value under the
				lock, send it without, and read nothing more from a client whose replies pile up.`,
			Check: func(t *T) {
				active := t.Dial()
				big, large := t.Key(), strings.Repeat(t.Text(100), t.UpTo(60_000)/100)
				active.Set(big, large)
				n := t.Volume(24_000_000/len(large), 50)
				for range 3 {
					c := t.Dial()
					c.SendBehind(strings.Repeat(t.GetRequest(big), n))
				}
				time.Sleep(50 * time.Millisecond)
				for range t.Times(30, 3) {
					active.Step("3 clients ask for %d MB each and read nothing", n*len(large)>>20)
					active.InStep()
				}
				active.Step("3 clients ask for %d MB each and read nothing, and the key is set again", n*len(large)>>20)
				large = strings.Repeat(t.Text(100), len(large)/100)
				active.Set(big, large)
				late := t.Dial()
				late.Step("3 clients ask for %d MB each and read nothing", n*len(large)>>20)
				late.Get(big, large)
				late.InStep()
			},
		},
	}
}

// dawdler is a client that has stopped in the middle of a set.
type dawdler struct {
	c          *Client
	key, value string
	rest       string    // of the request
	refused    []Outcome // how it may be
}
