package reports

import "time"

// fixtureWhole is small and has each field of a report.
func fixtureWhole() *Report {
	h := fill(time.Millisecond, 1, 4, 1)
	h.TooHigh = 1
	actual, began := 6e6, -time.Millisecond
	ops := func() []*Operation {
		return []*Operation{{Name: "get", Count: 4, Hits: 3, Misses: 2, MultiGets: 4, Errors: 2, Outcomes: map[string]int64{"timeout": 2}, Sent: 40, Received: 90,
			Percentiles: h.Percentiles(), Response: h, Service: h}}
	}
	run := &Run{
		Title: "whole", Target: "a:1,b:1", TLS: true, Profile: "report", Command: []string{"memlite", "load"}, Started: fixtureTime, Elapsed: 2 * time.Second, CutShort: true,
		Environment: fixtureEnvironment(), Plan: []Setting{{"clients", "2"}}, Clients: 2, Arrival: "poisson", Rate: 5,
		Intervals:   []*Interval{{Length: time.Second, Stage: "ramp", Recorded: true, Dropped: 1, Missing: 0.5, Operations: ops()}},
		Totals:      ops(),
		Stages:      []*Stage{{Name: "ramp", Length: time.Second, Recorded: true, Arrival: "poisson", Rate: 4, To: 6, Dropped: 1, Totals: ops()}},
		Requests:    Requests{Recorded: 4, Errors: 2, Dropped: 1},
		Connections: Connections{Opened: 3, Renewed: 1},
		Servers:     []*Server{{Address: "a:1", Clients: 1, Dropped: 1, Totals: ops()}},
		Agents: []*Agent{
			{Name: "a", ID: "1", Environment: fixtureEnvironment(), Clients: 1, Share: 0.5, ClockOffset: 5e6, ClockError: 1e5, Started: &began, Requests: Requests{Recorded: 4, Errors: 2, Dropped: 1},
				Connections: Connections{Opened: 2}, Generator: Generator{Loops: 1, Busy: 0.5, CPU: 1, SendLag: h}, Totals: ops(), Warnings: []string{"one"}},
			{Name: "b", ID: "2", Environment: fixtureEnvironment(), Clients: 1, Share: 0.5, Connections: Connections{Opened: 1, Renewed: 1}, Loss: &Loss{time.Second / 2, "silent"}},
		},
		Generator:    Generator{Loops: 1, Busy: 0.5, CPU: 1, SendLag: h, Reason: "none"},
		Verification: &Verification{Checked: 3, Wrong: 1, Examples: []Example{{"wrong", "k", "v", "w"}}},
		Warnings:     []string{"one"},
		Objectives:   []*Objective{{Text: "p99<5ms", Inconclusive: true, Reason: "the run was cut short", Unit: unitTime, Limit: 5e6, Actual: &actual, Seconds: []Span{{0, time.Second}}}},
		Trial:        TrialOfScan,
	}
	suite := fixtureSuite()
	suite.Title, suite.CutShort, suite.Failure = "whole", true, "ended"
	suite.Verdict, suite.Score = grade(suite).Text, scores(suite.Rules)
	suite.Rules = suite.Rules[2:5]
	suite.Rules[2].Known = suite.Rules[2].Title
	suite.Rules[0].Known = "known"
	return &Report{Runs: []*Run{run}, Suites: []*Suite{suite}, Comparison: wholeComparison()}
}

// wholeComparison is of a report with one run and one suite, each on both sides.
func wholeComparison() *Comparison {
	share := 0.5
	e := Estimate{Center: &share, Lo: &share, Hi: &share, Confidence: 0.95, N: 1, Values: []float64{0.5}}
	side := func(name string) Side { return Side{Name: name, Runs: []int{0}, Suites: []int{0}} }
	return &Comparison{
		Base: side("BASE"), Head: side("HEAD"), Unit: UnitRun, Alpha: 0.05, Warnings: []string{"one"}, Doubt: "the load generator was the limit",
		Rows:  []*Difference{{Operation: "all", Measure: "hits", Unit: unitShare, Base: e, Head: e, Delta: &share, Lo: &share, Hi: &share, P: &share, Verdict: VerdictNone, Reason: "none"}},
		Rules: []*RuleChange{{ID: "SET-04", Title: "t", Level: "must", Base: "passed", Head: "failed", Change: ChangeFailing, Reason: "why"}},
		Gates: []*Gate{{Text: "p99>+10%", Inconclusive: true, Reason: "too few", Operation: "all", Measure: "p99", Unit: unitRelative, Limit: 0.1, Actual: &share, Alpha: 0.05, MoreBase: 1, MoreHead: 1, Unseen: "a rise of up to +20 %"}},
	}
}
