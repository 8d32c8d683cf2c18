package reports

import (
	"fmt"
	"mime"
	"slices"
	"time"
)

// most is the largest count that is believed: sums of it over any report that fits in memory stay within int64.
const most = 1 << 42

// longest is the longest time that is believed.
const longest = 365 * 24 * time.Hour

// What texts and lists that were read may have at most: many times what memlite writes, and little enough that a page
// of them can still be opened.
const (
	mostText        = 64 << 10 // bytes
	mostObserved    = 1000     // sentences
	mostExamples    = 1000     // of corrupt replies
	mostAttachments = 100      // of one rule
)

// check says what in a report that was read can not be, and where, so that no format needs to expect it.
func check(r *Report, named bool) error {
	if len(r.Runs)+len(r.Suites) == 0 {
		return errEmpty
	}
	for i, run := range r.Runs {
		c := checker{}
		if named {
			c.path = fmt.Sprintf("runs[%d]", i)
		}
		if c.run(run); c.err != nil {
			return c.err
		}
	}
	for i, suite := range r.Suites {
		c := checker{}
		if named {
			c.path = fmt.Sprintf("suites[%d]", i)
		}
		if c.suite(suite); c.err != nil {
			return c.err
		}
	}
	if r.Comparison != nil {
		c := checker{path: "comparison"}
		c.comparison(r)
		return c.err
	}
	return nil
}

// checker walks a report and keeps the first fault. path is where it is.
type checker struct {
	path string
	err  error
}

// in checks a part under its name.
func (c *checker) in(name string, part func()) {
	if c.err != nil {
		return
	}
	outer := c.path
	if c.path != "" && name[0] != '[' {
		name = "." + name
	}
	c.path += name
	part()
	c.path = outer
}

func (c *checker) fail(format string, args ...any) {
	if c.err == nil {
		where := c.path
		if where == "" {
			where = "the whole"
		}
		c.err = fmt.Errorf("in %s: %s", where, fmt.Sprintf(format, args...))
	}
}

func (c *checker) count(name string, n int64) {
	if n < 0 {
		c.fail("%s is negative (%d)", name, n)
	} else if n > most {
		c.fail("%s is larger than can be (%d)", name, n)
	}
}

func (c *checker) time(name string, d time.Duration) {
	if d < 0 {
		c.fail("%s is negative (%d)", name, d)
	} else if d > longest {
		c.fail("%s is longer than a year (%d)", name, d)
	}
}

// part is a share of a whole.
func (c *checker) part(name string, v float64) {
	if v < 0 || v > 1 {
		c.fail("%s is %g, where 0 to 1 is expected", name, v)
	}
}

func (c *checker) text(name, s string) {
	if len(s) > mostText {
		c.fail("%s has %d bytes, where at most %d are expected", name, len(s), mostText)
	}
}

func (c *checker) schema(got, want string) {
	if got != want {
		c.fail("schema is %.60q, where %q is expected", got, want)
	}
}

func (c *checker) run(r *Run) {
	c.schema(r.Schema, RunSchema)
	c.time("elapsed_ns", r.Elapsed)
	c.count("clients", int64(r.Clients))
	if !slices.Contains([]string{"closed", "constant", "poisson", "mixed", "trace"}, r.Arrival) {
		c.fail("arrival is %.60q, where closed, constant, poisson, mixed or trace is expected", r.Arrival)
	}
	if r.Rate < 0 {
		c.fail("rate is negative")
	}
	end := time.Duration(0)
	for i, v := range r.Intervals {
		c.in(fmt.Sprintf("intervals[%d]", i), func() {
			c.time("start_ns", v.Start)
			c.time("length_ns", v.Length)
			c.count("dropped", v.Dropped)
			c.part("missing", v.Missing)
			if v.Start < end {
				c.fail("starts before the one before it")
			}
			end = v.Start
			c.operations("operations", v.Operations)
		})
	}
	c.operations("totals", r.Totals)
	c.stages(r.Stages)
	c.requests(r.Requests)
	c.connections(r.Connections)
	c.sums(r)
	c.verification(r.Verification)
	for i, s := range r.Servers {
		c.in(fmt.Sprintf("servers[%d]", i), func() {
			c.text("address", s.Address)
			c.count("clients", int64(s.Clients))
			c.connections(s.Connections)
			c.count("dropped", s.Dropped)
			c.operations("totals", s.Totals)
		})
	}
	c.agents(r)
	c.generator(r.Generator)
	c.objectives(r.Objectives)
	c.environment(r.Environment)
	if !slices.Contains([]string{"", TrialOfSearch, TrialOfScan}, r.Trial) {
		c.fail("trial is %.60q, where search or scan is expected", r.Trial)
	}
}

func (c *checker) environment(e Environment) {
	c.in("environment", func() { c.count("cpus", int64(e.CPUs)) })
}

func (c *checker) requests(q Requests) {
	c.in("requests", func() {
		c.count("preloaded", q.Preloaded)
		c.count("warm_up", q.WarmUp)
		c.count("recorded", q.Recorded)
		c.count("errors", q.Errors)
		c.count("abandoned", q.Abandoned)
		c.count("dropped", q.Dropped)
	})
}

func (c *checker) generator(g Generator) {
	c.in("generator", func() {
		c.count("loops", int64(g.Loops))
		if g.Busy < 0 || g.CPU < 0 {
			c.fail("busy or cpu_seconds is negative")
		}
		c.histogram("send_lag", g.SendLag, nil)
	})
}

func (c *checker) connections(n Connections) {
	c.in("connections", func() {
		c.count("opened", n.Opened)
		c.count("failed", n.Failed)
		c.count("lost", n.Lost)
		c.count("renewed", n.Renewed)
	})
}

func (c *checker) stages(list []*Stage) {
	for i, s := range list {
		c.in(fmt.Sprintf("stages[%d]", i), func() {
			c.text("name", s.Name)
			c.time("start_ns", s.Start)
			c.time("length_ns", s.Length)
			c.count("dropped", s.Dropped)
			if !slices.Contains([]string{"closed", "constant", "poisson"}, s.Arrival) {
				c.fail("arrival is %.60q, where closed, constant or poisson is expected", s.Arrival)
			}
			if s.Rate < 0 || s.To < 0 {
				c.fail("a rate is negative")
			}
			c.operations("totals", s.Totals)
		})
	}
}

func (c *checker) operations(name string, list []*Operation) {
	for i, o := range list {
		c.in(fmt.Sprintf("%s[%d]", name, i), func() {
			c.count("count", o.Count)
			c.count("hits", o.Hits)
			c.count("misses", o.Misses)
			c.count("multi_gets", o.MultiGets)
			if o.MultiGets > o.Count {
				c.fail("multi_gets is larger than count")
			}
			c.count("errors", o.Errors)
			c.count("sent_bytes", o.Sent)
			c.count("received_bytes", o.Received)
			wrong := int64(0)
			for _, n := range o.Outcomes {
				c.count("outcomes", n)
				wrong += n
			}
			if wrong != o.Errors {
				c.fail("errors is %d, and its outcomes add up to %d", o.Errors, wrong)
			}
			if o.MultiGets == 0 && o.Hits+o.Misses > o.Count {
				c.fail("hits and misses are more than count")
			}
			if p := o.Percentiles; p != nil && (p.P50 < 0 || p.P50 > p.P90 || p.P90 > p.P99 || p.P99 > p.P999 || p.P999 > p.Max || p.Max > most) {
				c.fail("percentiles do not rise, or to more than can be")
			}
			c.samples("response", o.Response, o.Percentiles, o.Count)
			c.samples("service", o.Service, nil, o.Count)
		})
	}
}

// CheckOperations says what cannot be in operations that came from elsewhere, and where.
func CheckOperations(list []*Operation) error {
	var c checker
	c.operations("operations", list)
	return c.err
}

// Check says why a histogram that came from elsewhere is none; nil is one.
func (h *Histogram) Check() error {
	var c checker
	c.histogram("histogram", h, nil)
	return c.err
}

// samples are those of an operation, as many as it counts.
func (c *checker) samples(name string, h *Histogram, p *Percentiles, count int64) {
	if n := c.histogram(name, h, p); h != nil && n != count {
		c.fail("count is %d, and %s holds %d", count, name, n)
	}
}

func (c *checker) histogram(name string, h *Histogram, p *Percentiles) (n int64) {
	if h == nil || c.err != nil {
		return 0
	}
	n, err := h.check(p)
	if err != nil {
		c.in(name, func() { c.fail("%s", err) })
	}
	return n
}

func (c *checker) suite(s *Suite) {
	c.schema(s.Schema, SuiteSchema)
	c.time("elapsed_ns", s.Elapsed)
	c.time("round_trip_ns", s.RoundTrip)
	c.text("failure", s.Failure)
	c.environment(s.Environment)
	if n := len(s.Observed); n > mostObserved {
		c.fail("observed has %d sentences, where at most %d are expected", n, mostObserved)
	}
	for i, sentence := range s.Observed {
		c.text(fmt.Sprintf("observed[%d]", i), sentence)
	}
	for i, rule := range s.Rules {
		c.in(fmt.Sprintf("rules[%d]", i), func() {
			c.time("elapsed_ns", rule.Elapsed)
			c.level(rule.Level)
			if !slices.Contains([]Status{Passed, Failed, NotRun, Inconclusive}, rule.Status) {
				c.fail("status is %.60q, where passed, failed, not run or inconclusive is expected", rule.Status)
			}
			c.count("client", int64(rule.Client))
			c.text("example", rule.Example)
			c.text("pitfall", rule.Pitfall)
			c.attachments(rule.Attachments)
			for j, e := range rule.Transcript {
				c.in(fmt.Sprintf("transcript[%d]", j), func() {
					c.time("at_ns", e.At)
					c.count("client", int64(e.Client))
					c.count("length", int64(e.Length))
				})
			}
		})
	}
	c.score(s)
}

func (c *checker) level(name string) {
	if !slices.Contains(levels, name) {
		c.fail("level is %.60q, where must, should or may is expected", name)
	}
}

func (c *checker) attachments(list []Attachment) {
	if len(list) > mostAttachments {
		c.fail("there are %d attachments, where at most %d are expected", len(list), mostAttachments)
		return
	}
	for i, a := range list {
		c.in(fmt.Sprintf("attachments[%d]", i), func() {
			c.text("name", a.Name)
			if _, _, err := mime.ParseMediaType(a.MediaType); err != nil {
				c.fail("media_type is %.60q, where one as text/html is expected", a.MediaType)
			}
			if len(a.Content) > MaxAttachment {
				c.fail("content has %d bytes, where at most %d are expected", len(a.Content), MaxAttachment)
			}
		})
	}
}
