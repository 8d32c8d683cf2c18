package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// metric is a figure that is compared: an SLO's metric. Of errors and the like it is the share.
type metric struct{ SLO }

func (m metric) same(o metric) bool {
	return m.operation == o.operation && m.service == o.service && m.metric == o.metric && m.quantile == o.quantile
}

// up says that more of it is worse.
func (m metric) up() bool { return m.metric != metricRate && m.metric != metricHits }

// fact says that it is what it is however slow the load generator was: a wrong answer stays wrong.
func (m metric) fact() bool {
	return m.metric == metricErrors || m.metric == metricHits || m.metric == metricMisses
}

// rare says that most units may have none of it, so that a median hides what happened in the others.
func (m metric) rare() bool { return rareMeasure(m.metric) }

func rareMeasure(name string) bool { return name == metricErrors || name == metricDrops }

func newMetric(operation, name string, quantile float64, service bool) metric {
	m := metric{SLO{operation: operation, metric: name, quantile: quantile, service: service, unit: unitShare}}
	if m.latency() {
		m.unit = unitTime
	} else if name == metricRate {
		m.unit = unitRate
	}
	return m
}

// metricsOf are all figures that are compared: the usual ones of all operations together and of each, and what the gates ask for.
func metricsOf(base, head []*Run, fail []Regression) []metric {
	var operations []string
	open, hits := false, map[string]bool{}
	for _, r := range slices.Concat(base, head) {
		open = open || !r.closed()
		for _, o := range r.Totals {
			if !slices.Contains(operations, o.Name) {
				operations = append(operations, o.Name)
			}
			if o.Hits+o.Misses > 0 {
				hits[""], hits[o.Name] = true, true
			}
		}
	}
	slices.Sort(operations)
	if len(operations) == 1 {
		operations = nil
	}
	var list []metric
	for _, op := range append([]string{""}, operations...) {
		list = append(list, newMetric(op, metricRate, 0, false))
		for _, service := range []bool{false, true} {
			for _, q := range []float64{50, 90, 99, 99.9} {
				if !service || open && op == "" {
					list = append(list, newMetric(op, metricPercentile, q, service))
				}
			}
		}
		list = append(list, newMetric(op, metricErrors, 0, false))
		if op == "" && open {
			list = append(list, newMetric(op, metricDrops, 0, false))
		}
		if hits[op] {
			list = append(list, newMetric(op, metricHits, 0, false))
		}
	}
	for _, f := range fail {
		if !slices.ContainsFunc(list, f.of.same) {
			list = append(list, f.of)
		}
	}
	return list
}

// sample is what the units of one side say of one measure.
type sample struct {
	values  []float64
	missing int    // units without it
	reason  string // why, of the first of them
}

// sampleRuns measures every unit. Blocks are measured one after the other: their histograms are large while they are open. Of runs that
// are left out only the facts count.
func sampleRuns(runs []*Run, unit string, metrics []metric, leaveOut bool) []sample {
	list := make([]sample, len(metrics))
	for _, r := range runs {
		factsOnly := leaveOut && r.spoiled() != ""
		if unit == UnitRun {
			add(list, metrics, evidence{r.Totals, r.Requests.Dropped, r.Requests.Abandoned, r.Recorded(), r.closed()}, factsOnly)
			continue
		}
		all := blocks(r)
		for i, block := range all {
			e := gather(block, r.closed())
			if i == len(all)-1 {
				e.abandoned = r.Requests.Abandoned // they were in flight at the end
			}
			add(list, metrics, e, factsOnly)
		}
	}
	return list
}

// blockLength is long enough that a p99 has some thousand requests at usual rates, and a garbage collection or a flush of the server
// is within one block and not the difference between two.
const blockLength = 5 * time.Second

// blocks cuts the recorded part of a run into pieces of 5 s. None goes across stages or gaps, and what is left at the end of each
// is no block.
func blocks(r *Run) [][]*Interval {
	var list [][]*Interval
	var block []*Interval
	var length time.Duration
	for i, v := range r.Intervals {
		if last := i - 1; last >= 0 && (v.Stage != r.Intervals[last].Stage || v.Recorded != r.Intervals[last].Recorded) {
			block, length = nil, 0
		}
		if !v.Recorded {
			continue
		}
		block, length = append(block, v), length+v.Length
		if length >= blockLength-10*time.Millisecond { // seconds are cut by a clock
			list = append(list, block)
			block, length = nil, 0
		}
	}
	return list
}

// gather adds up the intervals of a block.
func gather(block []*Interval, closed bool) evidence {
	e := evidence{closed: closed}
	byName := map[string][]*Operation{}
	for _, v := range block {
		e.length += v.Length
		e.dropped += v.Dropped
		for _, o := range v.Operations {
			byName[o.Name] = append(byName[o.Name], o)
		}
	}
	for name, list := range byName {
		e.operations = append(e.operations, sum(name, list))
	}
	slices.SortFunc(e.operations, func(a, b *Operation) int { return cmp.Compare(a.Name, b.Name) })
	return e
}

// add measures one unit. The sum of all operations is made once.
func add(list []sample, metrics []metric, e evidence, factsOnly bool) {
	all := e
	all.operations = []*Operation{sum("all", e.operations)}
	for i, m := range metrics {
		if factsOnly && !m.fact() {
			continue
		}
		of := e
		if m.operation == "" {
			of = all
		}
		v, reason := m.value(of)
		if math.IsNaN(v) {
			if list[i].missing++; list[i].reason == "" {
				list[i].reason = reason
			}
			continue
		}
		list[i].values = append(list[i].values, v)
	}
}

// value is NaN, with the reason, where the unit does not tell.
func (m metric) value(e evidence) (float64, string) {
	if m.operation != "" && !slices.ContainsFunc(e.operations, func(o *Operation) bool { return o.Name == m.operation }) {
		return math.NaN(), "no " + m.operation + " was recorded"
	}
	f := m.measure(e)
	switch {
	case math.IsNaN(f.low) || f.few:
		return math.NaN(), f.reason
	case f.high > f.low*1.01 && f.low < float64(highest):
		return math.NaN(), fmt.Sprintf("%s requests were dropped or not answered, and whether they are of this kind is not known", number(e.dropped+e.abandoned))
	case m.latency():
		return math.Min(f.low, float64(highest)), ""
	}
	return f.low, ""
}

// label is the figure as a table names it: "get p99", "p99 service".
func (d *Difference) label() string {
	name := d.Measure
	if rest, ok := strings.CutPrefix(name, "service."); ok {
		name = rest + " service"
	}
	switch name {
	case metricRate:
		name = "requests/s"
	case metricHits:
		name = "hit ratio"
	}
	if d.Operation != "all" {
		name = d.Operation + " " + name
	}
	return name
}
