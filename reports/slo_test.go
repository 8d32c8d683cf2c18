package reports

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseSLO(t *testing.T) {
	for text, want := range map[string]SLO{
		"p99<5ms":                {metric: "p", quantile: 99, compare: "<", limit: 5e6, unit: unitTime},
		" get.p99.9 <= 1.5 s ":   {operation: "get", metric: "p", quantile: 99.9, compare: "<=", limit: 1.5e9, unit: unitTime},
		"set.service.max<20ms":   {operation: "set", service: true, metric: "max", compare: "<", limit: 2e7, unit: unitTime},
		"mean<1µs":               {metric: "mean", compare: "<", limit: 1e3, unit: unitTime},
		"p50<=0":                 {metric: "p", quantile: 50, compare: "<=", unit: unitTime},
		"rate>=50k/s":            {metric: "rate", compare: ">=", limit: 50e3, unit: unitRate},
		"get.rate>0.5M":          {operation: "get", metric: "rate", compare: ">", limit: 5e5, unit: unitRate},
		"errors==0":              {metric: "errors", compare: "==", unit: unitCount},
		"errors<0.1%":            {metric: "errors", compare: "<", limit: 0.001, unit: unitShare},
		"drops<1k":               {metric: "drops", compare: "<", limit: 1000, unit: unitCount},
		"hits>=99%":              {metric: "hits", compare: ">=", limit: 0.99, unit: unitShare},
		"get.misses==0":          {operation: "get", metric: "misses", compare: "==", unit: unitCount},
		"service.p99.99 < 100us": {service: true, metric: "p", quantile: 99.99, compare: "<", limit: 1e5, unit: unitTime},
	} {
		got, err := ParseSLO(text)
		want.Text = strings.TrimSpace(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                 "compares nothing",
		"p99":              "METRIC",
		"p99=5ms":          "< <= > >= ==",
		"p99!=5ms":         "< <= > >= ==",
		"p99<<5ms":         "< <= > >= ==",
		"p99<":             "such as 500us, 5ms",
		"p99<5":            "such as 500us, 5ms",
		"p99<-5ms":         "such as 500us, 5ms",
		"p99<61s":          "up to 1m0s",
		"p0<1ms":           "between 0 and 100",
		"p100<1ms":         "called max",
		"p1e1<1ms":         "no metric",
		"q99<1ms":          "misses",
		"<1ms":             "no metric",
		"get.<1ms":         "no metric",
		"del.p99<1ms":      "no metric",
		"service.rate>1":   "service. goes with a time",
		"get.drops==0":     "drops have no operation",
		"set.hits>1%":      "of gets",
		"rate>5ms":         "50k/s",
		"rate>1e3":         "50k/s",
		"errors<0.5":       "whole number",
		"errors<5ms":       "0.1%",
		"hits>=101%":       "0% and 100%",
		"hits>=0.01k%":     "0% and 100%",
		"errors<99999999M": "whole number",
		"get.p99>=5ms":     "get.p99 is an upper bound: get.p99<=5ms",
		"errors>0":         "errors is an upper bound: errors<0",
	} {
		if _, err := ParseSLO(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
}

func FuzzParseSLO(f *testing.F) {
	for _, s := range []string{"p99<5ms", "get.p99.9<=20ms", "errors==0", "errors<0.1%", "rate>=50k/s", "set.service.mean>1us", "hits>=99%", "p99", "p<1", "\xff<1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := ParseSLO(s)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("%q: the error is more than a line: %q", s, err)
			}
			return
		}
		if again, err := ParseSLO(o.Text); err != nil || again != o {
			t.Errorf("%q: %+v, its text gives %+v, %v", s, o, again, err)
		}
		if name, _, _ := strings.Cut(o.name()+o.compare, o.compare); name != o.name() || math.IsNaN(o.limit) || o.limit < 0 || math.IsInf(o.limit, 0) {
			t.Errorf("%q: %+v", s, o)
		}
		if !o.holds(o.limit) && strings.Contains(o.compare, "=") {
			t.Errorf("%q: the limit itself does not keep it", s)
		}
	})
}

// judged is a run of ten seconds, 1000 gets a second of 1 ms each, that tests spoil.
func judged() *Run {
	r := &Run{Arrival: "constant", Rate: 1000, Elapsed: 10 * time.Second}
	for i := range 10 {
		h, service := NewHistogram(), NewHistogram()
		for range 1000 {
			h.Record(time.Millisecond)
			service.Record(500 * time.Microsecond)
		}
		r.Intervals = append(r.Intervals, &Interval{Start: time.Duration(i) * time.Second, Length: time.Second, Recorded: true, Stage: "run",
			Operations: []*Operation{{Name: "get", Count: 1000, Hits: 1000, Response: h, Service: service}}})
	}
	return r
}

// total fills in what a run has beside its intervals.
func total(r *Run) *Run {
	t := &Operation{Name: "get", Response: NewHistogram(), Service: NewHistogram()}
	for _, v := range r.Intervals {
		if !v.Recorded {
			continue
		}
		r.Requests.Dropped += v.Dropped
		for _, o := range v.Operations {
			t.Count += o.Count
			t.Hits += o.Hits
			t.Misses += o.Misses
			t.Errors += o.Errors
			t.Response.Add(o.Response)
			t.Service.Add(o.Service)
		}
	}
	r.Totals = []*Operation{t}
	return r
}

// slow has n answers of one second take longer than the others.
func slow(r *Run, second, n int, took time.Duration) {
	h := NewHistogram()
	for i := range 1000 {
		if i < n {
			h.Record(took)
		} else {
			h.Record(time.Millisecond)
		}
	}
	r.Intervals[second].Operations[0].Response = h
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name, slo string
		spoil     func(*Run)
		want      string // outcome: sentence
	}{
		{"held", "p99<5ms", nil, "held: was 1.00 ms"},
		{"missed for a second and a half", "p99<5ms", func(r *Run) {
			slow(r, 3, 500, 20*time.Millisecond)
			slow(r, 4, 500, 20*time.Millisecond)
			slow(r, 7, 11, 20*time.Millisecond)
			slow(r, 8, 9, 20*time.Millisecond)
		}, "missed: was 20.0 ms, 15.0 ms (300 %) over, in 3-5 s, 7-8 s"},
		{"not the warm-up", "p99<5ms", func(r *Run) {
			slow(r, 0, 1000, 20*time.Millisecond)
			r.Intervals[0].Recorded = false
		}, "held: was 1.00 ms"},
		{"lower bound", "rate>=2k/s", nil, "missed: was 1,000/s, 1,000/s (50.0 %) under, in 0-10 s"},
		{"the limit itself", "rate<1k", nil, "missed: was 1,000/s, by nothing: it is the limit itself, in 0-10 s"},
		{"no set", "set.p99<5ms", nil, "inconclusive: was n/a; no answer was recorded"},
		{"no set, no errors of it", "set.errors==0", nil, "inconclusive: was n/a; no set was recorded"},
		{"service time", "service.p99<600us", nil, "held: was 500 µs"},
		{"too few", "p99.999<5ms", nil, "inconclusive: was 1.00 ms; 10,000 requests are too few to tell: it takes 100,000"},
		{"just enough", "p99.99<5ms", nil, "held: was 1.00 ms"},
		{"errors, and when", "errors==0", func(r *Run) { r.Intervals[5].Operations[0].Errors = 3 }, "missed: was 3, 3 over, in 5-6 s"},
		{"share of errors", "errors<0.1%", func(r *Run) { r.Intervals[5].Operations[0].Errors = 101 }, "missed: was 1.00 %, 0.90 points (900 %) over, in 5-6 s"},
		{"abandoned are errors", "errors==0", func(r *Run) { r.Requests.Abandoned = 2 }, "missed: was 2, 2 over"},
		{"what is not answered is slow", "p99<5ms", func(r *Run) { r.Intervals[2].Operations[0].Errors = 150 },
			"missed: was n/a, in 2-3 s; 1.5 % of the requests (150) were not answered right"},
		{"nor is what is dropped", "max<5ms", func(r *Run) { r.Intervals[2].Dropped = 1 },
			"missed: was n/a, in 2-3 s; under 0.01 % of the requests (1) were not answered right"},
		{"a few not answered", "p99<5ms", func(r *Run) { r.Requests.Abandoned = 50 }, "held: was 1.00 ms; 0.50 % of the requests (50) were not answered right"},
		{"dropped of what kind", "get.p99<5ms", func(r *Run) { r.Intervals[2].Dropped = 1000 },
			"inconclusive: was 1.00 ms; 1,000 requests were dropped or not answered, and whether they are of this kind is not known"},
		{"dropped, too few to matter", "get.p99<5ms", func(r *Run) { r.Intervals[2].Dropped = 50 }, "held: was 1.00 ms"},
		{"mean of the answers", "mean<1100us", func(r *Run) { r.Intervals[2].Operations[0].Errors = 1 }, "held: was 1.00 ms"},
		{"drops", "drops<1%", func(r *Run) { r.Intervals[2].Dropped = 1000 }, "missed: was 9.1 %, 8.1 points (809 %) over, in 2-3 s"},
		{"hits", "hits>=99%", func(r *Run) {
			o := r.Intervals[9].Operations[0]
			o.Hits, o.Misses = 500, 500
		}, "missed: was 95.0 %, 4.0 points (4.04 %) under, in 9-10 s"},
		{"bottleneck", "p99<5ms", func(r *Run) { r.Generator.Bottleneck = true }, "inconclusive: was 1.00 ms; the load generator was the bottleneck"},
		{"missed with a bottleneck", "p99<500us", func(r *Run) { r.Generator.Bottleneck = true },
			"inconclusive: was 1.00 ms, in 0-10 s; the load generator was the bottleneck"},
		{"errors are errors", "errors==0", func(r *Run) {
			r.Generator.Bottleneck = true
			r.Intervals[0].Operations[0].Errors = 1
		}, "missed: was 1, 1 over, in 0-1 s"},
		{"cut short", "p99<5ms", func(r *Run) { r.CutShort = true }, "inconclusive: was 1.00 ms; the run was cut short"},
		{"cut short too late", "errors<2", func(r *Run) {
			r.CutShort = true
			r.Intervals[0].Operations[0].Errors = 2
		}, "missed: was 2, by nothing: it is the limit itself, in 0-1 s"},
		{"nothing at all", "rate>1", func(r *Run) { r.Intervals = nil }, "inconclusive: was n/a; no time was recorded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			slo, err := ParseSLO(c.slo)
			if err != nil {
				t.Fatal(err)
			}
			r := judged()
			if c.spoil != nil {
				c.spoil(r)
			}
			o := Judge(total(r), []SLO{slo})[0]
			if got := o.outcome() + ": " + o.sentence(); got != c.want {
				t.Errorf("%s\n got %s\nwant %s", c.slo, got, c.want)
			}
		})
	}
}

// Every format says what was missed, by how much, and when.
func TestObjectivesInEveryFormat(t *testing.T) {
	r := judged()
	slow(r, 3, 500, 20*time.Millisecond)
	total(r)
	var slos []SLO
	for _, text := range []string{"p99<5ms", "errors==0", "set.p99<1ms"} {
		slo, err := ParseSLO(text)
		if err != nil {
			t.Fatal(err)
		}
		slos = append(slos, slo)
	}
	r.Objectives = Judge(r, slos)
	for name, c := range map[string]struct {
		format Format
		want   []string
	}{
		"text": {Summary, []string{"✗ p99<5ms", "missed: was 20.0 ms, 15.0 ms (300 %) over, in 3-4 s", "✓ errors==0", "? set.p99<1ms", "1 of 3 objectives held"}},
		"html": {HTML, []string{"p99&lt;5ms", "✗ missed", "15.0 ms (300 %) over", "3-4\u00a0s", "? inconclusive"}},
		"md":   {Markdown, []string{"p99&lt;5ms", "missed: was 20.0 ms, 15.0 ms (300 %) over, in 3-4 s"}},
		"junit": {JUnit, []string{`tests="4" failures="1" errors="1"`, `1000 clients: p99&lt;5ms`, `type="missed"`,
			`p99&lt;5ms missed: was 20.0 ms, 15.0 ms (300 %) over, in 3-4 s`}},
		"json": {JSON, []string{`"text": "p99<5ms"`, `"from_ns": 3000000000`, `"held": true`, `"inconclusive": true`}},
	} {
		var b bytes.Buffer
		r.Clients = 1000
		if err := c.format(&b, &Report{Runs: []*Run{r}}); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s has no %q:\n%s", name, want, b.String()[:min(b.Len(), 2000)])
			}
		}
	}
}

func TestReadChecksObjectives(t *testing.T) {
	good := `{"text":"p99<5ms","held":false,"unit":"ns","limit":5e6,"actual":6e6,"seconds":[{"from_ns":0,"to_ns":5}]}`
	bare := string(jsonOf(t, &Report{Runs: []*Run{{Arrival: "closed"}}}))
	file := func(objective string) []byte {
		return []byte(strings.Replace(bare, `"arrival"`, `"objectives": [`+objective+`], "arrival"`, 1))
	}
	if _, err := parse(file(good)); err != nil {
		t.Fatal(err)
	}
	for spoilt, want := range map[string]string{
		"null": "is null",
		strings.Replace(good, "false", `true,"inconclusive":true`, 1): "both held and inconclusive",
		strings.Replace(good, `"ns"`, `"miles"`, 1):                   "unit",
		strings.Replace(good, "6e6", "-1", 1):                         "within 0",
		strings.Replace(good, `"from_ns":0`, `"from_ns":9`, 1):        "ends before it begins",
	} {
		if _, err := parse(file(spoilt)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", spoilt, err, want)
		}
	}
}
