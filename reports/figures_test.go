package reports

import (
	"slices"
	"testing"
	"time"
)

func TestTotal(t *testing.T) {
	r := fixtureRun(64, 2000, time.Millisecond, 0.3, true)
	all := r.Total()
	get, set := r.Totals[0], r.Totals[1]
	if all.Name != "all" || all.Count != get.Count+set.Count || all.Response.TotalCount() != all.Count || all.Service.TotalCount() != all.Count || all.Hits != get.Hits {
		t.Errorf("total %+v", all)
	}
	if all.Percentiles.P99 != all.Response.ValueAtQuantile(99) || all.Percentiles.Max != max(get.Percentiles.Max, set.Percentiles.Max) {
		t.Errorf("percentiles %+v are not those of the sum", all.Percentiles)
	}
	if all.Count != r.Requests.Recorded {
		t.Errorf("total of %d, recorded %d", all.Count, r.Requests.Recorded)
	}
	get.Outcomes, set.Outcomes = map[string]int64{"reset": 1}, map[string]int64{"reset": 2, "timeout": 5}
	get.Response, set.Service = nil, nil
	if all = r.Total(); all.Response != nil || all.Service != nil || all.Percentiles != nil {
		t.Error("half of the histograms were added, and taken for the whole")
	}
	if got := all.outcomes(); got != "5 timeout, 3 reset" {
		t.Errorf("outcomes %s", got)
	}
	if get.Outcomes["reset"] != 1 {
		t.Error("adding changed what was added")
	}
	r.Totals = r.Totals[:1]
	if all = r.Total(); all.Percentiles != get.Percentiles {
		t.Error("percentiles in clear are lost where there is no histogram")
	}
}

func TestRecordedIsTheRecordedStages(t *testing.T) {
	r := fixtureRun(64, 2000, time.Millisecond, 0.3, true)
	if r.Recorded() != 10*time.Second {
		t.Errorf("recorded %v of %v", r.Recorded(), r.Elapsed)
	}
}

func TestNamesTellRunsApart(t *testing.T) {
	runs := []*Run{{Clients: 1}, {Clients: 64}, {Title: "1 client"}, {Title: "x"}}
	if got, want := names(runs), []string{"1 client (1)", "64 clients", "1 client (3)", "x"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestMomentsLoseNothing: whatever the number of intervals, all of them are drawn, and none is averaged.
func TestMomentsLoseNothing(t *testing.T) {
	op := func(median time.Duration) []*Operation {
		h := fill(median, 0.1, 10, 1)
		return []*Operation{{Count: 10, Response: h, Percentiles: h.Percentiles()}}
	}
	usual, slow := op(time.Millisecond), op(time.Second)
	for _, n := range []int{0, 1, 2, 149, 150, 151, 1201} {
		r := &Run{}
		for i := range n {
			r.Intervals = append(r.Intervals, &Interval{Start: time.Duration(i) * time.Second, Length: time.Second, Stage: "run", Recorded: i >= 7, Operations: usual})
		}
		if n > 0 {
			r.Intervals[n-1].Length = 10 * time.Millisecond // how runs end
			r.Intervals[n-1].Operations = slow
		}
		list := r.moments(150)
		if len(list) > 152 {
			t.Errorf("%d intervals: %d moments", n, len(list))
		}
		var count, slowest int64
		var end time.Duration
		for _, m := range list {
			if m.from != end {
				t.Errorf("%d intervals: a moment from %v after one to %v", n, m.from, end)
			}
			if m.to-m.from < time.Second && n > 1 {
				t.Errorf("%d intervals: a moment of %v has no rate", n, m.to-m.from)
			}
			end = m.to
			count += m.count
			slowest = max(slowest, m.percentiles.Max)
		}
		if count != int64(10*n) {
			t.Errorf("%d intervals: %d requests", n, count)
		}
		if n > 0 && slowest != slow[0].Percentiles.Max {
			t.Errorf("%d intervals: the slowest request is lost", n)
		}
	}
}

func TestBecame(t *testing.T) {
	for _, c := range []struct {
		op          Operation
		want, ratio string
	}{
		{Operation{}, "none", "n/a"},
		{Operation{Name: "get", Count: 1200, Hits: 900, Misses: 300}, "900 hit, 300 miss", "75.0 %"},
		{Operation{Name: "get", Count: 3, Misses: 3, Errors: 5, Outcomes: map[string]int64{"timeout": 2, "closed": 3}}, "3 miss, 3 closed, 2 timeout", "0 %"},
		{Operation{Name: "set", Count: 7}, "7 stored", "n/a"},
		{Operation{Name: "set", Errors: 1, Outcomes: map[string]int64{"refused": 1}}, "1 refused", "n/a"},
	} {
		if got := c.op.became(); got != c.want {
			t.Errorf("%+v became %q, want %q", c.op, got, c.want)
		}
		if got := c.op.hitRatio(); got != c.ratio {
			t.Errorf("%+v: hit ratio %q, want %q", c.op, got, c.ratio)
		}
	}
}
