package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The elements of JUnit's XML that its readers agree on: the ones of junit-10, the schema by which Jenkins' xUnit plugin
// judges a file before it reads it. It has no properties of a testcase and no count of skipped ones over all suites, which
// others have; testdata/junit-10.txt says what it has.
type junitSuites struct {
	XMLName  xml.Name      `xml:"testsuites"`
	Tests    int           `xml:"tests,attr"`
	Failures int           `xml:"failures,attr"`
	Errors   int           `xml:"errors,attr"`
	Time     string        `xml:"time,attr"` // seconds
	Suites   []*junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Hostname   string          `xml:"hostname,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []*junitCase    `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Group   string        `xml:"group,attr,omitempty"` // a rule's level
	Failure *junitFault   `xml:"failure,omitempty"`
	Error   *junitFault   `xml:"error,omitempty"`
	Skipped *junitSkipped `xml:"skipped,omitempty"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitFault struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

// JUnit writes one testcase for each rule and each run. A failed rule is a failure, an inconclusive one an error, one
// that was not run is skipped. A run is an error if it was cut short or not one request was answered.
func JUnit(w io.Writer, r *Report) error {
	if len(r.Runs)+len(r.Suites) == 0 {
		return errEmpty
	}
	all := &junitSuites{}
	var total time.Duration
	named, events := suiteNames(r.Suites), junitEvents
	if len(r.Suites) > 1 {
		events = junitEventsOfMany
	}
	if r.Comparison != nil {
		all.Suites = append(all.Suites, junitOfComparison(r))
		return all.write(w, total)
	}
	for i, s := range r.Suites {
		all.Suites = append(all.Suites, junitOfSuite(s, named[i], events))
		total += s.Elapsed
	}
	if len(r.Runs) > 0 {
		list, took := junitOfRuns(r.Runs)
		all.Suites = append(all.Suites, list)
		total += took
	}
	return all.write(w, total)
}

func (all *junitSuites) write(w io.Writer, total time.Duration) error {
	all.Time = seconds(total)
	for _, s := range all.Suites {
		for _, c := range s.Cases {
			s.Tests++
			switch {
			case c.Failure != nil:
				s.Failures++
			case c.Error != nil:
				s.Errors++
			case c.Skipped != nil:
				s.Skipped++
			}
		}
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitOfSuite(s *Suite, name string, events int) *junitSuite {
	j := &junitSuite{
		Name:      visible(fmt.Sprintf("conformance of %s (profile %s)", name, orNA(s.Profile))),
		Time:      seconds(s.Elapsed),
		Timestamp: timestamp(s.Started),
		Hostname:  visible(s.Environment.Host),
		Properties: []junitProperty{
			{"verdict", visible(verdictOfSuite(s).Text)},
			{"grade", visible(grade(s).Text)},
			{"target", visible(s.Target)},
			{"level", visible(s.Level)},
			{"seed", fmt.Sprint(s.Seed)},
			{"command", quoteCommand(s.Command)},
			{"memlite", visible(s.Environment.Version)},
			{"passed", tally(s.Rules).fraction()},
		},
	}
	for _, n := range scores(s.Rules) {
		j.Properties = append(j.Properties, junitProperty{n.Level, n.fraction()},
			junitProperty{n.Level + ".failed", fmt.Sprint(n.Failed)},
			junitProperty{n.Level + ".inconclusive", fmt.Sprint(n.Inconclusive)},
			junitProperty{n.Level + ".not_run", fmt.Sprint(n.NotRun)})
	}
	for i, r := range knownDeviations(s.Rules) {
		j.Properties = append(j.Properties, junitProperty{fmt.Sprintf("known.%d", i+1), visible(r.ID + ": " + r.Known)})
	}
	for i, text := range s.Observed {
		j.Properties = append(j.Properties, junitProperty{fmt.Sprintf("observed.%d", i+1), visible(text)})
	}
	for i, text := range s.Warnings {
		j.Properties = append(j.Properties, junitProperty{fmt.Sprintf("warning.%d", i+1), visible(text)})
	}
	if s.Failure != "" {
		j.Cases = append(j.Cases, &junitCase{Name: "the suite can be run", Class: "conformance", Time: seconds(0),
			Error: &junitFault{visible(s.Failure), "could not be run", ""}})
	}
	for _, rule := range s.Rules {
		j.Cases = append(j.Cases, junitOfRule(rule, events))
	}
	return j
}

func junitOfRule(r *Rule, events int) *junitCase {
	c := &junitCase{
		Name:  visible(r.ID + " " + r.Title),
		Class: visible("conformance." + r.Family),
		Time:  seconds(r.Elapsed),
		Group: visible(r.Level),
	}
	message := visible(r.Reason)
	if message == "" {
		message = string(r.Status)
	}
	switch r.Status {
	case Failed:
		c.Failure = &junitFault{message, orNA(visible(r.Kind)), faultText(r, events)}
	case Inconclusive:
		c.Error = &junitFault{message, "inconclusive", faultText(r, events)}
	case NotRun:
		c.Skipped = &junitSkipped{message}
	}
	if r.Status != Failed && r.Status != Inconclusive {
		c.Out = ruleText(r)
	}
	return c
}

// ruleText says what the rule is, a field on each line.
func ruleText(r *Rule) string {
	return "\n" + fieldLine("rule", visible(r.Text)) + fieldLine("source", visible(r.Source)) + fieldLine("labels", visible(strings.Join(r.Labels, ", ")))
}

func fieldLine(name, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf("%-9s %s\n", name+":", value)
}

// How many events of a transcript a CI server is given to show: all of it is in the JSON.
const (
	junitEvents       = 40
	junitEventsOfMany = 12
)

func faultText(r *Rule, events int) string {
	var b strings.Builder
	b.WriteString(ruleText(r))
	for _, f := range []struct{ name, value string }{
		{"want", r.Want}, {"got", r.Got}, {"known", r.Known}, {"pitfall", r.Pitfall}, {"again", r.Rerun},
	} {
		b.WriteString(fieldLine(f.name, visible(f.value)))
	}
	for _, a := range r.Attachments {
		b.WriteString(fieldLine("attached", visible(a.Name)+" (in the HTML and JSON reports)"))
	}
	for _, l := range r.excerpt(events, shown) {
		b.WriteString(l.plain() + "\n")
	}
	return b.String()
}

func junitOfRuns(runs []*Run) (*junitSuite, time.Duration) {
	j := &junitSuite{Name: "load", Timestamp: timestamp(runs[0].Started), Hostname: visible(runs[0].Environment.Host)}
	j.Properties = []junitProperty{{"memlite", visible(runs[0].Environment.Version)}}
	var total time.Duration
	all := names(runs)
	for i, run := range runs {
		total += run.Elapsed
		t := run.Total()
		v := wholeVerdict(run)
		c := &junitCase{Name: visible(all[i]), Class: "load", Time: seconds(run.Elapsed), Out: "\n" + visible(v.Text) + "\n"}
		figures := []junitProperty{
			{"target", visible(run.Target)},
			{"command", quoteCommand(run.Command)},
			{"requests/s", perSecond(rate(t.Count, run.Recorded()))},
			{"errors", fmt.Sprint(t.Errors)},
			{"hit ratio", t.hitRatio()},
			{"p50", t.percentile(p50)}, {"p90", t.percentile(p90)}, {"p99", t.percentile(p99)},
			{"p99.9", t.percentile(p999)}, {"max", t.percentile(pMax)},
		}
		if s := run.service(); s != nil {
			figures = append(figures, junitProperty{"service p99", s.percentile(p99)})
		}
		for _, f := range append(figures, junitProperty{"requests", run.Requests.account()}) {
			c.Out += fmt.Sprintf("%-11s %s\n", f.Name+":", f.Value)
		}
		c.Out += fmt.Sprintf("%-12s %s %s\n", "connections:", number(run.Connections.Opened), run.Connections.became())
		for _, o := range run.Totals {
			c.Out += fmt.Sprintf("%-12s%s\n", visible(o.Name)+":", visible(o.became()))
		}
		for _, s := range run.Servers {
			for i, text := range run.serverCells(s) {
				c.Out += fmt.Sprintf("%-12s%s\n", serverHead[i]+":", text)
			}
		}
		for _, s := range run.Stages {
			cells := stageCells(s)
			text := cells[0]
			for i, value := range cells[1:] {
				text += ", " + stageHead[i+1] + " " + value
			}
			c.Out += fieldLine("stage", text)
		}
		c.Out += junitAgents(run)
		if v := run.Verification; v != nil {
			c.Out += fieldLine("values", v.text())
			if v.Findings() > 0 {
				c.Failure = &junitFault{v.text(), "corrupt", strings.Join(v.lines(), "\n")}
			}
		}
		for _, text := range run.Warnings {
			c.Out += fieldLine("warning", visible(text))
		}
		switch {
		case c.Failure != nil:
		case t.Count == 0:
			c.Error = &junitFault{visible(v.Text), "no answer", ""}
		case len(run.Lost()) > 0:
			c.Error = &junitFault{visible(v.Text), "agent lost", ""}
		case run.CutShort:
			c.Error = &junitFault{visible(v.Text), "cut short", ""}
		}
		j.Cases = append(j.Cases, c)
		if run.Trial != TrialOfSearch {
			j.Cases = append(j.Cases, junitObjectives(run, all[i])...)
		}
	}
	if trialsOf(runs, TrialOfSearch) != nil {
		j.Cases = append(j.Cases, junitSearch(runs))
	}
	j.Time = seconds(total)
	return j, total
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") }
