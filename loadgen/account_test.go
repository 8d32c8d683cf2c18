package loadgen

import (
	"strings"
	"testing"
	"time"

	"memlite/reports"
)

// judged completes the run of an account that change has filled in.
func judged(t *testing.T, p Plan, change func(*account)) (*reports.Run, error) {
	t.Helper()
	p.Target = "127.0.0.1:1"
	a := newAccount(p.withDefaults())
	a.run.Totals = []*reports.Operation{{Name: "get", Count: 1000, Response: reports.NewHistogram()}}
	change(a)
	err := a.conclude()
	return a.run, err
}

func TestBottleneck(t *testing.T) {
	for _, c := range []struct {
		name string
		rate float64
		busy float64
		lag  time.Duration
		want string
	}{
		{"idle", 0, 0.5, 0, ""},
		{"busy", 0, 0.95, 0, "busy for 95 %"},
		{"on time", 100, 0.1, 500 * time.Microsecond, ""},
		{"late", 100, 0.1, 5 * time.Millisecond, "one in a hundred"},
	} {
		run, err := judged(t, Plan{Rate: c.rate}, func(a *account) {
			a.state.Busy = c.busy
			for range 1000 {
				a.lag.Record(c.lag)
			}
		})
		g := run.Generator
		if err != nil || g.Bottleneck != (c.want != "") || !strings.Contains(g.Reason, c.want) {
			t.Errorf("%s: %+v, %v", c.name, g, err)
		}
		if warned := strings.Contains(strings.Join(run.Warnings, "\n"), "bottleneck"); warned != g.Bottleneck {
			t.Errorf("%s: warnings %q", c.name, run.Warnings)
		}
		if (g.SendLag != nil) != (c.rate > 0) {
			t.Errorf("%s: send lag %v: a closed loop has none", c.name, g.SendLag)
		}
	}
}

func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		name   string
		plan   Plan
		change func(*account)
		want   string
	}{
		{"closed loop", Plan{}, func(*account) {}, "closed loop: a client waits"},
		{"errors", Plan{}, func(a *account) {
			a.run.Totals[0].Errors, a.run.Totals[0].Outcomes = 3, map[string]int64{"timeout": 2, "closed": 1}
		}, "3 of 1003 requests failed: closed 1, timeout 2"},
		{"abandoned", Plan{}, func(a *account) { a.state.Abandoned = 4 }, "4 requests were not answered within the 1s"},
		{"rate kept", Plan{Rate: 1}, func(a *account) { a.state.Abandoned = 10 }, ""},
		{"rate missed", Plan{Rate: 1}, func(a *account) { a.run.Requests.Dropped = 100 }, "rate was not reached: 1000 of 1100 requests (90.9 %)"},
		{"over 60 s", Plan{}, func(a *account) { a.run.Totals[0].Response.Record(2 * time.Minute) }, "1 requests took more than 60 s"},
		{"cut short", Plan{}, func(a *account) { a.cut = interrupted }, "cut short (interrupted)"},
		{"warm-up", Plan{}, func(a *account) {
			a.interval(&reports.Interval{Operations: []*reports.Operation{{Errors: 7}}}, nil)
		}, "7 requests failed while warming up"},
	} {
		run, err := judged(t, c.plan, c.change)
		all := strings.Join(run.Warnings, "\n")
		if err != nil || !strings.Contains(all, c.want) {
			t.Errorf("%s: %v, warnings %q; want %q", c.name, err, all, c.want)
		}
		if c.want == "" && strings.Contains(all, "rate") {
			t.Errorf("%s: warnings %q", c.name, all)
		}
	}
}

// A run without an answer is an error, unless somebody ended it.
func TestNothingAnswered(t *testing.T) {
	nothing := func(a *account) { a.run.Totals = nil; a.state.Abandoned = 5 }
	if run, err := judged(t, Plan{}, nothing); err == nil || run == nil || !strings.Contains(err.Error(), "no reply came") {
		t.Errorf("%v, %v", run, err)
	}
	if _, err := judged(t, Plan{}, func(a *account) { nothing(a); a.cut = interrupted }); err != nil {
		t.Errorf("interrupted: %v", err)
	}
}
