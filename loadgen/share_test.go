package loadgen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"memlite/reports"
	"memlite/server/netloop"
)

// together executes a plan in so many shares at once, each with another number of loops, as a fleet would but without a network: samples go
// through their JSON form to one Tally. It returns the whole run, and each share's own.
func together(t *testing.T, p Plan, shares int) (*reports.Run, []*reports.Run) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var agents []*reports.Agent
	for i := range shares {
		from, to := Segment{i, shares}.share(int64(p.withDefaults().Clients))
		agents = append(agents, &reports.Agent{Name: fmt.Sprint("agent ", i), ID: fmt.Sprint(i), Clients: int(to - from), Share: 1 / float64(shares)})
	}
	var mu sync.Mutex
	tally := NewTally(p, nil, agents...)
	var ready, running sync.WaitGroup
	ready.Add(shares)
	preloaded := true
	number := 1 + rand.Uint64N(1<<36-1)
	own := make([]*reports.Run, shares)
	for i := range shares {
		running.Go(func() {
			var err error
			own[i], err = Local{Loops: i + 1, Share: &Share{
				Segment: Segment{i, shares}, Run: number,
				Ready: func(_ context.Context, ok bool) (Start, error) {
					mu.Lock()
					preloaded = preloaded && ok
					mu.Unlock()
					ready.Done()
					ready.Wait()
					return Start{netloop.Now() + 20*time.Millisecond, preloaded}, nil
				},
				Sample: func(s *Sample) error {
					text, err := json.Marshal(s)
					var read Sample
					if err = errors.Join(err, json.Unmarshal(text, &read)); err != nil {
						return err
					}
					mu.Lock()
					defer mu.Unlock()
					return tally.Add(i, &read)
				},
			}}.Execute(ctx, p)
			if err != nil {
				t.Errorf("share %d: %v", i, err)
			}
			mu.Lock()
			defer mu.Unlock()
			tally.End(i)
		})
	}
	running.Wait()
	run, err := tally.Run()
	if err != nil {
		t.Fatalf("%+v: %v", p, err)
	}
	checkRun(t, run)
	for _, r := range own {
		if r == nil {
			t.FailNow()
		}
		checkRun(t, r)
	}
	return run, own
}

// same says whether two histograms hold the same samples, bucket by bucket.
func same(a, b *reports.Histogram) bool {
	if a == nil || b == nil {
		return a.TotalCount() == b.TotalCount()
	}
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && string(x) == string(y)
}

// Shares do the whole plan and nothing twice, and the whole run is their sum, sample by sample.
func TestSharesAreTheWhole(t *testing.T) {
	t.Parallel()
	trace := traceFile(t, "t.csv", someTrace(5000))
	for _, c := range []struct {
		name string
		plan Plan
		want int64 // requests of recorded stages; 0: whatever comes
	}{
		{"constant", Plan{Clients: 20, Rate: 3001, Duration: 1200 * time.Millisecond}, 3602},
		{"ramp behind a stage", Plan{Clients: 20, Stages: []Stage{{Duration: 300 * time.Millisecond, Rate: 1000}, {Duration: time.Second, Rate: 500, To: 2500}}}, 1800},
		{"open, bounded", Plan{Clients: 20, Rate: 2000, Requests: 1001}, 1001},
		{"closed, bounded", Plan{Clients: 7, Requests: 1003, Pipeline: 3}, 1003},
		{"closed, warm-up", Plan{Clients: 7, Warmup: 200 * time.Millisecond, Duration: 300 * time.Millisecond}, 0},
		{"replay", Plan{Clients: 9, Replay: trace, Speed: "10x"}, 5000},
		{"replay, bounded", Plan{Clients: 9, Replay: trace, Speed: "max", Requests: 777}, 777},
	} {
		s := serve(t, nil, nil)
		c.plan.Target = s.addr
		if c.plan.Replay == "" {
			c.plan.Sets = 0.3
		}
		run, own := together(t, c.plan, 3)
		q := run.Requests
		if made := q.Recorded + q.Errors + q.Abandoned + q.Dropped; c.want > 0 && made != c.want || q.Errors > 0 {
			t.Errorf("%s: %+v, want %d requests", c.name, q, c.want)
		}
		if q.Dropped == 0 && !s.reads(made(run)) {
			t.Errorf("%s: reported %+v, the server read %d", c.name, q, s.total())
		}
		if run.Connections.Opened != int64(c.plan.Clients) || run.Clients != c.plan.Clients {
			t.Errorf("%s: %d connections of %d clients, want %d", c.name, run.Connections.Opened, run.Clients, c.plan.Clients)
		}
		var totals []*reports.Operation
		for i, r := range own {
			totals = addTo(totals, r.Totals)
			a := run.Agents[i]
			if len(a.Totals) != len(r.Totals) || a.Requests != r.Requests || a.Connections != r.Connections || a.Started == nil {
				t.Errorf("%s, share %d: %+v, of its own %+v", c.name, i, a, r.Requests)
				continue
			}
			for k, o := range a.Totals {
				if !same(o.Response, r.Totals[k].Response) || !same(o.Service, r.Totals[k].Service) {
					t.Errorf("%s, share %d: %s is not what it measured", c.name, i, o.Name)
				}
			}
		}
		for k, o := range run.Totals {
			if !same(o.Response, totals[k].Response) || !same(o.Service, totals[k].Service) {
				t.Errorf("%s: %s is not the sum of the shares", c.name, o.Name)
			}
		}
		if len(c.plan.Stages) > 0 && len(run.Stages) != 2 {
			t.Errorf("%s: stages %v", c.name, run.Stages)
		}
	}
}

// Every key is preloaded once, and what one share has set another knows as the run's own.
func TestSharesPreload(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	sets := map[string]int{}
	s := serve(t, func(r request) (string, error) {
		if r.set {
			mu.Lock()
			defer mu.Unlock()
			sets[r.key]++
		}
		return r.good, nil
	}, nil)
	run, _ := together(t, Plan{Target: s.addr, Clients: 8, Keys: 1001, Preload: true, Verify: true, Duration: 300 * time.Millisecond, ValueSize: "60"}, 3)
	if len(sets) != 1001 || run.Requests.Preloaded != 1001 {
		t.Errorf("%d keys, %d preloaded, want 1001", len(sets), run.Requests.Preloaded)
	}
	for key, n := range sets {
		if n != 1 {
			t.Errorf("%s: set %d times", key, n)
		}
	}
	v := run.Verification
	if v == nil || v.Checked == 0 || v.Checked != run.Requests.Recorded || v.Findings() > 0 {
		t.Errorf("%+v", v)
	}
	for _, w := range run.Warnings {
		if strings.HasPrefix(w, "verification") {
			t.Error(w)
		}
	}
}

// Several servers get their own keys from every share.
func TestSharesOfSeveralServers(t *testing.T) {
	t.Parallel()
	a, b := serve(t, nil, nil), serve(t, nil, nil)
	run, _ := together(t, Plan{Target: a.addr + "," + b.addr, Clients: 12, Rate: 2000, Duration: 500 * time.Millisecond}, 3)
	if len(run.Servers) != 2 || run.Servers[0].Clients != 6 || run.Servers[1].Clients != 6 {
		t.Fatalf("%+v", run.Servers)
	}
	for i, s := range []*scripted{a, b} {
		if n := run.Servers[i].Total().Count; n == 0 || run.Requests.Abandoned == 0 && !s.reads(n) {
			t.Errorf("server %d: %d, and it read %d", i, n, s.total())
		}
	}
	if run.Requests.Recorded != 1000 {
		t.Errorf("%+v", run.Requests)
	}
}

// A lost share is missing from then on, and the run says so.
func TestLostShare(t *testing.T) {
	agents := []*reports.Agent{{Name: "a", ID: "1", Clients: 1, Share: 0.5}, {Name: "b", ID: "2", Clients: 1, Share: 0.5}}
	var seen []*reports.Interval
	tally := NewTally(Plan{Target: "127.0.0.1:1", Clients: 2, Duration: 3 * time.Second}, []reports.Sink{sinkOf(func(i *reports.Interval) { seen = append(seen, i) })}, agents...)
	second := func(k int) *Sample {
		h := oneSample()
		return &Sample{Start: time.Duration(k) * time.Second, Length: time.Second, Parts: []Part{{Operations: []*reports.Operation{{Name: "get", Count: 1, Misses: 1, Response: h}}}}, State: State{Clients: 1}}
	}
	add := func(i, k int) {
		if err := tally.Add(i, second(k)); err != nil {
			t.Fatal(err)
		}
	}
	add(0, 0)
	add(1, 0)
	add(0, 1)
	if len(seen) != 1 {
		t.Fatalf("%d intervals were shown, one of them without agent b's part", len(seen))
	}
	tally.Lose(1, "gone")
	add(1, 1) // is not used any more
	add(0, 2)
	tally.End(0)
	run, err := tally.Run()
	if err != nil || len(run.Intervals) != 3 || run.Requests.Recorded != 4 {
		t.Fatalf("%v: %+v", err, run)
	}
	for k, want := range []float64{0, 0.5, 0.5} {
		if run.Intervals[k].Missing != want {
			t.Errorf("second %d lacks %v of the load, want %v", k, run.Intervals[k].Missing, want)
		}
	}
	lost := run.Lost()
	if len(lost) != 1 || lost[0].Name != "b" || lost[0].Loss.At != time.Second || lost[0].Loss.Reason != "gone" {
		t.Errorf("%+v", lost)
	}
	if !slices.ContainsFunc(run.Warnings, func(w string) bool {
		return strings.Contains(w, "agent b is missing from 1s on (gone): 50 % of the load")
	}) {
		t.Errorf("%q", run.Warnings)
	}
}

// A second in which a share is lost is as long as for the others: else their rates would look higher than they were. It lacks what came after.
func TestLostWithinASecond(t *testing.T) {
	agents := []*reports.Agent{{Name: "a", ID: "1", Clients: 1, Share: 0.5}, {Name: "b", ID: "2", Clients: 1, Share: 0.5}}
	tally := NewTally(Plan{Target: "127.0.0.1:1", Clients: 2, Duration: 3 * time.Second}, nil, agents...)
	add := func(i, second int, length time.Duration) {
		op := &reports.Operation{Name: "get", Count: 1, Misses: 1, Response: oneSample()}
		if err := tally.Add(i, &Sample{Start: time.Duration(second) * time.Second, Length: length, Parts: []Part{{Operations: []*reports.Operation{op}}}, State: State{Clients: 1}}); err != nil {
			t.Fatal(err)
		}
	}
	for second := range 3 {
		add(0, second, time.Second)
		if second == 0 {
			add(1, 0, time.Second)
		} else if second == 1 {
			add(1, 1, time.Second/4)
			tally.Lose(1, "gone")
		}
	}
	tally.End(0)
	run, err := tally.Run()
	if err != nil || run.Recorded() != 3*time.Second || run.Lost()[0].Loss.At != 1250*time.Millisecond {
		t.Fatalf("%v: recorded %s, lost at %s", err, run.Recorded(), run.Lost()[0].Loss.At)
	}
	for k, want := range []float64{0, 0.375, 0.5} {
		if run.Intervals[k].Missing != want {
			t.Errorf("second %d lacks %v of the load, want %v", k, run.Intervals[k].Missing, want)
		}
	}
}

// oneSample is a histogram as it comes over a network.
func oneSample() *reports.Histogram {
	h := reports.NewHistogram()
	h.Record(time.Millisecond)
	_ = h.Pack() // cannot fail: it is our own
	return h
}

type sinkOf func(*reports.Interval)

func (f sinkOf) Interval(i *reports.Interval) error { f(i); return nil }
func (f sinkOf) Close() error                       { return nil }

// Samples that cannot be are refused whole.
func TestHostileSamples(t *testing.T) {
	good := func() *Sample {
		h := oneSample()
		return &Sample{Length: time.Second, Parts: []Part{{Operations: []*reports.Operation{{Name: "get", Count: 1, Misses: 1, Response: h}}}}, State: State{Clients: 1}}
	}
	for name, change := range map[string]func(*Sample){
		"":                     func(*Sample) {},
		"stage 7":              func(s *Sample) { s.Stage = 7 },
		"an interval of":       func(s *Sample) { s.Length = -1 },
		"server 3":             func(s *Sample) { s.Parts[0].Server = 3 },
		"a second time":        func(s *Sample) { s.Parts = append(s.Parts, s.Parts[0]) },
		`operation "evil"`:     func(s *Sample) { s.Parts[0].Operations[0].Name = "evil" },
		"null":                 func(s *Sample) { s.Parts[0].Operations[0] = nil },
		"without its":          func(s *Sample) { s.Parts[0].Operations[0].Response = nil },
		"response holds 1":     func(s *Sample) { s.Parts[0].Operations[0].Count = 2 },
		"of the kind":          func(s *Sample) { s.Parts[0].Operations[0].Outcomes = map[string]int64{"<b>": 0} },
		"send lag":             func(s *Sample) { s.Parts[0].SendLag = reports.NewHistogram() },
		"a count of -1":        func(s *Sample) { s.State.Open = -1 },
		"2 clients":            func(s *Sample) { s.State.Clients = 2 },
		"a text of":            func(s *Sample) { s.State.Cut = strings.Repeat("x", 5000) },
		"notes":                func(s *Sample) { s.State.Notes = make([]string, 101) },
		"said to be corrupt":   func(s *Sample) { s.State.Verification = &Verification{Verification: reports.Verification{Wrong: 1}} },
		"figures of 2 servers": func(s *Sample) { s.State.Servers = make([]ServerState, 2) },
		"busy":                 func(s *Sample) { s.State.Busy = 7 },
	} {
		tally := NewTally(Plan{Target: "127.0.0.1:1", Clients: 1, Duration: time.Second}, nil, &reports.Agent{Name: "a", ID: "1", Clients: 1, Share: 1})
		s := good()
		change(s)
		err := tally.Add(0, s)
		if name == "" {
			if err != nil {
				t.Errorf("a good one: %v", err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		tally.End(0)
		if run, _ := tally.Run(); len(run.Intervals) > 0 {
			t.Errorf("%s: it was used", name)
		}
	}
}

// Shares of a replay must have the same file.
func TestSharesOfDifferentTraces(t *testing.T) {
	one, err := fingerprint(traceFile(t, "a.csv", someTrace(3000)))
	other, err2 := fingerprint(traceFile(t, "b.csv", someTrace(2999)))
	if err != nil || err2 != nil || one == other {
		t.Fatal(one, other, err, err2)
	}
	tally := NewTally(Plan{Target: "127.0.0.1:1", Clients: 2, Duration: time.Second}, nil, &reports.Agent{Name: "a", Clients: 1, Share: 0.5}, &reports.Agent{Name: "b", Clients: 1, Share: 0.5})
	if err := tally.Add(0, &Sample{State: State{Clients: 1, Trace: one}}); err != nil {
		t.Fatal(err)
	}
	if err := tally.Add(1, &Sample{State: State{Clients: 1, Trace: other}}); err == nil || !strings.Contains(err.Error(), "another trace than agent a replays") {
		t.Errorf("%v", err)
	}
	if err := tally.Add(1, &Sample{State: State{Clients: 1, Trace: one}}); err != nil {
		t.Error(err)
	}
}

// A share that is given up before the run says why: nobody else has seen it.
func TestShareGivenUpInThePreload(t *testing.T) {
	t.Parallel()
	s := serve(t, func(request) (string, error) { return "NONSENSE\r\n", nil }, nil)
	_, err := Local{Share: &Share{Segment: Segment{0, 1}, Run: 1, Sample: func(*Sample) error { return nil },
		Ready: func(context.Context, bool) (Start, error) { return Start{}, errors.New("it was ready") }}}.Execute(t.Context(), Plan{Target: s.addr, Clients: 2, Preload: true, Keys: 1000})
	if err == nil || !strings.Contains(err.Error(), "given up") || !strings.Contains(err.Error(), `first wrong reply "NONSENSE`) {
		t.Errorf("%v", err)
	}
}

// An address that is not allowed is not spoken to.
func TestAllow(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	_, port, _ := strings.Cut(s.addr, ":")
	for _, c := range []struct {
		target string
		asked  string
	}{
		{s.addr, "127.0.0.1"},
		{"localhost:" + port, "127.0.0.1"},
		{"unix://" + filepath.Join(t.TempDir(), "s"), "/s"},
	} {
		var asked []string
		_, err := execute(t, Local{Allow: func(ip netip.Addr, path string) error {
			asked = append(asked, fmt.Sprint(ip, path))
			return errors.New("not there")
		}}, Plan{Target: c.target, Clients: 1, Requests: 1})
		if err == nil || !strings.Contains(err.Error(), "not there") || !strings.Contains(fmt.Sprint(asked), c.asked) && c.target[0] != 'l' {
			t.Errorf("%s: %v, asked of %v", c.target, err, asked)
		}
	}
	if n := s.conns.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
	if _, err := execute(t, Local{Allow: func(netip.Addr, string) error { return nil }}, Plan{Target: s.addr, Clients: 1, Requests: 1}); err != nil {
		t.Error(err)
	}
}

// Of a fleet that was the bottleneck the worst agent is named, and how many more there are.
func TestSlowestAgent(t *testing.T) {
	agent := func(name string, busy float64, lag time.Duration) *reports.Agent {
		a := newAccount(Plan{Rate: 1}.withDefaults())
		a.state.Busy = busy
		a.lag.Record(lag)
		a.generator()
		return &reports.Agent{Name: name, Generator: a.run.Generator}
	}
	fine, busy, late := agent("fine", 0.5, 0), agent("busy", 0.95, 0), agent("late", 0.1, 7*time.Millisecond)
	for _, c := range []struct {
		agents []*reports.Agent
		want   string
	}{
		{[]*reports.Agent{fine, fine}, ""},
		{[]*reports.Agent{fine, busy}, "agent busy: its busiest loop was busy for 95 % of the time"},
		{[]*reports.Agent{busy, late, fine}, "2 of 3 agents, agent late the most: the measuring machine was late: one in a hundred requests was sent 7"},
	} {
		bottleneck, reason := slowest(c.agents)
		if bottleneck != (c.want != "") || !strings.HasPrefix(reason, c.want) {
			t.Errorf("%q, want %q", reason, c.want)
		}
	}
}
