package loadgen

import (
	"strings"
	"testing"
	"time"
)

func TestStagesOfPlan(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		plan Plan
		want string // as String has them
	}{
		{Plan{}, "10s,closed,name=run"},
		{Plan{Rate: 5, Warmup: s, Requests: 7}, "1s@5/s,constant,unrecorded,name=warm-up requests=7@5/s,constant,name=run"},
		{Plan{Think: s, Warmup: s, Duration: s}, "1s,closed,think=1s,unrecorded,name=warm-up 1s,closed,think=1s,name=run"},
		{Plan{Arrival: "poisson", Think: s, Stages: []Stage{{Duration: s}, {Duration: s, Rate: 9}, {Duration: s, Rate: 9, Arrival: "constant", Name: "x"}}},
			"1s,closed,think=1s,name=stage 1 1s@9/s,poisson,name=stage 2 1s@9/s,constant,name=x"},
		{Plan{Warmup: s, Stages: []Stage{{Duration: 4 * s, Rate: 10, To: 40}}}, "1s@10/s,constant,unrecorded,name=warm-up 4s@10-40/s,constant,name=stage 1"},
		{Plan{Stages: []Stage{{Duration: 10 * s, Rate: 10, To: 40, Steps: 3}}},
			"3.333333333s@10/s,constant,name=stage 1, step 1 3.333333333s@25/s,constant,name=stage 1, step 2 3.333333334s@40/s,constant,name=stage 1, step 3"},
	} {
		c.plan.Target = ":1"
		if err := c.plan.Validate(); err != nil {
			t.Errorf("%+v: %v", c.plan, err)
		}
		var got []string
		for _, s := range c.plan.withDefaults().stages() {
			got = append(got, s.String())
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%+v\ngot  %s\nwant %s", c.plan, got, c.want)
		}
	}
}

func TestStagesValidate(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		plan Plan
		want string
	}{
		{Plan{Stages: []Stage{{Duration: s}}, Duration: s}, "stages have their own"},
		{Plan{Stages: []Stage{{Duration: s}}, Rate: 5}, "stages have their own"},
		{Plan{Stages: []Stage{{}}}, "stage 1: want a duration above 0"},
		{Plan{Stages: []Stage{{Duration: s, Requests: 5}}}, "stage 1: want a duration above 0"},
		{Plan{Stages: []Stage{{Requests: 5}, {Duration: s}}}, "stage 1: only the last stage"},
		{Plan{Stages: []Stage{{Duration: s, To: 5, Rate: -1}}}, "want rates of 0"},
		{Plan{Stages: []Stage{{Duration: s, Arrival: "closed", Rate: 1}}}, "a closed loop has no rate"},
		{Plan{Stages: []Stage{{Duration: s, Arrival: "poisson"}}}, "needs a rate"},
		{Plan{Stages: []Stage{{Duration: s, Arrival: "bursty"}}}, `arrival "bursty"`},
		{Plan{Stages: []Stage{{Duration: s, Rate: 1, Think: s}}}, "no think time"},
		{Plan{Stages: []Stage{{Requests: 5, Rate: 1, To: 2}}}, "a ramp needs a duration"},
		{Plan{Stages: []Stage{{Duration: s, Rate: 1, Steps: 3}}}, "steps 3"},
		{Plan{Stages: []Stage{{Duration: s, Rate: 1, To: 2, Steps: 1}}}, "steps 1"},
		{Plan{Stages: []Stage{{Duration: s, To: 2, Steps: 5}}}, "first of the steps"},
		{Plan{Stages: []Stage{{Duration: s, Rate: 1, To: 2, Steps: 5000}}}, "at most 1000"},
		{Plan{Stages: []Stage{{Duration: s, Unrecorded: true}}}, "must be recorded"},
		{Plan{Stages: []Stage{{Duration: s}, {Duration: s, Unrecorded: true}, {Duration: s}}}, "stage 2: only stages before"},
		{Plan{Stages: []Stage{{Duration: s, Name: "a"}, {Duration: s, Name: "a"}}}, "another stage"},
		{Plan{Stages: []Stage{{Duration: s, Name: "a,b"}}}, "letters, digits"},
		{Plan{Stages: []Stage{{Duration: s, To: 5}}, Warmup: s}, "warm up with"},
		{Plan{ConnectRate: -1}, "connect rate"},
	} {
		c.plan.Target = ":1"
		if err := c.plan.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want an error with %q", c.plan, err, c.want)
		}
	}
}

func TestOverall(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		stages  []Stage
		arrival string
		rate    float64
		length  time.Duration
	}{
		{[]Stage{{Duration: s, Rate: 10, To: 30}}, "constant", 20, s},
		{[]Stage{{Duration: s, Rate: 99, Unrecorded: true}, {Duration: 3 * s, Rate: 10}, {Duration: s, Rate: 50}}, "constant", 20, 5 * s},
		{[]Stage{{Duration: s, Rate: 10}, {Duration: s, Rate: 50, Arrival: "poisson"}}, "mixed", 30, 2 * s},
		{[]Stage{{Duration: s}, {Duration: s, Rate: 50}}, "mixed", 0, 2 * s},
		{[]Stage{{Duration: s, Rate: 50}, {Requests: 50, Rate: 50}}, "constant", 50, 0},
	} {
		p := Plan{Target: ":1", Stages: c.stages}
		if arrival, rate := p.withDefaults().overall(); arrival != c.arrival || rate != c.rate || p.Length() != c.length {
			t.Errorf("%+v: %s %v %s, want %s %v %s", c.stages, arrival, rate, p.Length(), c.arrival, c.rate, c.length)
		}
	}
}
