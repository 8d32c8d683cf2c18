package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"memlite/conformance"
	"memlite/reports"
)

const aboutConform = `Ask an endpoint whether it keeps the protocol: one rule per stated behaviour,
each with what was wanted, what came, and the bytes that led there. Whatever a
reachable endpoint does (silence, garbage, closing, dying) is a finding.

A profile says how the endpoint speaks: how a set is written, which replies count
as right. --profile auto finds that out by asking, so that a server with words of
its own is tested for the rest; what it found is said with the result. A file says
it by hand: --print-profile writes one to start from, with every field explained.

  report      the protocol as written: a refusal is ERROR, a miss is NOT-FOUND
  transcript  the same, but a size mismatch is answered NOT_STORED
  course      servers written for the Memcached-lite course assignment
              (NOT-STORED, END for a miss, trailing spaces)
  memcached   memcached's own text protocol, for memcached and what imitates it
  auto        any server: set form, line ends, words and habits are found out

A level says how much is asked, and the score counts each apart:

  must    what no client can do without
  should  what a good server does
  may     what only a careful one does

--label-filter takes rule IDs, labels and families (SET-03, 1-client, set), joined
by && || ! and brackets. 1-client and n-client are the rules for one client and for
several at once.

With --start the suite runs the server itself, and so can ask what is there after
the server was stopped or killed. It is started anew when it crashes, and
everything that it has started is gone at the end. With ADDR beside --start the
server listens there. Without {data} in the command the server keeps its values
wherever it does.

--targets asks many: a YAML list of endpoints, each with name and addr or start,
and if need be profile, dir, env and timeout (README.md has an example). One that
cannot be started or reached is a part of the result, and the next is asked.

Nothing is green by accident: if no rule matches, nothing was checked and that
is status 2.`

func newConform(command []string) *cobra.Command {
	var (
		config   = conformance.Config{Command: command, Version: version()}
		profile  = choice{value: "report", choices: append(conformance.Profiles(), conformance.Auto), name: "profile", files: ".yaml"}
		level    = choice{value: "should", choices: []string{"must", "should", "may"}, name: "level"}
		timeout  = span(2 * time.Minute)
		out      outputs
		list     bool
		explain  []string
		targets  string
		wire     bool
		printing bool
	)
	cmd := &cobra.Command{
		Use:   "conform ADDR|--start COMMAND|--targets FILE [flags]",
		Short: "check that an endpoint keeps the protocol",
		Long: aboutConform + exitHelp("0 every rule that was run holds", "1 a rule failed", "2 could not run, or no rule matched",
			"3 a rule could not be decided, or cut short (reports are written)"),
		Example: `  memlite conform 127.0.0.1:5001
  memlite conform 127.0.0.1:11211 --profile memcached --report html=out.html --report junit=out.xml
  memlite conform :5001 --label-filter 1-client --show-wire
  memlite conform --start 'bin/memlite serve {port} --data {data}' --label-filter durability
  memlite conform :5001 --profile auto --print-profile > ours.yaml
  memlite conform --targets servers.yaml --report html=matrix.html
  memlite conform --list --level may
  memlite conform --explain SET-04`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case cmd.Flags().Changed("explain") && len(explain) == 0:
				return usagef("--explain names no rule")
			case len(args) > 0 && len(explain) > 0:
				return usagef("unexpected argument %q: --explain needs no ADDR, and its rules are joined by commas", args[0])
			case len(args) > 1:
				return usagef("unexpected argument %q: there is one ADDR", args[1])
			case list && len(explain) > 0:
				return usagef("--list and --explain: give one of them")
			case targets != "" && (len(args) > 0 || config.Start != ""):
				return usagef("--targets names the endpoints: give no ADDR and no --start beside it")
			case targets != "" && (list || len(explain) > 0 || printing):
				return usagef("--targets asks endpoints, --list, --explain and --print-profile do something else: give one of them")
			case len(args) == 0 && !list && len(explain) == 0 && config.Start == "" && targets == "" && !(printing && profile.value != conformance.Auto):
				return usagef("no address given (nor --start, a command that runs the server, nor --targets, a list of them)")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			lvl, err := conformance.ParseLevel(level.value)
			if err != nil {
				return &usageError{err}
			}
			config.Profile, config.Level, config.Timeout = profile.value, lvl, time.Duration(timeout)
			switch {
			case list:
				return listRules(cmd.OutOrStdout(), config)
			case len(explain) > 0:
				return explainRules(cmd.OutOrStdout(), explain)
			}
			if targets != "" {
				return conformAll(cmd, config, targets, out, wire)
			}
			if len(args) > 0 {
				target, err := parseAddress(args[0])
				if err != nil {
					return &usageError{err}
				}
				config.Addr = target.String()
			}
			if printing {
				return printProfile(cmd, config)
			}
			return conform(cmd, config, out, wire)
		},
	}
	profile.add(cmd, "profile", "how the endpoint speaks: "+strings.Join(profile.choices, ", ")+" or FILE.yaml")
	level.add(cmd, "level", "run rules up to this level: must, should or may")
	cmd.Flags().StringVar(&config.Start, "start", "", "start the server with this shell `COMMAND`, to stop and kill it too: {port} and {data} become a free port and a folder")
	cmd.Flags().StringVar(&targets, "targets", "", "ask all endpoints that `FILE`.yaml lists, one after the other")
	cmd.Flags().StringVar(&config.LabelFilter, "label-filter", "", "run only the rules that `FILTER` matches: IDs, labels, families")
	cmd.Flags().Int64Var(&config.Seed, "seed", 1, "random choices start from this `NUMBER`")
	cmd.Flags().Var(&timeout, "timeout", "longest time for the whole run")
	cmd.Flags().IntVar(&config.Procs, "procs", 1, "run so `MANY` rules side by side, where they may: for slow servers")
	cmd.Flags().BoolVar(&wire, "show-wire", false, "print what was sent and what came back, of every rule that was run")
	cmd.Flags().BoolVar(&printing, "print-profile", false, "write --profile as a file that --profile reads, and do nothing else")
	cmd.Flags().BoolVar(&list, "list", false, "list the rules that would be run and do nothing else")
	cmd.Flags().StringSliceVar(&explain, "explain", nil, "explain a `RULE` (its ID; several with commas; all) and do nothing else")
	out.add(cmd, reports.SuiteFormats())
	return cmd
}

func conform(cmd *cobra.Command, config conformance.Config, out outputs, wire bool) error {
	if err := config.Validate(); err != nil {
		return &usageError{err}
	}
	if err := out.prepare(cmd); err != nil {
		return err
	}
	p := newProgress(cmd.ErrOrStderr())
	failed := 0
	config.Progress = func(done, total int, r *reports.Rule) {
		if r.Status == reports.Failed {
			failed++
		}
		p.show(ruleProgress(done, total, failed, r))
	}
	suite, err := conformance.Run(cmd.Context(), config)
	p.done()
	if err != nil {
		return err
	}
	report := &reports.Report{Suites: []*reports.Suite{suite}}
	w := out.results(cmd)
	showRules(w, suite, wire)
	if err := terminal(w).Outcome(w, report); err != nil {
		return err
	}
	showNext(w, suite, out)
	if err := out.write(report); err != nil {
		return err
	}
	return suiteVerdict(suite)
}

// suiteVerdict is how a suite ends: a finding weighs more than what stayed open.
func suiteVerdict(s *reports.Suite) error {
	has := func(status reports.Status) bool {
		return slices.ContainsFunc(s.Rules, func(r *reports.Rule) bool { return r.Status == status })
	}
	switch {
	case has(reports.Failed):
		return exitWith(exitFinding)
	case s.CutShort:
		return errCutShort
	case has(reports.Inconclusive):
		return &failure{exitInconclusive, errors.New("inconclusive: a rule could be neither confirmed nor refuted")}
	}
	return nil
}
