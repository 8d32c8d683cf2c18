package reports

import (
	"fmt"
	"math"
	"time"
)

// Judge says of each objective whether the run held it.
//
// Nothing is held on evidence that does not bear it. What was not measured is inconclusive. So is everything in a run in which the load
// generator was the bottleneck, that was cut short or that lost an agent, except what is a fact in spite of that: wrong answers and
// misses that were seen while the generator was slow, and a count or a maximum that had gone beyond its limit when the run was ended,
// or without the part that is missing.
func Judge(r *Run, slos []SLO) []*Objective {
	var list []*Objective
	for _, o := range slos {
		list = append(list, o.judge(r))
	}
	return list
}

func (o SLO) judge(r *Run) *Objective {
	j := &Objective{Text: o.Text, Unit: o.unit, Limit: o.limit}
	f := o.measure(evidence{r.Totals, r.Requests.Dropped, r.Requests.Abandoned, r.Recorded(), r.closed()})
	j.Reason = f.reason
	if !math.IsNaN(f.low) && !math.IsInf(f.low, 0) {
		j.Actual = &f.low
	}
	held := o.holds(f.low)
	switch {
	case math.IsNaN(f.low):
		j.Inconclusive = true
		return j
	case held != o.holds(f.high):
		j.Inconclusive = true
		j.Reason = fmt.Sprintf("%s requests were dropped or not answered, and whether they are of this kind is not known",
			number(r.Requests.Dropped+r.Requests.Abandoned))
		return j
	case f.few:
		j.Inconclusive = true
		return j
	}
	if !held {
		j.Seconds = o.seconds(r)
	}
	monotone := o.upper() && (o.unit == unitCount || o.metric == metricMax)
	fact := o.metric == metricErrors || o.metric == metricHits || o.metric == metricMisses
	switch lost := r.lost(); {
	case lost != "" && (held || !monotone):
		j.Inconclusive, j.Reason = true, lost
	case r.CutShort && (held || !monotone):
		j.Inconclusive, j.Reason = true, "the run was cut short"
	case r.Generator.Bottleneck && (held || !fact):
		j.Inconclusive, j.Reason = true, "the load generator was the bottleneck"
	default:
		j.Held = held
	}
	return j
}

// evidence is what an objective is measured on: a whole run, or a second of it.
type evidence struct {
	operations         []*Operation
	dropped, abandoned int64 // of any operation
	length             time.Duration
	closed             bool
}

// figure is a metric's value. It lies between low and high: which operation a request that was never answered would have been
// is not known.
type figure struct {
	low, high float64 // NaN: not known; infinite: of a time that never ended
	few       bool    // too few samples to say
	reason    string  // more about it, if there is more to say
}

func exactly(v float64) figure { return figure{low: v, high: v} }

func unknown(reason string) figure {
	return figure{low: math.NaN(), high: math.NaN(), reason: reason}
}

func (o SLO) measure(e evidence) figure {
	var list []*Operation
	for _, op := range e.operations {
		if o.operation == "" || op.Name == o.operation {
			list = append(list, op)
		}
	}
	t := sum("all", list)
	// What is surely of this operation, and what may be.
	abandoned, maybe := e.abandoned, int64(0)
	if o.operation != "" {
		abandoned, maybe = 0, e.abandoned
	}
	sent := t.Count + t.Errors + abandoned
	what := "request"
	if o.operation != "" {
		what = o.operation
	}
	if o.latency() {
		return o.time(e, t)
	}
	switch o.metric {
	case metricRate:
		if e.length <= 0 {
			return unknown("no time was recorded")
		}
		return exactly(rate(t.Count, e.length))
	case metricErrors:
		if sent+maybe == 0 {
			return unknown("no " + what + " was recorded")
		}
		if o.unit == unitShare {
			return figure{low: ratio(t.Errors+abandoned, sent), high: ratio(t.Errors+abandoned+maybe, sent+maybe)}
		}
		return figure{low: float64(t.Errors + abandoned), high: float64(t.Errors + abandoned + maybe)}
	case metricDrops:
		if sent+e.dropped == 0 {
			return unknown("no request was recorded")
		}
		return o.part(e.dropped, sent+e.dropped)
	}
	if t.Hits+t.Misses == 0 {
		return unknown("no get was answered")
	}
	if o.metric == metricHits {
		return o.part(t.Hits, t.Hits+t.Misses)
	}
	return o.part(t.Misses, t.Hits+t.Misses)
}

func ratio(part, whole int64) float64 { return float64(part) / float64(max(whole, 1)) }

// part is a count or a share, as the limit is.
func (o SLO) part(n, whole int64) figure {
	if o.unit == unitShare {
		return exactly(ratio(n, whole))
	}
	return exactly(float64(n))
}

// time measures a latency. A request without a right answer is slower than any that has one: a server does not become
// faster by not answering. The mean is of the answers alone.
func (o SLO) time(e evidence, t *Operation) figure {
	h, lost, maybe := t.Response, t.Errors, e.abandoned+e.dropped
	if o.service && !e.closed {
		h, maybe = t.Service, e.abandoned // what was never sent has no service time
	}
	if o.operation == "" {
		lost, maybe = lost+maybe, 0
	}
	n := h.TotalCount()
	if n == 0 {
		return unknown("no answer was recorded")
	}
	if o.metric == metricMean {
		return exactly(h.mean())
	}
	q := o.quantile
	if o.metric == metricMax {
		q = 100
	}
	f := figure{low: h.among(n, lost, q), high: h.among(n, lost+maybe, q)}
	if lost > 0 {
		f.reason = fmt.Sprintf("%s of the requests (%s) were not answered right", share(lost, n+lost), number(lost))
	}
	if needed := o.Needs(); n+lost < needed {
		f.few, f.reason = true, fmt.Sprintf("%s requests are too few to tell: it takes %s", number(n+lost), number(needed))
	}
	return f
}

// among is the quantile of the n samples of h and lost others that are larger than all of them; infinite where it is one of
// those.
func (h *Histogram) among(n, lost int64, q float64) float64 {
	rank := q / 100 * float64(n+lost)
	if math.Ceil(rank-1e-6) > float64(n) {
		return math.Inf(1)
	}
	return float64(h.ValueAtQuantile(math.Min(100, 100*rank/float64(n))))
}

func (h *Histogram) mean() float64 { return h.view().Mean() }

// seconds are the stretches of the recorded time in which the objective was missed.
func (o SLO) seconds(r *Run) []Span {
	var list []Span
	for _, v := range r.Intervals {
		if !v.Recorded || !o.missedIn(r, v) {
			continue
		}
		span := Span{v.Start, v.Start + v.Length}
		if last := len(list) - 1; last >= 0 && span.From-list[last].To < time.Millisecond {
			list[last].To = span.To
			continue
		}
		list = append(list, span)
	}
	return list
}

func (o SLO) missedIn(r *Run, v *Interval) bool {
	if o.metric == metricRate && (v.Length < 500*time.Millisecond || v.Missing > 0) {
		return false // too short to have a rate of its own, or not asked for all of it
	}
	f := o.measure(evidence{v.Operations, v.Dropped, 0, v.Length, r.closed()})
	switch {
	case math.IsNaN(f.low):
		return false
	case o.unit == unitCount:
		return o.upper() && f.low > 0 // a second has only its part of a count
	}
	return !o.holds(f.low)
}
