package loadgen

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestPlanZeroValue(t *testing.T) {
	p := Plan{Target: "127.0.0.1:5001"}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range p.Settings() {
		got = append(got, s.Name+"="+s.Value)
	}
	want := "target=127.0.0.1:5001 profile=report clients=50 duration=10s arrival=closed think=0s pipeline=1 churn=0 drain=1s timeout=10s " +
		"sets=0% keys=100000 key-dist=uniform key-size=32 value-size=100 verify=false preload=false warmup=0s seed=0"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("settings\ngot  %s\nwant %s", s, want)
	}
}

func TestPlanSettingsOfOpenLoop(t *testing.T) {
	got := fmt.Sprint(Plan{Target: ":1", Rate: 20_000, Requests: 5, Sets: 0.105}.Settings())
	for _, want := range []string{"{requests 5}", "{arrival constant}", "{rate 20000/s}", "{queue 10s}", "{sets 10.5%}"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if strings.Contains(got, "think") || strings.Contains(got, "duration") {
		t.Errorf("settings that do not apply: %s", got)
	}
}

func TestPlanValidate(t *testing.T) {
	for _, c := range []struct {
		change func(*Plan)
		want   string
	}{
		{func(p *Plan) { p.Target = "" }, `target ""`},
		{func(p *Plan) { p.Target = "localhost" }, "want host:port"},
		{func(p *Plan) { p.Target = "h:99999" }, "port from 1 to 65535"},
		{func(p *Plan) { p.Target = "h:0" }, "port from 1 to 65535"},
		{func(p *Plan) { p.Target = "unix://x" }, "unix:///path"},
		{func(p *Plan) { p.Profile = "http" }, "report, transcript, course, memcached"},
		{func(p *Plan) { p.Clients = -1 }, "clients -1"},
		{func(p *Plan) { p.Pipeline = 100_000 }, "pipeline 100000"},
		{func(p *Plan) { p.Requests = -1 }, "requests -1"},
		{func(p *Plan) { p.Requests, p.Duration = 1, 1 }, "duration and requests"},
		{func(p *Plan) { p.Duration = -1 }, "duration -1ns"},
		{func(p *Plan) { p.Timeout = -1 }, "timeout -1ns"},
		{func(p *Plan) { p.Warmup = -1 }, "warmup -1ns"},
		{func(p *Plan) { p.Rate = -1 }, "rate above 0"},
		{func(p *Plan) { p.Rate, p.Think = 1, 1 }, "no think time"},
		{func(p *Plan) { p.Arrival = "poisson" }, "needs a rate"},
		{func(p *Plan) { p.Arrival, p.Rate = "closed", 5 }, "closed loop has none"},
		{func(p *Plan) { p.Arrival = "bursty" }, `arrival "bursty"`},
		{func(p *Plan) { p.Sets = 1.5 }, "sets 1.5"},
		{func(p *Plan) { p.Keys = -4 }, "keys -4"},
		{func(p *Plan) { p.KeyDist = "zipf:0" }, "exponent above 0"},
		{func(p *Plan) { p.KeyDist = "zipf:NaN" }, "exponent above 0"},
		{func(p *Plan) { p.KeyDist = "hot:2/0.5" }, "two shares"},
		{func(p *Plan) { p.KeyDist = "normal" }, "want uniform"},
		{func(p *Plan) { p.KeySize = "4" }, "want 5 to 250"},
		{func(p *Plan) { p.KeySize = "251" }, "want 5 to 250"},
		{func(p *Plan) { p.KeySize = "long" }, `key size "long"`},
		{func(p *Plan) { p.ValueSize = "etcetera" }, `value size "etcetera"`},
		{func(p *Plan) { p.ValueSize = "lognormal:0/1" }, `want a median from 1 to 1048576`},
		{func(p *Plan) { p.KeySize = "lognormal:4/1" }, `want a median from 5 to 250`},
		{func(p *Plan) { p.KeySize = "4-20" }, "want 5 to 250"},
		{func(p *Plan) { p.ValueSize = "1GiB" }, "want at most"},
	} {
		p := Plan{Target: "127.0.0.1:1"}
		c.change(&p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want an error with %q", p, err, c.want)
		}
	}
	err := Plan{Target: "x", Clients: -1, Sets: 2}.Validate()
	if n := strings.Count(fmt.Sprint(err), "\n"); n != 2 {
		t.Errorf("want three problems joined, got %v", err)
	}
}

func TestTargets(t *testing.T) {
	for in, want := range map[string]target{
		":5001":              {"tcp", "127.0.0.1:5001", "127.0.0.1:5001"},
		"[::1]:80":           {"tcp", "[::1]:80", "[::1]:80"},
		"example.org:11211":  {"tcp", "example.org:11211", ""},
		"unix:///tmp/a.sock": {"unix", "unix:///tmp/a.sock", "unix:///tmp/a.sock"},
	} {
		if got, err := parseTarget(in); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", in, got, err, want)
		}
	}
}

func TestArrivalOfPlan(t *testing.T) {
	for _, c := range []struct {
		plan Plan
		want Arrival
	}{
		{Plan{Think: time.Second}, Closed{time.Second}},
		{Plan{Rate: 5}, Constant{5}},
		{Plan{Rate: 5, Arrival: "poisson", Seed: 3}, Poisson{5, 3}},
	} {
		if got := c.plan.withDefaults().stages()[0].arrival(c.plan.Seed, 0); got != c.want {
			t.Errorf("%+v: %#v, want %#v", c.plan, got, c.want)
		}
	}
}
