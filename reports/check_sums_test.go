package reports

import (
	"strings"
	"testing"
)

// A number that was changed by hand does not go unnoticed: it no longer agrees with the others.
func TestReadAddsUp(t *testing.T) {
	for _, c := range []struct {
		name, want string
		edit       func(*Run)
	}{
		{"nothing", "", func(r *Run) {}},
		{"count of a total", "in totals[0]: count is 5, and response holds 4", func(r *Run) { r.Totals[0].Count++ }},
		{"count of an interval", "in intervals[0].operations[0]: count is 5, and response holds 4", func(r *Run) { r.Intervals[0].Operations[0].Count++ }},
		{"count of a stage", "in stages[0].totals[0]: count is 5, and response holds 4", func(r *Run) { r.Stages[0].Totals[0].Count++ }},
		{"count of a server", "in servers[0].totals[0]: count is 5, and response holds 4", func(r *Run) { r.Servers[0].Totals[0].Count++ }},
		{"service", "count is 4, and service holds 5", func(r *Run) {
			h := fill(1e6, 1, 5, 1)
			r.Totals[0].Service = h
		}},
		{"max", "max_ns is", func(r *Run) { r.Totals[0].Percentiles.Max *= 2 }},
		{"too high", "too_high is 9, of 4 samples", func(r *Run) { h := *r.Totals[0].Response; h.TooHigh = 9; r.Totals[0].Response = &h }},
		{"errors of a total", "in totals[0]: errors is 3, and its outcomes add up to 2", func(r *Run) { r.Totals[0].Errors++ }},
		{"errors and outcomes of a total", "in totals[0]: errors is 3, and those of the recorded intervals add up to 2", func(r *Run) {
			r.Totals[0].Errors++
			r.Totals[0].Outcomes["timeout"]++
		}},
		{"kind of errors", "in totals[0]: outcomes.reset is 2, and those of the recorded intervals add up to 0", func(r *Run) {
			r.Totals[0].Outcomes = map[string]int64{"reset": 2}
		}},
		{"hits", "in totals[0]: hits is 4, and those of the recorded intervals add up to 3", func(r *Run) { r.Totals[0].Hits++ }},
		{"hits of an interval", "hits is 3, and those of the recorded intervals add up to 4", func(r *Run) { r.Intervals[0].Operations[0].Hits++ }},
		{"more hits than gets", "in totals[0]: hits and misses are more than count", func(r *Run) { r.Totals[0].MultiGets = 0 }},
		{"bytes", "in totals[0]: sent_bytes is 41, and those", func(r *Run) { r.Totals[0].Sent++ }},
		{"intervals left out", "", func(r *Run) { r.Intervals = nil }},
		{"an interval taken out", "in totals[0]: count is 4, and those of the recorded intervals add up to 0", func(r *Run) {
			r.Intervals[0].Operations[0].Name = "set"
			r.Totals = append(r.Totals, &Operation{Name: "set"})
		}},
		{"total taken out", `totals has no "get", which intervals[0] has`, func(r *Run) { r.Totals = nil }},
		{"total twice", `in totals[1]: there are two of the name "get"`, func(r *Run) { r.Totals = append(r.Totals, r.Totals[0]) }},
		{"requests", "in requests: recorded is 5, and those of totals add up to 4", func(r *Run) { r.Requests.Recorded++ }},
		{"errors of the requests", "in requests: errors is 0, and those of totals add up to 2", func(r *Run) { r.Requests.Errors = 0 }},
		{"count of an agent", "in agents[0].totals[0]: count is 5, and response holds 4", func(r *Run) { r.Agents[0].Totals[0].Count++ }},
		{"an agent's operations taken out", "in totals[0]: count is 4, and those of the agents add up to 0", func(r *Run) { r.Agents[0].Totals = nil }},
		{"an agent's operation that is not the run's", `totals has no "set", which agents[1] has`, func(r *Run) { r.Agents[1].Totals = []*Operation{{Name: "set"}} }},
		{"an agent's bytes", "in totals[0]: received_bytes is 90, and those of the agents add up to 91", func(r *Run) { r.Agents[0].Totals[0].Received++ }},
		{"an agent's requests", "in requests: dropped is 1, and those of the agents add up to 2", func(r *Run) { r.Agents[1].Requests.Dropped++ }},
		{"an agent's connections", "in connections: opened is 3, and those of the agents add up to 4", func(r *Run) { r.Agents[0].Connections.Opened++ }},
		{"an agent's clients", "clients is 2, and those of the agents add up to 1", func(r *Run) { r.Agents[1].Clients = 0 }},
		{"an agent taken out", "the shares of the agents add up to 0.5, where 1 is expected", func(r *Run) { r.Agents, r.Intervals[0].Missing = r.Agents[:1], 0 }},
		{"an agent twice", `in agents[1]: there are two of the id "1"`, func(r *Run) { r.Agents[1].ID = "1" }},
		{"a loss taken out", "intervals[0] says that something of it is missing, and no agent was lost", func(r *Run) { r.Agents[1].Loss = nil }},
		{"all agents taken out", "intervals[0] says that something of it is missing, and no agent was lost", func(r *Run) { r.Agents = nil }},
		{"corrupt values", "in verification: 3 values were checked, and 4 are said to be corrupt", func(r *Run) { r.Verification.Torn = 3 }},
	} {
		run := fixtureWhole().Runs[0]
		for _, ops := range [][]*Operation{run.Totals, run.Intervals[0].Operations, run.Stages[0].Totals, run.Servers[0].Totals} {
			p := *ops[0].Percentiles // the fixture's share theirs
			ops[0].Percentiles = &p
		}
		c.edit(run)
		_, err := parse(jsonOf(t, &Report{Runs: []*Run{run}}))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	for name, edit := range map[string]func(*Percentiles){
		"p50_ns": func(p *Percentiles) { p.P50 -= p.P50 / 100 }, "p90_ns": func(p *Percentiles) { p.P90 += p.P90 / 100 }, "p99_ns": func(p *Percentiles) { p.P99 -= p.P99 / 100 },
		"max_ns": func(p *Percentiles) { p.Max = p.P999 },
	} {
		r := load(t)
		edit(r.Runs[0].Intervals[3].Operations[0].Percentiles)
		if _, err := parse(jsonOf(t, r)); err == nil || !strings.Contains(err.Error(), "in runs[0].intervals[3].operations[0].response: "+name+" is") {
			t.Errorf("%s by a hundredth: %v", name, err)
		}
	}
	text := string(jsonOf(t, &Report{Suites: fixtureWhole().Suites}))
	text = strings.Replace(text, `"status": "failed"`, `"status": "passed"`, 1)
	if _, err := parse([]byte(text)); err == nil || !strings.Contains(err.Error(), "in score[0]: says 1 passed and 2 failed, and of the rules it is 2 and 1") {
		t.Errorf("a failed rule was made a passed one: %v", err)
	}
}
