package reports

import (
	"fmt"
	"slices"
	"strings"
)

// RuleChange is a rule that did not come out alike on both sides, or not every time.
type RuleChange struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Level  string `json:"level"`
	Base   string `json:"base"` // passed, failed, inconclusive, not run, no such rule; failed in 1 of 3
	Head   string `json:"head"`
	Change string `json:"change"`           // one of the Change constants
	Reason string `json:"reason,omitempty"` // of the head's failure, or of its not being decided
}

// What a RuleChange's Change may be.
const (
	ChangeFailing   = "newly failing" // passed every time on base, failed on head
	ChangePassing   = "newly passing" // failed every time on base, passed every time on head
	ChangeFlaky     = "flaky"         // passed and failed on base: what it does on head tells nothing
	ChangeUndecided = "not decided"   // passed on base and was not asked or not decided on head, or fails on head and was not asked on base
	ChangeOther     = "changed otherwise"
)

// results are what came of one rule on one side.
type results struct {
	asked  int // suites
	count  map[Status]int
	reason string // of the first that failed, else of the first that did not pass
}

func (s results) all(status Status) bool { return s.asked > 0 && s.count[status] == s.asked }

// text is "passed", "failed in 1 of 3".
func (s results) text() string {
	for _, status := range []Status{Failed, Inconclusive, NotRun, Passed} {
		switch n := s.count[status]; {
		case n == s.asked && n > 0:
			return string(status)
		case n > 0:
			return fmt.Sprintf("%s in %d of %d", status, n, s.asked)
		}
	}
	return "no such rule"
}

func resultsOf(cells []*Rule) results {
	s := results{asked: len(cells), count: map[Status]int{}}
	var reason string
	for _, r := range cells {
		if r == nil {
			continue
		}
		s.count[r.Status]++
		if r.Status == Failed && s.reason == "" {
			s.reason = r.Reason
		} else if r.Status != Passed && reason == "" {
			reason = r.Reason
		}
	}
	if s.reason == "" {
		s.reason = reason
	}
	return s
}

// compareSuites compares what came of each rule. A failure is a fact and needs no statistics; that a rule passes and fails on the base
// says that it is flaky.
func (r *Report) compareSuites() {
	c := r.Comparison
	m := newMatrix(r.Suites)
	split := len(c.Base.Suites)
	for _, row := range m.rows() {
		base, head := resultsOf(row.Cells[:split]), resultsOf(row.Cells[split:])
		change := changeOf(base, head)
		if change == "" {
			continue
		}
		v := &RuleChange{ID: row.Rule.ID, Title: row.Rule.Title, Level: row.Rule.Level, Base: base.text(), Head: head.text(), Change: change}
		if !head.all(Passed) {
			v.Reason = head.reason
		}
		c.Rules = append(c.Rules, v)
	}
	first, other := r.Suites[0], r.Suites[split]
	for _, f := range []struct{ name, base, head string }{
		{"profile", first.Profile, other.Profile}, {"level", first.Level, other.Level}, {"filter", first.Filter, other.Filter},
		{"memlite", first.Environment.Version, other.Environment.Version},
	} {
		if f.base != f.head {
			c.warn("the suites differ in %s (%s, %s), so a difference need not be the server's", f.name, orNone(f.base), orNone(f.head))
		}
	}
	for i, s := range r.Suites {
		if s.CutShort || s.Failure != "" {
			c.warn("the suite of %s was not completed", m.Names[i])
		}
	}
}

// changeOf is empty where both sides came out alike.
func changeOf(base, head results) string {
	flaky := func(s results) bool { return s.count[Passed] > 0 && s.count[Failed] > 0 }
	passed := func(s results) bool { return s.count[Passed] > 0 && s.count[Failed] == 0 }
	switch {
	case flaky(base):
		return ChangeFlaky
	case passed(base) && head.count[Failed] > 0:
		return ChangeFailing
	case base.all(Failed) && head.all(Passed):
		return ChangePassing
	case base.count[Passed]+base.count[Failed] == 0 && head.count[Failed] > 0, passed(base) && head.count[Passed] == 0:
		return ChangeUndecided
	case base.text() != head.text():
		return ChangeOther
	}
	return ""
}

// changes are the rules with such a change.
func (c *Comparison) changes(kind string) []*RuleChange {
	var list []*RuleChange
	for _, r := range c.Rules {
		if r.Change == kind {
			list = append(list, r)
		}
	}
	return list
}

// rules is the verdict on the suites.
func (c *Comparison) rules() (verdict, bool) {
	if len(c.Base.Suites) == 0 || len(c.Head.Suites) == 0 {
		return verdict{}, false
	}
	name := func(kind string) string {
		var list []string
		for _, r := range c.changes(kind) {
			list = append(list, r.ID)
		}
		return enumerate(list)
	}
	v := verdict{Tone: good}
	var parts []string
	for _, k := range []struct {
		kind, text string
		tone       tone
	}{
		{ChangeFailing, "newly failing: ", bad}, {ChangeUndecided, "not decided on both sides: ", unsure}, {ChangePassing, "newly passing: ", good},
		{ChangeFlaky, "flaky: ", good}, {ChangeOther, "changed otherwise: ", good},
	} {
		if ids := name(k.kind); ids != "" {
			parts = append(parts, k.text+ids)
			if v.Tone == good {
				v.Tone = k.tone
			}
		}
	}
	if len(parts) == 0 {
		v.Text = fmt.Sprintf("Every rule came out alike on %s and %s.", c.Base.Name, c.Head.Name)
		return v, true
	}
	if len(c.changes(ChangeFailing)) == 0 {
		parts = slices.Insert(parts, 0, "no rule that passed on "+c.Base.Name+" fails on "+c.Head.Name)
	}
	text := strings.Join(parts, "; ")
	v.Text = strings.ToUpper(text[:1]) + text[1:] + "."
	return v, true
}

// Outcome is how the comparison ends: Failed where a gate failed or a rule newly fails, Inconclusive where something that was asked for could
// not be decided, and where too few units, or a load generator that was the limit, leave every figure open.
func (c *Comparison) Outcome() Status {
	of := map[Status]int{}
	for _, g := range c.Gates {
		of[g.Status()]++
	}
	of[Failed] += len(c.changes(ChangeFailing))
	of[Inconclusive] += len(c.changes(ChangeUndecided))
	if len(c.Gates) == 0 && (c.undecided() || c.Doubt != "") {
		of[Inconclusive]++
	}
	switch {
	case of[Failed] > 0:
		return Failed
	case of[Inconclusive] > 0:
		return Inconclusive
	}
	return Passed
}

// undecided says that there was too little to test a single figure.
func (c *Comparison) undecided() bool {
	return len(c.Rows) > 0 && !slices.ContainsFunc(c.Rows, func(d *Difference) bool {
		return d.Measure != metricErrors && d.Measure != metricDrops && d.Verdict != VerdictFew && d.Verdict != VerdictNotMeasured
	})
}
