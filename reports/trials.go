package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// What a Run is a Trial of.
const (
	TrialOfSearch = "search"
	TrialOfScan   = "scan"
)

// Rung is all trials at one rate.
type Rung struct {
	Rate                 float64 // asked for, per second
	Trials               []*Run
	Held, Missed, Unsure int // of the trials
	Bottleneck           int // trials in which the load generator was
}

// Outcome is what came of all the run's objectives together: one that was missed is a miss, whatever the others. Nothing is passed, not
// even without objectives, by a run that lost an agent: its load was not the plan's.
func (r *Run) Outcome() Status {
	s := Passed
	if len(r.Lost()) > 0 {
		s = Inconclusive
	}
	for _, o := range r.Objectives {
		switch o.Status() {
		case Failed:
			return Failed
		case Inconclusive:
			s = Inconclusive
		}
	}
	return s
}

// Rungs sorts trials by their rates, the lowest first.
func Rungs(runs []*Run) []*Rung {
	var list []*Rung
	for _, r := range runs {
		k, ok := slices.BinarySearchFunc(list, r.Rate, func(g *Rung, rate float64) int {
			switch {
			case g.Rate < rate:
				return -1
			case g.Rate > rate:
				return 1
			}
			return 0
		})
		if !ok {
			list = slices.Insert(list, k, &Rung{Rate: r.Rate})
		}
		g := list[k]
		g.Trials = append(g.Trials, r)
		switch r.Outcome() {
		case Passed:
			g.Held++
		case Failed:
			g.Missed++
		default:
			g.Unsure++
		}
		if r.Generator.Bottleneck {
			g.Bottleneck++
		}
	}
	return list
}

// What makes a rate one that is kept for sure: with 4 of 5 a single disturbance of the machine is forgiven.
const (
	SureTrials = 5
	SureHeld   = 4
)

// Kept says that the trials are enough to call the rate kept.
func (g *Rung) Kept() bool { return g.Held >= SureHeld && SureTrials*g.Held >= SureHeld*len(g.Trials) }

// confidence is how sure the trials make it that a further one is rather held than not, or not rather than held: one minus the chance
// of so many or more in throws of a coin.
func confidence(k, n int) float64 {
	chance := 0.0
	for i := k; i <= n; i++ {
		binomial := 1.0
		for j := range i {
			binomial *= float64(n-j) / float64(j+1)
		}
		chance += binomial * math.Pow(0.5, float64(n))
	}
	return 1 - chance
}

// Search is what the trials of a search come to.
type Search struct {
	Objective string // p99<5ms, errors==0
	Kept      *Rung  // the highest rate at which it was rather held than not; nil: none
	Above     *Rung  // the next higher one that was tried; nil: none
	Lowest    *Rung
	CutShort  bool
	LostIn    int64 // trials that lost an agent, and so decide nothing
}

// FindRate reads the outcome of a search off its trials.
func FindRate(runs []*Run) Search {
	f := Search{}
	rungs := Rungs(runs)
	if len(rungs) == 0 {
		return f
	}
	f.Lowest = rungs[0]
	for i, g := range rungs {
		if 2*g.Held > len(g.Trials) {
			f.Kept, f.Above = g, nil
			if i+1 < len(rungs) {
				f.Above = rungs[i+1]
			}
		}
	}
	var texts []string
	for _, o := range runs[0].Objectives {
		texts = append(texts, o.Text)
	}
	f.Objective = enumerate(texts)
	f.CutShort, f.LostIn = runs[len(runs)-1].CutShort, lostTrials(runs)
	return f
}

// Status is Passed where a rate was found, Failed where the lowest one is too high, and Inconclusive where the trials do not tell.
func (f Search) Status() Status {
	switch {
	case f.CutShort || f.Lowest == nil:
	case f.Kept == nil:
		if 2*f.Lowest.Missed > len(f.Lowest.Trials) {
			return Failed
		}
	case !f.Kept.Kept():
	case f.Above == nil || 2*f.Above.Missed > len(f.Above.Trials):
		return Passed
	}
	return Inconclusive
}

// Sentence says what was found, and how sure it is.
func (f Search) Sentence() string {
	if f.Lowest == nil {
		return "nothing was tried"
	}
	var parts []string
	if g := f.Kept; g != nil {
		parts = append(parts, fmt.Sprintf("%s is kept up to %s/s: held in %d of %s there (%s sure that it is held rather than not)",
			f.Objective, perSecond(g.Rate), g.Held, plural(int64(len(g.Trials)), "trial"), percent(confidence(g.Held, len(g.Trials)))))
	} else {
		g, what := f.Lowest, "could not be decided"
		if 2*g.Missed > len(g.Trials) {
			what = "was not kept"
		}
		parts = append(parts, fmt.Sprintf("%s %s at %s/s, the lowest rate tried: held in %d of %s", f.Objective, what, perSecond(g.Rate), g.Held, plural(int64(len(g.Trials)), "trial")))
		if 2*g.Bottleneck > len(g.Trials) {
			parts = append(parts, "but the load generator was the bottleneck")
		}
	}
	switch g := f.Above; {
	case g != nil && 2*g.Missed > len(g.Trials):
		parts = append(parts, fmt.Sprintf("missed in %d of %d at %s/s (%s sure)", g.Missed, len(g.Trials), perSecond(g.Rate), percent(confidence(g.Missed, len(g.Trials)))))
	case g != nil && g.Bottleneck > 0:
		parts = append(parts, fmt.Sprintf("at %s/s the load generator was the bottleneck in %d of %d: the endpoint may keep more than this machine can ask of it",
			perSecond(g.Rate), g.Bottleneck, len(g.Trials)))
	case g != nil:
		parts = append(parts, fmt.Sprintf("not decided at %s/s: held in %d of %d", perSecond(g.Rate), g.Held, len(g.Trials)))
	case f.Kept != nil && !f.CutShort:
		parts = append(parts, "that is the end of the range: the limit lies above it")
	}
	if f.LostIn > 0 {
		parts = append(parts, fmt.Sprintf("agents were lost in %s, which decide nothing", plural(f.LostIn, "trial")))
	}
	if f.CutShort {
		parts = append(parts, "the search was cut short")
	}
	return strings.Join(parts, "; ")
}

// trialsOf are the trials of one kind; nil unless all runs are.
func trialsOf(runs []*Run, kind string) []*Run {
	for _, r := range runs {
		if r.Trial != kind {
			return nil
		}
	}
	return runs
}

// sweep says that the runs are one endpoint's at different rates, so that a curve can be drawn through them.
func sweep(runs []*Run) bool {
	return len(runs) > 1 && (trialsOf(runs, TrialOfSearch) != nil || trialsOf(runs, TrialOfScan) != nil)
}

// verdictOfTrials is a search's outcome, or what a scan has seen.
func verdictOfTrials(runs []*Run) verdict {
	if runs[0].Trial == TrialOfSearch {
		f := FindRate(runs)
		return verdict{Tone: toneOf(f.Status()), Text: f.Sentence() + "."}
	}
	best, rungs := 0.0, Rungs(runs)
	v := verdict{Tone: good}
	missed, undecided := 0, 0
	var limited []string
	for _, g := range rungs {
		best = math.Max(best, g.reached())
		missed, undecided = missed+g.Missed, undecided+g.Unsure
		if g.Bottleneck > 0 {
			limited = append(limited, perSecond(g.Rate)+"/s")
		}
	}
	v.Text = fmt.Sprintf("%s from %s/s to %s/s; at most %s/s were answered", plural(int64(len(rungs)), "rate"),
		perSecond(rungs[0].Rate), perSecond(rungs[len(rungs)-1].Rate), perSecond(best))
	if missed+undecided > 0 && len(runs[0].Objectives) > 0 {
		v.Text += "; " + heldUpTo(rungs)
		v.Tone = unsure
		if missed > 0 {
			v.Text += fmt.Sprintf("; missed in %d of %d runs", missed, len(runs))
			v.Tone = bad
		}
		if undecided > 0 {
			v.Text += fmt.Sprintf("; inconclusive in %d", undecided)
		}
	} else if len(runs[0].Objectives) > 0 {
		v.Text += "; " + heldUpTo(rungs)
	}
	if len(limited) > 0 {
		v.Text += "; the load generator was the limit at " + enumerate(limited)
		if v.Tone == good {
			v.Tone = unsure
		}
	}
	if n := lostTrials(runs); n > 0 {
		v.Text += fmt.Sprintf("; agents were lost in %s", plural(n, "run"))
		if v.Tone == good {
			v.Tone = unsure
		}
	}
	if last := runs[len(runs)-1]; last.CutShort {
		v.Text += "; the scan was cut short"
		if v.Tone == good {
			v.Tone = unsure
		}
	}
	v.Text += "."
	return v
}

// lostTrials is how many trials lost an agent.
func lostTrials(runs []*Run) (n int64) {
	for _, r := range runs {
		if len(r.Lost()) > 0 {
			n++
		}
	}
	return n
}

// heldUpTo says up to which of the rates, counted from the lowest, every trial held its objectives.
func heldUpTo(rungs []*Rung) string {
	var texts []string
	for _, o := range rungs[0].Trials[0].Objectives {
		texts = append(texts, o.Text)
	}
	held := slices.IndexFunc(rungs, func(g *Rung) bool { return g.Held < len(g.Trials) })
	switch held {
	case 0:
		return enumerate(texts) + " not held at the lowest"
	case -1:
		return enumerate(texts) + " held at all of them"
	}
	return fmt.Sprintf("%s held up to %s/s", enumerate(texts), perSecond(rungs[held-1].Rate))
}

// total adds up the trials.
func (g *Rung) total() *Operation {
	var list []*Operation
	for _, r := range g.Trials {
		list = append(list, r.Totals...)
	}
	return sum("all", list)
}

// reached is the rate at which requests were answered, over all trials; NaN where nothing was measured.
func (g *Rung) reached() float64 {
	n, seconds := int64(0), 0.0
	for _, r := range g.Trials {
		n += r.Total().Count
		seconds += r.Recorded().Seconds()
	}
	if seconds <= 0 {
		return math.NaN()
	}
	return float64(n) / seconds
}

// rateChart is the latency/throughput curve: what was waited for at each rate that was reached. Where an endpoint answers less
// the more it is asked, the curve turns back.
func rateChart(runs []*Run) *plot {
	p := &plot{Title: "Response time by throughput"}
	p.Series = []series{{Name: "p99.9", Colour: quiet, Dash: dotted, Dots: true}, {Name: "p99", Colour: 1, Dots: true}, {Name: "p50", Dots: true}}
	of := []func(*Percentiles) int64{p999, p99, p50}
	lo, hi, most := math.Inf(1), 0.0, 0.0
	for _, g := range Rungs(runs) {
		t, x := g.total(), g.reached()
		if t.Percentiles == nil || math.IsNaN(x) {
			continue
		}
		most = math.Max(most, x)
		for i := range p.Series {
			y := math.Max(1, float64(of[i](t.Percentiles)))
			lo, hi = math.Min(lo, y), math.Max(hi, y)
			p.Series[i].Points = append(p.Series[i].Points, point{x, y})
		}
		text := fmt.Sprintf("%s/s asked for, %s/s answered\np50 %s\np99 %s\np99.9 %s", perSecond(g.Rate), perSecond(x),
			t.percentile(p50), t.percentile(p99), t.percentile(p999))
		if len(g.Trials) > 1 {
			text += fmt.Sprintf("\n%d trials", len(g.Trials))
		}
		if len(g.Trials[0].Objectives) > 0 {
			text += fmt.Sprintf("\nobjectives held in %d of %d", g.Held, len(g.Trials))
		}
		p.Marks = append(p.Marks, mark{x, text})
	}
	slices.SortStableFunc(p.Marks, func(a, b mark) int {
		switch {
		case a.X < b.X:
			return -1
		case a.X > b.X:
			return 1
		}
		return 0
	})
	for _, l := range runs[0].limits(unitTime) {
		if hi > 0 {
			l.To = 0
			p.Limits = append(p.Limits, l)
			lo, hi = math.Min(lo, l.At), math.Max(hi, l.At)
		}
	}
	p.X, p.Y = countAxis(most), latencyAxis(lo, hi)
	p.X.Label = "requests/s answered"
	return p
}

const rateNote = "Each point is one rate that was asked for; requests that the endpoint answered later than they were due waited. Where the line turns upwards is the most that it can do."
