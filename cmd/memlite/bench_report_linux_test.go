package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"memlite/reports"
)

// BenchmarkReport renders the saved JSON of an hour: an open loop of three stages at 20,000 requests/s. The demand is under 5 s
// and 300 MiB for each format.
func BenchmarkReport(b *testing.B) {
	bin := buildForBench(b)
	dir := b.TempDir()
	saved := filepath.Join(dir, "hour.json")
	if err := (reports.Output{Format: "json", Path: saved}).Write(&reports.Report{Runs: []*reports.Run{hour(b)}}); err != nil {
		b.Fatal(err)
	}
	debug.FreeOSMemory() // a child's peak begins with what its parent holds when it is started
	info, err := os.Stat(saved)
	if err != nil {
		b.Fatal(err)
	}
	for _, format := range append([]string{"text"}, reports.RunFormats()...) {
		b.Run("hour/"+format, func(b *testing.B) {
			for b.Loop() {
				args := []string{"report", saved, "--report", format + "=" + filepath.Join(dir, "out")}
				if format == "text" {
					args = args[:2]
				}
				cmd := exec.Command(bin, args...)
				start := time.Now()
				if msg, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, msg)
				}
				b.ReportMetric(time.Since(start).Seconds(), "s")
				b.ReportMetric(float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024, "MiB")
				b.ReportMetric(float64(info.Size())/(1<<20), "MiB-of-JSON")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// hour is a run as loadgen makes them: totals are sums, and histograms that are kept are packed.
func hour(b *testing.B) *reports.Run {
	const stages, perStage, perSecond = 3, 1200, 20_000
	r := &reports.Run{Target: "127.0.0.1:5001", Profile: "report", Command: []string{"memlite", "load"}, Started: time.Unix(1e9, 0).UTC(),
		Elapsed: stages * perStage * time.Second, Clients: 50, Arrival: "poisson", Rate: perSecond}
	rng := rand.New(rand.NewPCG(1, 1))
	var latencies [1 << 14]time.Duration
	for i := range latencies {
		latencies[i] = time.Duration(200e3 * math.Exp(rng.NormFloat64()))
	}
	record := func(o *reports.Operation, n int) {
		o.Count, o.Sent, o.Received = int64(n), int64(n)*40, int64(n)*120
		o.Response, o.Service = reports.NewHistogram(), reports.NewHistogram()
		for range n {
			d := latencies[rng.IntN(len(latencies))]
			o.Response.Record(d)
			o.Service.Record(d / 2)
		}
		o.Percentiles = o.Response.Percentiles()
	}
	add := func(all []*reports.Operation, ops []*reports.Operation) {
		for i, o := range ops {
			t := all[i]
			t.Count, t.Sent, t.Received = t.Count+o.Count, t.Sent+o.Sent, t.Received+o.Received
			t.Response.Add(o.Response)
			t.Service.Add(o.Service)
			t.Percentiles = t.Response.Percentiles()
		}
	}
	empty := func() (list []*reports.Operation) {
		for _, name := range []string{"get", "set"} {
			list = append(list, &reports.Operation{Name: name, Response: reports.NewHistogram(), Service: reports.NewHistogram()})
		}
		return list
	}
	r.Totals = empty()
	for i := range stages {
		s := &reports.Stage{Name: fmt.Sprintf("stage %d", i+1), Start: time.Duration(i*perStage) * time.Second, Length: perStage * time.Second, Recorded: true,
			Arrival: "poisson", Rate: perSecond, Totals: empty()}
		for j := range perStage {
			get, set := &reports.Operation{Name: "get"}, &reports.Operation{Name: "set"}
			record(get, perSecond*9/10)
			record(set, perSecond/10)
			ops := []*reports.Operation{get, set}
			add(s.Totals, ops)
			add(r.Totals, ops)
			for _, o := range ops {
				if err := o.Response.Pack(); err != nil {
					b.Fatal(err)
				}
				if err := o.Service.Pack(); err != nil {
					b.Fatal(err)
				}
			}
			r.Intervals = append(r.Intervals, &reports.Interval{Start: s.Start + time.Duration(j)*time.Second, Length: time.Second, Stage: s.Name, Recorded: true, Operations: ops})
		}
		r.Stages = append(r.Stages, s)
	}
	for _, t := range r.Totals {
		r.Requests.Recorded += t.Count
	}
	return r
}
