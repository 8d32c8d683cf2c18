package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The elements of JUnit's XML that its readers agree on.
type junitSuites struct {
	XMLName  xml.Name      `xml:"testsuites"`
	Tests    int           `xml:"tests,attr"`
	Failures int           `xml:"failures,attr"`
	Errors   int           `xml:"errors,attr"`
	Skipped  int           `xml:"skipped,attr"`
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
	Name       string           `xml:"name,attr"`
	Class      string           `xml:"classname,attr"`
	Time       string           `xml:"time,attr"`
	Properties *junitProperties `xml:"properties,omitempty"`
	Failure    *junitFault      `xml:"failure,omitempty"`
	Error      *junitFault      `xml:"error,omitempty"`
	Skipped    *junitSkipped    `xml:"skipped,omitempty"`
	Out        string           `xml:"system-out,omitempty"`
}

type junitProperties struct {
	List []junitProperty `xml:"property"`
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
	for _, s := range r.Suites {
		all.Suites = append(all.Suites, junitOfSuite(s))
		total += s.Elapsed
	}
	if len(r.Runs) > 0 {
		list, took := junitOfRuns(r.Runs)
		all.Suites = append(all.Suites, list)
		total += took
	}
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
		all.Skipped += s.Skipped
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

func junitOfSuite(s *Suite) *junitSuite {
	n := tally(s.Rules)
	j := &junitSuite{
		Name:      visible(fmt.Sprintf("conformance of %s (profile %s)", s.Target, s.Profile)),
		Time:      seconds(s.Elapsed),
		Timestamp: timestamp(s.Started),
		Hostname:  visible(s.Environment.Host),
		Properties: []junitProperty{
			{"verdict", visible(verdictOfSuite(s).Text)},
			{"level", visible(s.Level)},
			{"seed", fmt.Sprint(s.Seed)},
			{"command", quoteCommand(s.Command)},
			{"memlite", visible(s.Environment.Version)},
			{"passed", fmt.Sprintf("%d/%d", n.Passed, n.Asked())},
		},
	}
	for _, level := range levels {
		n := tally(ofLevel(s.Rules, level))
		j.Properties = append(j.Properties, junitProperty{level, fmt.Sprintf("%d/%d", n.Passed, n.Asked())})
	}
	for i, text := range s.Warnings {
		j.Properties = append(j.Properties, junitProperty{fmt.Sprintf("warning.%d", i+1), visible(text)})
	}
	for _, rule := range s.Rules {
		j.Cases = append(j.Cases, junitOfRule(rule))
	}
	return j
}

func junitOfRule(r *Rule) *junitCase {
	c := &junitCase{
		Name:  visible(r.ID + " " + r.Title),
		Class: visible("conformance." + r.Family),
		Time:  seconds(r.Elapsed),
		Properties: &junitProperties{[]junitProperty{
			{"level", visible(r.Level)}, {"source", visible(r.Source)}, {"text", visible(r.Text)},
		}},
	}
	if len(r.Labels) > 0 {
		c.Properties.List = append(c.Properties.List, junitProperty{"labels", visible(strings.Join(r.Labels, ", "))})
	}
	message := visible(r.Reason)
	if message == "" {
		message = string(r.Status)
	}
	switch r.Status {
	case Failed:
		c.Failure = &junitFault{message, orNA(visible(r.Kind)), faultText(r)}
	case Inconclusive:
		c.Error = &junitFault{message, "inconclusive", faultText(r)}
	case NotRun:
		c.Skipped = &junitSkipped{message}
	}
	return c
}

func faultText(r *Rule) string {
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-6s %s\n", name+":", value)
		}
	}
	b.WriteByte('\n')
	field("rule", visible(r.Text))
	field("source", visible(r.Source))
	field("want", visible(r.Want))
	field("got", visible(r.Got))
	field("known", visible(r.Known))
	field("again", visible(r.Rerun))
	for _, l := range r.lines() {
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
		v := verdictOfRun(run)
		c := &junitCase{Name: visible(all[i]), Class: "load", Time: seconds(run.Elapsed), Out: visible(v.Text)}
		c.Properties = &junitProperties{[]junitProperty{
			{"target", visible(run.Target)},
			{"command", quoteCommand(run.Command)},
			{"requests_per_second", perSecond(rate(t.Count, run.Recorded()))},
			{"errors", fmt.Sprint(t.Errors)},
			{"p50", t.percentile(p50)}, {"p90", t.percentile(p90)}, {"p99", t.percentile(p99)},
			{"p99.9", t.percentile(p999)}, {"max", t.percentile(pMax)},
		}}
		for _, text := range run.Warnings {
			c.Out += "\nwarning: " + visible(text)
		}
		switch {
		case t.Count == 0:
			c.Error = &junitFault{visible(v.Text), "no answer", ""}
		case run.CutShort:
			c.Error = &junitFault{visible(v.Text), "cut short", ""}
		}
		j.Cases = append(j.Cases, c)
	}
	j.Time = seconds(total)
	return j, total
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") }
