package reports

import (
	"fmt"
	"math"
	"time"
)

// moment is a stretch of a run's time as it is drawn: one interval, or several added.
type moment struct {
	from, to time.Duration
	recorded bool
	stage    string

	count, errors, dropped int64
	hits, misses           int64
	missing                float64      // share of the load whose figures it lacks, the mean over its time
	response               *Histogram   // nil where nothing was answered, or not measured
	percentiles            *Percentiles // of response
}

// moments adds neighbouring intervals of a stage until no more than about most are left. They are added, not
// averaged: the p99 of a stretch is that of all its samples. Service times are left alone: no picture over time has them.
func (r *Run) moments(most int) []moment {
	group := max(1, (len(r.Intervals)+most-1)/most)
	var list []moment
	var open []*Interval
	flush := func() {
		if len(open) > 0 {
			list = append(list, newMoment(open))
			open = nil
		}
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

// newMoment adds up intervals that follow each other.
func newMoment(list []*Interval) moment {
	first, last := list[0], list[len(list)-1]
	m := moment{from: first.Start, to: last.Start + last.Length, recorded: first.Recorded, stage: first.Stage}
	var alone *Percentiles
	var response []*Histogram
	for _, v := range list {
		m.dropped += v.Dropped
		if length := m.length(); length > 0 {
			m.missing += v.Missing * float64(v.Length) / float64(length)
		}
		for _, o := range v.Operations {
			m.count += o.Count
			m.errors += o.Errors
			m.hits += o.Hits
			m.misses += o.Misses
			if o.Count > 0 {
				response, alone = append(response, o.Response), o.Percentiles
			}
		}
	}
	if m.response = added(response); m.response != nil {
		m.percentiles = m.response.Percentiles()
	} else if len(response) == 1 {
		m.percentiles = alone // a file without histograms still shows what it has
	}
	return m
}

func (m *moment) length() time.Duration { return m.to - m.from }

// seconds is the middle of it, where its values are drawn.
func (m *moment) seconds() float64 { return (m.from + m.to).Seconds() / 2 }

// step is a value that is of the whole of it and not of its middle.
func (m *moment) step(v float64) []point {
	return []point{{m.from.Seconds(), v}, {m.to.Seconds(), v}}
}

func (m *moment) rate(n int64) float64 { return rate(n, m.length()) }

// hitRatio is a share; NaN where no key was asked for.
func (m *moment) hitRatio() float64 {
	if m.hits+m.misses == 0 {
		return math.NaN()
	}
	return float64(m.hits) / float64(m.hits+m.misses)
}

func (m *moment) name() string {
	name := fmt.Sprintf("%s to %s s, %s", tenths(m.from), tenths(m.to), m.stage)
	if !m.recorded {
		name += " (not recorded)"
	}
	if m.missing > 0 {
		name += "\n" + percent(m.missing) + " of the load is missing"
	}
	return name
}

func endOf(moments []moment) time.Duration {
	if len(moments) == 0 {
		return 0
	}
	return moments[len(moments)-1].to
}
