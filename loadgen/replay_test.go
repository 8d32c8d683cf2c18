package loadgen

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// someTrace has n requests over a few seconds, with keys of its own, and other operations between them.
func someTrace(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d,key-%d,8,%d,%d,%s,0\n", 100+i*3/n, i%97, i%500, i%7, []string{"get", "gets", "set", "cas", "get"}[i%5])
		if i%10 == 0 {
			fmt.Fprintf(&b, "%d,key-%d,8,0,0,delete,0\n", 100+i*3/n, i)
		}
	}
	return b.String()
}

// Every request of a trace is made, once, at every speed, on every engine.
func TestReplay(t *testing.T) {
	t.Parallel()
	const n = 5000
	path := traceFile(t, "t.csv.zst", someTrace(n))
	engines(t, func(t *testing.T, l Local) {
		for _, p := range []Plan{
			{Clients: 5, Speed: "max"},
			{Clients: 5, Speed: "max", Pipeline: 8},
			{Clients: 50, Speed: "max", Requests: 1234},
			{Clients: 20, Speed: "10x"},
			{Clients: 20, Speed: "10x", Requests: 777},
		} {
			s := serve(t, nil, nil)
			p.Target, p.Replay = s.addr, path
			run, err := execute(t, l, p)
			if err != nil {
				t.Errorf("%+v: %v", p, err)
				continue
			}
			want := int64(n)
			if p.Requests > 0 {
				want = p.Requests
			}
			q := run.Requests
			if s.total() != made(run) || q.Recorded+q.Dropped != want || q.Errors+q.Abandoned > 0 || run.CutShort {
				t.Errorf("%+v: reported %+v, want %d; the server read %d; cut short: %v", p, q, want, s.total(), run.CutShort)
			}
			if p.Requests == 0 && q.Dropped == 0 && s.sets.Load() != n*2/5 {
				t.Errorf("%+v: %d sets, want %d", p, s.sets.Load(), n*2/5)
			}
			if p.Requests == 0 && !strings.Contains(fmt.Sprint(run.Warnings), `500 of 5500 lines are neither gets nor sets and were skipped: "delete" 500`) {
				t.Errorf("%+v: %q", p, run.Warnings)
			}
		}
	})
}

// Each request of a trace goes to the server of its key.
func TestReplayOnSeveralServers(t *testing.T) {
	t.Parallel()
	const n = 5000
	path := traceFile(t, "t.csv", someTrace(n))
	for _, speed := range []string{"max", "10x"} {
		a, b := serve(t, nil, nil), serve(t, nil, nil)
		run, err := execute(t, Local{Loops: 2}, Plan{Target: a.addr + "," + b.addr, Clients: 8, Replay: path, Speed: speed})
		if err != nil || run.Requests.Recorded+run.Requests.Dropped != n || a.total()+b.total() != made(run) || a.total() == 0 || b.total() == 0 {
			t.Errorf("%s: %+v, %v; the servers read %d and %d", speed, run.Requests, err, a.total(), b.total())
		}
	}
}

// replaySchedule returns when the requests of a trace start, as one loop sees them.
func replaySchedule(t *testing.T, text, speed string) (at []time.Duration) {
	t.Helper()
	r, err := openReplay(Plan{Replay: traceFile(t, "t.csv", text), Speed: speed}, Segment{0, 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	f := r.feeds[0]
	f.wake = func() {}
	go r.run()
	pacer := f.Pacer(Segment{0, 1}, 0)
	for !f.over {
		n := f.take()
		for range n {
			a, _ := pacer.Next()
			at = append(at, a)
		}
		time.Sleep(time.Millisecond)
	}
	<-r.done
	return at
}

func TestReplayTimes(t *testing.T) {
	line := func(second int) string { return fmt.Sprintf("%d,k,1,1,1,get,0\n", second) }
	text := line(50) + line(50) + "50,k,1,1,1,delete,0\n" + line(50) + line(50) + line(51) + line(53) + line(53) + line(52)
	ms := time.Millisecond
	for speed, want := range map[string][]time.Duration{
		"1x": {0, 250 * ms, 500 * ms, 750 * ms, 1000 * ms, 3000 * ms, 3333333333, 3666666666},
		"2x": {0, 125 * ms, 250 * ms, 375 * ms, 500 * ms, 1500 * ms, 1666666666, 1833333333},
	} {
		got := replaySchedule(t, text, speed)
		if !slices.EqualFunc(got, want, func(a, b time.Duration) bool { return math.Abs(float64(a-b)) < 100 }) {
			t.Errorf("%s: %v, want %v", speed, got, want)
		}
	}
	// More than a batch, and more than all of them.
	var b strings.Builder
	for i := range 20_000 {
		b.WriteString(line(i / 10_000))
	}
	for i, at := range replaySchedule(t, b.String(), "1x") {
		if want := time.Duration(i) * 100 * time.Microsecond; (at - want).Abs() > 100 {
			t.Fatalf("request %d starts at %s, want %s", i, at, want)
		}
	}
}

// What no server would take as it stands is made fit, and said.
func TestReplayOfOddRequests(t *testing.T) {
	t.Parallel()
	addr := memcached(t)
	text := "0,plain,5,10,1,set,100\n0,two words,9,10,1,set,0\n0," + strings.Repeat("x", 251) + ",251,10,1,set,0\n0,old,3,3,1,set,99999999\n" +
		"5,plain,5,10,1,get,0\n5,two words,9,10,1,get,0\n5,old,3,0,1,get,0\n"
	run, err := execute(t, Local{Loops: 2}, Plan{Target: addr, Profile: "memcached", Clients: 4, Replay: traceFile(t, "odd.csv", text), Speed: "50x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range run.Totals {
		if op.Errors > 0 || op.Misses > 0 || op.Name == "get" && op.Hits != 3 || op.Name == "set" && op.Count != 4 {
			t.Errorf("%+v", op)
		}
	}
	if said := fmt.Sprint(run.Warnings); !strings.Contains(said, "3 keys are longer than 250 bytes or have bytes that no key may have") {
		t.Error(said)
	}
	if n := exptime(99999999, func() time.Time { return time.Unix(1e9, 0) }); n != 1e9+99999999 {
		t.Errorf("a time to live of years is sent as %d", n)
	}
}

func TestReplayPlans(t *testing.T) {
	for _, c := range []struct {
		p    Plan
		want string
	}{
		{Plan{Speed: "2x"}, "none without a replay"},
		{Plan{Replay: "x", Speed: "fast"}, `speed "fast"`},
		{Plan{Replay: "x", Speed: "0x"}, `speed "0x"`},
		{Plan{Replay: "x", Sets: 0.1, Keys: 5}, "leave out sets, keys"},
		{Plan{Replay: "x", Preload: true, Warmup: 1}, "leave out preload, warmup"},
		{Plan{Replay: "x", Rate: 1}, "leave out rate"},
		{Plan{Arrival: "trace"}, "none without a replay"},
	} {
		c.p.Target = ":1"
		if err := c.p.Validate(); !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%+v: %v, want %q", c.p, err, c.want)
		}
	}
	p := Plan{Target: ":1", Replay: "x"}
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
	if s := fmt.Sprint(p.Settings()); !strings.Contains(s, "{replay x} {speed 1x}") || strings.Contains(s, "sets") || strings.Contains(s, "rate") || strings.Contains(s, "duration") {
		t.Error(s)
	}
}

// A trace that ends in the middle of its compression cuts the run short.
func TestReplayOfHalfAFile(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	path := traceFile(t, "t.csv.gz", someTrace(100_000))
	halve(t, path)
	run, err := execute(t, Local{Loops: 1}, Plan{Target: s.addr, Replay: path, Speed: "max", Clients: 10, Pipeline: 16})
	if err != nil || !run.CutShort || !strings.Contains(fmt.Sprint(run.Warnings), "cannot be read behind line") {
		t.Errorf("%v, cut short: %v, %q", err, run.CutShort, run.Warnings)
	}
}

// A replay that is stopped leaves nobody behind (goleak looks).
func TestReplayIsStopped(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	run, err := execute(t, Local{Loops: 2}, Plan{Target: s.addr, Replay: traceFile(t, "t.csv", someTrace(50_000)), Duration: 200 * time.Millisecond, Clients: 10})
	if err != nil || run.Requests.Recorded == 0 || run.Requests.Recorded > 20_000 {
		t.Errorf("%+v, %v", run.Requests, err)
	}
}

// Neither the loop nor the reader allocates for a request: what a replay of many takes is what one of few takes.
func TestReplayDoesNotAllocate(t *testing.T) {
	r, err := openReplay(Plan{Replay: traceFile(t, "t.csv", someTrace(60_000)), Speed: "1x"}, Segment{0, 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	f := r.feeds[0]
	f.wake = func() {}
	go r.run()
	defer func() { close(r.stop); <-r.done }()
	pacer, op, buf := f.Pacer(Segment{0, 1}, 0), Op{Key: make([]byte, 0, maxKeySize)}, make([]byte, 0, 4096)
	left, values := int64(0), make([]byte, 4096)
	allocs := testing.AllocsPerRun(50_000, func() {
		for left == 0 {
			if left = f.take(); left == 0 {
				runtime.Gosched()
			}
		}
		left--
		pacer.Next()
		f.Next(nil, &op)
		buf = classic{}.appendRequest(buf[:0], &op, values[:op.Size])
	})
	if allocs != 0 {
		t.Errorf("%v allocations per request", allocs)
	}
}
