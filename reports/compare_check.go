package reports

import (
	"fmt"
	"math"
	"slices"
)

var (
	verdictsOfDifference = []string{VerdictSlower, VerdictFaster, VerdictHigher, VerdictLower, VerdictNone, VerdictFew, VerdictNotMeasured}
	changesOfRule        = []string{ChangeFailing, ChangePassing, ChangeFlaky, ChangeUndecided, ChangeOther}
)

// comparison checks one that was read. What it says of the runs is believed, as an Objective is.
func (c *checker) comparison(r *Report) {
	v := r.Comparison
	if v.Alpha <= 0 || v.Alpha >= 1 {
		c.fail("alpha is %v, where a share between 0 and 1 is expected", v.Alpha)
	}
	if !slices.Contains([]string{"", UnitRun, UnitBlock}, v.Unit) {
		c.fail("unit is %.60q, where run or 5 s block is expected", v.Unit)
	}
	c.text("doubt", v.Doubt)
	c.in("base", func() { c.side(v.Base, r) })
	c.in("head", func() { c.side(v.Head, r) })
	for i, d := range v.Rows {
		c.in(fmt.Sprintf("rows[%d]", i), func() { c.difference(d) })
	}
	for i, rule := range v.Rules {
		c.in(fmt.Sprintf("rules[%d]", i), func() { c.change(rule) })
	}
	for i, g := range v.Gates {
		c.in(fmt.Sprintf("gates[%d]", i), func() { c.gate(g) })
	}
}

func (c *checker) side(s Side, r *Report) {
	c.text("name", s.Name)
	for _, list := range []struct {
		name  string
		at    []int
		there int
	}{{"runs", s.Runs, len(r.Runs)}, {"suites", s.Suites, len(r.Suites)}} {
		for _, i := range list.at {
			if i < 0 || i >= list.there {
				c.fail("%s has %d, where a place in the %d %s of the file is expected", list.name, i, list.there, list.name)
			}
		}
	}
}

func (c *checker) difference(d *Difference) {
	c.text("operation", d.Operation)
	c.text("measure", d.Measure)
	c.text("reason", d.Reason)
	if !slices.Contains([]string{unitTime, unitRate, unitShare}, d.Unit) {
		c.fail("unit is %.60q, where ns, per second or share is expected", d.Unit)
	}
	if !slices.Contains(verdictsOfDifference, d.Verdict) {
		c.fail("verdict is %.60q, which is none", d.Verdict)
	}
	for _, v := range []*float64{d.Delta, d.Lo, d.Hi} {
		if v != nil && math.Abs(*v) > 1<<53 {
			c.fail("a delta is larger than can be")
		}
	}
	if d.P != nil && (*d.P < 0 || *d.P > 1) {
		c.fail("p is %v, where a share from 0 to 1 is expected", *d.P)
	}
	for _, e := range []Estimate{d.Base, d.Head} {
		for _, v := range append([]*float64{e.Center, e.Lo, e.Hi}, pointers(e.Values)...) {
			if v != nil && (*v < 0 || *v > 1<<53) {
				c.fail("a figure is not within 0 and 2^53")
			}
		}
		switch {
		case e.N != len(e.Values):
			c.fail("n is %d, and there are %d values", e.N, len(e.Values))
		case (e.Center == nil) != (e.N == 0):
			c.fail("there is a center without values, or values without a center")
		case e.N == 0 && d.Verdict != VerdictNotMeasured:
			c.fail("verdict is %q, and one side has no values", d.Verdict)
		case !slices.IsSorted(e.Values):
			c.fail("values do not rise")
		}
	}
}

func pointers(list []float64) (out []*float64) {
	for i := range list {
		out = append(out, &list[i])
	}
	return out
}

func (c *checker) change(r *RuleChange) {
	for _, f := range []struct{ name, text string }{{"id", r.ID}, {"title", r.Title}, {"base", r.Base}, {"head", r.Head}, {"reason", r.Reason}} {
		c.text(f.name, f.text)
	}
	if !slices.Contains(changesOfRule, r.Change) {
		c.fail("change is %.60q, which is none", r.Change)
	}
	if !slices.Contains(levels, r.Level) {
		c.fail("level is %.60q, where must, should or may is expected", r.Level)
	}
}

func (c *checker) gate(g *Gate) {
	for _, f := range []struct{ name, text string }{{"text", g.Text}, {"reason", g.Reason}, {"operation", g.Operation}, {"measure", g.Measure}, {"unseen", g.Unseen}} {
		c.text(f.name, f.text)
	}
	if g.Held && g.Inconclusive {
		c.fail("is both held and inconclusive")
	}
	if !slices.Contains([]string{unitRelative, unitTime, unitShare}, g.Unit) {
		c.fail("unit is %.60q, where of base, ns or share is expected", g.Unit)
	}
	if math.Abs(g.Limit) > 1<<53 || g.Actual != nil && math.Abs(*g.Actual) > 1<<53 {
		c.fail("limit or actual is larger than can be")
	}
	if g.Alpha <= 0 || g.Alpha >= 1 {
		c.fail("alpha is %v, where a share between 0 and 1 is expected", g.Alpha)
	}
	c.count("more_base", int64(g.MoreBase))
	c.count("more_head", int64(g.MoreHead))
}
