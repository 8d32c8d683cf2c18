package loadgen

import (
	"context"
	"errors"
	"fmt"
	"math"

	"memlite/reports"
)

// Scan runs a plan at one rate after the other, for the whole curve of latency by throughput.
type Scan struct {
	Executor Executor
	// Plan is what each run does. Rate is the scan's to choose; keys are preloaded once.
	Plan Plan
	// From, To and Step are the rates, in requests per second.
	From, To, Step float64
	// Sinks, if any, returns those of the next run, by its title.
	Sinks func(title string) []reports.Sink
}

// mostRates bounds a scan: more points than that can not be told apart in its curve.
const mostRates = 200

// Far past saturation further rates only repeat what is known: after so many runs that answered less than this part of what was
// asked, a scan ends.
const (
	saturated     = 0.8
	mostSaturated = 2
)

// Validate returns what is wrong with the scan or its plan.
func (s Scan) Validate() error {
	switch {
	case s.From <= 0 || s.To < s.From || s.Step <= 0 || math.IsInf(s.To, 0):
		return errors.New("a scan goes from one rate to a higher one, in steps above 0")
	case (s.To-s.From)/s.Step >= mostRates:
		return fmt.Errorf("a scan has at most %d rates: take larger steps", mostRates)
	}
	p := s.Plan
	p.Rate = s.From
	return errors.Join(trialPlan(s.Plan, "scan"), p.Validate())
}

// Trials is how many runs there are.
func (s Scan) Trials() int { return int((s.To-s.From)/s.Step*(1+1e-9)) + 1 }

// Execute scans. It returns the runs in the order in which they were made, also when ctx was cancelled, and also beside an
// error, which says that there was no way to go on.
func (s Scan) Execute(ctx context.Context) ([]*reports.Run, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	r := &trials{executor: s.Executor, plan: s.Plan, kind: reports.TrialOfScan, sinks: s.Sinks}
	behind := 0
	for i := range s.Trials() {
		if !r.on(ctx) {
			break
		}
		run := r.try(ctx, s.From+float64(i)*s.Step)
		if run == nil || run.CutShort {
			break
		}
		if run.Reached() >= saturated*run.Rate {
			behind = 0
			continue
		}
		if behind++; behind == mostSaturated && i+1 < s.Trials() {
			run.Warnings = append(run.Warnings, fmt.Sprintf(reports.ScanEnded+": in %d runs less than %.0f %% of the requests asked for were answered in time, and %d higher rates were left out",
				mostSaturated, 100*saturated, s.Trials()-i-1))
			break
		}
	}
	return r.runs, r.err
}
