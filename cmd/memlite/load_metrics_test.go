//go:build unix

package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	names "github.com/prometheus/common/model"

	"memlite/loadgen"
	"memlite/reports"
)

// scrape reads what is shown on a socket as Prometheus does; nil while nothing listens there.
func scrape(t *testing.T, socket string) map[string]*dto.MetricFamily {
	t.Helper()
	web := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", socket) }}}
	reply, err := web.Get("http://memlite/metrics")
	if err != nil {
		return nil
	}
	defer reply.Body.Close()
	parser := expfmt.NewTextParser(names.UTF8Validation)
	families, err := parser.TextToMetricFamilies(reply.Body)
	if err != nil || reply.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v", reply.Status, err)
	}
	return families
}

// of adds the values of a family whose labels have all the words.
func of(f *dto.MetricFamily, words ...string) (sum float64) {
	for _, m := range f.GetMetric() {
		var labels []string
		for _, l := range m.GetLabel() {
			labels = append(labels, l.GetValue())
		}
		all := "," + strings.Join(labels, ",") + ","
		fits := true
		for _, w := range words {
			fits = fits && strings.Contains(all, ","+w+",")
		}
		if fits {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return sum
}

// What Prometheus scrapes while a run goes is the run: by stage, operation and outcome, its counts equal to those of the
// histograms, whose buckets add up.
func TestLoadMetrics(t *testing.T) {
	_, addr := startServer(t)
	folder, err := os.MkdirTemp("", "m") // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	socket := filepath.Join(folder, "s")
	load := start(t, "load", addr, "--clients", "3", "--rate", "500/s", "--sets", "50%", "--warmup", "1s", "--duration", "1h", "--preload",
		"--keys", "100", "--metrics", "unix://"+socket)
	var f map[string]*dto.MetricFamily
	for end := time.Now().Add(patience); of(f["memlite_load_requests_total"], "run", "get") == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no run: %v", f["memlite_load_stage"])
		}
		f = scrape(t, socket)
	}
	requests, response := f["memlite_load_requests_total"], f["memlite_load_response_time_seconds"]
	for _, stage := range []string{"preload", "warm-up", "run"} {
		for _, operation := range []string{"get", "set"} {
			n := of(requests, stage, operation)
			if n == 0 != (stage == "preload" && operation == "get") {
				t.Errorf("%s, %s: %v requests", stage, operation, n)
			}
			if got := of(response, stage, operation); got != n {
				t.Errorf("%s, %s: %v response times of %v requests", stage, operation, got, n)
			}
		}
		if stage != "preload" {
			if got, want := of(f["memlite_load_send_lag_seconds"], stage), of(requests, stage); got < want {
				t.Errorf("%s: %v lags of %v requests", stage, got, want)
			}
			if got, want := of(f["memlite_load_service_time_seconds"], stage), of(requests, stage); got != want {
				t.Errorf("%s: %v service times of %v requests", stage, got, want)
			}
		}
	}
	if n := of(requests, "hit") + of(requests, "stored"); n != of(requests) {
		t.Errorf("%v of %v requests are hits and sets: %v", n, of(requests), requests)
	}
	for name, want := range map[string]float64{"clients": 3, "connections": 3, "target_rate": 500, "stage": 1} {
		if f["memlite_load_"+name] == nil || of(f["memlite_load_"+name]) != want {
			t.Errorf("%s: %v, want %v", name, f["memlite_load_"+name], want)
		}
	}
	// Where the machine is busy, a stage can end before all that was due in it is sent.
	if dropped := f["memlite_load_dropped_total"]; dropped == nil || of(dropped) >= of(requests) {
		t.Errorf("dropped: %v", dropped)
	}
	if of(f["memlite_load_stage"], "run", "true") != 1 {
		t.Errorf("stage: %v", f["memlite_load_stage"])
	}
	for _, m := range response.GetMetric() {
		h, last := m.GetHistogram(), uint64(0)
		for _, b := range h.GetBucket() {
			if b.GetCumulativeCount() < last {
				t.Errorf("a bucket up to %v of %d after one of %d", b.GetUpperBound(), b.GetCumulativeCount(), last)
			}
			last = b.GetCumulativeCount()
		}
		if last != h.GetSampleCount() || h.GetSampleSum() <= 0 {
			t.Errorf("%d samples up to the last bound, of %d; sum %v", last, h.GetSampleCount(), h.GetSampleSum())
		}
	}
	_ = load.Process.Signal(syscall.SIGTERM)
	if status := load.end(t); status != exitInconclusive {
		t.Errorf("status %d: %s", status, load.stderr.String())
	}
	if !strings.Contains(load.stderr.String(), "memlite load: metrics on unix://"+socket) {
		t.Errorf("it does not say where: %s", load.stderr.String())
	}
}

// What is not made any more shows, and not only as a rate that fell.
func TestLoadMetricsOfWhatIsMissing(t *testing.T) {
	m := newLoadMetrics(loadgen.Plan{})
	r := prometheus.NewRegistry()
	r.MustRegister(m)
	for _, missing := range []float64{0, 0.25} {
		if err := m.Interval(&reports.Interval{Stage: "run", Recorded: true, Missing: missing}); err != nil {
			t.Fatal(err)
		}
		families, err := r.Gather()
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(families, func(f *dto.MetricFamily) bool { return f.GetName() == "memlite_load_missing_ratio" })
		if i < 0 || families[i].GetMetric()[0].GetGauge().GetValue() != missing {
			t.Errorf("want %v of %v", missing, families)
		}
	}
}
