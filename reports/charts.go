package reports

import (
	"fmt"
	"math"
	"strings"
)

// The pictures of runs, as descriptions. Percentile curves have 1/(1−q) on a logarithmic x, so that each nine takes
// the same room and the tail, which averages hide, can be seen.

const curvePoints = 160

// percentileChart overlays the runs: response time as a solid line, and in an open loop service time dashed.
func percentileChart(runs []*Run) *plot {
	p := &plot{Title: "Latency by percentile", X: axis{Label: "percentile", Log: true, Min: 1, Max: 10}}
	lo, hi := math.Inf(1), 0.0
	type curve struct {
		name string
		h    *Histogram
	}
	var curves []curve
	all := names(runs)
	for i, run := range runs {
		t := run.Total()
		response, service := all[i], all[i]+", service time"
		if len(runs) == 1 {
			response, service = "response time", "service time"
		} else if t.Service != nil {
			response += ", response time"
		}
		for j, h := range []*Histogram{t.Response, t.Service} {
			n := h.TotalCount()
			if n == 0 {
				continue
			}
			s := series{Name: []string{response, service}[j], Colour: i, Dash: dash(j)}
			s.Points = percentileCurve(h, n)
			for _, pt := range s.Points {
				lo, hi = math.Min(lo, pt.Y), math.Max(hi, pt.Y)
			}
			p.X.Max = math.Max(p.X.Max, float64(n))
			p.Series = append(p.Series, s)
			curves = append(curves, curve{s.Name, h})
		}
	}
	if len(runs) == 1 {
		p.Limits = runs[0].limits(unitTime)
	}
	for _, l := range p.Limits {
		lo, hi = math.Min(lo, l.At), math.Max(hi, l.At)
	}
	p.Y = latencyAxis(lo, hi)
	p.quantiles(func(q float64) string {
		var lines []string
		for _, c := range curves {
			lines = append(lines, c.name+": "+latency(c.h.ValueAtQuantile(q)))
		}
		return strings.Join(lines, "\n")
	})
	return p
}

// quantiles makes the ticks of a percentile axis up to its end, and marks that say what the curves have there.
func (p *plot) quantiles(say func(q float64) string) {
	for _, at := range []struct {
		q     float64
		label string
	}{{50, "50"}, {75, ""}, {90, "90"}, {95, ""}, {99, "99"}, {99.5, ""}, {99.9, "99.9"}, {99.95, ""}, {99.99, "99.99"}, {99.999, "99.999"}, {99.9999, "99.9999"}, {99.99999, ""}} {
		x := 100 / (100 - at.q)
		if x > p.X.Max {
			break
		}
		if at.label != "" {
			p.X.Ticks = append(p.X.Ticks, tick{x, at.label})
		}
		p.Marks = append(p.Marks, mark{x, fmt.Sprintf("p%g\n%s", at.q, say(at.q))})
	}
}

// percentileCurve runs to the largest sample: at 1/(1−q) = n stands the last of n. It leaves out the smallest one,
// at q = 0, which would draw a wall at the left and says nothing.
func percentileCurve(h *Histogram, n int64) []point {
	end := math.Log10(math.Max(float64(n), 2))
	xs := make([]float64, curvePoints)
	qs := make([]float64, curvePoints)
	for i := range xs {
		xs[i] = math.Pow(10, end*float64(i+1)/curvePoints)
		qs[i] = 100 - 100/xs[i]
	}
	qs[curvePoints-1] = 100
	var list []point
	for i, v := range h.values(qs...) {
		if y := math.Max(float64(v), 1); len(list) < 2 || i == curvePoints-1 || y != list[len(list)-1].Y || y != list[len(list)-2].Y {
			list = append(list, point{xs[i], y})
		} else {
			list[len(list)-1].X = xs[i] // a flat stretch needs its two ends only
		}
	}
	return list
}

// limits are those objectives of the unit that bound the requests of all operations together, as lines to compare a
// picture with.
func (r *Run) limits(unit string) []limit {
	var list []limit
	for _, o := range r.Objectives {
		slo, err := ParseSLO(o.Text)
		if err != nil || slo.unit != unit || slo.operation != "" || slo.service || slo.metric == metricMean || slo.limit <= 0 {
			continue
		}
		l := limit{At: slo.limit, Label: o.Text, Missed: o.Status() == Failed}
		if slo.metric == metricPercentile {
			l.To = 100 / (100 - slo.quantile)
		}
		list = append(list, l)
	}
	return list
}
