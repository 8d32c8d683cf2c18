package reports

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestVerdictOfRun(t *testing.T) {
	run := func(edit func(*Run)) *Run {
		r := fixtureRun(64, 2000, time.Millisecond, 0.3, false)
		edit(r)
		return r
	}
	for _, c := range []struct {
		run  *Run
		tone tone
		want []string
	}{
		{run(func(*Run) {}), good, []string{"64 clients, closed loop: 2,0", " requests/s; p50 1.0", "; no errors; the load generator was not the limit."}},
		{run(func(r *Run) { r.Generator.Busy = 0 }), good, []string{"whether the load generator was the limit was not measured"}},
		{run(func(r *Run) { r.Generator.Bottleneck = true }), unsure, []string{"the load generator was the limit."}},
		{run(func(r *Run) { r.CutShort = true }), unsure, []string{"cut short after 10.0 s"}},
		{run(func(r *Run) { r.CutShort, r.Totals, r.Intervals, r.Requests = true, nil, nil, Requests{Preloaded: 5} }), unsure, []string{"closed loop: cut short before a request was recorded."}},
		{run(func(r *Run) { r.CutShort, r.Totals, r.Requests = true, nil, Requests{Abandoned: 5} }), bad, []string{"not one request was answered"}},
		{run(func(r *Run) { r.Totals[0].Errors = 1 }), bad, []string{"1 error (under 0.01 %)"}},
		{run(func(r *Run) { r.Arrival, r.Rate = "constant", 2000 }), good, []string{"open loop at 2,000 requests/s (constant): kept 2,0", "response p50"}},
		{run(func(r *Run) { r.Arrival, r.Rate = "constant", 2000 }), good, []string{"; the server was not the limit, nor was the load generator."}},
		{run(func(r *Run) { r.Arrival, r.Rate = "constant", 9000 }), flawed, []string{"only 2,0", "; with 64 clients the server was the limit, not the load generator."}},
		{run(func(r *Run) { r.Requests.Dropped = 3 }), bad, []string{"3 never sent because no client was free in time"}},
		{run(func(r *Run) { r.Intervals = nil }), good, []string{": n/a requests/s; p50"}},
		{run(func(r *Run) { r.Totals = nil }), bad, []string{"not one request was answered as the profile allows."}},
		{run(func(r *Run) {
			for _, o := range r.Totals {
				o.Percentiles, o.Response = nil, nil
			}
		}), good, []string{"p50 n/a, p99 n/a"}},
	} {
		v := verdictOfRun(c.run)
		if v.Tone != c.tone {
			t.Errorf("%s: meant %s, want %s", v.Text, v.Tone, c.tone)
		}
		for _, want := range c.want {
			if !strings.Contains(v.Text, want) {
				t.Errorf("%s: no %q in it", v.Text, want)
			}
		}
	}
}

func TestVerdictOfSuite(t *testing.T) {
	suite := func(statuses ...Status) *Suite {
		s := &Suite{Target: "x:1", Profile: "report", Level: "should"}
		for _, status := range statuses {
			s.Rules = append(s.Rules, &Rule{ID: "SET-04", Level: "must", Status: status})
		}
		return s
	}
	only := func(level string, statuses ...Status) *Suite {
		s := suite(statuses...)
		for _, r := range s.Rules {
			r.Level = level
		}
		return s
	}
	known := suite(Failed)
	known.Rules[0].Known = "so it is"
	cut := suite(Passed, Passed)
	cut.CutShort = true
	part := suite(Passed, Passed)
	part.Filter = "get"
	for _, c := range []struct {
		suite *Suite
		tone  tone
		want  string
	}{
		{suite(Passed, Passed, NotRun), good, "x:1 keeps the protocol (profile report, up to level should): all 2 rules asked passed."},
		{suite(Passed), good, "x:1 passed the 1 rule asked"},
		{part, good, "x:1 passed all 2 rules asked (profile report, up to level should; of the rules that get matches)."},
		{suite(Passed, Failed), bad, "x:1 does not keep the protocol (profile report, up to level should): it fails 1 of 2 must. Failed: SET-04."},
		{known, bad, "all of it documented deviations"},
		{suite(Passed, Inconclusive), unsure, "1 of 2 rules asked were inconclusive, the others passed"},
		{suite(NotRun), unsure, "no rule was run"},
		{suite(), unsure, "no rule was run"},
		{cut, unsure, "the suite was cut short"},
		{&Suite{Target: "x:1", Failure: "dial: refused"}, unsure, "x:1 could not be asked: dial: refused."},
		{only("should", Passed, Failed), flawed, "x:1 keeps the protocol in part (profile report, up to level should): it fails 1 of 2 should. Failed: SET-04."},
	} {
		if v := verdictOfSuite(c.suite); v.Tone != c.tone || !strings.Contains(v.Text, c.want) {
			t.Errorf("%s %q, want %s %q", v.Tone, v.Text, c.tone, c.want)
		}
	}
}

func TestSteadiness(t *testing.T) {
	r := fixtureRun(64, 2000, time.Millisecond, 0.3, false)
	if s := r.steadiness(); s != "steady, every second within 5 % of the mean" {
		t.Error(s)
	}
	r.Intervals[3].Operations = nil
	if s := r.steadiness(); !strings.HasPrefix(s, "not steady: its seconds were from 100 % below to ") {
		t.Error(s)
	}
	r.Stages = []*Stage{{}}
	if s := r.steadiness(); s != "" {
		t.Error("said of stages, which ask for different rates:", s)
	}
	r.Stages = nil
	r.Intervals = r.Intervals[:2]
	if s := r.steadiness(); s != "" {
		t.Error("said of two seconds:", s)
	}
}

// The rate of an open loop is the schedule's; what is steady or not is how long its requests took.
func TestSteadyTimes(t *testing.T) {
	r := fixtureRun(64, 2000, time.Millisecond, 0, true)
	if s := r.steadiness(); !strings.HasPrefix(s, "steady, the get p99 of every second at most ") {
		t.Error(s)
	}
	for _, o := range r.Intervals[5].Operations {
		p := *o.Percentiles
		p.P99 = int64(time.Second)
		o.Percentiles = &p
	}
	if s := r.steadiness(); !strings.HasPrefix(s, "not steady: the get p99 of its seconds was from ") || !strings.HasSuffix(s, " to 1.00 s") {
		t.Error(s)
	}
	r.Totals = nil
	if s := r.steadiness(); s != "" {
		t.Error("said of a run in which nothing was answered:", s)
	}
}

func TestHeadlineWithoutIntervals(t *testing.T) {
	r := fixtureRun(64, 2000, time.Millisecond, 0, true)
	r.Intervals = nil
	if v := verdictOfRun(r); strings.Contains(v.Lead, na) || !strings.Contains(v.Lead, "hroughput not known") {
		t.Error(v.Lead)
	}
}

// TestUnknownIsNotZero: an old or foreign system measures little, and every format says n/a.
func TestUnknownIsNotZero(t *testing.T) {
	r := &Report{Runs: []*Run{{Arrival: "closed", Clients: 3, Totals: []*Operation{{Name: "get", Count: 5}}}}}
	for name, format := range map[string]Format{"html": HTML, "md": Markdown, "junit": JUnit, "text": Summary} {
		var b bytes.Buffer
		if err := format(&b, r); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if strings.Contains(text, "0 ns") || strings.Contains(text, "NaN") || strings.Count(text, "n/a") < 6 {
			t.Errorf("%s: unknown reads as something:\n%s", name, text[strings.Index(text, "</style>")+1:])
		}
	}
}

func TestSummaryIsShort(t *testing.T) {
	s := fixtureSuite()
	for range 50 {
		s.Rules = append(s.Rules, &Rule{ID: "X-01", Level: "may", Status: Failed, Title: strings.Repeat("long ", 100), Want: strings.Repeat("x", 1000)})
	}
	var b bytes.Buffer
	if err := Summary(&b, &Report{Suites: []*Suite{s}}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n > 15 {
		t.Errorf("%d lines:\n%s", n, b.String())
	}
	if strings.ContainsAny(b.String(), "\x1b\x07") {
		t.Error("it holds control characters")
	}
}

// TestHeadline: what is large on a page says what the sentence does, and says it first.
func TestHeadline(t *testing.T) {
	for _, c := range []struct {
		edit func(*Run)
		want string
	}{
		{func(r *Run) {}, "2,007 requests/s; p99 2.15 ms; the load generator was not the limit."},
		{func(r *Run) { r.Arrival, r.Rate = "constant", 2000 }, "Kept 2,007 requests/s; p99 2.15 ms; the server was not the limit, nor was the load generator."},
		{func(r *Run) { r.Arrival, r.Rate, r.Requests.Dropped = "poisson", 4000, 1234 }, "Only 2,007 of 4,000 requests/s; p99 2.15 ms; 1,234 never sent; with 64 clients the server was the limit, not the load generator."},
		{func(r *Run) {
			r.Totals[0].Errors = 3
			r.Objectives = []*Objective{{Text: "p99<1ms"}, {Text: "errors<1%", Held: true}}
		}, "2,007 requests/s; p99 2.15 ms; 3 errors; missed p99<1ms; the load generator was not the limit."},
		{func(r *Run) { r.Totals = nil }, "Not one request was answered as the profile allows."},
		{func(r *Run) { r.CutShort, r.Totals, r.Requests = true, nil, Requests{} }, "Cut short before a request was recorded."},
	} {
		r := fixtureRun(64, 2000, time.Millisecond, 0.3, false)
		c.edit(r)
		v := verdictOfRun(r)
		if v.Lead != c.want {
			t.Errorf("%q, want %q", v.Lead, c.want)
		}
		if !strings.HasPrefix(v.Detail, "64 clients, ") || strings.Contains(v.Detail, ";.") || strings.Contains(v.Detail, "p99 2.15 ms") {
			t.Errorf("beside %q: %q", v.Lead, v.Detail)
		}
	}
}
