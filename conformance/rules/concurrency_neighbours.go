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
			Check: func(t *T) {
				active := t.Dial()
				for i := range t.Times(3, 1) {
					key, value := t.Key(), t.Text(30)
					active.Set(key, "before")
					request := t.SetRequest(key, value)
					var stopped []*Client
					cuts := []int{1, 4, len(request) - len(value) - 4, len(request) - len(value) - 1, len(request) - 10, len(request) - 2, len(request) - 1}
					for _, at := range cuts {
						c := t.Dial()
						c.Step("a set that stopped after byte %d of %d", at, len(request))
						c.Send(request[:at])
						stopped = append(stopped, c)
					}
					time.Sleep(t.pause())
					for _, other := range []*Client{active, t.Dial()} {
						other.Step("other clients have stopped in the middle of a set of this key")
						other.Get(key, "before")
						other.Set(key, "between")
						other.Get(key, "between")
						other.InStep()
						other.Set(key, "before")
					}
					for j, c := range stopped {
						if (i+j)%2 == 0 {
							continue
						}
						c.Step("a set that stopped after byte %d of %d and went on", cuts[j], len(request))
						c.Send(request[cuts[j]:])
						c.Expect(Stored)
						c.Get(key, value)
						c.InStep()
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
			Check: func(t *T) {
				stays := t.Dial()
				key, big, value := t.Key(), t.Key(), t.Text(50)
				stays.Set(key, value)
				large := strings.Repeat(t.Text(100), 2000)
				stays.Set(big, large)
				parts := []string{"", "g", "get " + key, t.SetLine(key, 9) + "\r\n", t.SetLine(key, 9) + "\r\nabc",
					t.SetLine(key, 3) + "\r\nabc\r", getRequest(big), strings.Repeat(getRequest(big), 50),
					t.SetLine(key, 500_000) + "\r\n" + t.Text(3000)}
				for range t.Times(3, 1) {
					for _, part := range Some(t, parts, 3) {
						for range 3 {
							c := t.Dial()
							if part != "" {
								c.Send(part)
							}
							c.Abort()
						}
						stays.Step("other clients were reset after sending %s", quote([]byte(part)))
						stays.Get(key, value)
						stays.InStep()
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
							c.Send(t.SetLine(key, 100) + "\r\nhalf of it")
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
			ID: "CON-09", Level: Should, Source: "decision 9",
			Title: "a client that does not read its replies delays nobody else",
			Text: `A client asks for many megabytes and takes none of them. The server may stop serving it, or end it; the others are served as
				before, and keep their values.`,
			Check: func(t *T) {
				active := t.Dial()
				big, large := t.Key(), strings.Repeat(t.Text(100), 600)
				active.Set(big, large)
				n := t.Volume(400, 50)
				for range 3 {
					c := t.Dial()
					c.SendBehind(strings.Repeat(getRequest(big), n))
				}
				time.Sleep(50 * time.Millisecond)
				for range t.Times(30, 3) {
					active.Step("3 clients ask for %d MB each and read nothing", n*len(large)>>20)
					active.InStep()
				}
				late := t.Dial()
				late.Step("3 clients ask for %d MB each and read nothing", n*len(large)>>20)
				late.Get(big, large)
				late.InStep()
			},
		},
	}
}
