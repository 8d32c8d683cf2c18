package fleettest

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// many is what a fleet of many agents without load costs its coordinator.
type many struct {
	took    time.Duration // from its start to its end: discovery, start and collection
	largest float64       // MiB that it had in memory at most
}

// gather has so many agents make one request each.
func gather(t testing.TB, agents int) many {
	t.Helper()
	n, target := StartNATS(t, nil), serve(t, nil)
	var all []*Process
	for i := range agents {
		all = append(all, program(t, nil, "agent", "--nats", n.URL, "--name", fmt.Sprintf("agent-%d", i)))
	}
	for _, p := range all {
		(&agent{Process: p}).ready(0)
	}
	count := strconv.Itoa(agents)
	l := &load{report: filepath.Join(t.TempDir(), "run.json")}
	begun := time.Now()
	l.Process = program(t, nil, "load", target.addr, "--fleet", n.URL, "--agents", count, "--clients", count, "--requests", count, "--report", "json="+l.report)
	run := l.run(0)
	m := many{time.Since(begun), float64(l.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) / 1024}
	if len(run.Agents) != agents || len(run.Lost()) > 0 || run.Requests.Recorded != int64(agents) {
		t.Errorf("%d agents, %d of them lost, made %d requests; want %d each", len(run.Agents), len(run.Lost()), run.Requests.Recorded, agents)
	}
	for _, a := range run.Agents {
		if a.Requests.Recorded != 1 {
			t.Errorf("agent %s made %d requests, want 1", a.Name, a.Requests.Recorded)
		}
	}
	return m
}

// 64 agents are a fleet; what it costs is measured by BenchmarkManyAgents.
func TestManyAgents(t *testing.T) {
	if testing.Short() {
		t.Skip("64 processes take some seconds to start")
	}
	m := gather(t, 64)
	t.Logf("discovery, start and collection took %s, and %.0f MiB", m.took, m.largest)
	if m.took > Patience || m.largest > 200 {
		t.Errorf("discovery, start and collection took %s, and %.0f MiB", m.took, m.largest)
	}
}

// BenchmarkManyAgents is what 64 agents without load, all in this machine, cost. The demand is under 5 s and 100 MiB.
func BenchmarkManyAgents(b *testing.B) {
	for b.Loop() {
		m := gather(b, 64)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(m.took.Seconds(), "s")
		b.ReportMetric(m.largest, "MiB")
	}
}

// BenchmarkOverhead is what the requests of a fleet of one cost, agent, coordinator and NATS together, beside those of a plain load: CPU seconds,
// user and system, by request, as a ratio. The two run in turn, on core 1; the server is on core 0. The demand is at most 1.03.
func BenchmarkOverhead(b *testing.B) {
	if _, err := exec.LookPath("taskset"); err != nil {
		b.Skip("taskset is not on this machine")
	}
	const rounds = 9
	target, n := serve(b, Core(0)), StartNATS(b, Core(1))
	a := startAgent(b, Core(1), n, "a")
	// measure is what a request of one load costs, in CPU seconds, and how many there were.
	measure := func(flags []string, others ...*Process) (cost, requests float64) {
		l := &load{report: filepath.Join(b.TempDir(), "run.json")}
		var cpu time.Duration
		for _, p := range others {
			cpu -= cpuOf(b, p)
		}
		l.Process = program(b, Core(1), append([]string{"load", target.addr, "--loops", "1", "--clients", "50", "--duration", "5s",
			"--report", "json=" + l.report}, flags...)...)
		requests = float64(l.run(0).Total().Count)
		for _, p := range append(others, l.Process) {
			cpu += cpuOf(b, p)
		}
		return cpu.Seconds() / requests, requests
	}
	for _, load := range []struct {
		name  string
		flags []string
	}{
		{"closed", nil},
		{"open", []string{"--rate", "20k/s"}},
	} {
		b.Run(load.name, func(b *testing.B) {
			for b.Loop() {
				var cost, throughput []float64
				for i := range rounds {
					var alone, made, fleet, together float64
					plain := func() { alone, made = measure(load.flags) }
					by := func() {
						fleet, together = measure(append([]string{"--fleet", n.URL, "--agents", "1"}, load.flags...), n.Process, a.Process)
					}
					if i%2 == 0 { // a machine that becomes slower does not favour one of them
						plain()
						by()
					} else {
						by()
						plain()
					}
					cost, throughput = append(cost, fleet/alone), append(throughput, together/made)
				}
				slices.Sort(cost)
				slices.Sort(throughput)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(cost[rounds/2], "×cpu/op")
				b.ReportMetric(cost[rounds*3/4]-cost[rounds/4], "between-quartiles")
				b.ReportMetric(throughput[rounds/2], "×throughput")
			}
		})
	}
}

// cpuOf is the processor time of a program: of a running one by its own clock (clock_getcpuclockid(3) says how its number is made).
func cpuOf(b *testing.B, p *Process) time.Duration {
	b.Helper()
	if p.Ended() {
		return p.ProcessState.UserTime() + p.ProcessState.SystemTime()
	}
	var at unix.Timespec
	if err := unix.ClockGettime(int32(^p.Process.Pid<<3|2), &at); err != nil {
		b.Fatal(err)
	}
	return time.Duration(at.Nano())
}
