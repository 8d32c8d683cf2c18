package reports

import (
	"bytes"
	"math"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// exposed is what Prometheus's own reader makes of a report. It refuses a family in two places and the same sample twice.
func exposed(t *testing.T, r *Report) map[string]*dto.MetricFamily {
	t.Helper()
	var b bytes.Buffer
	if err := Prometheus(&b, r); err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(&b)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// exposedSample is the one whose labels hold all of want, which are names and values in turn.
func exposedSample(t *testing.T, f *dto.MetricFamily, want ...string) *dto.Metric {
	t.Helper()
	for _, m := range f.GetMetric() {
		has := map[string]string{}
		for _, l := range m.GetLabel() {
			has[l.GetName()] = l.GetValue()
		}
		fits := true
		for i := 0; i < len(want); i += 2 {
			fits = fits && has[want[i]] == want[i+1]
		}
		if fits {
			return m
		}
	}
	t.Fatalf("no %v in %v", want, f)
	return nil
}

func TestPrometheusIsReadBack(t *testing.T) {
	r := load(t)
	families := exposed(t, r)
	for i, name := range names(r.Runs) {
		run := r.Runs[i]
		for _, o := range run.Totals {
			at := []string{"run", visible(name), "operation", o.Name}
			if v := exposedSample(t, families["memlite_run_requests"], at...).GetGauge().GetValue(); v != float64(o.Count) {
				t.Errorf("%v: %v requests, want %d", at, v, o.Count)
			}
			s := exposedSample(t, families["memlite_run_response_seconds"], at...).GetSummary()
			if s.GetSampleCount() != uint64(o.Count) || len(s.GetQuantile()) != 4 {
				t.Errorf("%v: %v", at, s)
			}
			for k, want := range []int64{o.Percentiles.P50, o.Percentiles.P90, o.Percentiles.P99, o.Percentiles.P999} {
				if q := s.GetQuantile()[k]; math.Abs(q.GetValue()-float64(want)/1e9) > 1e-12 {
					t.Errorf("%v: quantile %v, want %d ns", at, q, want)
				}
			}
			if mean := s.GetSampleSum() / float64(o.Count) * 1e9; mean < float64(o.Percentiles.P50)/2 || mean > float64(o.Percentiles.Max) {
				t.Errorf("%v: a mean of %v ns", at, mean)
			}
			if v := exposedSample(t, families["memlite_run_response_max_seconds"], at...).GetGauge().GetValue(); v != float64(o.Percentiles.Max)/1e9 {
				t.Errorf("%v: max %v", at, v)
			}
		}
		limit := exposedSample(t, families["memlite_run_bottleneck"], "run", visible(name)).GetGauge().GetValue()
		if (limit == 1) != run.Generator.Bottleneck {
			t.Errorf("%s: bottleneck %v", name, limit)
		}
	}
	if n := len(families["memlite_run_service_seconds"].GetMetric()); n != 2 {
		t.Errorf("service time of %d operations, want 2: of the open loop alone", n)
	}
	suite := suiteNames(r.Suites)[0]
	for _, n := range scores(r.Suites[0].Rules) {
		if v := exposedSample(t, families["memlite_suite_rules"], "suite", suite, "level", n.Level, "status", "failed").GetGauge().GetValue(); v != float64(n.Failed) {
			t.Errorf("%s: %v failed, want %d", n.Level, v, n.Failed)
		}
	}
	exposedSample(t, families["memlite_suite_failed_rule"], "rule", "SET-04")
}

// Whatever names and targets hold, it is one label's value; and there is something to say of what says nothing.
func TestPrometheusOdd(t *testing.T) {
	hard := "a\"b\\c\nd{} " + hostile
	families := exposed(t, &Report{Runs: []*Run{{Title: hard, Target: hard, Arrival: "closed"}}, Suites: []*Suite{{Title: hard}}})
	exposedSample(t, families["memlite_run_info"], "run", visible(hard), "target", visible(hard))
	if families["memlite_run_response_seconds"] != nil || families["memlite_run_requests_per_second"] != nil {
		t.Error("what was not measured is there")
	}
	whole := exposed(t, fixtureWhole())
	for _, name := range []string{"memlite_run_objective_inconclusive", "memlite_run_corrupt_values", "memlite_run_cut_short", "memlite_suite_could_not_run"} {
		if v := whole[name].GetMetric()[0].GetGauge().GetValue(); v != 1 {
			t.Errorf("%s is %v", name, v)
		}
	}
	if n := len(exposed(t, fixtureMatrix())["memlite_suite_info"].GetMetric()); n != 4 {
		t.Errorf("%d suites of 4", n)
	}
	if Prometheus(&bytes.Buffer{}, &Report{}) == nil {
		t.Error("an empty report was written")
	}
}
