package reports

import (
	"fmt"
	"strings"
)

// junitOfComparison has a testcase for each gate and each rule that changed, and one for the figures. It is red where the command's exit
// status is: a gate that failed and a rule that newly fails are failures, what could not be decided is an error.
func junitOfComparison(r *Report) *junitSuite {
	c := r.Comparison
	j := &junitSuite{Name: visible(fmt.Sprintf("%s compared with %s", c.Head.Name, c.Base.Name)), Time: seconds(0), Properties: []junitProperty{
		{"alpha", fmt.Sprint(c.Alpha)}, {"unit", orNA(c.Unit)},
	}}
	for _, s := range []Side{c.Base, c.Head} {
		for _, i := range s.Runs {
			j.note(r.Runs[i].Environment, timestamp(r.Runs[i].Started))
		}
		for _, i := range s.Suites {
			j.note(r.Suites[i].Environment, timestamp(r.Suites[i].Started))
		}
		j.Properties = append(j.Properties, junitProperty{"command of " + visible(s.Name), quoteCommand(r.commandOf(s))})
	}
	for _, g := range c.Gates {
		j.Cases = append(j.Cases, junitOutcome(visible(g.Text), "compare.gate", g.Status(), visible(g.outcome()+": "+g.Reason)))
	}
	for _, v := range c.Rules {
		status := map[string]Status{ChangeFailing: Failed, ChangeUndecided: Inconclusive}[v.Change]
		text := fmt.Sprintf("%s: %s, then %s", v.Change, v.Base, v.Head)
		if v.Reason != "" {
			text += ": " + v.Reason
		}
		j.Cases = append(j.Cases, junitOutcome(visible(v.ID+" "+v.Title), "compare.rule", status, visible(text)))
	}
	var lines []string
	for _, v := range verdictsOfComparison(c) {
		lines = append(lines, visible(v.Text))
	}
	for _, d := range c.shown() {
		lines = append(lines, strings.Join(d.cells(), "; "))
	}
	lines = append(lines, visibleAll(c.Warnings)...)
	status := Passed
	if len(c.Gates) == 0 && (c.undecided() || c.Doubt != "") {
		status = Inconclusive
	}
	whole := junitOutcome("comparison", "compare", status, lines[0])
	whole.Out = "\n" + strings.Join(lines, "\n") + "\n"
	j.Cases = append(j.Cases, whole)
	return j
}

// note takes the place and the time from the first of the runs and suites.
func (j *junitSuite) note(e Environment, when string) {
	if j.Timestamp == "" {
		j.Timestamp, j.Hostname = when, visible(e.Host)
		j.Properties = append(j.Properties, junitProperty{"memlite", visible(e.Version)})
	}
}

func junitOutcome(name, class string, status Status, text string) *junitCase {
	c := &junitCase{Name: name, Class: class, Time: seconds(0)}
	switch status {
	case Failed:
		c.Failure = &junitFault{text, "regression", ""}
	case Inconclusive:
		c.Error = &junitFault{text, "inconclusive", ""}
	default:
		c.Out = "\n" + text + "\n"
	}
	return c
}
