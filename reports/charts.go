package reports

import (
	"fmt"
	"math"
	"strings"
	"time"
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
	p.Y = latencyAxis(lo, hi)
	quantiles := []struct {
		q     float64
		label string
	}{{50, "50"}, {75, ""}, {90, "90"}, {95, ""}, {99, "99"}, {99.5, ""}, {99.9, "99.9"}, {99.95, ""}, {99.99, "99.99"}, {99.999, "99.999"}, {99.9999, "99.9999"}, {99.99999, ""}}
	for _, at := range quantiles {
		x := 100 / (100 - at.q)
		if x > p.X.Max {
			break
		}
		if at.label != "" {
			p.X.Ticks = append(p.X.Ticks, tick{x, at.label})
		}
		lines := []string{fmt.Sprintf("p%g", at.q)}
		for _, c := range curves {
			lines = append(lines, c.name+": "+latency(c.h.ValueAtQuantile(at.q)))
		}
		p.Marks = append(p.Marks, mark{x, strings.Join(lines, "\n")})
	}
	return p
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

// moment is a stretch of a run's time as it is drawn: one interval, or several added.
type moment struct {
	from, to time.Duration
	recorded bool
	stage    string
	dropped  int64
	all      *Operation
}

// moments adds neighbouring intervals of a stage until no more than about most are left. They are added, not
// averaged: the p99 of a stretch is that of all its samples.
func (r *Run) moments(most int) []moment {
	group := max(1, (len(r.Intervals)+most-1)/most)
	var list []moment
	var open []*Interval
	flush := func() {
		if len(open) == 0 {
			return
		}
		first, last := open[0], open[len(open)-1]
		var ops []*Operation
		var dropped int64
		for _, v := range open {
			ops = append(ops, v.Operations...)
			dropped += v.Dropped
		}
		list = append(list, moment{first.Start, last.Start + last.Length, first.Recorded, first.Stage, dropped, sum("all", ops)})
		open = nil
	}
	for i, v := range r.Intervals {
		same := len(open) > 0 && open[0].Stage == v.Stage && open[0].Recorded == v.Recorded
		// The stub at the end of a stage is too short to have a rate of its own.
		stub := same && v.Length < open[len(open)-1].Length/2
		if next := i + 1; !same || len(open) >= group && !(stub && (next == len(r.Intervals) || r.Intervals[next].Stage != v.Stage)) {
			flush()
		}
		open = append(open, v)
	}
	flush()
	return list
}

func (m moment) seconds() float64 { return (m.from + m.to).Seconds() / 2 }

func (m moment) name() string {
	name := fmt.Sprintf("%.0f to %.0f s", m.from.Seconds(), m.to.Seconds())
	if !m.recorded {
		name += " (" + m.stage + ", not recorded)"
	}
	return name
}

// throughputChart shows what was answered each second, and errors and dropped starts if there were any.
func throughputChart(r *Run, moments []moment) *plot {
	p := &plot{Title: "Throughput over time", X: timeAxis(endOf(moments)), Bands: bands(moments)}
	answered := series{Name: "requests/s"}
	errors := series{Name: "errors/s", Colour: failure}
	dropped := series{Name: "dropped/s", Colour: failure, Dash: dotted}
	hi, drops := 0.0, int64(0)
	for _, m := range moments {
		a, e, d := rate(m.all.Count, m.to-m.from), rate(m.all.Errors, m.to-m.from), rate(m.dropped, m.to-m.from)
		answered.Points = append(answered.Points, point{m.seconds(), a})
		errors.Points = append(errors.Points, point{m.seconds(), e})
		dropped.Points = append(dropped.Points, point{m.seconds(), d})
		if !math.IsNaN(a) {
			hi = max(hi, a, e, d)
		}
		text := fmt.Sprintf("%s\n%s requests/s\n%s errors", m.name(), perSecond(a), number(m.all.Errors))
		if m.dropped > 0 {
			drops += m.dropped
			text += fmt.Sprintf("\n%s dropped", number(m.dropped))
		}
		p.Marks = append(p.Marks, mark{m.seconds(), text})
	}
	if asked := r.asked(p.X.Max); len(asked) > 0 {
		for _, at := range asked {
			if !math.IsNaN(at.Y) {
				hi = math.Max(hi, at.Y)
			}
		}
		p.Series = append(p.Series, series{Name: "asked for", Colour: quiet, Dash: dashed, Points: asked})
	}
	p.Series = append(p.Series, answered)
	if r.Total().Errors > 0 {
		p.Series = append(p.Series, errors)
	}
	if drops > 0 {
		p.Series = append(p.Series, dropped)
	}
	p.Y = countAxis(hi)
	return p
}

// latencyChart shows p50, p99 and max of each second.
func latencyChart(moments []moment) *plot {
	p := &plot{Title: "Response time over time", X: timeAxis(endOf(moments)), Bands: bands(moments)}
	p.Series = []series{{Name: "max", Colour: quiet, Dash: dotted}, {Name: "p99", Colour: 1}, {Name: "p50"}}
	of := []func(*Percentiles) int64{pMax, p99, p50}
	lo, hi := math.Inf(1), 0.0
	for _, m := range moments {
		for i := range p.Series {
			y := math.NaN()
			if m.all.Percentiles != nil {
				y = math.Max(1, float64(of[i](m.all.Percentiles)))
				lo, hi = math.Min(lo, y), math.Max(hi, y)
			}
			p.Series[i].Points = append(p.Series[i].Points, point{m.seconds(), y})
		}
		p.Marks = append(p.Marks, mark{m.seconds(), fmt.Sprintf("%s\np50 %s\np99 %s\nmax %s", m.name(),
			m.all.percentile(p50), m.all.percentile(p99), m.all.percentile(pMax))})
	}
	p.Y = latencyAxis(lo, hi)
	return p
}

func endOf(moments []moment) time.Duration {
	if len(moments) == 0 {
		return 0
	}
	return moments[len(moments)-1].to
}

// bands are the stages that do not count.
func bands(moments []moment) []band {
	var list []band
	for _, m := range moments {
		if m.recorded {
			continue
		}
		if last := len(list) - 1; last >= 0 && list[last].To == m.from.Seconds() && list[last].Label == m.stage {
			list[last].To = m.to.Seconds()
			continue
		}
		list = append(list, band{m.from.Seconds(), m.to.Seconds(), m.stage})
	}
	return list
}

// Colours that are not one of a palette's turn.
const (
	quiet   = -1
	failure = -2
)

// paletteSize is how many lines have a colour of their own; further ones take them again.
const paletteSize = 6

func shade(colour int) int {
	if colour < 0 {
		return colour
	}
	return colour % paletteSize
}
