package loadgen

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"memlite/reports"
)

// model is an Executor that answers as a server with a known capacity would: of each trial it only makes up what came of it.
type model struct {
	capacity  float64                 // p99 of 1 ms below, of 100 ms above
	noise     float64                 // chance that a trial says the opposite
	generator float64                 // from this rate on the load generator is the bottleneck; 0: never
	before    func(trial int, p Plan) // called before each trial
	fail      error                   // of the trial that has no rate above the capacity
	plans     []Plan
	rng       *rand.Rand
}

func (m *model) Execute(ctx context.Context, p Plan, _ ...reports.Sink) (*reports.Run, error) {
	if m.before != nil {
		m.before(len(m.plans), p)
	}
	m.plans = append(m.plans, p)
	if m.fail != nil && p.Rate > m.capacity {
		return nil, m.fail
	}
	took := time.Millisecond
	if (p.Rate > m.capacity) != (m.noise > 0 && m.rng.Float64() < m.noise) {
		took = 100 * time.Millisecond
	}
	h := reports.NewHistogram()
	for range 200 {
		h.Record(took)
	}
	r := newAccount(p).run
	op := &reports.Operation{Name: "get", Count: h.TotalCount(), Response: h}
	r.Intervals = []*reports.Interval{{Length: time.Duration(200 / min(p.Rate, m.capacity) * 1e9), Recorded: true, Stage: nameRun, Operations: []*reports.Operation{op}}}
	r.Totals = []*reports.Operation{op}
	r.Generator.Bottleneck = m.generator > 0 && p.Rate >= m.generator
	r.CutShort = ctx.Err() != nil
	slos, _ := p.objectives()
	r.Objectives = reports.Judge(r, slos)
	return r, nil
}

func searching(m *model) Search {
	m.rng = rand.New(rand.NewPCG(1, 2))
	return Search{Executor: m, Plan: Plan{Target: ":1", SLOs: []string{"p99<5ms"}, Duration: time.Second, Preload: true}, From: 1000, To: 1e6}
}

func TestSearchFindsTheCapacity(t *testing.T) {
	for _, capacity := range []float64{1000, 1001, 1999, 42_000, 640_000, 999_000} {
		m := &model{capacity: capacity}
		s := searching(m)
		runs, err := s.Execute(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f := reports.FindRate(runs)
		if f.Status() != reports.Passed || f.Kept.Rate > capacity || f.Kept.Rate < capacity/1.06 || f.Above.Rate <= capacity ||
			f.Kept.Held != 5 || f.Above.Missed != 5 || len(runs) > s.Trials() {
			t.Errorf("capacity %v: %d trials: %s", capacity, len(runs), f.Sentence())
		}
		seeds := map[int64]bool{}
		for i, p := range m.plans {
			seeds[p.Seed] = true
			if p.Preload != (i == 0) {
				t.Errorf("trial %d preloads: %v", i, p.Preload)
			}
		}
		if len(seeds) != len(m.plans) {
			t.Error("trials repeat each other's choices")
		}
	}
}

// One trial in twenty says the opposite of the truth. The rate found must be near the truth or the search say that it
// does not know.
func TestSearchAmongNoise(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, long")
	}
	const capacity = 42_000
	wrong, decided := 0, 0
	for seed := range uint64(200) {
		m := &model{capacity: capacity, noise: 0.05}
		s := searching(m)
		m.rng = rand.New(rand.NewPCG(seed, 7))
		runs, err := s.Execute(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(runs) > s.Trials() {
			t.Fatalf("%d trials, announced were %d", len(runs), s.Trials())
		}
		f := reports.FindRate(runs)
		if f.Status() != reports.Passed {
			continue
		}
		if decided++; f.Kept.Rate > capacity*1.05 || f.Kept.Rate < capacity/1.12 {
			wrong++
			t.Logf("seed %d: %s", seed, f.Sentence())
		}
	}
	if wrong > 6 || decided < 160 {
		t.Errorf("of 200 searches %d decided, %d of them wrongly", decided, wrong)
	}
}

func TestSearchThatFindsNone(t *testing.T) {
	gone := errors.New("gone")
	for _, c := range []struct {
		name   string
		model  model
		status reports.Status
		says   string
	}{
		{"too slow", model{capacity: 500}, reports.Failed, "p99<5ms was not kept at 1,000/s, the lowest rate tried: held in 0 of 2 trials; missed in 2 of 2"},
		{"faster than the range", model{capacity: 1e7}, reports.Passed, "that is the end of the range: the limit lies above it"},
		{"the generator is slower", model{capacity: 1e7, generator: 40_000}, reports.Inconclusive, "the load generator was the bottleneck in 5 of 5"},
		{"the generator is too slow", model{capacity: 1e7, generator: 1}, reports.Inconclusive, "but the load generator was the bottleneck"},
	} {
		t.Run(c.name, func(t *testing.T) {
			runs, err := searching(&c.model).Execute(t.Context())
			f := reports.FindRate(runs)
			if err != nil || f.Status() != c.status || !strings.Contains(f.Sentence(), strings.Split(c.says, "; missed")[0]) {
				t.Errorf("%s: %s, %v; want %s", f.Status(), f.Sentence(), err, c.says)
			}
		})
	}
	runs, err := searching(&model{capacity: 5000, fail: gone}).Execute(t.Context())
	if !errors.Is(err, gone) || len(runs) != 3 || !strings.Contains(err.Error(), "at 8000/s, trial 1, after 3 trials") {
		t.Errorf("a server that is gone: %d runs, %v", len(runs), err)
	}
	runs, err = searching(&model{capacity: 500, fail: gone}).Execute(t.Context())
	if !errors.Is(err, gone) || len(runs) != 0 {
		t.Errorf("a server that was never there: %d runs, %v", len(runs), err)
	}
}

func TestSearchCutShort(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m := &model{capacity: 42_000, before: func(trial int, _ Plan) {
		if trial == 8 {
			cancel()
		}
	}}
	runs, err := searching(m).Execute(ctx)
	f := reports.FindRate(runs)
	if err != nil || len(runs) != 9 || f.Status() != reports.Inconclusive || !strings.Contains(f.Sentence(), "cut short") {
		t.Errorf("%d runs, %s, %v", len(runs), f.Sentence(), err)
	}
}

func TestSearchAndScanValidate(t *testing.T) {
	good := searching(&model{})
	for want, spoil := range map[string]func(*Search){
		"goes from one rate":     func(s *Search) { s.To = 10 },
		"leave it out":           func(s *Search) { s.Plan.Rate = 5 },
		"number of requests":     func(s *Search) { s.Plan.Requests, s.Plan.Duration = 5, 0 },
		"needs a limit":          func(s *Search) { s.Plan.SLOs = []string{"errors==0", "service.p99<5ms"} },
		"too few for p99.99<5ms": func(s *Search) { s.Plan.SLOs = []string{"p99.99<5ms"} },
		"plan of one stage":      func(s *Search) { s.Plan.Stages = []Stage{{}} },
		"think":                  func(s *Search) { s.Plan.Think = time.Second },
		"clients -1":             func(s *Search) { s.Plan.Clients = -1 },
		"no metric":              func(s *Search) { s.Plan.SLOs = []string{"x<5ms"} },
	} {
		s := good
		spoil(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for _, s := range []Scan{{From: 5, To: 1, Step: 1}, {From: 1, To: 2}, {From: 1, To: 1e6, Step: 1}} {
		if s.Plan = good.Plan; s.Validate() == nil {
			t.Errorf("%v is taken", s)
		}
	}
}

func TestScan(t *testing.T) {
	m := &model{capacity: 35_000}
	runs, err := Scan{Executor: m, Plan: Plan{Target: ":1", Duration: time.Second, Preload: true}, From: 10_000, To: 100_000, Step: 10_000}.Execute(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// 40,000 is answered to 88 %, 50,000 to 70 % and 60,000 to 58 %.
	last := runs[len(runs)-1]
	if len(runs) != 6 || last.Rate != 60_000 || last.Trial != reports.TrialOfScan || len(last.Warnings) != 1 || !strings.HasPrefix(last.Warnings[0], reports.ScanEnded) {
		t.Errorf("%d runs, the last %v: %v", len(runs), last.Rate, last.Warnings)
	}
	if n := (Scan{From: 0.1, To: 0.3, Step: 0.1}).Trials(); n != 3 {
		t.Errorf("0.1 to 0.3 are %d rates", n)
	}
}
