package reports

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// agentChart has the response times of each agent by percentile: a slow one lies above the others. Of more than there are colours it
// shows three, by their p99: the slowest, the one in the middle and the fastest. Nil where fewer than two have any.
func agentChart(r *Run) *plot {
	type curve struct {
		series
		h *Histogram
	}
	var curves []curve
	all := r.agentNames()
	for i, a := range r.Agents {
		if h := a.Total().Response; h.TotalCount() > 0 {
			curves = append(curves, curve{series{Name: all[i]}, h})
		}
	}
	if len(curves) < 2 {
		return nil
	}
	if n := len(curves); n > paletteSize {
		slices.SortStableFunc(curves, func(a, b curve) int { return cmp.Compare(b.h.ValueAtQuantile(99), a.h.ValueAtQuantile(99)) })
		slowest, middle, fastest := curves[0], curves[n/2], curves[n-1]
		slowest.Name, middle.Name, fastest.Name = "slowest: "+slowest.Name, "in the middle: "+middle.Name, "fastest: "+fastest.Name
		curves = []curve{slowest, middle, fastest}
	}
	p := &plot{Title: "Response time by percentile, of each agent", X: axis{Label: "percentile", Log: true, Min: 1, Max: 10}}
	if len(r.Agents) > len(curves) && len(curves) == 3 {
		p.Title = "Response time by percentile, of three agents"
	}
	lo, hi := math.Inf(1), 0.0
	for i := range curves {
		c := &curves[i]
		n := c.h.TotalCount()
		c.Colour, c.Points = i, percentileCurve(c.h, n)
		for _, pt := range c.Points {
			lo, hi = math.Min(lo, pt.Y), math.Max(hi, pt.Y)
		}
		p.X.Max = math.Max(p.X.Max, float64(n))
		p.Series = append(p.Series, c.series)
	}
	p.Y = latencyAxis(lo, hi)
	p.quantiles(func(q float64) string {
		var lines []string
		for _, c := range curves {
			lines = append(lines, c.Name+": "+latency(c.h.ValueAtQuantile(q)))
		}
		return strings.Join(lines, "\n")
	})
	return p
}
