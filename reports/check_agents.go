package reports

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// mostAgents is how many a run may have: a table of more nobody reads.
const mostAgents = 1000

// mostOffset is what a clock may be off: one that was never set stands at 1970.
const mostOffset = 100 * longest

func (c *checker) agents(r *Run) {
	if len(r.Agents) > mostAgents {
		c.fail("there are %d agents, where at most %d are expected", len(r.Agents), mostAgents)
		return
	}
	for i, a := range r.Agents {
		c.in(fmt.Sprintf("agents[%d]", i), func() {
			c.text("name", a.Name)
			c.text("id", a.ID)
			if slices.ContainsFunc(r.Agents[:i], func(other *Agent) bool { return other.ID == a.ID }) {
				c.fail("there are two of the id %.60q", a.ID)
			}
			c.environment(a.Environment)
			c.count("clients", int64(a.Clients))
			c.part("share", a.Share)
			c.within("clock_offset_ns", a.ClockOffset, mostOffset)
			c.time("clock_error_ns", a.ClockError)
			if a.Started != nil {
				c.within("started_ns", *a.Started, longest)
			}
			c.requests(a.Requests)
			c.connections(a.Connections)
			c.generator(a.Generator)
			c.operations("totals", a.Totals)
			if a.Loss != nil {
				c.in("loss", func() {
					c.time("at_ns", a.Loss.At)
					c.text("reason", a.Loss.Reason)
				})
			}
		})
	}
	c.agentSums(r)
}

// within is a time that may be negative.
func (c *checker) within(name string, d, most time.Duration) {
	if d < -most || d > most {
		c.fail("%s is longer than can be (%d)", name, d)
	}
}

// agentSums says which of a run's figures are not those of its agents: a total that lacks one's part looks like any other.
func (c *checker) agentSums(r *Run) {
	if len(r.Lost()) == 0 {
		for i, v := range r.Intervals {
			if v.Missing > 0 {
				c.fail("intervals[%d] says that something of it is missing, and no agent was lost", i)
			}
		}
	}
	if len(r.Agents) == 0 {
		return
	}
	const of = "the agents"
	parts := operations{}
	var clients int64
	var shares float64
	var q Requests
	var n Connections
	for i, a := range r.Agents {
		for _, o := range a.Totals {
			parts.add(o)
			if !slices.ContainsFunc(r.Totals, func(t *Operation) bool { return t.Name == o.Name }) {
				c.fail("totals has no %.60q, which agents[%d] has", o.Name, i)
			}
		}
		clients, shares = clients+int64(a.Clients), shares+a.Share
		q.Preloaded, q.WarmUp, q.Recorded = q.Preloaded+a.Requests.Preloaded, q.WarmUp+a.Requests.WarmUp, q.Recorded+a.Requests.Recorded
		q.Errors, q.Abandoned, q.Dropped = q.Errors+a.Requests.Errors, q.Abandoned+a.Requests.Abandoned, q.Dropped+a.Requests.Dropped
		n.Opened, n.Failed, n.Lost, n.Renewed = n.Opened+a.Connections.Opened, n.Failed+a.Connections.Failed, n.Lost+a.Connections.Lost, n.Renewed+a.Connections.Renewed
	}
	if math.Abs(shares-1) > 1e-6 {
		c.fail("the shares of the agents add up to %g, where 1 is expected", shares)
	}
	c.total("clients", int64(r.Clients), clients, of)
	for i, t := range r.Totals {
		c.in(fmt.Sprintf("totals[%d]", i), func() { c.adds(t, parts[t.Name], of) })
	}
	c.in("requests", func() {
		c.total("preloaded", r.Requests.Preloaded, q.Preloaded, of)
		c.total("warm_up", r.Requests.WarmUp, q.WarmUp, of)
		c.total("recorded", r.Requests.Recorded, q.Recorded, of)
		c.total("errors", r.Requests.Errors, q.Errors, of)
		c.total("abandoned", r.Requests.Abandoned, q.Abandoned, of)
		c.total("dropped", r.Requests.Dropped, q.Dropped, of)
	})
	c.in("connections", func() {
		c.total("opened", r.Connections.Opened, n.Opened, of)
		c.total("failed", r.Connections.Failed, n.Failed, of)
		c.total("lost", r.Connections.Lost, n.Lost, of)
		c.total("renewed", r.Connections.Renewed, n.Renewed, of)
	})
}
