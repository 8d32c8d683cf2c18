package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

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
--print-plan writes the one that the flags given stand for.`

const aboutInconclusive = `

An objective is held only on evidence that bears it. Where nothing was measured,
where there are too few requests for a percentile (p99.9 takes 1000), in a run
that was cut short, or in one in which the load generator was the bottleneck, it
is inconclusive; but errors, hits and misses are what they are however slow the
generator was, and a count or a maximum that went too far stays missed.`

func newLoad(command []string) *cobra.Command {
	var (
		plan      loadgen.Plan
		overTLS   bool
		secure    loadgen.TLS
		profile   = choice{value: "report", choices: loadgen.Profiles(), name: "profile"}
		arrival   = choice{choices: []string{"constant", "poisson"}, name: "arrival"}
		clients   = natural(50)
		duration  = span(10 * time.Second)
		requests  count
		perSecond rate
		connects  rate
		stages    stageList
		think     span
		pipeline  = natural(1)
		queue     = span(10 * time.Second)
		drain     = span(time.Second)
		sets      = share(0.1)
		multiGet  = natural(1)
		keys      = natural(100_000)
		warmup    span
		loops     natural
		churn     natural
		timeout   = span(10 * time.Second)
		file      string
		printing  bool
		slos      objectives
		watch     string
		trials    trialFlags
		out       outputs
	)
	cmd := &cobra.Command{
		Use:   "load ADDR[,ADDR...]|--workload FILE [flags]",
		Short: "measure an endpoint under load",
		Long: aboutLoad + "\n\n" + reports.GrammarSLO + aboutInconclusive + aboutTrials + exitHelp("0 the run is complete and every --slo held (without any, wrong replies are in a warning line)",
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
  memlite load :5001 --rate 20k/s --print-plan > plan.yaml && memlite load --workload plan.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && (file != "" || printing) {
				return nil // the file may have it, and a plan can be printed without
			}
			return oneAddress(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			address := ""
			if file != "" {
				var err error
				if address, err = readPlan(cmd, file); err != nil {
					return err
				}
			}
			if len(args) > 0 {
				address = args[0]
			}
			if address == "" && !printing {
				return usagef("no address given, neither as ADDR nor as the target of %s", file)
			}
			target, err := parseAddresses(cmp.Or(address, unnamed))
			if err != nil {
				return &usageError{err}
			}
			// In a Plan 0 stands for the default, so 0 on the command line would be taken for something else.
			if err := refuseZero(cmd, "clients", "duration", "requests", "rate", "pipeline", "queue", "drain", "multi-get", "keys", "timeout"); err != nil {
				return err
			}
			if overTLS {
				plan.TLS = &secure
			} else if secure != (loadgen.TLS{}) {
				return usagef("--tls-ca, --tls-cert, --tls-key, --tls-server-name and --tls-skip-verify say how: give --tls too")
			}
			plan.Target, plan.Profile, plan.Arrival = target, profile.value, arrival.value
			plan.Clients, plan.Pipeline, plan.Keys = int(clients), int(pipeline), int(keys)
			plan.MultiGet = int(multiGet)
			plan.Churn = int(churn)
			plan.Rate, plan.Sets = float64(perSecond), float64(sets)
			plan.Think, plan.Queue, plan.Drain = time.Duration(think), time.Duration(queue), time.Duration(drain)
			plan.Warmup, plan.Timeout = time.Duration(warmup), time.Duration(timeout)
			plan.SLOs, plan.ConnectRate = slos, float64(connects)
			if plan.Replay != "" {
				if err := replaces(cmd, &plan); err != nil {
					return err
				}
			}
			if trials.given() {
				if err := trials.adapt(cmd, &plan, &duration, &warmup); err != nil {
					return err
				}
			}
			unused := []string{"requests"}
			switch overriding(cmd, "duration", "requests") {
			case "duration":
				plan.Duration = time.Duration(duration)
			case "requests":
				plan.Requests, unused[0] = int64(requests), "duration"
			default:
				return usagef("--duration and --requests both end the run: give one of them")
			}
			if plan.Replay != "" {
				unused = append(unused, notOfReplay...)
				if given(cmd, "duration") == 0 {
					plan.Duration, unused = 0, append(unused, "duration")
				}
			}
			others, err := stages.stagesOf(cmd, &plan)
			if err != nil {
				return err
			}
			if printing {
				if err := plan.Validate(); err != nil {
					return &usageError{err}
				}
				return printPlan(cmd.OutOrStdout(), address, planFlags(cmd), append(unused, others...)...)
			}
			if trials.given() {
				if watch != "" {
					return usagef("--metrics shows one run, not the trials of --search or --scan: leave it out")
				}
				return trials.load(cmd, plan, loadgen.Local{Loops: int(loops)}, command, out)
			}
			return load(cmd, plan, loadgen.Local{Loops: int(loops)}, command, watch, out)
		},
	}
	profile.add(cmd, "profile", "which replies count as right: "+strings.Join(profile.choices, ", "))
	f := cmd.Flags()
	f.Var(&clients, "clients", "connections, all open before the first request")
	f.Var(&connects, "connect-rate", "connections opened per second, so that thousands do not come at once")
	f.Var(&duration, "duration", "length of the recorded run")
	f.Var(&requests, "requests", "end the run after so many requests instead")
	f.Var(&perSecond, "rate", "requests per second of all clients together: an open loop")
	f.Var(&stages, "stage", "one of several parts of the run, such as 10s@1k/s, 30s@1k-20k/s (a ramp) or 60s@10k-50k/s:5 (in 5 steps); repeatable")
	arrival.add(cmd, "arrival", "gaps of an open loop: constant (default) or poisson")
	f.Var(&think, "think", "closed loop: pause between a reply and the next request")
	f.Var(&pipeline, "pipeline", "requests that a client may have in flight")
	f.Var(&churn, "churn", "renew a connection after so many requests; 0 means never")
	f.Var(&queue, "queue", "open loop: starts that wait longer for a client are dropped and counted")
	f.Var(&drain, "drain", "longest wait for the last replies, and for late starts of an open loop")
	f.Var(&sets, "sets", "share of sets; the rest are gets")
	f.Var(&multiGet, "multi-get", "keys of each get, counted one by one; more than one needs --profile memcached")
	f.Var(&keys, "keys", "number of different keys")
	f.StringVar(&plan.KeyDist, "key-dist", "uniform", "which keys: uniform, zipf:0.99, hot:0.2/0.8, sequential or shuffled (a `CHOICE`)")
	f.StringVar(&plan.KeySize, "key-size", "32", "length of the keys, up to 250: as --value-size (a `SIZE`)")
	f.StringVar(&plan.ValueSize, "value-size", "100", "length of the values: a `SIZE`, MIN-MAX such as 64-4KiB, lognormal:MEDIAN/SIGMA, or etc (Facebook's, up to 1MiB)")
	f.StringVar(&plan.Replay, "replay", "", "make the requests of a trace: `FILE`.csv in the form of Twitter's, also .gz or .zst")
	f.StringVar(&plan.Speed, "speed", "", "of a replay: a `FACTOR` of the trace's own times, such as 10x (default 1x), or max: a closed loop")
	f.BoolVar(&plan.Verify, "verify", false, "mark every value, check those read; exit 1 if one is wrong, torn, stale or lost")
	f.Var(&warmup, "warmup", "run this long before recording")
	f.BoolVar(&plan.Preload, "preload", false, "set every key once before the run")
	f.Var(&loops, "loops", "event loops; 0 means one per core")
	f.Int64Var(&plan.Seed, "seed", 1, "random choices start from this `NUMBER`")
	f.Var(&timeout, "timeout", "longest wait for a connection and for a reply")
	f.BoolVar(&overTLS, "tls", false, "encrypt the connections (TLS 1.2 or 1.3)")
	f.StringVar(&secure.CA, "tls-ca", "", "trust the authorities in `FILE` (PEM) instead of the system's")
	f.StringVar(&secure.Cert, "tls-cert", "", "show the server the certificate in `FILE` (PEM)")
	f.StringVar(&secure.Key, "tls-key", "", "its key, in `FILE` (PEM)")
	f.StringVar(&secure.ServerName, "tls-server-name", "", "`NAME` that the server's certificate is for, if not the host of ADDR")
	f.BoolVar(&secure.SkipVerify, "tls-skip-verify", false, "accept any certificate")
	f.StringVar(&file, "workload", "", "read the plan from `FILE`.yaml; flags that are given win over it")
	f.BoolVar(&printing, "print-plan", false, "print the plan that the flags stand for, as such a file, and do nothing else")
	f.Var(&slos, "slo", "what the run is to keep, such as 'p99<5ms' or 'errors==0' (see above); repeatable")
	f.StringVar(&watch, "metrics", "", "show the run to Prometheus while it goes, over HTTP on `ADDR`: host:port, :port or unix:///path")
	trials.add(cmd)
	out.add(cmd, reports.RunFormats())
	return cmd
}

// notOfReplay are the flags whose part the trace has.
var notOfReplay = []string{"rate", "arrival", "think", "sets", "keys", "key-dist", "key-size", "value-size", "multi-get", "preload", "warmup"}

// replaces takes the fields out of plan that the trace of a replay has the say of; giving them is an error.
func replaces(cmd *cobra.Command, plan *loadgen.Plan) error {
	for _, name := range notOfReplay {
		if given(cmd, name) > 0 {
			return usagef("--replay: the trace says what is asked and when; leave out --%s", name)
		}
	}
	plan.Sets, plan.Keys, plan.MultiGet = 0, 0, 0
	plan.KeyDist, plan.KeySize, plan.ValueSize = "", "", ""
	return nil
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

func load(cmd *cobra.Command, plan loadgen.Plan, executor loadgen.Executor, command []string, watch string, out outputs) error {
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
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	live := newLiveRun(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), plan, stop)
	defer live.end()
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
