package reports

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// gets is runs of one plan, 10 s each, with gets around the given median, each run off by so many parts.
func gets(median time.Duration, off ...float64) []*Run {
	var runs []*Run
	for i, part := range off {
		h := fill(time.Duration(float64(median)*(1+part)), 0.3, 2000, i)
		o := fixtureOperation("get", h, nil)
		runs = append(runs, &Run{
			Schema: RunSchema, Target: "127.0.0.1:5001", Profile: "report", Command: []string{"memlite", "load", ":5001"}, Started: fixtureTime.Add(time.Duration(i) * time.Minute),
			Elapsed: 10 * time.Second, Environment: fixtureEnvironment(), Plan: []Setting{{"clients", "8"}, {"seed", fmt.Sprint(i)}}, Clients: 8, Arrival: "closed",
			Intervals: []*Interval{{Length: 10 * time.Second, Stage: "run", Recorded: true}}, Totals: []*Operation{o}, Requests: Requests{Recorded: o.Count},
		})
	}
	return runs
}

// compared is runs of one plan with gets and sets, second by second.
func compared(median time.Duration, off ...float64) []*Run {
	var runs []*Run
	for i, part := range off {
		r := fixtureRun(8, 500, time.Duration(float64(median)*(1+part)), 0.3, false)
		r.Started = r.Started.Add(time.Duration(i) * time.Minute)
		runs = append(runs, r)
	}
	return runs
}

// spoil does something to the first n runs.
func spoil(runs []*Run, n int, how func(*Run)) []*Run {
	for _, r := range runs[:n] {
		how(r)
	}
	return runs
}

func bottleneck(r *Run) { r.Generator.Bottleneck = true }
func cutShort(r *Run)   { r.CutShort = true }

func ofOneAgent(r *Run) {
	r.Agents = []*Agent{{Name: "a", ID: "1", Environment: r.Environment, Clients: r.Clients, Share: 1, Requests: r.Requests, Connections: r.Connections, Totals: r.Totals}}
}

func lostAgent(r *Run) {
	ofOneAgent(r)
	r.Agents[0].Loss = &Loss{5 * time.Second, "silent"}
}

func failing(n int64) func(*Run) {
	return func(r *Run) {
		r.Totals[0].Errors, r.Totals[0].Outcomes, r.Requests.Errors = n, map[string]int64{"timeout": n}, n
	}
}

func gatesOf(t *testing.T, texts ...string) (list []Regression) {
	t.Helper()
	for _, text := range texts {
		f, err := ParseRegression(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	return list
}

func mustCompare(t *testing.T, base, head []*Run, o CompareOptions) *Report {
	t.Helper()
	for i, r := range head { // made after the base's of the same round
		if i < len(base) && r.Started.Equal(base[i].Started) {
			r.Started = r.Started.Add(30 * time.Second)
		}
	}
	r, err := Compare(&Report{Runs: base}, &Report{Runs: head}, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (c *Comparison) row(t *testing.T, label string) *Difference {
	t.Helper()
	i := slices.IndexFunc(c.Rows, func(d *Difference) bool { return d.label() == label })
	if i < 0 {
		t.Fatalf("there is no row %q", label)
	}
	return c.Rows[i]
}

// noise is what equal servers are apart.
var noise = []float64{0, 0.01, -0.01, 0.02, -0.02}

func TestCompare(t *testing.T) {
	schema := compiled(t)
	wide := []float64{-0.5, -0.4, 0, 0.4, 0.6}
	for _, c := range []struct {
		name       string
		base, head []*Run
		fail       string
		p99        string // verdict of the row
		outcome    Status
		says, gate string
	}{
		{"slower", gets(1e6, noise...), gets(12e5, noise...), "p99>+10%", VerdictSlower, Failed,
			"HEAD is slower than BASE, by more than chance explains: p50 rose from 1.00 ms to 1.20 ms (+20 %)", "p99 rose from 2.00 ms to 2.41 ms (+20 %) (p = 0.008, 5 runs each)"},
		{"faster", gets(12e5, noise...), gets(1e6, noise...), "p99>+10%", VerdictFaster, Passed, "HEAD is better than BASE", "p99 fell from"},
		{"equal", gets(1e6, noise...), gets(1e6, 0.015, -0.015, 0.005, -0.005, 0.001), "p99>+10%", VerdictNone, Passed,
			"No difference seen between BASE and HEAD (5 runs each); a p99 higher by up to 2.5 % could have gone unseen.", "no difference seen (p = "},
		{"seen but small", gets(1e6, noise...), gets(106e4, noise...), "p99>+10%", VerdictSlower, Passed, "HEAD is slower", "p99 rose"},
		{"too few", gets(1e6, noise[:3]...), gets(2e6, noise[:3]...), "p99>+10%", VerdictFew, Inconclusive,
			"3 runs each; it takes 4 of each at least, so 1 more of each.", "so 1 more of each"},
		{"too few of one", gets(1e6, noise[:1]...), gets(2e6, noise...), "p99>+10%", VerdictFew, Inconclusive, "so 3 more of BASE.", "so 3 more of BASE"},
		{"three against five can tell", gets(1e6, noise[:3]...), gets(2e6, noise...), "p99>+10%", VerdictSlower, Failed, "HEAD is slower", "3 and 5 runs"},
		{"large but scattered", gets(1e6, wide...), gets(14e5, wide...), "p99>+10%", VerdictNone, Inconclusive, "No difference seen",
			"that may be chance (p = 0.341, 5 runs each); if it is real, about 28 more of each would show it"},
		{"larger in time", gets(1e6, noise...), gets(12e5, noise...), "p99>+1ms", VerdictSlower, Passed, "HEAD is slower", "p99 rose"},
		{"bottleneck", spoil(gets(1e6, noise...), 2, bottleneck), gets(12e5, noise...), "p99>+10%", VerdictSlower, Inconclusive,
			"HEAD is slower", "2 runs of BASE were bottlenecked by the load generator"},
		{"agents lost", spoil(gets(1e6, noise...), 5, ofOneAgent), spoil(gets(1e6, noise...), 5, lostAgent), "p99>+10%", VerdictNone, Inconclusive, "No difference", "5 runs of HEAD were short of agents that were lost"},
		{"an agent lost in one of five", spoil(gets(1e6, noise...), 5, ofOneAgent), spoil(spoil(gets(12e5, 5, 0, 0.01, -0.01, 0.02), 5, ofOneAgent), 1, lostAgent), "p99>+10%", VerdictSlower, Failed, "HEAD is slower", "5 and 4 runs"},
		{"bottleneck in one of five", spoil(gets(1e6, 5, 0, 0.01, -0.01, 0.02), 1, bottleneck), gets(12e5, noise...), "p99>+10%", VerdictSlower, Failed, "HEAD is slower", "4 and 5 runs"},
		{"cut short", gets(1e6, noise...), spoil(gets(1e6, noise...), 5, cutShort), "p99>+10%", VerdictNone, Inconclusive, "No difference", "5 runs of HEAD were cut short"},
		{"no errors", gets(1e6, noise[:1]...), gets(1e6, noise[:2]...), "errors>+0", VerdictFew, Passed, "too little", "none on either side"},
		{"errors everywhere", gets(1e6, noise...), spoil(gets(1e6, noise...), 5, failing(1)), "errors>+0", VerdictNone, Failed, "errors went from 0 % (in 0 of 5) to 0.05 % (in 5 of 5)", "errors went"},
		{"errors although a bottleneck", gets(1e6, noise...), spoil(spoil(gets(1e6, noise...), 5, failing(1)), 5, bottleneck), "errors>+0", VerdictNone, Failed, "errors went", "errors went"},
		{"errors once", gets(1e6, noise...), spoil(gets(1e6, noise...), 1, failing(500)), "errors>+0", VerdictNone, Inconclusive, "No difference", "that may be chance"},
		{"never answered", gets(1e6, noise...), spoil(gets(1e6, noise...), 5, failing(500)), "p99>+10%", VerdictSlower, Failed, "to over 60 s", "to over 60 s"},
		{"no such operation", gets(1e6, noise...), gets(1e6, noise...), "set.p99>+10%", VerdictNone, Inconclusive, "No difference", "not measured: no set was recorded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := mustCompare(t, c.base, c.head, CompareOptions{Fail: gatesOf(t, c.fail)})
			v := r.Comparison
			if got := v.row(t, "p99").Verdict; got != c.p99 {
				t.Errorf("p99 is %q, want %q", got, c.p99)
			}
			if got := v.Outcome(); got != c.outcome {
				t.Errorf("%s, want %s", got, c.outcome)
			}
			if got := v.figures().Text; !strings.Contains(got, c.says) {
				t.Errorf("it says %q, want %q", got, c.says)
			}
			if got := v.Gates[0].Reason; !strings.Contains(got, c.gate) {
				t.Errorf("the gate says %q, want %q", got, c.gate)
			}
			b := jsonOf(t, r)
			read, err := parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b, jsonOf(t, read)) {
				t.Error("read and written again it is something else")
			}
			if err := schema.Validate(instance(t, b)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCompareMachinesAndPlans(t *testing.T) {
	other := func(r *Run) {
		r.Environment.CPU, r.Plan[0].Value, r.Clients = "Other CPU", "16", 16
		r.Environment.Version = "0.3.0"
	}
	base, head := gets(1e6, noise...), spoil(gets(12e5, noise...), 5, other)
	fail := gatesOf(t, "p99>+10%")
	r := mustCompare(t, base, head, CompareOptions{Fail: fail})
	if g := r.Comparison.Gates[0]; g.Status() != Inconclusive || !strings.Contains(g.Reason, "CPU (Example CPU @ 3.00GHz, Other CPU)") || !strings.Contains(g.Reason, "--across-machines") {
		t.Errorf("%+v", g)
	}
	all := strings.Join(r.Comparison.Warnings, "\n")
	for _, want := range []string{"different machines", "different plans, so a difference need not be the server's: clients (8, 16)", "versions of memlite: 0.2.0, 0.3.0"} {
		if !strings.Contains(all, want) {
			t.Errorf("no warning of %q in:\n%s", want, all)
		}
	}
	if strings.Contains(all, "seed") {
		t.Errorf("seeds may differ:\n%s", all)
	}
	if g := mustCompare(t, base, head, CompareOptions{Fail: fail, AcrossMachines: true}).Comparison.Gates[0]; g.Status() != Failed {
		t.Errorf("across machines: %+v", g)
	}
	if list := mustCompare(t, base, gets(1e6, noise...), CompareOptions{}).Comparison.Warnings; len(list) != 0 {
		t.Errorf("equal conditions: %q", list)
	}
}

func TestCompareNeedsOnePlanASide(t *testing.T) {
	mixed := spoil(gets(1e6, noise...), 2, func(r *Run) { r.Plan = []Setting{{"clients", "64"}} })
	_, err := Compare(&Report{Runs: mixed}, &Report{Runs: gets(1e6, noise...)}, CompareOptions{})
	if err == nil || !strings.Contains(err.Error(), "BASE has runs of different plans, which are no sample of one thing: clients (64, 8)") {
		t.Error(err)
	}
	suites := &Report{Suites: []*Suite{fixtureSuite()}}
	for want, o := range map[string][2]*Report{
		"there is no run and no suite": {{}, suites},
		"nothing to compare":           {suites, {Runs: mixed[2:]}},
	} {
		if _, err := Compare(o[0], o[1], CompareOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := Compare(suites, suites, CompareOptions{Fail: gatesOf(t, "p99>+10%")}); err == nil {
		t.Error("a gate on load runs, and there are none")
	}
}

// Several gates share the alpha: a false alarm of any of them is no likelier than one of one.
func TestManyGatesShareAlpha(t *testing.T) {
	base, head := gets(1e6, noise[:4]...), gets(2e6, noise[:4]...)
	for n, want := range map[int]Status{1: Failed, 2: Failed, 4: Inconclusive} {
		texts := []string{"p99>+10%", "p50>+10%", "p90>+10%", "p99.9>+10%"}[:n]
		c := mustCompare(t, base, head, CompareOptions{Fail: gatesOf(t, texts...)}).Comparison
		if got := c.Gates[0]; got.Status() != want || n == 4 && got.MoreBase != 1 {
			t.Errorf("%d gates: %s: %s", n, got.Status(), got.Reason)
		}
	}
}

// Each operation has rows of its own, beside those of all together.
func TestCompareByOperation(t *testing.T) {
	r := mustCompare(t, compared(1e6, noise[:4]...), compared(12e5, noise[:4]...), CompareOptions{})
	for _, label := range []string{"p99", "get p99", "set p99"} {
		if d := r.Comparison.row(t, label); d.Verdict != VerdictSlower || d.Base.N != 4 {
			t.Errorf("%s: %+v", label, d)
		}
	}
	if d := r.Comparison.row(t, "get hit ratio"); d.Verdict != VerdictNone {
		t.Errorf("%+v", d)
	}
}

func TestCompareOrderOfRuns(t *testing.T) {
	later := spoil(gets(1e6, noise...), 5, func(r *Run) { r.Started = r.Started.Add(time.Hour) })
	for _, sides := range [][2][]*Run{{gets(1e6, noise...), later}, {later, gets(1e6, noise...)}} {
		if list := mustCompare(t, sides[0], sides[1], CompareOptions{}).Comparison.Warnings; len(list) != 1 || !strings.Contains(list[0], "better make them in turn") {
			t.Errorf("one before the other: %q", list)
		}
	}
	twice := append(gets(1e6, noise...), gets(1e6, 0)...)
	if _, err := Compare(&Report{Runs: twice}, &Report{Runs: later}, CompareOptions{}); err == nil || !strings.Contains(err.Error(), "BASE has the run of 2026-03-14 14:09:26 UTC twice") {
		t.Error(err)
	}
}

// Two runs of an hour have 720 blocks each.
func BenchmarkCompareAnHour(b *testing.B) {
	base, head := inSeconds(200, time.Millisecond, 0, 3600), inSeconds(200, time.Millisecond, 0, 3600)
	for _, r := range []*Run{base, head} {
		for _, v := range r.Intervals {
			if err := v.Operations[0].Response.Pack(); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		if _, err := Compare(&Report{Runs: []*Run{base}}, &Report{Runs: []*Run{head}}, CompareOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
