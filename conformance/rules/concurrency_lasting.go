package rules

import (
	"context"
	"strings"
	"time"
)

// sown is what was stored at the beginning of a run, to be looked for at its end.
type sown struct {
	at     time.Time
	values map[string]string
}

// Sow stores a few values for the rule that looks for them at the end of the run. Where that fails, the rule says how.
func (g *Target) Sow(ctx context.Context) {
	if g.mute {
		return
	}
	wait, _ := g.wait()
	t := newT(ctx, g, Rule{ID: "CON-11"}, wait)
	defer t.close()
	_ = t.attempt(t.sow)
}

func (t *T) sow() {
	c := t.Dial()
	values := map[string]string{}
	for range t.Times(6, 1) {
		key, value := t.Key(), t.Text(1+t.Rand.IntN(300))
		c.Step("a set at the beginning of the run")
		c.Set(key, value)
		values[key] = value
	}
	c.Leave()
	t.target.mu.Lock()
	defer t.target.mu.Unlock()
	t.target.sown = &sown{at: time.Now(), values: values}
}

// sowing is what was stored at the beginning, or nil.
func (g *Target) sowing() *sown {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sown
}

func lastingRules() []Rule {
	return []Rule{
		{
			ID: "CON-11", Level: Must, Source: "R, A",
			Title: "a value stays while time goes by and clients come and go",
			Text: `Nothing expires. What a client stored at the beginning of the run, before all others came and went, is there at its end, unread until
				then. Where that is less than two seconds, the rule waits.`,
			Example: `
				A> "set a 1\r\n1\r\nend\r\n"
				A< "STORED\r\n"
				A< FIN
				- seconds later, when many others have come and gone
				B> "get a\r\n"
				B< "VALUE a 1\r\n1\r\nEND\r\n"`,
			Pitfall: `A time to live that a cache library gives every entry unasked, values that are kept with the connection or its thread and go with it, a
				store that is emptied when the last client leaves or the process that served it ends. Keep values in one place that outlives every client.`,
			Check: func(t *T) {
				if t.target.sowing() == nil {
					t.sow()
				}
				c := t.Dial()
				since := t.target.sowing()
				select {
				case <-time.After(time.Until(since.at.Add(2 * time.Second))):
				case <-t.ctx.Done():
				}
				for key, value := range since.values {
					c.Step("a get of what was stored %v ago, at the beginning of the run", time.Since(since.at).Round(100*time.Millisecond))
					c.Get(key, value)
				}
				c.InStep()
			},
		},
		{
			ID: "CON-12", Level: May, Source: "it follows from FRM-12", Needs: []Trait{Persistent, Cuts},
			Title: "a client may be silent for seconds, wherever it stands",
			Text: `Only the client ends its connection: it may say nothing at first, between two requests, in the middle of a line or of a
				block, and leave megabytes of replies unread, and is served when it goes on. Checked with three seconds.`,
			Example: `
				A> "set k 3\r\nab"
				- seconds later
				A> "c\r\n"
				A< "STORED\r\n"`,
			Pitfall: `A timeout on the socket that was set so that no thread hangs (settimeout, SO_RCVTIMEO, server.setTimeout) ends clients that
				think, type, or wait for their own users, and one for sending ends those that read slowly. A client that waits costs a thread or
				a few bytes, if it costs others nothing; let the operator set a time limit.`,
			Check: func(t *T) {
				const silence = 3 * time.Second
				mute, idle, slow := t.Dial(), t.Dial(), t.Dial()
				key, value := t.Key(), t.Text(30)
				idle.Set(key, value)
				line, block := t.Dial(), t.Dial()
				get, set := t.GetRequest(key), t.SetRequest(key, value)
				line.Send(get[:3])
				block.Send(set[:len(set)-10])
				big, large := t.Key(), t.Text(t.UpTo(60_000))
				idle.Set(big, large)
				n := t.Volume(200, 2)
				sent := slow.SendBehind(strings.Repeat(t.GetRequest(big), n))
				select {
				case <-time.After(silence):
				case <-t.ctx.Done():
				}
				for _, c := range []struct {
					who  *Client
					step string
					rest func(*Client)
				}{
					{mute, "3 seconds without a word at the start", func(*Client) {}},
					{idle, "3 seconds without a word after a reply", func(*Client) {}},
					{line, "a get that stopped in its line for 3 seconds", func(c *Client) { c.Continue(get[3:]); c.ExpectValue(key, value) }},
					{block, "a set that stopped in its block for 3 seconds", func(c *Client) { c.Continue(set[len(set)-10:]); c.Expect(Stored) }},
					{slow, "replies that were not read for 3 seconds", func(c *Client) {
						for range n {
							c.ExpectValue(big, large)
						}
						<-sent
					}},
				} {
					c.who.Step("%s", c.step)
					c.rest(c.who)
					c.who.InStep()
				}
			},
		},
	}
}
