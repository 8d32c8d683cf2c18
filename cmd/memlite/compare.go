package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"memlite/reports"
)

const aboutCompare = `Is HEAD slower than BASE? Compare saved reports (--report json=FILE of load and
conform), with statistics, or say that no difference was seen.

Give each side several runs of one plan, the two sides' runs made in turn on one
machine: what is compared are the runs, by their median and a Mann-Whitney U test.
It takes four a side to see any difference at --alpha 0.05, and more where they
scatter. With one run a side their 5-second blocks are compared instead, four of
each at least; that says what differs between these two runs, not whether the next
two would differ as well.

A saved comparison alone (COMPARISON.json, from --report json=FILE of compare) has
its sides compared again, with the --fail, --alpha and --report that are given now.

Suites are compared rule by rule: which newly fail, newly pass, or are flaky where
a side has several.

--fail makes it a gate: it fails on a change for the worse that is both larger
than named and more than chance explains. It is inconclusive where there are too
few runs to tell (it says how many more), where the machines differ, and where the
load generator was the bottleneck or a run was cut short. "Held" means that no such
change was seen, not that there is none: a larger one that could have gone unseen is
named.`

func newCompare(command []string) *cobra.Command {
	var (
		base, head globs
		fail       regressions
		alpha      = probability(0.05)
		across     bool
		names      sideNames
		inTurn     = newTurnFlags()
		out        outputs
	)
	cmd := &cobra.Command{
		Use:   "compare BASE.json HEAD.json|--base GLOB --head GLOB|COMPARISON.json|--run ADDR_A ADDR_B [flags]",
		Short: "is one slower than the other? with statistics",
		Long: aboutCompare + aboutTurns + "\n\n" + reports.GrammarRegression + exitHelp("0 compared, and no --fail failed and no rule newly fails",
			"1 a --fail failed, or a rule newly fails", "2 a file cannot be read, or there is nothing to compare",
			"3 a --fail or a rule could not be decided, or too few samples or the load generator leave all open"),
		Example: `  memlite compare before.json after.json
  memlite compare --base 'main-*.json' --head 'branch-*.json' --report md=summary.md
  memlite compare --base 'main-*.json' --head 'branch-*.json' --fail 'p99>+10%' --fail 'errors>+0'
  memlite compare suite-old.json suite-new.json
  memlite compare compared.json --fail 'p50>+5%'
  memlite compare --run :5001 :5002 --names old,new --rate 20k/s --preload --report html=versus.html`,
		Args: cobra.ArbitraryArgs, // what there must be depends on flags, which may be in the environment: not read yet
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := inTurn.check(cmd, args, len(base)+len(head) > 0); err != nil {
				return err
			}
			o := reports.CompareOptions{Alpha: float64(alpha), Fail: fail, AcrossMachines: across}
			var b, h *reports.Report
			var early error // why --run made not all runs
			if inTurn.run {
				if err := out.prepare(cmd); err != nil {
					return err
				}
				o.Base, o.Head = endpointNames(args)
				if b, h, early = inTurn.measure(cmd, args, command); b == nil {
					return early
				}
			} else {
				var err error
				if b, h, err = readSides(args, base, head, &o); err != nil {
					return err
				}
				if err := out.prepare(cmd); err != nil {
					return err
				}
			}
			if names != (sideNames{}) {
				o.Base, o.Head = names.base, names.head
			}
			r, err := reports.Compare(b, h, o)
			if err != nil {
				return err
			}
			if err := out.finish(cmd, r); err != nil {
				return err
			}
			if early != nil {
				return early
			}
			return comparisonVerdict(r.Comparison)
		},
	}
	f := cmd.Flags()
	f.Var(&base, "base", "files of the base: `GLOB`, in quotes; repeatable")
	f.Var(&head, "head", "files of the head: `GLOB`, in quotes; repeatable")
	f.Var(&fail, "fail", "a change for the worse to fail on, such as 'p99>+10%' or 'rate<-5%' (see above); repeatable")
	f.Var(&alpha, "alpha", "how often equal sides may look different")
	f.BoolVar(&across, "across-machines", false, "let --fail decide although the runs are of different machines")
	f.Var(&names, "names", "what to call the two sides, such as before,after")
	inTurn.add(cmd)
	out.add(cmd, reports.ComparisonFormats())
	return cmd
}

// readSides reads the files of both sides: two that are arguments, or those of the flags, or one that has both, whose names for them o
// then has.
func readSides(args []string, base, head globs, o *reports.CompareOptions) (b, h *reports.Report, err error) {
	switch {
	case len(base) > 0 && len(head) > 0 && len(args) > 0:
		return nil, nil, usagef("unexpected argument %q: --base and --head name the files", args[0])
	case len(base) > 0 && len(head) > 0:
	case len(base)+len(head) > 0:
		return nil, nil, usagef("--base and --head go together: give both")
	case len(args) > 2:
		return nil, nil, usagef("%d files given: name two, or use --base 'a*.json' --head 'b*.json', in quotes", len(args))
	case len(args) == 1:
		r, err := reports.Read(args[0])
		if err != nil {
			return nil, nil, err
		}
		if r.Comparison == nil {
			return nil, nil, usagef("%s is one side: give two files, BASE.json and HEAD.json, or --base and --head", args[0])
		}
		o.Base, o.Head = r.Comparison.Base.Name, r.Comparison.Head.Name
		return r.SideOf(r.Comparison.Base), r.SideOf(r.Comparison.Head), nil
	case len(args) == 0:
		return nil, nil, usagef("give two files, BASE.json and HEAD.json, or --base and --head")
	default:
		base, head = globs(args[:1]), globs(args[1:])
	}
	inBase, err := base.paths("--base")
	if err != nil {
		return nil, nil, err
	}
	inHead, err := head.paths("--head")
	if err != nil {
		return nil, nil, err
	}
	for _, path := range inHead {
		if slices.Contains(inBase, path) {
			return nil, nil, usagef("%s is on both sides: what is compared with itself does not differ", path)
		}
	}
	if b, err = readAll(inBase); err != nil {
		return nil, nil, err
	}
	h, err = readAll(inHead)
	return b, h, err
}

// comparisonVerdict is how a comparison ends; the summary has said why.
func comparisonVerdict(c *reports.Comparison) error {
	switch c.Outcome() {
	case reports.Failed:
		return exitWith(exitFinding)
	case reports.Inconclusive:
		return exitWith(exitInconclusive)
	}
	return nil
}

// globs are names and patterns of saved reports. The shell must leave them alone, or all but the first are arguments.
type globs []string

func (v *globs) Type() string       { return "GLOB" }
func (v *globs) String() string     { return strings.Join(*v, ",") }
func (v *globs) Set(s string) error { *v = append(*v, s); return nil }

// paths are all files of one side, in the order of their names.
func (v globs) paths(flag string) (paths []string, err error) {
	for _, glob := range v {
		found, err := filepath.Glob(glob)
		if err != nil {
			return nil, usagef("%s: %q is no pattern of file names: %w", flag, glob, err)
		}
		if len(found) == 0 && strings.ContainsAny(glob, "*?[") {
			return nil, fmt.Errorf("%s: no file matches %q", flag, glob)
		}
		if len(found) == 0 {
			found = []string{glob} // reading it says what is wrong
		}
		for _, path := range found {
			if path = filepath.Clean(path); !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths, nil
}

// readAll reads the files of one side into one report.
func readAll(paths []string) (*reports.Report, error) {
	all := &reports.Report{}
	for _, path := range paths {
		r, err := reports.Read(path)
		if err != nil {
			return nil, err
		}
		if r.Comparison != nil {
			return nil, fmt.Errorf("%s: is a comparison itself: give it alone to have its sides compared again, or the files that it was made of", path)
		}
		all.Runs = append(all.Runs, r.Runs...)
		all.Suites = append(all.Suites, r.Suites...)
	}
	return all, nil
}

// regressions are what --fail names. A comma separates several, so that a variable can hold them too.
type regressions []reports.Regression

func (v *regressions) Type() string { return "CHANGE" }

func (v *regressions) String() string {
	var list []string
	for _, f := range *v {
		list = append(list, f.Text)
	}
	return strings.Join(list, ",")
}

func (v *regressions) Set(s string) error {
	for text := range strings.SplitSeq(s, ",") {
		f, err := reports.ParseRegression(text)
		if err != nil {
			return err
		}
		*v = append(*v, f)
	}
	return nil
}

// sideNames are what --names calls the sides.
type sideNames struct{ base, head string }

func (v *sideNames) Type() string { return "BASE,HEAD" }

func (v *sideNames) String() string {
	if *v == (sideNames{}) {
		return ""
	}
	return v.base + "," + v.head
}

func (v *sideNames) Set(s string) error {
	base, head, _ := strings.Cut(s, ",")
	base, head = strings.TrimSpace(base), strings.TrimSpace(head)
	switch {
	case base == "" || head == "" || strings.Contains(head, ","):
		return errors.New(strconv.Quote(s) + " is not two names with a comma between, such as before,after")
	case base == head:
		return errors.New("both sides would be called " + strconv.Quote(base))
	case max(len(base), len(head)) > longestName:
		return fmt.Errorf("a name has at most %d bytes", longestName)
	}
	*v = sideNames{base, head}
	return nil
}

// longestName fits the head of a column.
const longestName = 60

// probability is a number between 0 and 1: 0.05.
type probability float64

func (v *probability) Type() string   { return "P" }
func (v *probability) String() string { return strconv.FormatFloat(float64(*v), 'f', -1, 64) }

func (v *probability) Set(s string) error {
	f, ok := scale(s, nil)
	if !ok {
		return errors.New(strconv.Quote(s) + " is not a number such as 0.05")
	}
	if f < 0.0001 || f > 0.5 {
		return errors.New("it lies from 0.0001 to 0.5; 0.05 is usual")
	}
	*v = probability(f)
	return nil
}
