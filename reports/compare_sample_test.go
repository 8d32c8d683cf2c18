package reports

import (
	"strings"
	"testing"
	"time"
)

// inSeconds is a run of one-second intervals, each with so many gets, in the stages given as lengths.
func inSeconds(perSecond int, median time.Duration, stages ...int) *Run {
	r := gets(median, 0)[0]
	r.Intervals = nil
	total := NewHistogram()
	for stage, n := range stages {
		for range n {
			i := len(r.Intervals)
			h := fill(median, 0.3, perSecond, i)
			v := &Interval{Start: time.Duration(i) * time.Second, Length: time.Second, Stage: string(rune('a' + stage)), Recorded: stage > 0}
			v.Operations = []*Operation{fixtureOperation("get", h, nil)}
			if stage > 0 {
				total.Add(h)
			}
			r.Intervals = append(r.Intervals, v)
		}
	}
	r.Totals = []*Operation{fixtureOperation("get", total, nil)}
	return r
}

// The first stage is the warm-up.
func TestBlocks(t *testing.T) {
	for _, c := range []struct {
		stages []int
		want   []time.Duration // starts
	}{
		{[]int{0, 20}, []time.Duration{0, 5, 10, 15}},
		{[]int{3, 12}, []time.Duration{3, 8}}, // the last 2 s are no block
		{[]int{2, 7, 6}, []time.Duration{2, 9}},
		{[]int{0, 4}, nil},
		{[]int{30}, nil},
	} {
		list := blocks(inSeconds(10, time.Millisecond, c.stages...))
		var starts []time.Duration
		for _, b := range list {
			starts = append(starts, b[0].Start/time.Second)
			if len(b) != 5 {
				t.Errorf("%v: a block of %d intervals", c.stages, len(b))
			}
		}
		if len(starts) != len(c.want) {
			t.Fatalf("%v: blocks at %v, want %v", c.stages, starts, c.want)
		}
		for i := range starts {
			if starts[i] != c.want[i] {
				t.Errorf("%v: blocks at %v, want %v", c.stages, starts, c.want)
			}
		}
	}
}

func TestOneRunAgainstOne(t *testing.T) {
	base, head := []*Run{inSeconds(100, time.Millisecond, 2, 30)}, []*Run{inSeconds(100, 2*time.Millisecond, 2, 30)}
	c := mustCompare(t, base, head, CompareOptions{Fail: gatesOf(t, "p99>+10%")}).Comparison
	d := c.row(t, "p99")
	if c.Unit != UnitBlock || d.Verdict != VerdictSlower || d.Base.N != 6 || c.Outcome() != Failed {
		t.Errorf("%s: %+v", c.Unit, d)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "evidence within these two runs only") {
		t.Errorf("warnings %q", c.Warnings)
	}
	// 500 requests a block are enough for a p99, and not for a p99.9.
	if d := c.row(t, "p99.9"); d.Verdict != VerdictNotMeasured || !strings.Contains(d.Reason, "500 requests are too few to tell: it takes 1,000") {
		t.Errorf("%+v", d)
	}

	short := mustCompare(t, []*Run{inSeconds(100, time.Millisecond, 0, 10)}, []*Run{inSeconds(100, time.Millisecond, 0, 10)}, CompareOptions{}).Comparison
	if text := short.figures().Text; short.Outcome() != Inconclusive || !strings.Contains(text, "2 5-second blocks each; it takes 4 of each at least, so 2 more of each (runs of 20.0 s, or several runs a side)") {
		t.Error(text)
	}
	none := mustCompare(t, []*Run{inSeconds(100, time.Millisecond, 0, 3)}, head, CompareOptions{}).Comparison
	if text := none.figures().Text; none.Outcome() != Inconclusive || !strings.Contains(text, "4 more of BASE") {
		t.Error(text)
	}
}

// Sides may have different operations, and files may lack histograms.
func TestWhatOneSideLacks(t *testing.T) {
	withSets := spoil(gets(1e6, noise...), 5, func(r *Run) {
		r.Totals = append(r.Totals, fixtureOperation("set", fill(time.Millisecond, 0.3, 2000, 7), nil))
	})
	c := mustCompare(t, gets(1e6, noise...), withSets, CompareOptions{}).Comparison
	if d := c.row(t, "set p99"); d.Verdict != VerdictNotMeasured || d.Reason != "no set was recorded" || d.Head.N != 5 {
		t.Errorf("%+v", d)
	}
	if d := c.row(t, "get p99"); d.Verdict != VerdictNone {
		t.Errorf("%+v", d)
	}
	bare := spoil(gets(1e6, noise...), 2, func(r *Run) { r.Totals[0].Response = nil })
	c = mustCompare(t, gets(1e6, noise...), bare, CompareOptions{}).Comparison
	if d := c.row(t, "p99"); d.Head.N != 3 || !strings.Contains(d.Reason, "in 2 of 10: no answer was recorded") {
		t.Errorf("%+v", d)
	}
}
