package reports

import (
	"fmt"
	"slices"
	"time"
)

// mostObjectives bounds what is read: many times what a command line holds.
const mostObjectives = 1000

func (c *checker) objectives(list []*Objective) {
	if len(list) > mostObjectives {
		c.fail("there are %d objectives, where at most %d are expected", len(list), mostObjectives)
		return
	}
	for i, o := range list {
		c.in(fmt.Sprintf("objectives[%d]", i), func() {
			c.text("text", o.Text)
			c.text("reason", o.Reason)
			if o.Held && o.Inconclusive {
				c.fail("is both held and inconclusive")
			}
			if !slices.Contains([]string{unitTime, unitRate, unitCount, unitShare}, o.Unit) {
				c.fail("unit is %.60q, where ns, per second, count or share is expected", o.Unit)
			}
			if o.Limit < 0 || o.Limit > 1<<53 || o.Actual != nil && (*o.Actual < 0 || *o.Actual > 1<<53) {
				c.fail("limit or actual is not within 0 and 2^53")
			}
			end := time.Duration(0)
			for j, s := range o.Seconds {
				c.in(fmt.Sprintf("seconds[%d]", j), func() {
					c.time("from_ns", s.From)
					c.time("to_ns", s.To)
					if s.From < end || s.To < s.From {
						c.fail("does not begin behind the one before it, or ends before it begins")
					}
					end = s.To
				})
			}
		})
	}
}
