package reports

import (
	"fmt"
	"slices"
)

// operations are counts added up by name.
type operations map[string]*Operation

func (m operations) add(o *Operation) {
	t := m[o.Name]
	if t == nil {
		t = &Operation{Outcomes: map[string]int64{}}
		m[o.Name] = t
	}
	t.Count, t.Hits, t.Misses, t.MultiGets = t.Count+o.Count, t.Hits+o.Hits, t.Misses+o.Misses, t.MultiGets+o.MultiGets
	t.Errors, t.Sent, t.Received = t.Errors+o.Errors, t.Sent+o.Sent, t.Received+o.Received
	for kind, n := range o.Outcomes {
		t.Outcomes[kind] += n
	}
}

// sums says which parts of a run do not add up to its totals. The stages' and servers' are left out: an answer that came late
// counts for the stage in which it was due, and for the interval in which it came.
func (c *checker) sums(r *Run) {
	if c.err != nil {
		return
	}
	parts := operations{}
	for i, v := range r.Intervals {
		if !v.Recorded {
			continue
		}
		for _, o := range v.Operations {
			parts.add(o)
			if !slices.ContainsFunc(r.Totals, func(t *Operation) bool { return t.Name == o.Name }) {
				c.fail("totals has no %.60q, which intervals[%d] has", o.Name, i)
				return
			}
		}
	}
	answered, errors := int64(0), int64(0)
	for i, t := range r.Totals {
		answered, errors = answered+t.Count, errors+t.Errors
		c.in(fmt.Sprintf("totals[%d]", i), func() {
			if slices.ContainsFunc(r.Totals[:i], func(other *Operation) bool { return other.Name == t.Name }) {
				c.fail("there are two of the name %.60q", t.Name)
			}
			if len(parts) > 0 { // else the intervals were left out, to make the file small
				c.adds(t, parts[t.Name], "the recorded intervals")
			}
		})
	}
	c.in("requests", func() {
		c.total("recorded", r.Requests.Recorded, answered, "totals")
		c.total("errors", r.Requests.Errors, errors, "totals")
	})
	if v := r.Verification; v != nil && v.Findings() > v.Checked {
		c.in("verification", func() { c.fail("%d values were checked, and %d are said to be corrupt", v.Checked, v.Findings()) })
	}
}

// adds says what of a total is not the sum of parts; nil: of nothing.
func (c *checker) adds(t, parts *Operation, of string) {
	if parts == nil {
		parts = &Operation{}
	}
	for _, n := range []struct {
		name         string
		total, parts int64
	}{
		{"count", t.Count, parts.Count}, {"hits", t.Hits, parts.Hits}, {"misses", t.Misses, parts.Misses}, {"multi_gets", t.MultiGets, parts.MultiGets},
		{"errors", t.Errors, parts.Errors}, {"sent_bytes", t.Sent, parts.Sent}, {"received_bytes", t.Received, parts.Received},
	} {
		c.total(n.name, n.total, n.parts, of)
	}
	for kind, n := range t.Outcomes {
		c.total("outcomes."+kind, n, parts.Outcomes[kind], of)
	}
}

func (c *checker) total(name string, total, parts int64, of string) {
	if total != parts {
		c.fail("%.60s is %d, and those of %s add up to %d", name, total, of, parts)
	}
}

// score says where a suite's score, which is there for readers of the JSON, is not that of its rules.
func (c *checker) score(s *Suite) {
	for i, n := range s.Score {
		c.in(fmt.Sprintf("score[%d]", i), func() {
			c.level(n.Level)
			for name, count := range map[string]int{"asked": n.Asked, "passed": n.Passed, "failed": n.Failed, "inconclusive": n.Inconclusive, "not_run": n.NotRun} {
				c.count(name, int64(count))
			}
			of := tally(ofLevel(s.Rules, n.Level))
			of.Level = n.Level
			if n != of {
				c.fail("says %d passed and %d failed, and of the rules it is %d and %d", n.Passed, n.Failed, of.Passed, of.Failed)
			}
		})
	}
}
