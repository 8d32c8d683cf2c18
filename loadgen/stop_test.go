//go:build unix

package loadgen

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"memlite/reports"
)

// process is a server in a process of its own.
type process struct {
	addr    string
	profile string
	pid     int
}

// referenceServer starts the reference server.
func referenceServer(t *testing.T) process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveVariable+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return process{strings.TrimSpace(addr), "report", cmd.Process.Pid}
}

// stop has the system stop the process for a time, and returns how long that was.
func (p process) stop(long time.Duration) time.Duration {
	_ = syscall.Kill(p.pid, syscall.SIGSTOP) // if it fails, the run shows it
	begun := time.Now()
	time.Sleep(long)
	took := time.Since(begun) // shorter than the stop, if anything
	_ = syscall.Kill(p.pid, syscall.SIGCONT)
	return took
}

// The stop test: so many requests a second for so long, and in the middle a server that does nothing for a second.
const (
	stopRate = 1000
	stopRun  = 10 * time.Second
	stopTime = time.Second
)

// stopCase is one run of the stop test.
type stopCase struct {
	name   string
	server process
	plan   Plan
	after  time.Duration // when the server is stopped; 0: it is not

	took    time.Duration // the stop
	run     *reports.Run
	err     error
	over    float64 // share of the responses of more than 10 ms
	p99     time.Duration
	max     time.Duration
	service time.Duration // p99
	usual   time.Duration // median of the service times
	lag     time.Duration // p99.9 of the send lag
}

func (s *stopCase) String() string {
	return fmt.Sprintf("%s: stopped for %s: %.2f %% over 10 ms, p99 %s, max %s; p99 of the service times %s; p99.9 of the send lag %s",
		s.name, s.took.Round(time.Millisecond), 100*s.over, s.p99.Round(time.Microsecond), s.max.Round(time.Microsecond), s.service, s.lag)
}

func (s *stopCase) execute(ctx context.Context) {
	p := s.plan
	p.Target, p.Profile = s.server.addr, s.server.profile
	p.Rate, p.Duration, p.Drain, p.Sets, p.Keys = stopRate, stopRun, 10*time.Second, 0.1, 1000
	took := make(chan time.Duration, 1)
	if s.after > 0 {
		time.AfterFunc(s.after, func() { took <- s.server.stop(stopTime) })
	} else {
		took <- 0
	}
	s.run, s.err = Local{Loops: 1}.Execute(ctx, p)
	if s.took = <-took; s.err != nil {
		return
	}
	all := s.run.Total()
	s.p99, s.max = time.Duration(all.Percentiles.P99), time.Duration(all.Percentiles.Max)
	s.over = 1 - shareUpTo(all.Response, 10*time.Millisecond)
	s.service = time.Duration(all.Service.ValueAtQuantile(99))
	s.usual = time.Duration(all.Service.ValueAtQuantile(50))
	s.lag = time.Duration(s.run.Generator.SendLag.ValueAtQuantile(99.9))
}

// shareUpTo is the share of a histogram's samples of at most d.
func shareUpTo(h *reports.Histogram, d time.Duration) float64 {
	lo, hi := 0.0, 100.0
	for range 40 {
		if mid := (lo + hi) / 2; time.Duration(h.ValueAtQuantile(mid)) <= d {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo / 100
}

// The stop test. A server that stops for one second of ten makes every request that was to start in that second late by
// what was left of it: a tenth of the requests late, the p99 0.9 s. A tool that counts from the sending, or sends less
// while it waits, reports a p99 as if nothing had happened.
//
// What is too small is always wrong: a busy machine makes nothing quicker. What is too large is tried once more, and is wrong
// unless the machine was busy. That shows in the run's send lag and in its median service time (one client that needs
// 100 µs for an exchange needs 0.1 s to catch up with the second), and in the latencies of a run at the same time on a
// server that is not stopped. Where it was busy twice the upper bounds are not judged, and the log says so.
func TestStop(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 10 s")
	}
	t.Parallel()
	_, err := exec.LookPath("memcached")
	both := err == nil || required("memcached")
	var cases []*stopCase
	for _, arrival := range []string{"constant", "poisson"} {
		for _, clients := range []int{1, 50} {
			plan := Plan{Clients: clients, Arrival: arrival, Seed: int64(len(cases))}
			name := fmt.Sprintf("%s, %d clients", arrival, clients)
			cases = append(cases, &stopCase{name: name + ", reference server", plan: plan, server: referenceServer(t)})
			if both {
				addr, pid := memcachedProcess(t)
				cases = append(cases, &stopCase{name: name + ", memcached", plan: plan, server: process{addr, "memcached", pid}})
			}
		}
	}
	for i, c := range cases {
		c.after = 3*time.Second + time.Duration(i)*400*time.Millisecond // so that not all have to catch up at one time
	}
	idle := referenceServer(t)
	for try := 1; len(cases) > 0; try++ {
		control := &stopCase{name: "beside them, not stopped", server: idle, plan: Plan{Clients: 1}}
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		var all sync.WaitGroup
		for _, c := range append(cases, control) {
			all.Go(func() { c.execute(ctx) })
		}
		all.Wait()
		cancel()
		if control.err != nil {
			t.Fatal(control.err)
		}
		t.Log(control)
		var again []*stopCase
		for _, c := range cases {
			if c.err != nil {
				t.Errorf("%s: %v", c.name, c.err)
				continue
			}
			t.Log(c)
			checkRun(t, c.run)
			c.mustShow(t)
			switch tooMuch := c.tooMuch(); {
			case tooMuch == "":
			case try == 1: // what is counted wrong is so each time
				again = append(again, c)
			case !control.disturbed() && c.usual < 80*time.Microsecond && c.lag < 5*time.Millisecond:
				t.Errorf("%s, on a machine that was not busy: %s", tooMuch, c)
			default:
				t.Logf("not judged, since the machine was busy: %s", tooMuch)
			}
		}
		cases = again
	}
}

// disturbed says that requests took long although the server was let alone.
func (s *stopCase) disturbed() bool {
	return s.p99 > time.Millisecond || s.over > 0.001 || s.lag > 5*time.Millisecond
}

// mustShow checks what no machine can make untrue.
func (s *stopCase) mustShow(t *testing.T) {
	t.Helper()
	q := s.run.Requests
	if q.Dropped+q.Errors+q.Abandoned != 0 || s.run.Arrival == "constant" && q.Recorded != stopRate*int64(stopRun/time.Second) {
		t.Errorf("%+v: want everything sent and answered", q)
	}
	if s.over < 0.09 || s.p99 < 850*time.Millisecond || s.max < 950*time.Millisecond {
		t.Errorf("the stop is hidden: %s", s)
	}
	if s.service > s.p99/2 {
		t.Errorf("service time is not counted from the sending: %s", s)
	}
	var text, page bytes.Buffer
	r := &reports.Report{Runs: []*reports.Run{s.run}}
	if err := reports.Markdown(&text, r); err != nil {
		t.Error(err)
	}
	if err := reports.HTML(&page, r); err != nil {
		t.Error(err)
	}
	for name, report := range map[string]string{"md": text.String(), "html": page.String()} {
		for _, want := range []string{"service time", "Response time counts from the moment at which the request should have been sent"} {
			if !strings.Contains(report, want) {
				t.Errorf("%s: nobody is told which time is which: no %q", name, want)
			}
		}
	}
}

// tooMuch says what is larger than a stop of that length makes it, on a machine that has nothing else to do; "" if nothing.
func (s *stopCase) tooMuch() string {
	longer := s.took - stopTime // a sleep of one second takes longer
	switch {
	case s.over > 0.11+longer.Seconds()/stopRun.Seconds():
		return fmt.Sprintf("%.2f %% of the responses took over 10 ms", 100*s.over)
	case s.p99 > time.Second+longer:
		return fmt.Sprintf("p99 %s", s.p99)
	case s.max > 1100*time.Millisecond+longer:
		return fmt.Sprintf("max %s", s.max)
	}
	return ""
}

// What was sent to a server that is stopped when the run ends is abandoned, and counted: memcached reads it when it goes on. Of
// a pipeline it may read only a part then, since nobody takes its replies any more.
func TestMemcachedCountsTheAbandoned(t *testing.T) {
	t.Parallel()
	for _, p := range []Plan{
		{Clients: 20, Duration: 400 * time.Millisecond, Warmup: 50 * time.Millisecond},
		{Clients: 5, Duration: 400 * time.Millisecond, Pipeline: 16},
		{Clients: 10, Duration: 400 * time.Millisecond, Rate: 5000, Arrival: "poisson", Warmup: 50 * time.Millisecond},
	} {
		addr, pid := memcachedProcess(t)
		p.Target, p.Profile, p.Preload, p.Keys, p.Sets, p.Drain = addr, "memcached", true, 200, 0.2, 100*time.Millisecond
		before := stat(t, addr, "cmd_get", "cmd_set")
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		// The preload has been emitted as an interval when the run begins.
		var once sync.Once
		run, err := Local{Loops: 2}.Execute(ctx, p, &sink{then: func() {
			once.Do(func() { time.AfterFunc(250*time.Millisecond, func() { _ = syscall.Kill(pid, syscall.SIGSTOP) }) })
		}})
		cancel()
		_ = syscall.Kill(pid, syscall.SIGCONT)
		if err != nil {
			t.Errorf("%+v: %v", p, err)
			continue
		}
		checkRun(t, run)
		want, got := made(run), int64(0)
		for range 100 {
			if got = stat(t, addr, "cmd_get", "cmd_set") - before; got >= want || p.Pipeline > 1 {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if q := run.Requests; got > want || got < want-q.Abandoned || p.Pipeline <= 1 && got != want || q.Abandoned == 0 {
			t.Errorf("%+v: reported %+v, together %d, and want some abandoned; memcached counts %d", p, q, want, got)
		}
	}
}
