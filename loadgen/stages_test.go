package loadgen

import (
	"sync"
	"testing"
	"time"

	"memlite/reports"
)

// countOf is how many requests of a stage were answered.
func countOf(s *reports.Stage) (n int64) {
	for _, op := range s.Totals {
		n += op.Count
	}
	return n
}

// Stages of every kind follow each other: each makes the requests that its schedule has, whatever the machine's load, and together
// they are the run's and the server's.
func TestStages(t *testing.T) {
	s := serve(t, nil, nil)
	plan := Plan{Target: s.addr, Clients: 5, Keys: 100, Sets: 0.3, Warmup: 50 * time.Millisecond, Drain: 20 * time.Second, Stages: []Stage{
		{Duration: 50 * time.Millisecond, Unrecorded: true, Rate: 100},
		{Duration: 200 * time.Millisecond, Rate: 500, Name: "level"},
		{Duration: 300 * time.Millisecond, Rate: 500, To: 1500, Name: "climb"},
		{Duration: 200 * time.Millisecond, Rate: 1500, To: 500, Steps: 2, Name: "down"},
		{Duration: 100 * time.Millisecond, Think: time.Millisecond, Name: "closed"},
		{Duration: 100 * time.Millisecond, Rate: 1000, Arrival: "poisson", Name: "random"},
		{Requests: 77, Rate: 2000, Name: "counted"},
	}}
	run, err := execute(t, Local{Loops: 2}, plan)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"level": 100, "climb": 300, "down, step 1": 150, "down, step 2": 50, "closed": -1, "random": -1, "counted": 77}
	sum, dropped := int64(0), int64(0)
	end := run.Stages[0].Start
	for _, st := range run.Stages {
		n, ok := want[st.Name]
		delete(want, st.Name)
		if got := countOf(st); !ok || n >= 0 && got+st.Dropped != n || got == 0 {
			t.Errorf("stage %s: %d answered and %d dropped, want %d", st.Name, got, st.Dropped, n)
		}
		if st.Start != end {
			t.Errorf("stage %s starts at %s, the one before it ended at %s", st.Name, st.Start, end)
		}
		end += st.Length
		sum, dropped = sum+countOf(st), dropped+st.Dropped
	}
	if len(want) > 0 {
		t.Errorf("no stages %v", want)
	}
	q := run.Requests
	if q.Recorded != sum || q.Dropped != dropped || q.Errors+q.Abandoned > 0 {
		t.Errorf("the stages' sum is %d and %d dropped, the run's %+v", sum, dropped, q)
	}
	if got := s.gets.Load() + s.sets.Load(); got != q.Recorded+q.WarmUp {
		t.Errorf("the server answered %d, the run has %+v", got, q)
	}
	if run.Arrival != "mixed" || run.Rate != 0 {
		t.Errorf("arrival %s at %v", run.Arrival, run.Rate)
	}
}

// A server that stops for longer than a stage does not get away with it: the starts that waited are sent in the stages after it, and
// their time is in the figures of the stage that they belong to.
func TestBacklogGoesOn(t *testing.T) {
	var once sync.Once
	const stop = 600 * time.Millisecond
	s := serve(t, func(r request) (string, error) {
		once.Do(func() { time.Sleep(stop) })
		return r.good, nil
	}, nil)
	run, err := execute(t, Local{}, Plan{Target: s.addr, Clients: 1, Keys: 10, Drain: 20 * time.Second, Queue: 20 * time.Second, Stages: []Stage{
		{Duration: 200 * time.Millisecond, Rate: 500},
		{Duration: 200 * time.Millisecond, Rate: 250},
		{Duration: 400 * time.Millisecond, Rate: 500},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int64{100, 50, 200} {
		st := run.Stages[i]
		if got := countOf(st); got != want || st.Dropped > 0 {
			t.Errorf("%s: %d answered, %d dropped, want %d answered", st.Name, got, st.Dropped, want)
		}
	}
	for i, atLeast := range []time.Duration{stop, stop - 205*time.Millisecond, stop - 405*time.Millisecond} {
		if got := run.Stages[i].Totals[0].Percentiles.Max; time.Duration(got) < atLeast*99/100 {
			t.Errorf("stage %d: max %s, want %s or more", i+1, time.Duration(got), atLeast)
		}
	}
}

// Before a closed loop, what waits is given up, and counted.
func TestBacklogBeforeClosedLoop(t *testing.T) {
	var once sync.Once
	s := serve(t, func(r request) (string, error) {
		once.Do(func() { time.Sleep(400 * time.Millisecond) })
		return r.good, nil
	}, nil)
	run, err := execute(t, Local{}, Plan{Target: s.addr, Clients: 1, Keys: 10, Drain: 20 * time.Second, Stages: []Stage{
		{Duration: 200 * time.Millisecond, Rate: 500},
		{Duration: 400 * time.Millisecond},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := run.Stages[0], run.Stages[1]; countOf(a)+a.Dropped != 100 || a.Dropped == 0 || countOf(b) == 0 || b.Dropped > 0 {
		t.Errorf("%d answered and %d dropped of 100; then %d answered and %d dropped", countOf(a), a.Dropped, countOf(b), b.Dropped)
	}
}
