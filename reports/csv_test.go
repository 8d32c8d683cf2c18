package reports

import (
	"bytes"
	"encoding/csv"
	"math"
	"strconv"
	"testing"
)

// What a reader of CSV adds up is what the run says of itself.
func TestCSVAddsUp(t *testing.T) {
	r := load(t)
	var b bytes.Buffer
	if err := CSV(&b, r); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll() // refuses rows of another length than the first
	if err != nil {
		t.Fatal(err)
	}
	all := names(r.Runs)
	sums := map[string]map[string]float64{}
	intervals := map[string]map[string]bool{}
	for _, row := range rows[1:] {
		cell := map[string]string{}
		for i, name := range rows[0] {
			cell[name] = row[i]
		}
		run := cell["run"]
		if sums[run] == nil {
			sums[run], intervals[run] = map[string]float64{}, map[string]bool{}
		}
		intervals[run][cell["start_s"]] = true
		if cell["recorded"] != "true" {
			continue
		}
		for _, name := range []string{"count", "hits", "misses", "errors", "dropped", "sent_bytes"} {
			if v, err := strconv.ParseFloat(cell[name], 64); err == nil {
				sums[run][name] += v
			} else if cell[name] != "" {
				t.Errorf("%s: %q is no number", name, cell[name])
			}
		}
		worst, _ := strconv.ParseFloat(cell["response_max_ms"], 64)
		sums[run]["max"] = max(sums[run]["max"], worst)
		if cell["service_p50_ms"] != "" && cell["operation"] != "" {
			sums[run]["service"]++
		}
		if want := map[bool]string{true: "true", false: "false"}[run == all[1]]; cell["bottleneck"] != want {
			t.Errorf("%s: bottleneck %s", run, cell["bottleneck"])
		}
	}
	for i, run := range r.Runs {
		got, total := sums[all[i]], run.Total()
		want := map[string]float64{
			"count": float64(total.Count), "hits": float64(total.Hits), "misses": float64(total.Misses), "errors": float64(total.Errors),
			"dropped": float64(run.Requests.Dropped), "sent_bytes": float64(total.Sent), "max": float64(total.Percentiles.Max) / 1e6,
			"service": 0,
		}
		if !run.closed() {
			want["service"] = 20 // ten recorded seconds of get and set
		}
		delete(want, "hits") // the fixture rounds the misses of each second down
		delete(want, "misses")
		for name, v := range want {
			if math.Abs(got[name]-v) > 1e-9 {
				t.Errorf("%s: %s adds up to %v, the run has %v", all[i], name, got[name], v)
			}
		}
		if len(intervals[all[i]]) != len(run.Intervals) {
			t.Errorf("%s: %d of %d intervals", all[i], len(intervals[all[i]]), len(run.Intervals))
		}
	}
}

// A second without one answer is a row, and a name is a cell whatever is in it.
func TestCSVOdd(t *testing.T) {
	r := &Report{Runs: []*Run{{Title: "a, \"b\"\nc", Arrival: "closed", Intervals: []*Interval{{Stage: "run", Recorded: true}}}}}
	var b bytes.Buffer
	if err := CSV(&b, r); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != r.Runs[0].Title {
		t.Errorf("%q, %v", rows, err)
	}
	if err := CSV(&b, &Report{Suites: []*Suite{{}}}); err == nil {
		t.Error("a suite became a csv")
	}
}
