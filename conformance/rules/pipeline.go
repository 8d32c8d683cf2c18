package rules

import (
	"fmt"
	"slices"
)

// pipeline is a random sequence of requests, with the reply that each must get.
type pipeline struct {
	t        *T
	requests []string
	expect   []func(*Client)
}

func newPipeline(t *T, n int) *pipeline {
	p := &pipeline{t: t}
	keys := []string{t.Key(), t.Key(), t.Key()}
	values := map[string]string{}
	steps := []func(){
		func() {
			key, value := keys[t.Rand.IntN(3)], t.Text(t.least()+t.Rand.IntN(60))
			values[key] = value
			p.add(t.SetRequest(key, value), func(c *Client) { c.Expect(Stored) })
		},
		func() {
			key := keys[t.Rand.IntN(3)]
			value, found := values[key]
			p.add(t.GetRequest(key), func(c *Client) {
				if found {
					c.ExpectValue(key, value)
				} else {
					c.Expect(Missing)
				}
			})
		},
		func() { p.add(t.GetRequest(t.Key()), func(c *Client) { c.Expect(Missing) }) },
		func() { p.refused("nonsense " + t.Text(5)) },
		func() { p.refused("") },
		func() { p.refused("get") },
		func() { p.refused("set" + wrongSetTails(t)[t.Rand.IntN(2)]) },
	}
	if t.Profile.Dialect == Lite {
		steps = append(steps,
			func() { p.refused("get " + keys[0] + " " + keys[1]) },
			func() {
				p.add(t.SetRequest(t.KeyOf(t.Profile.MaxKey+1), t.Text(9)), func(c *Client) { c.Expect(BadKey) })
			},
		)
	}
	if t.Profile.Dialect == Lite && t.Has(Sized) {
		steps = append(steps, func() {
			sizes := unreadableSizes(t)
			p.refused(t.sizeOnly(keys[0], sizes[t.Rand.IntN(len(sizes))]))
		})
	}
	if t.refusesInStep() {
		steps = append(steps, func() {
			list := append(t.mismatches(shorter), t.mismatches(longer)...)
			m := list[t.Rand.IntN(len(list))]
			p.add(t.SetWith(keys[1], m.announced, t.Text(m.have)), func(c *Client) { c.Expect(Mismatch) })
		})
	}
	for range n {
		steps[t.Rand.IntN(len(steps))]()
	}
	return p
}

func (p *pipeline) add(request string, expect func(*Client)) {
	p.requests = append(p.requests, request)
	p.expect = append(p.expect, expect)
}

func (p *pipeline) refused(line string) {
	p.add(p.t.Lines(line), func(c *Client) { c.Expect(BadCommand) })
}

// cut returns all requests joined and cut again at n places that have nothing to do with where requests end.
func (p *pipeline) cut(n int) []string {
	var all string
	for _, r := range p.requests {
		all += r
	}
	at := []int{0, len(all)}
	for range n {
		at = append(at, p.t.Rand.IntN(len(all)))
	}
	slices.Sort(at)
	at = slices.Compact(at)
	var pieces []string
	for i := range at[1:] {
		pieces = append(pieces, all[at[i]:at[i+1]])
	}
	return pieces
}

func (p *pipeline) about(i int) string {
	before := "it is the first"
	if i > 0 {
		before = "before it " + quote([]byte(p.requests[i-1]))
	}
	return fmt.Sprintf("request %d of a pipeline of %d, %s (%s)", i+1, len(p.requests), quote([]byte(p.requests[i])), before)
}
