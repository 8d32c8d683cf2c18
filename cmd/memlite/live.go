package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"memlite/loadgen"
	"memlite/reports"
)

// liveRun shows the intervals of a run as they come: in a view where there is a terminal to draw it on, else in lines.
type liveRun struct {
	*progress
	plan   loadgen.Plan
	label  string // what the run is called, where there are several
	errors int64
	view   *view // nil without a terminal to draw on
}

// newLiveRun opens the view of a run. stop ends the run early; ctx is done when something else has ended it. end must
// be called, also when the run panics, or the terminal stays as the view has set it.
func newLiveRun(ctx context.Context, stdin io.Reader, stderr io.Writer, plan loadgen.Plan, stop func()) *liveRun {
	l := &liveRun{progress: newProgress(stderr), plan: plan}
	if l.live {
		l.view = openView(ctx, stdin, stderr, plan, stop, func() {
			l.show(fmt.Sprintf("stopping: waits up to %s for the replies to what was sent", plan.Drain))
		})
	}
	return l
}

func (l *liveRun) Interval(i *reports.Interval) error {
	s := digest(i)
	l.errors += s.errors
	if !l.view.take(s) {
		l.show(l.line(s))
	}
	return nil
}

// line is an interval in words.
func (l *liveRun) line(s second) string {
	line := l.label + s.stage
	at := (s.start + s.length).Round(time.Second)
	if whole := l.plan.Length(); whole > 0 && s.recorded {
		line += fmt.Sprintf(" %s of %s", min(at, whole), whole) // the last interval also has the wait for the last replies
	} else {
		line += " " + at.String()
	}
	line += fmt.Sprintf(": %.0f/s", s.rate())
	if p := s.latency; p != nil {
		line += fmt.Sprintf(", p50 %s, p99 %s", milliseconds(p.P50), milliseconds(p.P99))
	} else {
		line += ", p50 n/a, p99 n/a"
	}
	line += fmt.Sprintf(", %d errors", l.errors)
	if s.dropped > 0 {
		line += fmt.Sprintf(", %d dropped", s.dropped)
	}
	if s.missing > 0 {
		line += ", " + s.lacks()
	}
	return line
}

// note writes a line that stays, above what is live.
func (l *liveRun) note(line string) {
	if !l.view.note(line) {
		l.progress.note(line)
	}
}

// Close takes what is live away.
func (l *liveRun) Close() error {
	l.end()
	return nil
}

func (l *liveRun) end() {
	l.view.end()
	l.done()
}

// second is what there is to show of an interval.
type second struct {
	stage                     string
	recorded                  bool
	start, length             time.Duration
	answered, errors, dropped int64
	kinds                     map[string]int64     // errors by kind
	latency                   *reports.Percentiles // response time of all operations; nil where nothing was answered
	connections               int64                // open; -1 where that is not known
	missing                   float64              // share of the load, 0 to 1, that it lacks because agents were lost
}

func (s second) lacks() string { return fmt.Sprintf("%.3g %% of the load missing", 100*s.missing) }

// digest takes from an interval what it keeps only while it is shown.
func digest(i *reports.Interval) second {
	s := second{stage: i.Stage, recorded: i.Recorded, start: i.Start, length: i.Length, dropped: i.Dropped, connections: -1, missing: i.Missing}
	response := reports.NewHistogram()
	for _, o := range i.Operations {
		s.answered += o.Count
		s.errors += o.Errors
		response.Add(o.Response)
		for kind, n := range o.Outcomes {
			if s.kinds == nil {
				s.kinds = map[string]int64{}
			}
			s.kinds[kind] += n
		}
	}
	s.latency = response.Percentiles()
	if i.Live != nil {
		s.connections = i.Live.Connections
	}
	return s
}

// rate is in answers per second.
func (s second) rate() float64 {
	if s.length <= 0 {
		return 0
	}
	return float64(s.answered) / s.length.Seconds()
}

// milliseconds prints nanoseconds with three digits that count.
func milliseconds(ns int64) string {
	if ns >= 999_500_000 {
		return fmt.Sprintf("%.0fms", float64(ns)/1e6) // %g would write 1.23e+03
	}
	return fmt.Sprintf("%.3gms", float64(ns)/1e6)
}
