package reports

import (
	"math"
	"slices"
	"testing"
	"time"
)

// at is the strongest shade at a place; -1 for none.
func (h *heat) at(x, y float64) int {
	for i := len(h.Shades) - 1; i >= 0; i-- {
		if slices.ContainsFunc(h.Shades[i].Cells, func(c box) bool { return c.X0 <= x && x < c.X1 && c.Y0 < y && y <= c.Y1 }) {
			return i
		}
	}
	return -1
}

// TestHeat: two clouds far from each other, which no percentile line tells apart, are two; each cell has the shade of
// its share, and where there was no request there is nothing.
func TestHeat(t *testing.T) {
	r := &Run{}
	for i := range 4 {
		h := NewHistogram()
		for n := range 10_000 {
			switch {
			case i == 2:
			case n < 9_000:
				h.Record(100 * time.Microsecond)
			case n < 9_995:
				h.Record(10 * time.Millisecond)
			default:
				h.Record(900 * time.Millisecond)
			}
		}
		r.Intervals = append(r.Intervals, &Interval{Start: time.Duration(i) * time.Second, Length: time.Second, Stage: "run", Recorded: true,
			Operations: []*Operation{{Name: "get", Count: h.TotalCount(), Response: h, Percentiles: h.Percentiles()}}})
	}
	p := responseChart(r, r.moments(drawnMoments))
	for _, c := range []struct {
		second  float64
		latency time.Duration
		want    int
	}{
		{0.5, 100 * time.Microsecond, 3}, {0.5, 10 * time.Millisecond, 2}, {0.5, 900 * time.Millisecond, 0}, {0.5, time.Millisecond, -1},
		{1.5, 100 * time.Microsecond, 3}, {2.5, 100 * time.Microsecond, -1}, {3.5, 900 * time.Millisecond, 0},
	} {
		if got := p.Heat.at(c.second, float64(c.latency)); got != c.want {
			t.Errorf("at %v s and %v: shade %d, want %d", c.second, c.latency, got, c.want)
		}
	}
	for i, s := range p.Heat.Shades {
		for _, c := range s.Cells {
			if i > 0 && p.Heat.Shades[i-1].Cells == nil || c.X1 <= c.X0 || c.Y1 <= c.Y0 || c.Y0 < p.Y.Min*0.999 || c.Y1 > p.Y.Max*1.001 {
				t.Errorf("shade %d: cell %+v", i, c)
			}
		}
	}
	if n := len(p.Heat.Shades[3].Cells); n != 2 {
		t.Errorf("%d cells, want one for the two seconds before the gap and one after", n)
	}
	if newHeat((&Run{}).moments(drawnMoments), latencyAxis(1, 2)) != nil {
		t.Error("a picture of nothing")
	}
}

// TestHeatRows: whatever an axis spans, its rows are few enough to be seen and many enough to show a shape.
func TestHeatRows(t *testing.T) {
	for _, hi := range []time.Duration{2 * time.Microsecond, 150 * time.Microsecond, time.Millisecond, 300 * time.Millisecond, time.Minute} {
		h := fill(hi/4, 0.5, 5000, 1)
		h.Record(hi)
		h.Record(hi / 30)
		m := []moment{{to: time.Second, recorded: true, count: h.TotalCount(), response: h, percentiles: h.Percentiles()}}
		a := latencyAxis(float64(h.ValueAtQuantile(0)), float64(h.Percentiles().Max))
		low, high, thin := math.Inf(1), 0.0, math.Inf(1)
		for _, c := range newHeat(m, a).Shades[0].Cells {
			low, high, thin = min(low, c.Y0), max(high, c.Y1), min(thin, math.Log(c.Y1/c.Y0))
		}
		rows := math.Log(a.Max/a.Min) / thin
		if low > float64(h.ValueAtQuantile(0)) || high < float64(h.Percentiles().Max) || rows > 70 {
			t.Errorf("up to %v: cells from %v to %v, %v rows", hi, low, high, rows)
		}
	}
}
