package reports

import (
	"errors"
	"fmt"
	"slices"
)

// Comparison says how the head differs from the base. Its runs and suites are those of the Report that it is in.
type Comparison struct {
	Base     Side          `json:"base"`
	Head     Side          `json:"head"`
	Unit     string        `json:"unit,omitempty"` // of Rows: UnitRun or UnitBlock; empty where no runs were compared
	Alpha    float64       `json:"alpha"`          // how often equal sides may look different, 0 to 1
	Rows     []*Difference `json:"rows,omitempty"`
	Rules    []*RuleChange `json:"rules,omitempty"` // those that did not come out alike, in the suites' order
	Gates    []*Gate       `json:"gates,omitempty"`
	Warnings []string      `json:"warnings,omitempty"`

	// Doubt is why the figures need not be the servers': in too many runs the load generator was the limit. Empty where they are.
	Doubt string `json:"doubt,omitempty"`
}

// The units of a Comparison. The run is what is independent of others; the seconds of one run are not.
const (
	UnitRun   = "run"
	UnitBlock = "5 s block"
)

// Side is one of the two that are compared, as places in the Report's lists.
type Side struct {
	Name   string `json:"name"` // what the reader calls it: BASE, 10.0.0.1:5001
	Runs   []int  `json:"runs,omitempty"`
	Suites []int  `json:"suites,omitempty"`
}

// Difference is one figure on both sides, and whether they differ by more than chance explains.
type Difference struct {
	Operation string   `json:"operation"` // all, get, set
	Measure   string   `json:"measure"`   // as an SLO's metric is written: p99, service.p50, rate, errors, hits
	Unit      string   `json:"unit"`      // ns, per second, share (0 to 1)
	Base      Estimate `json:"base"`
	Head      Estimate `json:"head"`

	// Delta is (head − base) / base of the centers, and of shares head − base. Lo and Hi bound it with at least 1 − Alpha confidence:
	// what the U test does not refuse. Nil: not known, or (Lo, Hi) not bounded by so few units.
	Delta *float64 `json:"delta,omitempty"`
	Lo    *float64 `json:"delta_lo,omitempty"`
	Hi    *float64 `json:"delta_hi,omitempty"`

	P       *float64 `json:"p,omitempty"` // of the two-sided Mann-Whitney U test; nil: not tested
	Verdict string   `json:"verdict"`     // one of the Verdict constants
	Reason  string   `json:"reason,omitempty"`
}

// What a Difference's Verdict may be. Times get slower or faster, everything else higher or lower.
const (
	VerdictSlower      = "slower"
	VerdictFaster      = "faster"
	VerdictHigher      = "higher"
	VerdictLower       = "lower"
	VerdictNone        = "no difference seen"
	VerdictFew         = "too few samples"
	VerdictNotMeasured = "not measured"
)

// Estimate is what one side's units say of a figure: their median and its confidence interval, and of errors and drops, which
// most units may have none of, the mean without one.
type Estimate struct {
	Center     *float64  `json:"center,omitempty"` // nil: not measured
	Lo         *float64  `json:"lo,omitempty"`     // nil: not bounded by so few units
	Hi         *float64  `json:"hi,omitempty"`
	Confidence float64   `json:"confidence,omitempty"` // of Lo to Hi, 0 to 1
	N          int       `json:"n"`                    // how many units have the figure
	Values     []float64 `json:"values,omitempty"`     // of each, ascending; a time that never ended or was over 60 s is 60 s
}

// CompareOptions says what a comparison is asked for.
type CompareOptions struct {
	Base, Head     string  // the sides' names; empty: BASE and HEAD
	Alpha          float64 // 0: 0.05
	Fail           []Regression
	AcrossMachines bool // gates may be decided on runs of different machines
}

// Compare puts both sides into one report and compares their runs with each other, and their suites. It fails where there is nothing to
// compare, or where the runs of one side are of different plans, so that they are no sample of one thing.
func Compare(base, head *Report, o CompareOptions) (*Report, error) {
	if o.Alpha == 0 {
		o.Alpha = 0.05
	}
	r := &Report{}
	c := &Comparison{Alpha: o.Alpha}
	c.Base, c.Head = r.side(base, o.Base, "BASE"), r.side(head, o.Head, "HEAD")
	r.Comparison = c
	runs, suites := len(base.Runs) > 0 && len(head.Runs) > 0, len(base.Suites) > 0 && len(head.Suites) > 0
	switch {
	case len(base.Runs)+len(base.Suites) == 0 || len(head.Runs)+len(head.Suites) == 0:
		return nil, errEmpty
	case !runs && !suites:
		return nil, errors.New("one side has only load runs, the other only suites: nothing to compare")
	case !runs && len(o.Fail) > 0:
		return nil, errors.New("--fail is about load runs, and there are none on both sides")
	case len(base.Runs) > 0 != (len(head.Runs) > 0):
		c.warn("only one side has load runs: they are not compared")
	case len(base.Suites) > 0 != (len(head.Suites) > 0):
		c.warn("only one side has suites: they are not compared")
	}
	if runs {
		for _, side := range []*Side{&c.Base, &c.Head} {
			if err := errors.Join(r.onePlan(side), r.once(side)); err != nil {
				return nil, err
			}
		}
		if run := r.onBothSides(); run != nil {
			return nil, fmt.Errorf("the run of %s at %s is on both sides, %s and %s: what is compared with itself does not differ",
				clockTime(run.Started), orNone(run.Target), c.Base.Name, c.Head.Name)
		}
		r.compareRuns(o)
	}
	if suites {
		r.compareSuites()
	}
	return r, nil
}

// side adds what one side has to the report.
func (r *Report) side(of *Report, name, otherwise string) Side {
	s := Side{Name: name}
	if name == "" {
		s.Name = otherwise
	}
	for range of.Runs {
		s.Runs = append(s.Runs, len(r.Runs)+len(s.Runs))
	}
	for range of.Suites {
		s.Suites = append(s.Suites, len(r.Suites)+len(s.Suites))
	}
	r.Runs = append(r.Runs, of.Runs...)
	r.Suites = append(r.Suites, of.Suites...)
	return s
}

// SideOf is what one side of the report's comparison has, to compare it again.
func (r *Report) SideOf(s Side) *Report {
	side := &Report{Runs: r.runsOf(&s)}
	for _, at := range s.Suites {
		side.Suites = append(side.Suites, r.Suites[at])
	}
	return side
}

func (c *Comparison) warn(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(c.Warnings, text) {
		c.Warnings = append(c.Warnings, text)
	}
}

func (r *Report) runsOf(s *Side) []*Run {
	list := make([]*Run, len(s.Runs))
	for i, at := range s.Runs {
		list[i] = r.Runs[at]
	}
	return list
}

func (r *Report) compareRuns(o CompareOptions) {
	c := r.Comparison
	base, head := r.runsOf(&c.Base), r.runsOf(&c.Head)
	c.Unit = UnitRun
	if len(base) == 1 && len(head) == 1 {
		c.Unit = UnitBlock
		c.warn("one run against one: their 5-second blocks are compared, which is evidence within these two runs only; " +
			"another run of the same server may differ by more. Give several runs a side to know")
	}
	if c.Unit == UnitRun {
		c.turns(base, head)
	}
	machines := c.conditions(base, head)
	metrics := metricsOf(base, head, o.Fail)
	out, spoiled := c.leaveOut(base, head)
	b, h := sampleRuns(base, c.Unit, metrics, out), sampleRuns(head, c.Unit, metrics, out)
	for i, m := range metrics {
		c.Rows = append(c.Rows, m.compare(b[i], h[i], c.Alpha))
	}
	j := &judgement{Comparison: c, of: len(o.Fail), spoiled: spoiled}
	if !o.AcrossMachines {
		j.machines = machines
	}
	for _, f := range o.Fail {
		at := slices.IndexFunc(metrics, func(m metric) bool { return m.same(f.of) })
		c.Gates = append(c.Gates, j.judge(f, c.Rows[at]))
	}
}
