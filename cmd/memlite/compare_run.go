package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"memlite/loadgen"
	"memlite/reports"
)

const aboutTurns = `

--run measures two endpoints itself, in rounds: each has a run in each of them, and
who comes first alternates. The flags of load that make a plan say how, also those
that are not listed here; --duration and --warmup are those of each run. ADDR_A is
the base. --report json=FILE keeps every run.`

// turns measures two endpoints in turn. In each round both have a run, and who comes first alternates: what drifts on the
// machine (heat, other work) and what a run leaves to the next one (ports, caches) then meets both alike, where all runs of
// the one before all of the other would make a difference of it.
type turns struct {
	executor loadgen.Executor
	base     loadgen.Plan
	head     loadgen.Plan // the same for another target
	rounds   int
	sinks    func(title string) []reports.Sink // of the next run, by its title
}

// run returns the runs of each side, also when ctx was cancelled or beside an error, which says why there are not more. A run
// that was cut short is left out: what it measured is not the plan's.
func (t turns) run(ctx context.Context) (base, head []*reports.Run, err error) {
	sides := []struct {
		name string
		plan loadgen.Plan
		made *[]*reports.Run
	}{{"base", t.base, &base}, {"head", t.head, &head}}
	for round := range t.rounds {
		for turn := range sides {
			side := sides[(round+turn)%2]
			plan := side.plan
			plan.Seed += int64(round) // repeats are no repeats if they do exactly the same; the two of a round do
			title := fmt.Sprintf("%s, round %d", side.name, round+1)
			run, err := t.executor.Execute(ctx, plan, t.sinks(title)...)
			switch {
			case err != nil:
				return base, head, fmt.Errorf("%s: %w", title, err)
			case run.CutShort || ctx.Err() != nil:
				return base, head, nil
			}
			run.Title = title
			*side.made = append(*side.made, run)
		}
	}
	return base, head, nil
}

// turnFlags are the flags of a comparison that makes the runs itself.
type turnFlags struct {
	run    bool
	rounds natural
	slos   objectives // of the plan file: they judge one run
	load   *loadFlags
}

func newTurnFlags() *turnFlags {
	t := &turnFlags{rounds: 10, load: newLoadFlags()}
	t.load.duration, t.load.warmup = span(5*time.Second), span(500*time.Millisecond) // each is one of many
	return t
}

// commonest are those of load's flags that compare's help has, which is about comparing.
var commonest = []string{"profile", "clients", "duration", "rate", "sets", "keys", "value-size", "warmup", "preload", "workload", "fleet", "agents"}

func (t *turnFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&t.run, "run", false, "measure ADDR_A (the base) and ADDR_B (the head) in turn")
	f.Var(&t.rounds, "rounds", "of --run: how many runs each has")
	before := flagNames(cmd)
	t.load.add(cmd)
	f.Var(&t.slos, "slo", "of a plan file, and not judged: --fail says what a comparison is to fail on")
	for _, name := range flagNames(cmd) {
		if !slices.Contains(before, name) && !slices.Contains(commonest, name) {
			f.Lookup(name).Hidden = true
		}
	}
}

// check refuses what does not go together. files says whether --base or --head was given.
func (t *turnFlags) check(cmd *cobra.Command, args []string, files bool) error {
	if given(cmd, "slo") == 3 {
		return usagef("--slo judges one run, and belongs to load; what a comparison is to fail on is --fail")
	}
	if !t.run {
		for _, f := range slices.Concat(namesOf(planFlags(cmd)), []string{"rounds", "workload", "fleet"}, fleetOnly) {
			if given(cmd, f) == 3 {
				return usagef("--%s says how --run measures: give --run ADDR_A ADDR_B too", f)
			}
		}
		return nil
	}
	switch {
	case files:
		return usagef("--run measures both sides itself: leave --base and --head out")
	case len(args) != 2:
		return usagef("--run takes two addresses, ADDR_A (the base) and ADDR_B (the head), not %d", len(args))
	}
	return refuseZero(cmd, "rounds")
}

// measure makes the runs of both sides. It returns them also beside errCutShort, and beside an error that says why there are not more; they are
// nil where one side has none.
func (t *turnFlags) measure(cmd *cobra.Command, args, command []string) (base, head *reports.Report, err error) {
	if _, err := t.load.read(cmd); err != nil { // both targets are arguments
		return nil, nil, err
	}
	w := cmd.ErrOrStderr()
	if len(t.slos) > 0 {
		fmt.Fprintf(w, "%s: the plan's slo is not judged: --fail says what a comparison is to fail on\n", cmd.CommandPath())
	}
	p := newProgress(w)
	defer p.done()
	in := turns{rounds: int(t.rounds)}
	for i, plan := range []*loadgen.Plan{&in.base, &in.head} {
		if *plan, _, err = t.load.plan(cmd, args[i]); err != nil {
			return nil, nil, err
		}
		if err := plan.Validate(); err != nil {
			return nil, nil, &usageError{err}
		}
	}
	in.sinks = func(title string) []reports.Sink {
		return []reports.Sink{&liveRun{progress: p, plan: in.base, label: fmt.Sprintf("%s of %d: ", title, in.rounds)}}
	}
	if each := in.base.Length(); each > 0 {
		fmt.Fprintf(w, "compare: %d rounds of two runs of %s, in all %s and what connecting and preloading take\n",
			in.rounds, each, 2*time.Duration(in.rounds)*each)
	}
	say := newNotices(cmd)
	defer say.beside(p)()
	var closed func()
	if in.executor, closed, err = t.load.executor(cmd.Context(), say.that); err != nil {
		return nil, nil, err
	}
	defer closed()
	b, h, err := in.run(cmd.Context())
	if err == nil && cmd.Context().Err() != nil {
		err = errCutShort
	}
	if len(b) == 0 || len(h) == 0 {
		return nil, nil, err
	}
	environment := reports.ThisEnvironment(version())
	for _, run := range slices.Concat(b, h) {
		run.Command, run.Environment = command, environment
		if n := run.Verification.Findings(); n > 0 {
			fmt.Fprintf(w, "%s: %s: --verify found %d corrupt values\n", cmd.CommandPath(), run.Title, n)
			err = cmp.Or(err, exitWith(exitFinding)) // of the server, whatever the comparison says
		}
	}
	return &reports.Report{Runs: b}, &reports.Report{Runs: h}, err
}

// endpointNames are what a report calls the two endpoints where --names does not.
func endpointNames(args []string) (base, head string) {
	if args[0] == args[1] {
		return args[0] + " (base)", args[1] + " (head)"
	}
	return args[0], args[1]
}
