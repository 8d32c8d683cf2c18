package loadgen

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"memlite/reports"
)

// Search finds the highest rate at which an endpoint keeps the plan's SLOs, by trials: runs of the plan at one rate each.
//
// The rate is doubled until they are not kept, and the gap halved until it is 5 %. Then both its ends are tried until there are five
// trials of each; if they say otherwise than the first ones did, the gap is moved. One trial is noise: a rate that is not kept at
// once is tried again, and two of three decide, because a miss by chance at a low rate would end the doubling there,
// whereas a success by chance is found out at the end.
type Search struct {
	Executor Executor
	// Plan is what each trial does. One of its SLOs bounds a response time from above: other figures do not tell when an
	// endpoint falls behind. Rate is the search's to choose; keys are preloaded once.
	Plan Plan
	// From and To are the lowest and the highest rate, in requests per second.
	From, To float64
	// Sinks, if any, returns those of the next trial, by its title.
	Sinks func(title string) []reports.Sink
}

const (
	nearEnough = 1.05 // two rates this far apart are one
	mostMoves  = 4    // of the gap, when it is confirmed
)

// Validate returns what is wrong with the search or its plan.
func (s Search) Validate() error {
	if s.From <= 0 || s.To < s.From || math.IsInf(s.To, 0) {
		return fmt.Errorf("a search goes from one rate to a higher one, not from %v/s to %v/s", s.From, s.To)
	}
	p := s.Plan
	p.Rate = s.From
	slos, err := p.objectives()
	if err := errors.Join(err, trialPlan(s.Plan, "search"), p.Validate()); err != nil {
		return err
	}
	p = p.withDefaults()
	bounded := false
	for _, o := range slos {
		bounded = bounded || o.BoundsResponse()
		if n := int64(s.From * p.Duration.Seconds()); n < o.Needs() {
			return fmt.Errorf("at %v/s a trial of %s has %d requests, too few for %s, which takes %d: raise the lowest rate or the duration", s.From, p.Duration, n, o.Text, o.Needs())
		}
	}
	if !bounded {
		return errors.New("a search needs a limit on response time, such as p99<5ms: other figures do not tell when an endpoint falls behind")
	}
	return nil
}

// trialPlan says why a plan can not be run at different rates.
func trialPlan(p Plan, what string) error {
	switch {
	case len(p.Stages) > 0:
		return fmt.Errorf("a %s varies the rate of a plan of one stage: leave the stages out", what)
	case p.Rate != 0:
		return fmt.Errorf("a %s chooses the rate itself: leave it out", what)
	case p.Requests != 0:
		return fmt.Errorf("the trials of a %s last as long as the duration says: leave the number of requests out", what)
	}
	return nil
}

// Trials is how many there are at most.
func (s Search) Trials() int {
	doublings := int(math.Ceil(math.Log2(s.To/s.From))) + 1
	return doublings + 2 + 3*halvings + 2*reports.SureTrials + mostMoves*reports.SureTrials
}

const halvings = 4 // of a gap of 2 to less than nearEnough

// TrialTime is how long a trial of the plan takes at most, connecting and preloading aside.
func TrialTime(p Plan) time.Duration {
	p = p.withDefaults()
	return p.Warmup + p.Duration + p.Drain + parting
}

// Execute searches. It returns the trials in the order in which they were made, also when ctx was cancelled, and also beside an error, which
// says that there was no way to go on: what was found is for reports.FindRate to say.
func (s Search) Execute(ctx context.Context) ([]*reports.Run, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	r := &trials{executor: s.Executor, plan: s.Plan, kind: reports.TrialOfSearch, sinks: s.Sinks, most: s.Trials()}
	lo, hi := s.bracket(ctx, r)
	for hi > 0 && lo > 0 && hi/lo > nearEnough && r.on(ctx) {
		mid := round3(math.Sqrt(lo * hi))
		if mid <= lo || mid >= hi {
			break
		}
		if r.believes(ctx, mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	s.confirm(ctx, r, lo, hi)
	return r.runs, r.err
}

// bracket doubles the rate. It returns the highest that was kept, 0 for none, and the one that was not, 0 for none.
func (s Search) bracket(ctx context.Context, r *trials) (lo, hi float64) {
	for rate := s.From; r.on(ctx); rate = min(2*rate, s.To) {
		if !r.believes(ctx, rate) {
			return lo, rate
		}
		lo = rate
		if rate == s.To {
			break
		}
	}
	return lo, 0
}

// confirm tries both ends of the gap until there are enough trials of each, and moves it where they do not bear it out.
func (s Search) confirm(ctx context.Context, r *trials, lo, hi float64) {
	for move := 0; lo > 0 && move <= mostMoves && r.on(ctx); move++ {
		for r.on(ctx) && (r.tried(lo) < reports.SureTrials && r.lost(lo) <= reports.SureTrials-reports.SureHeld || hi > 0 && r.tried(hi) < reports.SureTrials) {
			if r.tried(lo) < reports.SureTrials {
				r.try(ctx, lo)
			}
			if hi > 0 && r.tried(hi) < reports.SureTrials && r.on(ctx) && r.lost(lo) <= reports.SureTrials-reports.SureHeld {
				r.try(ctx, hi)
			}
			if r.lost(lo) > reports.SureTrials-reports.SureHeld {
				break
			}
		}
		switch {
		case !r.on(ctx):
		case !r.kept(lo):
			if lo <= s.From {
				return
			}
			lo, hi = max(round3(lo/nearEnough), s.From), lo
		case hi > 0 && r.kept(hi):
			lo = hi
			if hi = min(round3(hi*nearEnough), s.To); hi <= lo {
				hi = 0
			}
		default:
			return
		}
	}
}

// round3 keeps three digits of a rate: nobody needs more, and people remember them.
func round3(rate float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(rate, 'g', 3, 64), 64)
	return v
}

// trials are runs of one plan at different rates.
type trials struct {
	executor Executor
	plan     Plan
	kind     string
	sinks    func(string) []reports.Sink
	most     int // 0: no bound
	runs     []*reports.Run
	err      error
}

// on says whether there is any use in another trial.
func (r *trials) on(ctx context.Context) bool {
	return r.err == nil && ctx.Err() == nil && (r.most == 0 || len(r.runs) < r.most)
}

// try makes one trial and returns it; nil where that was not possible.
func (r *trials) try(ctx context.Context, rate float64) *reports.Run {
	p := r.plan
	p.Rate = rate
	if len(r.runs) > 0 {
		p.Preload = false
	}
	p.Seed += int64(len(r.runs)) // repeats are no repeats if they do exactly the same
	title := strconv.FormatFloat(rate, 'f', -1, 64) + "/s"
	if n := r.tried(rate); r.kind == reports.TrialOfSearch {
		title += fmt.Sprintf(", trial %d", n+1)
	}
	var sinks []reports.Sink
	if r.sinks != nil {
		sinks = r.sinks(title)
	}
	run, err := r.executor.Execute(ctx, p, sinks...)
	if run == nil {
		if len(r.runs) > 0 && err != nil {
			err = fmt.Errorf("at %s, after %d trials: %w", title, len(r.runs), err)
		}
		r.err = err
		return nil
	}
	run.Title, run.Trial = title, r.kind
	r.runs = append(r.runs, run)
	if len(r.runs) == 1 {
		r.err = err // an endpoint that answers nothing at the lowest rate needs no other
	}
	return run
}

// believes tries a rate up to three times: two that say the same decide, and so does a first success.
func (r *trials) believes(ctx context.Context, rate float64) bool {
	held, not := 0, 0
	for r.on(ctx) {
		run := r.try(ctx, rate)
		switch {
		case run == nil:
			return false
		case run.Outcome() == reports.Passed && not == 0:
			return true
		case run.Outcome() == reports.Passed:
			held++
		default:
			not++
		}
		if held == 2 || not == 2 {
			break
		}
	}
	return held == 2
}

func (r *trials) rung(rate float64) *reports.Rung {
	for _, g := range reports.Rungs(r.runs) {
		if g.Rate == rate {
			return g
		}
	}
	return &reports.Rung{Rate: rate}
}

func (r *trials) tried(rate float64) int { return len(r.rung(rate).Trials) }
func (r *trials) kept(rate float64) bool { return r.rung(rate).Kept() }

// lost is how many trials were not held.
func (r *trials) lost(rate float64) int {
	g := r.rung(rate)
	return g.Missed + g.Unsure
}
