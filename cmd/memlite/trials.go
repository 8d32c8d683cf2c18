package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"memlite/loadgen"
	"memlite/reports"
)

const aboutTrials = `

--search finds the highest rate that keeps an objective on response time (and
every --slo) by trials, each a run at one rate: it doubles the rate, halves the
gap, and then tries both ends of what is left, 5 % apart, until there are five
trials of each. It ends in 0 when a rate was found, and says how sure it is. When
the load generator is the limit it ends in 3. --scan runs each rate once and
draws response time by throughput; it ends early when two runs in a row answer
less than 80 % of what was asked. For both, --duration is that of one trial (3s
unless given, after a --warmup of 500ms), and keys are preloaded once.`

// trialFlags are the flags of what is run at several rates.
type trialFlags struct {
	search objectives
	within rateList
	scan   rateList
}

func (t *trialFlags) add(cmd *cobra.Command) {
	t.within = rateList{form: "FROM:TO", rates: []rate{1000, 1_000_000}}
	t.scan = rateList{form: "FROM:TO:STEP"}
	f := cmd.Flags()
	f.Var(&t.search, "search", "find the highest rate that keeps it, such as 'p99<5ms', by trials")
	f.Var(&t.within, "search-range", "lowest and highest rate of --search")
	f.Var(&t.scan, "scan", "run each of these rates, such as 10k:100k:10k, and draw the curve")
}

func (t *trialFlags) given() bool { return len(t.search) > 0 || len(t.scan.rates) > 0 }

// adapt makes the flags those of a trial.
func (t *trialFlags) adapt(cmd *cobra.Command, flags *loadFlags) error {
	if len(t.search) > 0 && len(t.scan.rates) > 0 {
		return usagef("--search and --scan: give one of them")
	}
	flags.oneOfMany(cmd, 3*time.Second, 500*time.Millisecond)
	return nil
}

// load runs the trials and reports them as one.
func (t *trialFlags) load(cmd *cobra.Command, plan loadgen.Plan, flags *loadFlags, command []string, out outputs) error {
	p := newProgress(cmd.ErrOrStderr())
	trialPlan := plan
	trialPlan.Rate = 1 // only for how progress is shown
	sinks := func(title string) []reports.Sink {
		return []reports.Sink{&liveRun{progress: p, plan: trialPlan, label: title + ": "}}
	}
	search := loadgen.Search{Plan: plan, Sinks: sinks}
	scan := loadgen.Scan{Plan: plan, Sinks: sinks}
	var execute func(loadgen.Executor) ([]*reports.Run, error)
	var valid error
	var what string
	var most int
	if len(t.search) > 0 {
		search.From, search.To = float64(t.within.rates[0]), float64(t.within.rates[1])
		what, most, valid = "search", search.Trials(), search.Validate()
		execute = func(by loadgen.Executor) ([]*reports.Run, error) {
			search.Executor = by
			return search.Execute(cmd.Context())
		}
	} else {
		scan.From, scan.To, scan.Step = float64(t.scan.rates[0]), float64(t.scan.rates[1]), float64(t.scan.rates[2])
		what, most, valid = "scan", scan.Trials(), scan.Validate()
		execute = func(by loadgen.Executor) ([]*reports.Run, error) {
			scan.Executor = by
			return scan.Execute(cmd.Context())
		}
	}
	if valid != nil {
		return &usageError{valid}
	}
	if err := out.prepare(cmd); err != nil {
		return err
	}
	each := loadgen.TrialTime(plan)
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: at most %d trials of %s, in all at most %s and what connecting and preloading take\n",
		what, most, each, (time.Duration(most) * each).Round(time.Second))
	say := newNotices(cmd)
	defer say.beside(p)()
	executor, closed, err := flags.executor(cmd.Context(), say.that)
	if err != nil {
		return err
	}
	defer closed()
	runs, err := execute(executor)
	p.done()
	if len(runs) == 0 {
		if err == nil && cmd.Context().Err() != nil {
			return errCutShort
		}
		return err
	}
	environment := reports.ThisEnvironment(version())
	for _, run := range runs {
		run.Command, run.Environment = command, environment
	}
	cut := runs[len(runs)-1].CutShort || cmd.Context().Err() != nil
	if cut {
		runs[len(runs)-1].CutShort = true
	}
	if err := errors.Join(err, out.finish(cmd, &reports.Report{Runs: runs})); err != nil {
		return err
	}
	for _, run := range runs {
		if run.Verification.Findings() > 0 {
			return exitWith(exitFinding) // of the server, whatever the rate
		}
	}
	if what == "search" {
		return searchVerdict(reports.FindRate(runs))
	}
	return scanVerdict(runs)
}

// searchVerdict is how a search ends; the summary has said why.
func searchVerdict(f reports.Search) error {
	switch s := f.Status(); {
	case f.CutShort:
		return errCutShort
	case s == reports.Failed:
		return exitWith(exitFinding)
	case s == reports.Inconclusive:
		return exitWith(exitInconclusive)
	}
	return nil
}

// scanVerdict is how a scan ends: as the worst of its runs.
func scanVerdict(runs []*reports.Run) error {
	var worst error
	for _, run := range runs {
		if v := runVerdict(run, nil); v != nil && (worst == nil || statusOf(v) == exitFinding) {
			worst = v
		}
	}
	return worst
}

// rateList are rates with colons between them.
type rateList struct {
	form  string
	rates []rate
}

func (v *rateList) Type() string { return v.form }

func (v *rateList) String() string {
	words := make([]string, len(v.rates))
	for i, r := range v.rates {
		words[i] = r.String()
	}
	return strings.Join(words, ":")
}

func (v *rateList) Set(s string) error {
	words := strings.Split(s, ":")
	if want := strings.Count(v.form, ":") + 1; len(words) != want {
		return fmt.Errorf("%q is not %s, %d rates such as 10k/s with : between them", s, v.form, want)
	}
	rates := make([]rate, len(words))
	for i, word := range words {
		if err := rates[i].Set(word); err != nil {
			return err
		}
		if rates[i] <= 0 {
			return fmt.Errorf("%q: a rate is more than 0", s)
		}
	}
	if rates[0] > rates[1] {
		return fmt.Errorf("%q goes from a higher rate to a lower one", s)
	}
	v.rates = rates
	return nil
}
