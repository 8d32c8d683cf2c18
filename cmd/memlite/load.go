package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"memlite/loadgen"
	"memlite/reports"
)

const aboutLoad = `Put an endpoint under load and measure every reply.

Without --rate it is a closed loop: each client sends its next request when it
has the reply to the last one. That shows throughput and hides queueing. With
--rate it is an open loop: requests start on a schedule, whether or not the
server keeps up, and the response time counts from the moment a request should
have started.

Gets of keys that nobody has set are misses; --preload sets every key once
first. More clients than the limit of open files allows are refused before
anything is sent.

On a terminal the run is shown while it goes; q stops it early and reports.
Elsewhere there is a line every few seconds.

With several servers each key belongs to one of them, by consistent hashing as
memcached's clients do it (ketama, MD5, equal weights), and the clients are
dealt out evenly over the servers. The report has each server's part.

Several stages (--stage) follow each other without a gap, and the report has each:
TIME@RATE is a rate, TIME@RATE-RATE a ramp, with :N behind it in N steps, and TIME
alone a closed loop; a short one between two others is a spike. Words behind it:
,poisson ,think=5ms ,name=NAME and, for those that warm up, ,unrecorded.

A plan is a YAML file too (--workload): its fields are the flags' names, and
--print-plan writes the one that the flags given stand for.

Keys are picked by --key-dist:

  uniform       each as often as any other
  zipf:0.99     few keys often, most seldom, by Zipf's law with that exponent
  hot:0.2/0.8   a share of the keys (0.2) has a share of the requests (0.8)
  sequential    one after the other, again from the first after the last
  shuffled      each once, in random order, then again

Lengths of keys and values are SIZE (100), MIN-MAX (64-4KiB, any as often as any
other), lognormal:MEDIAN/SIGMA, or etc: those of Facebook's ETC pool (Atikoglu et
al., SIGMETRICS 2012), with keys cut to 250 bytes and values to 1 MiB. A key keeps
its length and that of its value.

--replay makes the requests of a trace in the form of Twitter's cache traces, at
its own times unless --speed says otherwise. The requests of a second are spread
over it. Gets and stores are replayed; what else there is, is counted and said.

--verify has every value carry its key, a version and a checksum. Wrong, torn and
stale values, and (but for memcached, a cache) lost ones, are counted, and the
first are shown. Nobody else may write the run's keys meanwhile.`

const aboutInconclusive = `

An objective is held only on evidence that bears it. Where nothing was measured,
where there are too few requests for a percentile (p99.9 takes 1000), in a run
that was cut short, or in one in which the load generator was the bottleneck, it
is inconclusive; but errors and misses that were seen stay missed however slow the
generator was, and so does a count or a maximum that went too far.`

func newLoad(command []string) *cobra.Command {
	var (
		flags    = newLoadFlags()
		printing bool
		slos     objectives
		watch    string
		trials   trialFlags
		out      outputs
	)
	cmd := &cobra.Command{
		Use:   "load ADDR[,ADDR...]|--workload FILE [flags]",
		Short: "measure an endpoint under load",
		Long: aboutLoad + "\n\n" + reports.GrammarSLO + aboutInconclusive + aboutTrials + aboutFleet + exitHelp("0 the run is complete and every --slo held (without any, wrong replies are in a warning line)",
			"1 an --slo was missed, --search not even kept at the lowest rate, or --verify found a corrupt value", "2 could not run, or not one request was answered right",
			"3 an --slo or a --search could not be decided, or cut short by Ctrl-C or q (reports are written)"),
		Example: `  memlite load 127.0.0.1:5001 --clients 1024 --duration 30s --preload --report html=load.html
  memlite load :5001 --rate 20k/s --arrival poisson --warmup 5s
  memlite load :5001 --stage 10s@1k/s --stage 1s@50k/s,name=spike --stage 10s@1k/s
  memlite load :5001 --requests 1M --pipeline 16 --sets 50% --key-dist zipf:0.99 --value-size 64-4KiB
  memlite load 127.0.0.1:11211 --profile memcached --report json=run.json
  memlite load :5001 --rate 20k/s --slo 'p99<5ms' --slo 'errors==0' --report junit=load.xml
  memlite load cache1:11211,cache2:11211 --profile memcached --preload
  memlite load :5001 --search 'p99<5ms' --search-range 1k:200k --report html=search.html
  memlite load :5001 --scan 10k:100k:10k --preload --report html=curve.html
  memlite load 10.0.0.7:11211 --profile memcached --rate 2M/s --fleet nats://10.0.0.1:4222 --agents 4
  memlite load :5001 --fleet local:4
  memlite load :5001 --rate 20k/s --print-plan > plan.yaml && memlite load --workload plan.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && (flags.file != "" || printing) {
				return nil // the file may have it, and a plan can be printed without
			}
			return oneAddress(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			address, err := flags.read(cmd)
			if err != nil {
				return err
			}
			if len(args) > 0 {
				address = args[0]
			}
			if address == "" && !printing {
				return usagef("no address given, neither as ADDR nor as the target of %s", flags.file)
			}
			if trials.given() {
				if err := trials.adapt(cmd, flags); err != nil {
					return err
				}
			}
			plan, unused, err := flags.plan(cmd, cmp.Or(address, unnamed))
			if err != nil {
				return err
			}
			// A search's own objectives come first: they name it.
			plan.SLOs = slices.Concat(trials.search, slos)
			if printing {
				if err := plan.Validate(); err != nil {
					return &usageError{err}
				}
				return printPlan(cmd.OutOrStdout(), address, planFlags(cmd), unused...)
			}
			if trials.given() {
				if watch != "" {
					return usagef("--metrics shows one run, not the trials of --search or --scan: leave it out")
				}
				return trials.load(cmd, plan, flags, command, out)
			}
			return load(cmd, plan, flags, command, watch, out)
		},
	}
	flags.add(cmd)
	f := cmd.Flags()
	f.BoolVar(&printing, "print-plan", false, "print the plan that the flags stand for, as such a file, and do nothing else")
	f.Var(&slos, "slo", "what the run is to keep, such as 'p99<5ms' or 'errors==0' (see above); repeatable")
	f.StringVar(&watch, "metrics", "", "show the run to Prometheus while it goes, over HTTP on `ADDR`: host:port, :port or unix:///path")
	trials.add(cmd)
	out.add(cmd, reports.RunFormats())
	return cmd
}

// unnamed stands for the address while a plan is checked that is printed without one.
const unnamed = "127.0.0.1:1"

// oneAddress accepts exactly one argument.
func oneAddress(_ *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return usagef("no address given")
	case len(args) > 1:
		return usagef("unexpected argument %q: there is one ADDR", args[1])
	}
	return nil
}

func load(cmd *cobra.Command, plan loadgen.Plan, flags *loadFlags, command []string, watch string, out outputs) error {
	if err := plan.Validate(); err != nil {
		return &usageError{err}
	}
	if err := out.prepare(cmd); err != nil {
		return err
	}
	var sinks []reports.Sink
	if watch != "" {
		m, at, stop, err := showLoad(watch, plan)
		if err != nil {
			return err
		}
		defer stop()
		fmt.Fprintf(cmd.ErrOrStderr(), "memlite load: metrics on %s\n", at)
		sinks = append(sinks, m)
	}
	say := newNotices(cmd)
	executor, closed, err := flags.executor(cmd.Context(), say.that)
	if err != nil {
		return err
	}
	defer closed()
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	live := newLiveRun(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), plan, stop)
	defer live.end()
	defer say.beside(live)()
	run, err := executor.Execute(ctx, plan, append(sinks, live)...)
	live.end()
	if run == nil {
		return err
	}
	run.Command, run.Environment = command, reports.ThisEnvironment(version())
	return runVerdict(run, errors.Join(err, out.finish(cmd, &reports.Report{Runs: []*reports.Run{run}})))
}

// runVerdict is how a load run ends. Errors in some replies are in its warnings; unless an SLO says otherwise they are no failure
// of the command.
func runVerdict(run *reports.Run, err error) error {
	if err != nil {
		return err
	}
	if run.Verification.Findings() > 0 {
		return exitWith(exitFinding) // the summary has said what and of which key
	}
	switch outcome := run.Outcome(); {
	case outcome == reports.Failed:
		return exitWith(exitFinding) // the summary has said which, by how much and when
	case run.CutShort:
		return errCutShort
	case outcome == reports.Inconclusive:
		return exitWith(exitInconclusive)
	}
	return nil
}
