package reports

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestStartSpread(t *testing.T) {
	at := func(d time.Duration) *Agent { return &Agent{Started: &d} }
	for _, c := range []struct {
		agents []*Agent
		want   time.Duration
		ok     bool
	}{
		{nil, 0, false},
		{[]*Agent{at(time.Second)}, 0, false},
		{[]*Agent{at(time.Second), {}}, 0, false}, // the other one never began
		{[]*Agent{at(3), {}, at(-5), at(1)}, 8, true},
		{[]*Agent{at(-5), at(-5)}, 0, true},
	} {
		if d, ok := (&Run{Agents: c.agents}).StartSpread(); d != c.want || ok != c.ok {
			t.Errorf("%v, %v: want %v, %v", d, ok, c.want, c.ok)
		}
	}
}

// lostRun is a run of four agents of which these were lost, at 5 s, 6 s and so on.
func lostRun(lost ...int) *Run {
	r := fleetRun(4, -1)
	for i, k := range lost {
		at := time.Duration(5+i) * time.Second
		r.Agents[k].Loss = &Loss{at, "its connection was lost"}
		for _, v := range r.Intervals {
			if v.Start >= at {
				v.Missing += r.Agents[k].Share
			}
		}
	}
	return r
}

// Nothing is held by a run that lost an agent; what is a fact without the missing part stays one.
func TestJudgeWithALostAgent(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, long")
	}
	errors := func(n int64) *Run {
		r := lostRun(2)
		r.Totals[0].Errors, r.Totals[0].Outcomes, r.Requests.Errors = n, map[string]int64{"timeout": n}, n
		return r
	}
	const reason = "agent-c (25.0 % of the load) is missing from 5 s on"
	for _, c := range []struct {
		run    *Run
		slo    string
		want   Status
		reason string
	}{
		{lostRun(), "p99<5s", Passed, ""},
		{lostRun(2), "p99<5s", Inconclusive, reason},
		{lostRun(2), "p99<1us", Inconclusive, reason}, // the missing part may have been quick
		{lostRun(2), "rate>900", Inconclusive, reason},
		{lostRun(2), "errors==0", Inconclusive, reason},
		{errors(3), "errors==0", Failed, ""}, // a count only grows
		{errors(3), "errors<1%", Inconclusive, reason},
		{lostRun(2), "max<1us", Failed, ""},
	} {
		slo, err := ParseSLO(c.slo)
		if err != nil {
			t.Fatal(err)
		}
		o := Judge(c.run, []SLO{slo})[0]
		if o.Status() != c.want || c.reason != "" && o.Reason != c.reason {
			t.Errorf("%s with %d lost: %s, %q; want %s, %q", c.slo, len(c.run.Lost()), o.Status(), o.Reason, c.want, c.reason)
		}
	}
	// The seconds in which there was less to answer are none in which the server was too slow.
	slo, _ := ParseSLO("rate>5000")
	if o := slo.judge(lostRun(2)); !slices.Equal(o.Seconds, []Span{{0, 5 * time.Second}}) {
		t.Errorf("missed in %v", o.Seconds)
	}
}

func TestOutcomeWithALostAgent(t *testing.T) {
	if o := lostRun().Outcome(); o != Passed {
		t.Errorf("all there: %s", o)
	}
	r := lostRun(1)
	if o := r.Outcome(); o != Inconclusive {
		t.Errorf("one lost, without objectives: %s", o)
	}
	r.Objectives = []*Objective{{Text: "errors==0", Unit: unitCount}}
	if o := r.Outcome(); o != Failed {
		t.Errorf("one lost, and an objective missed: %s", o)
	}
}

func TestVerdictWithLostAgents(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, long")
	}
	named := func(r *Run, name string, agents ...int) *Run {
		for _, i := range agents {
			r.Agents[i].Name = name
		}
		return r
	}
	all := lostRun(0, 1, 2, 3)
	from0 := lostRun(3)
	from0.Agents[3].Loss.At = 0
	for _, c := range []struct {
		run          *Run
		tone         tone
		lead, detail string
	}{
		{lostRun(), good, "Kept 1,000 requests/s; p99", "64 clients of 4 agents"},
		{lostRun(2), unsure, "agent-c lost at 5 s", "agent-c (25.0 % of the load) is missing from 5 s on: its connection was lost"},
		{named(lostRun(1), "b", 1), unsure, "agent b lost at 5 s", "agent b (25.0 % of the load) is missing"},
		{named(lostRun(1), "x", 0, 1), unsure, "agent x, load-2 lost at 5 s", "agent x, load-2 (25.0 % of the load)"},
		{from0, unsure, "agent-d lost at 0 s", "is missing from the start: its"},
		{all, unsure, "4 of 4 agents lost", "agent-c (25.0 % of the load) is missing from 7 s on: its connection was lost; 1 agent more (25.0 % of the load) was lost"},
	} {
		v := verdictOfRun(c.run)
		if v.Tone != c.tone || !strings.Contains(v.Lead, c.lead) || !strings.Contains(v.Detail, c.detail) || !strings.Contains(v.Text, c.detail) {
			t.Errorf("%s\n%s\n%s\n%s\nwant %s, %s, %s", v.Tone, v.Lead, v.Detail, v.Text, c.tone, c.lead, c.detail)
		}
		if all := v.Text + v.Detail; (strings.Contains(all, "the server was") || strings.Contains(all, "steady")) != (c.tone == good) {
			t.Errorf("judges the server by a part of the load, or not by all of it: %s", all)
		}
	}
}

func TestStarts(t *testing.T) {
	r := fleetRun(3, -1) // at 0, 400 µs and 1.6 ms
	for _, c := range []struct {
		edit func()
		want string
	}{
		{func() {}, "the agents began within 1.60 ms of each other (± 200 µs)"},
		{func() { r.Agents[2].Started = nil }, "the agents began within 400 µs of each other (± 190 µs); of 1 agent it is not known"},
		{func() { r.Agents[0].ClockError = time.Millisecond }, "the agents began together, as near as their clocks tell (± 1.10 ms); of 1 agent it is not known"},
		{func() { r.Agents[1].Started = nil }, ""},
	} {
		c.edit()
		if text := r.starts(); text != c.want {
			t.Errorf("%s; want %s", text, c.want)
		}
	}
}

func TestAgentWarnings(t *testing.T) {
	r := fleetRun(12, 5)
	for _, a := range r.Agents {
		a.Generator.Bottleneck, a.Generator.Reason = true, "it was late"
		a.Warnings = append(a.Warnings, "the load generator was the bottleneck: it was late", "one")
	}
	list := r.agentWarnings()
	if len(list) != 9 || list[0] != "agent-a: one" || list[5] != "agent-f: its clock was set back during the run" || list[8] != "5 more warnings of single agents: in the JSON." {
		t.Errorf("%q", list)
	}
}

func TestSlowAgents(t *testing.T) {
	r := fleetRun(4, -1)
	if text := r.slowAgents(); !strings.HasPrefix(text, "slower than the others: agent-c (p99 6.59 ms), where the one in the middle has ") {
		t.Error(text)
	}
	for _, few := range []*Run{fleetRun(2, -1), {Agents: r.Agents[1:3]}, {Agents: []*Agent{{Name: "a"}, {Name: "b"}, {Name: "c"}}}, {}} {
		if text := few.slowAgents(); text != "" {
			t.Errorf("of %d: %s", len(few.Agents), text)
		}
	}
}

// A table that has no room for all shows those that somebody must look at.
func TestWorstAgents(t *testing.T) {
	r := fleetRun(8, 5)
	r.Agents[6].Totals[0].Errors = 1
	r.Agents[1].Totals[0].Percentiles = &Percentiles{P99: 1e10, Max: 1e10}
	r.Agents[1].Totals = r.Agents[1].Totals[:1]
	if places, rest := r.worstAgents(3); !slices.Equal(places, []int{1, 5, 6}) || rest != 5 {
		t.Errorf("%v, %d", places, rest)
	}
	if places, rest := r.worstAgents(8); len(places) != 8 || rest != 0 {
		t.Errorf("%v, %d", places, rest)
	}
	if p := agentChart(r); len(p.Series) != 3 || !strings.HasPrefix(p.Series[0].Name, "slowest: ") {
		t.Errorf("%+v", p.Series)
	}
}

// A lost agent's rate is that of the time when it was there.
func TestLostAgentsRate(t *testing.T) {
	r := fleetRun(4, 2)
	columns := r.agentColumns()
	if row := rowOf(columns, r.Agents[2], "c"); !slices.Equal(headOf(columns)[:5], []string{"agent", "lost", "share", "clients", "requests/s"}) || row[1] != "at 7.4 s" || row[4] != "250" {
		t.Errorf("%v\n%v", headOf(columns), row)
	}
}

// A trial that lost an agent says nothing of its rate, and the search or scan says that it was so.
func TestTrialsWithALostAgent(t *testing.T) {
	lose := func(runs []*Run, objectives bool) []*Run {
		slo, _ := ParseSLO("p99<5ms")
		r := runs[1]
		r.Agents = []*Agent{{Name: "a", Share: 0.5}, {Name: "b", Share: 0.5, Loss: &Loss{Reason: "silent"}}}
		r.Objectives = Judge(r, []SLO{slo})
		if !objectives {
			for _, r := range runs {
				r.Objectives = nil
			}
		}
		return runs
	}
	search := lose(trialsAt(TrialOfSearch, 1000, 2000), true)
	if f := FindRate(search); f.Status() != Inconclusive || !strings.Contains(f.Sentence(), "agents were lost in 1 trial") {
		t.Errorf("%s: %s", f.Status(), f.Sentence())
	}
	for objectives, want := range map[bool]string{
		true:  "2 rates from 1,000/s to 2,000/s; at most 1,000/s were answered; p99<5ms held up to 1,000/s; inconclusive in 1; agents were lost in 1 run.",
		false: "2 rates from 1,000/s to 2,000/s; at most 1,000/s were answered; agents were lost in 1 run.",
	} {
		if v := verdictOfTrials(lose(trialsAt(TrialOfScan, 1000, 2000), objectives)); v.Tone != unsure || v.Text != want {
			t.Errorf("%s %s\nwant %s", v.Tone, v.Text, want)
		}
	}
}
