package loadgen

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"memlite/reports"
)

// execute runs a plan that is expected to end in time.
func execute(t *testing.T, l Local, p Plan, sinks ...reports.Sink) (*reports.Run, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	run, err := l.Execute(ctx, p, sinks...)
	if ctx.Err() != nil {
		t.Fatal("the run hung")
	}
	if run != nil {
		checkRun(t, run)
	}
	return run, err
}

// checkRun checks what holds for every run.
func checkRun(t *testing.T, r *reports.Run) {
	t.Helper()
	sum := map[string]*reports.Operation{}
	end := time.Duration(0)
	for i, v := range r.Intervals {
		if v.Start < end || v.Length < 0 {
			t.Errorf("interval %d: %s from %s, after one that ended at %s", i, v.Length, v.Start, end)
		}
		end = v.Start + v.Length
		for _, op := range v.Operations {
			if op.Response.TotalCount() != op.Count {
				t.Errorf("interval %d: %d response times for %d answers", i, op.Response.TotalCount(), op.Count)
			}
			if op.Name == "get" && op.MultiGets == 0 && op.Hits+op.Misses != op.Count {
				t.Errorf("interval %d: %d hits and %d misses are not %d", i, op.Hits, op.Misses, op.Count)
			}
			if !v.Recorded {
				continue
			}
			if sum[op.Name] == nil {
				sum[op.Name] = &reports.Operation{}
			}
			s := sum[op.Name]
			s.Count += op.Count
			s.Errors += op.Errors
			s.Sent += op.Sent
			s.Received += op.Received
		}
	}
	var recorded, failed int64
	for _, total := range r.Totals {
		s := sum[total.Name]
		if s == nil || s.Count != total.Count || s.Errors != total.Errors || s.Sent != total.Sent || s.Received != total.Received {
			t.Errorf("%s: totals %+v are not the sum of the recorded intervals, %+v", total.Name, total, s)
		}
		if total.Response.TotalCount() != total.Count {
			t.Errorf("%s: %d response times for %d answers", total.Name, total.Response.TotalCount(), total.Count)
		}
		if open := r.Arrival != "closed"; open != (total.Service != nil) || open && total.Service.TotalCount() != total.Count {
			t.Errorf("%s: service times %v in a loop that is open: %v", total.Name, total.Service, open)
		}
		byKind := int64(0)
		for _, n := range total.Outcomes {
			byKind += n
		}
		if byKind != total.Errors {
			t.Errorf("%s: %d errors, by kind %v", total.Name, total.Errors, total.Outcomes)
		}
		recorded += total.Count
		failed += total.Errors
	}
	if recorded != r.Requests.Recorded || failed != r.Requests.Errors {
		t.Errorf("requests %+v, but totals have %d answers and %d errors", r.Requests, recorded, failed)
	}
}

// made is how many requests were sent according to the run.
func made(r *reports.Run) int64 {
	q := r.Requests
	return q.Preloaded + q.WarmUp + q.Recorded + q.Errors + q.Abandoned
}

func kindsIn(r *reports.Run) map[string]int64 {
	kinds := map[string]int64{}
	for _, op := range r.Totals {
		for k, n := range op.Outcomes {
			kinds[k] += n
		}
	}
	return kinds
}

// Everything that was sent is in the report, once: the server counts the same number.
func TestEveryRequestIsAccountedFor(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, l Local) {
		for _, p := range []Plan{
			{Clients: 7, Duration: 150 * time.Millisecond},
			{Clients: 3, Duration: 150 * time.Millisecond, Pipeline: 16, Warmup: 100 * time.Millisecond},
			{Clients: 1, Requests: 1000, Sets: 0.5},
			{Clients: 5, Requests: 777, Pipeline: 4, Warmup: 100 * time.Millisecond},
			{Clients: 100, Requests: 33},
			{Clients: 4, Duration: 200 * time.Millisecond, Rate: 3000, Warmup: 100 * time.Millisecond},
			{Clients: 4, Duration: 150 * time.Millisecond, Rate: 3000, Arrival: "poisson", Pipeline: 2},
			{Clients: 4, Requests: 501, Rate: 5000},
			{Clients: 10, Duration: 150 * time.Millisecond, Think: 20 * time.Millisecond, Pipeline: 2},
		} {
			s := serve(t, nil, nil)
			p.Target, p.Preload, p.Keys, p.Sets = s.addr, true, 53, max(p.Sets, 0.2)
			run, err := execute(t, l, p)
			if err != nil {
				t.Errorf("%+v: %v", p, err)
				continue
			}
			if made(run) != s.total() {
				t.Errorf("%+v: reported %+v, together %d; the server read %d", p, run.Requests, made(run), s.total())
			}
			q := run.Requests
			if q.Preloaded != 53 || q.Errors+q.Abandoned != 0 || q.Recorded == 0 || (p.Warmup > 0) != (q.WarmUp > 0) {
				t.Errorf("%+v: %+v", p, q)
			}
			if p.Requests > 0 && q.Recorded+q.Dropped != p.Requests {
				t.Errorf("%+v: recorded %d", p, q.Recorded)
			}
			for _, op := range run.Totals {
				if op.Misses > 0 {
					t.Errorf("%+v: %d misses after a preload", p, op.Misses)
				}
			}
			if c := run.Connections; c.Opened != int64(p.Clients) || c.Failed+c.Lost != 0 || s.conns.Load() != c.Opened {
				t.Errorf("%+v: connections %+v, the server has seen %d", p, c, s.conns.Load())
			}
		}
	})
}

// The number of starts of an open loop depends on nothing but the plan.
func TestOpenLoopKeepsItsSchedule(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, l Local) {
		s := serve(t, nil, nil)
		run, err := execute(t, l, Plan{Target: s.addr, Clients: 10, Rate: 2000, Duration: 500 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if q := run.Requests; q.Recorded+q.Errors+q.Abandoned+q.Dropped != 1000 {
			t.Errorf("%+v: want 1000 starts", q)
		}
		lag := run.Generator.SendLag
		if lag.TotalCount() != run.Requests.Recorded || run.Generator.Loops != 2 {
			t.Errorf("%d send lags for %d requests, %d loops", lag.TotalCount(), run.Requests.Recorded, run.Generator.Loops)
		}
	})
}

// stopping answers well, but not in a time that counts from the first request.
func stopping(from, to time.Duration) func(request) (string, error) {
	var begun atomic.Int64
	return func(r request) (string, error) {
		begun.CompareAndSwap(0, time.Now().UnixNano())
		if since := time.Since(time.Unix(0, begun.Load())); since > from && since < to {
			time.Sleep(to - since)
		}
		return r.good, nil
	}
}

// Starts that wait for a client when the schedule ends are sent while the run drains: a stop in the last moments shows, and
// the rate that was not kept does not count as kept.
func TestServerStopsAtTheEnd(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, l Local) {
		s := serve(t, stopping(200*time.Millisecond, 900*time.Millisecond), nil)
		run, err := execute(t, l, Plan{Target: s.addr, Clients: 4, Rate: 1000, Duration: 500 * time.Millisecond, Drain: 20 * time.Second, Queue: 20 * time.Second, Sets: 1})
		if err != nil {
			t.Fatal(err)
		}
		if q := run.Requests; q.Recorded != 500 || q.Dropped+q.Abandoned+q.Errors > 0 {
			t.Fatalf("%+v: want 500 answers and nothing else", q)
		}
		// 300 starts wait from 400 to 700 ms.
		if at := time.Duration(run.Totals[0].Response.ValueAtQuantile(50)); at < 400*time.Millisecond {
			t.Errorf("half of the responses took %s or less: the stop is hidden", at)
		}
		if took := run.Recorded(); took < 800*time.Millisecond {
			t.Errorf("500 requests count as done in %s", took)
		}
	})
}

// A server that stops for a while: response time, counted from the intended start, shows it; service time hides it.
func TestServerStops(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, l Local) {
		s := serve(t, stopping(300*time.Millisecond, 700*time.Millisecond), nil)
		run, err := execute(t, l, Plan{Target: s.addr, Clients: 4, Rate: 1000, Duration: 1200 * time.Millisecond, Drain: 20 * time.Second, Queue: 20 * time.Second, Sets: 1})
		if err != nil {
			t.Fatal(err)
		}
		if q := run.Requests; q.Recorded != 1200 || q.Dropped+q.Abandoned+q.Errors > 0 {
			t.Fatalf("%+v: want 1200 answers and nothing else", q)
		}
		// 400 of 1200 starts fall into the stop, 300 of them wait for 100 ms or more; only 4 are in flight in it.
		response, service := run.Totals[0].Response, run.Totals[0].Service
		if at := time.Duration(response.ValueAtQuantile(85)); at < 100*time.Millisecond {
			t.Errorf("85 %% of the responses took %s or less: the stop is hidden", at)
		}
		if at := time.Duration(response.ValueAtQuantile(100)); at < 350*time.Millisecond {
			t.Errorf("longest response %s, the stop took 400 ms", at)
		}
		if at := time.Duration(service.ValueAtQuantile(85)); at > 100*time.Millisecond {
			t.Errorf("85 %% of the service times are %s or less: they are not counted from the sending", at)
		}
	})
}

// A fixed delay of the server is what the histogram shows.
func TestFixedDelay(t *testing.T) {
	t.Parallel()
	s := serve(t, func(r request) (string, error) {
		time.Sleep(20 * time.Millisecond)
		return r.good, nil
	}, nil)
	run, err := execute(t, Local{}, Plan{Target: s.addr, Clients: 8, Requests: 160})
	if err != nil {
		t.Fatal(err)
	}
	p := run.Totals[0].Percentiles
	if p.P50 < int64(20*time.Millisecond) || p.P50 > int64(60*time.Millisecond) {
		t.Errorf("p50 is %s for a delay of 20 ms", time.Duration(p.P50))
	}
}

// Starts that find no client in time are dropped and counted.
func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	s := serve(t, func(r request) (string, error) {
		time.Sleep(100 * time.Millisecond)
		return r.good, nil
	}, nil)
	run, err := execute(t, Local{}, Plan{Target: s.addr, Clients: 2, Rate: 1000, Duration: 600 * time.Millisecond, Queue: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	q := run.Requests
	if q.Recorded+q.Errors+q.Abandoned+q.Dropped != 600 || q.Recorded > 14 || q.Recorded < 2 {
		t.Errorf("%+v: want 600 starts, of which two clients can serve some ten", q)
	}
	var inIntervals int64
	for _, i := range run.Intervals {
		inIntervals += i.Dropped
	}
	if inIntervals != q.Dropped {
		t.Errorf("%d dropped, in the intervals %d", q.Dropped, inIntervals)
	}
	if at := time.Duration(run.Totals[0].Response.ValueAtQuantile(100)); at < 100*time.Millisecond {
		t.Errorf("longest response %s", at)
	}
	bounded, err := execute(t, Local{}, Plan{Target: s.addr, Clients: 2, Rate: 1000, Requests: 300, Queue: 50 * time.Millisecond})
	if err != nil || bounded.Requests.Recorded+bounded.Requests.Dropped != 300 || bounded.Requests.Dropped == 0 {
		t.Errorf("%+v, %v: want 300 starts, most of them dropped", bounded, err)
	}
	if w := strings.Join(run.Warnings, "\n"); !strings.Contains(w, "never sent") || !strings.Contains(w, "rate was not reached") {
		t.Errorf("warnings %q", w)
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Skipf("no unix sockets here: %v", err)
	}
	defer ln.Close()
	go func() {
		s := &scripted{}
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); s.talk(c, 0, nil) }()
		}
	}()
	engines(t, func(t *testing.T, l Local) {
		run, err := execute(t, l, Plan{Target: "unix://" + path, Clients: 3, Requests: 100})
		if err != nil || run.Requests.Recorded != 100 {
			t.Errorf("%+v, %v", run, err)
		}
	})
}

func TestHostName(t *testing.T) {
	s := serve(t, nil, nil)
	_, port, _ := net.SplitHostPort(s.addr)
	for _, target := range []string{"localhost:" + port, ":" + port} {
		run, err := execute(t, Local{}, Plan{Target: target, Clients: 2, Requests: 10})
		if err != nil || run.Requests.Recorded != 10 {
			t.Errorf("%s: %v", target, err)
		}
	}
}

// sink keeps what it is given.
type sink struct {
	intervals int
	closed    int
	then      func()
}

func (s *sink) Interval(*reports.Interval) error {
	s.intervals++
	if s.then != nil {
		s.then()
	}
	return nil
}

func (s *sink) Close() error { s.closed++; return nil }

// A run that is cancelled ends at once, with what it has, and without an error.
func TestCancel(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, l Local) {
		for name, plan := range map[string]Plan{
			"closed":  {Duration: time.Hour},
			"open":    {Duration: time.Hour, Rate: 500},
			"warm-up": {Duration: time.Hour, Warmup: time.Hour},
			"silent":  {Duration: time.Hour, Drain: 50 * time.Millisecond},
			"preload": {Duration: time.Hour, Preload: true, Keys: 1 << 30, KeySize: "250"},
		} {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			var begun sync.Once
			s := serve(t, func(r request) (string, error) {
				begun.Do(func() { time.AfterFunc(200*time.Millisecond, cancel) })
				if name == "silent" && r.n > 2 {
					return "", nil
				}
				return r.good, nil
			}, nil)
			plan.Target, plan.Clients = s.addr, 3
			began, kept := time.Now(), &sink{}
			run, err := l.Execute(ctx, plan, kept)
			cancel()
			if took := time.Since(began); err != nil || took > 10*time.Second {
				t.Errorf("%s: %v after %s", name, err, took)
				continue
			}
			checkRun(t, run)
			if !run.CutShort || !strings.Contains(strings.Join(run.Warnings, "\n"), "cut short") || kept.closed != 1 {
				t.Errorf("%s: cut short %v, warnings %q, sink closed %d times", name, run.CutShort, run.Warnings, kept.closed)
			}
			if !s.reads(made(run)) {
				t.Errorf("%s: %+v, the server read %d", name, run.Requests, s.total())
			}
			if name == "silent" && run.Requests.Abandoned != 3 && !testing.Short() { // the race detector may be too slow for all three to have asked
				t.Errorf("%s: %+v, want 3 abandoned", name, run.Requests)
			}
		}
	})
}

func TestCancelBeforeTheStart(t *testing.T) {
	s := serve(t, nil, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	run, err := Local{}.Execute(ctx, Plan{Target: s.addr})
	if err != nil || !run.CutShort || made(run) != 0 {
		t.Errorf("%+v, %v", run, err)
	}
}

// Each second has its interval, and the sinks see it while the run goes on.
func TestIntervals(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	kept, seen := &sink{}, 0
	kept.then = func() { seen++ }
	run, err := execute(t, Local{}, Plan{Target: s.addr, Clients: 2, Rate: 200, Duration: 1500 * time.Millisecond, Warmup: 300 * time.Millisecond}, kept)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range run.Intervals {
		got = append(got, fmt.Sprintf("%s %v", i.Stage, i.Recorded))
	}
	want := "warm-up false, run true, run true"
	if s := strings.Join(got, ", "); s != want || kept.intervals != 3 || kept.closed != 1 {
		t.Errorf("intervals %s (the sink has seen %d); want %s", s, kept.intervals, want)
	}
	if got := run.Intervals[1].Start; got != 300*time.Millisecond {
		t.Errorf("recording began at %s", got)
	}
	// On a busy machine the last starts may find no client free before the end, and the run lasts until they are answered.
	if e := run.Elapsed; e < 1800*time.Millisecond || e > 2800*time.Millisecond {
		t.Errorf("elapsed %s, want what the schedule says", e)
	}
	if q := run.Requests; q.Recorded+q.Dropped+q.Errors+q.Abandoned != 300 || q.WarmUp+run.Intervals[0].Dropped != 60 {
		t.Errorf("%+v, want 60 and 300 starts", q)
	}
}

func TestThinkTime(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	run, err := execute(t, Local{}, Plan{Target: s.addr, Clients: 10, Think: 50 * time.Millisecond, Duration: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	// Each client asks at most every 50 ms: 10 times in 500 ms, and once more at the start.
	if n := run.Requests.Recorded; n > 110 || n < 10 {
		t.Errorf("%d requests, want about 100", n)
	}
}

// The same plan and seed make the same requests.
func TestSeed(t *testing.T) {
	keys := func(seed int64) string {
		var all []string
		s := serve(t, func(r request) (string, error) { all = append(all, r.key); return r.good, nil }, nil)
		if _, err := execute(t, Local{Loops: 1}, Plan{Target: s.addr, Clients: 1, Requests: 100, Seed: seed}); err != nil {
			t.Fatal(err)
		}
		s.stop()
		return strings.Join(all, " ")
	}
	if a, b, c := keys(1), keys(1), keys(2); a != b || a == c {
		t.Error("the seed, and nothing else, is to decide which keys are asked for")
	}
}

func TestLargeValues(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, l Local) {
		s := serve(t, nil, nil)
		run, err := execute(t, l, Plan{Target: s.addr, Clients: 2, Keys: 3, Preload: true, Sets: 0.5, Pipeline: 8, ValueSize: "0-1MiB", Requests: 60})
		if err != nil || run.Requests.Recorded != 60 {
			t.Errorf("%+v, %v", run, err)
		}
	})
}
