package reports

import (
	"fmt"
	"math"
	"slices"
)

// The pictures over time stand under each other and have the same x, so that what happened at one moment is on one
// upright line.

// drawnMoments bounds the size of a page: more than this many can not be told apart in a chart.
const drawnMoments = 150

// timeCharts are all of a run, the one that says most first; none where it has no intervals.
func timeCharts(r *Run) []*plot {
	m := r.moments(drawnMoments)
	if len(m) == 0 {
		return nil
	}
	var list []*plot
	if slices.ContainsFunc(m, func(m moment) bool { return m.percentiles != nil }) {
		list = append(list, responseChart(r, m))
	}
	list = append(list, throughputChart(r, m))
	for _, p := range []*plot{errorChart(m), dropChart(m), hitChart(m)} {
		if p != nil {
			list = append(list, p)
		}
	}
	return list
}

// overlaidMoments is enough to compare runs by eye; each has its own pictures.
const overlaidMoments = 60

// overTime overlays runs: what was answered and the p99 of each moment, counted from each run's own start. None where there
// are more of them than colours: nobody tells their lines apart.
func overTime(runs []*Run) []*plot {
	if len(runs) > paletteSize {
		return nil
	}
	answered, slow := &plot{Title: "Throughput over time"}, &plot{Title: "p99 over time"}
	lo, hi, most := math.Inf(1), 0.0, 0.0
	var longest []moment
	all := names(runs)
	said := make([]func(at float64, of int) string, len(runs))
	for i, name := range all {
		list := runs[i].moments(overlaidMoments)
		if endOf(list) > endOf(longest) {
			longest = list
		}
		a, b := series{Name: name, Colour: i}, series{Name: name, Colour: i}
		for k := range list {
			m := &list[k]
			v, p := m.rate(m.count), math.NaN()
			if !math.IsNaN(v) {
				most = math.Max(most, v)
			}
			if m.percentiles != nil {
				p = math.Max(1, float64(m.percentiles.P99))
				lo, hi = math.Min(lo, p), math.Max(hi, p)
			}
			a.Points, b.Points = append(a.Points, m.step(v)...), append(b.Points, m.step(p)...)
			m.response = nil // large, and done with
		}
		answered.Series, slow.Series = append(answered.Series, a), append(slow.Series, b)
		said[i] = func(at float64, of int) string {
			k := slices.IndexFunc(list, func(m moment) bool { return m.from.Seconds() <= at && at < m.to.Seconds() })
			if k < 0 {
				return na
			}
			text := (&Operation{Percentiles: list[k].percentiles}).percentile(p99)
			if of == 0 {
				text = perSecond(list[k].rate(list[k].count)) + " requests/s"
			}
			if part := list[k].missing; part > 0 {
				text += " (" + percent(part) + " of the load is missing)"
			}
			return text
		}
	}
	if len(longest) == 0 {
		return nil
	}
	answered.Y, slow.Y = countAxis(most), latencyAxis(lo, hi)
	for of, p := range []*plot{answered, slow} {
		p.X = timeAxis(endOf(longest))
		for k := range longest {
			text := fmt.Sprintf("%s to %s s", tenths(longest[k].from), tenths(longest[k].to))
			for i, name := range all {
				text += "\n" + name + ": " + said[i](longest[k].seconds(), of)
			}
			p.Marks = append(p.Marks, mark{longest[k].seconds(), text})
		}
	}
	return []*plot{answered, slow}
}

// timePlot is a picture over time with nothing in it yet but the stages.
func timePlot(title string, moments []moment) *plot {
	return &plot{Title: title, X: timeAxis(endOf(moments)), Bands: bands(moments), Gaps: gaps(moments)}
}

// gaps are the stretches in which a part of the load is missing.
func gaps(moments []moment) []band {
	var list []band
	for _, m := range moments {
		if m.missing == 0 {
			continue
		}
		label := percent(m.missing) + " missing"
		if last := len(list) - 1; last >= 0 && list[last].Label == label && list[last].To == m.from.Seconds() {
			list[last].To = m.to.Seconds()
			continue
		}
		list = append(list, band{From: m.from.Seconds(), To: m.to.Seconds(), Label: label})
	}
	return list
}

// responseChart shows where the response times of each moment lie, and the p50 and p99 of it.
func responseChart(r *Run, moments []moment) *plot {
	p := timePlot("Response time over time", moments)
	p.Series = []series{{Name: "p99", Colour: 1}, {Name: "p50", Colour: quiet}}
	of := []func(*Percentiles) int64{p99, p50}
	lo, hi := math.Inf(1), 0.0
	for i := range moments {
		m := &moments[i]
		for k := range p.Series {
			y := math.NaN()
			if m.percentiles != nil {
				y = math.Max(1, float64(of[k](m.percentiles)))
				lo, hi = math.Min(lo, y), math.Max(hi, float64(m.percentiles.Max))
			}
			p.Series[k].Points = append(p.Series[k].Points, m.step(y)...)
		}
		if n := m.response.TotalCount(); n > 0 {
			lo = math.Min(lo, math.Max(1, float64(m.response.ValueAtQuantile(0))))
		}
		o := &Operation{Percentiles: m.percentiles}
		p.Marks = append(p.Marks, mark{m.seconds(), fmt.Sprintf("%s\np50 %s\np90 %s\np99 %s\np99.9 %s\nmax %s\n%s answered", m.name(),
			o.percentile(p50), o.percentile(p90), o.percentile(p99), o.percentile(p999), o.percentile(pMax), number(m.count))})
	}
	if hi > 0 {
		for _, l := range r.limits(unitTime) {
			l.To = 0
			p.Limits = append(p.Limits, l)
			lo, hi = math.Min(lo, l.At), math.Max(hi, l.At)
		}
	}
	p.Y = latencyAxis(lo, hi)
	p.Heat = newHeat(moments, p.Y)
	return p
}

// throughputChart shows what was answered each second, and what was asked for.
func throughputChart(r *Run, moments []moment) *plot {
	p := timePlot("Throughput over time", moments)
	answered := series{Name: "requests/s answered"}
	hi := 0.0
	for i := range moments {
		m := &moments[i]
		v := m.rate(m.count)
		answered.Points = append(answered.Points, m.step(v)...)
		if !math.IsNaN(v) {
			hi = math.Max(hi, v)
		}
		p.Marks = append(p.Marks, mark{m.seconds(), fmt.Sprintf("%s\n%s requests/s\n%s answered", m.name(), perSecond(v), number(m.count))})
	}
	p.Series = []series{answered}
	if asked := r.asked(p.X.Max); len(asked) > 0 {
		for _, at := range asked {
			if !math.IsNaN(at.Y) {
				hi = math.Max(hi, at.Y)
			}
		}
		p.Series = append(p.Series, series{Name: "asked for", Colour: quiet, Dash: dashed, Points: asked})
	}
	for _, l := range r.limits(unitRate) {
		hi = math.Max(hi, l.At)
		p.Limits = append(p.Limits, l)
	}
	p.Y = countAxis(hi)
	return p
}

// errorChart shows what was answered wrong or not at all; nil where nothing was. It has an axis of its own: on that of
// the throughput a hundred errors among a hundred thousand answers are a flat line.
func errorChart(moments []moment) *plot {
	return lossChart("Errors over time", "errors/s", moments, func(m *moment) int64 { return m.errors }, func(m *moment) string {
		return fmt.Sprintf("%s of %s", plural(m.errors, "error"), plural(m.errors+m.count, "request"))
	})
}

// dropChart shows what was never sent because no client was free in time; nil where that never happened.
func dropChart(moments []moment) *plot {
	return lossChart("Never sent over time", "never sent/s", moments, func(m *moment) int64 { return m.dropped }, func(m *moment) string {
		return number(m.dropped) + " never sent"
	})
}

func lossChart(title, name string, moments []moment, of func(*moment) int64, say func(*moment) string) *plot {
	p := timePlot(title, moments)
	p.Strip = true
	lost := series{Name: name, Colour: failure}
	hi, n := 0.0, int64(0)
	for i := range moments {
		m := &moments[i]
		v := m.rate(of(m))
		lost.Points = append(lost.Points, m.step(v)...)
		if !math.IsNaN(v) {
			hi = math.Max(hi, v)
		}
		n += of(m)
		p.Marks = append(p.Marks, mark{m.seconds(), m.name() + "\n" + say(m)})
	}
	if n == 0 {
		return nil
	}
	p.Series, p.Y = []series{lost}, countAxisOf(hi, 2)
	return p
}

// hitChart shows the share of gets that found their key; nil where there was no get.
func hitChart(moments []moment) *plot {
	p := timePlot("Hit ratio over time", moments)
	p.Strip, p.Y = true, shareAxis()
	hits := series{Name: "of the gets, found their key", Colour: 3}
	some := false
	for i := range moments {
		m := &moments[i]
		v := m.hitRatio()
		some = some || !math.IsNaN(v)
		hits.Points = append(hits.Points, m.step(v)...)
		p.Marks = append(p.Marks, mark{m.seconds(), fmt.Sprintf("%s\n%s hit ratio\n%s, %s", m.name(), percent(v), plural(m.hits, "hit"), number(m.misses)+" missed")})
	}
	if !some {
		return nil
	}
	p.Series = []series{hits}
	return p
}

// bands are the stages: those that do not count, and where there are several of them each.
func bands(moments []moment) []band {
	var list []band
	for _, m := range moments {
		if last := len(list) - 1; last >= 0 && list[last].Label == m.stage && list[last].Apart == !m.recorded {
			list[last].To = m.to.Seconds()
			continue
		}
		list = append(list, band{m.from.Seconds(), m.to.Seconds(), m.stage, !m.recorded})
	}
	if len(list) == 1 && !list[0].Apart {
		return nil // the whole of it needs no name
	}
	return list
}
