package rules

import (
	"context"
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
	t.target.sown = &sown{at: time.Now(), values: values}
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
				if t.target.sown == nil {
					t.sow()
				}
				c := t.Dial()
				since := t.target.sown
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
	}
}
