package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"memlite/loadgen"
)

// loadFlags are the flags that say what is asked of an endpoint, and how: all that makes a plan. load asks it of one
// endpoint, compare the same of two.
type loadFlags struct {
	texts     loadgen.Plan // those of its fields whose flags need no reading
	overTLS   bool
	secure    loadgen.TLS
	profile   choice
	arrival   choice
	clients   natural
	duration  span
	requests  count
	perSecond rate
	connects  rate
	stages    stageList
	think     span
	pipeline  natural
	queue     span
	drain     span
	sets      share
	multiGet  natural
	keys      natural
	warmup    span
	loops     natural
	churn     natural
	timeout   span
	fleet     fleetFlags
	file      string
}

func newLoadFlags() *loadFlags {
	return &loadFlags{
		profile:  choice{value: "report", choices: loadgen.Profiles(), name: "profile"},
		arrival:  choice{choices: []string{"constant", "poisson"}, name: "arrival"},
		clients:  50,
		duration: span(10 * time.Second),
		pipeline: 1,
		queue:    span(10 * time.Second),
		drain:    span(time.Second),
		sets:     0.1,
		multiGet: 1,
		keys:     100_000,
		timeout:  span(10 * time.Second),
	}
}

func (l *loadFlags) add(cmd *cobra.Command) {
	l.profile.add(cmd, "profile", "which replies count as right: "+strings.Join(l.profile.choices, ", "))
	f := cmd.Flags()
	f.Var(&l.clients, "clients", "connections, all open before the first request")
	f.Var(&l.connects, "connect-rate", "connections opened per second, so that thousands do not come at once")
	f.Var(&l.duration, "duration", "length of the recorded run")
	f.Var(&l.requests, "requests", "end the run after so many requests instead")
	f.Var(&l.perSecond, "rate", "requests per second of all clients together: an open loop")
	f.Var(&l.stages, "stage", "one of several parts of the run, such as 10s@1k/s, 30s@1k-20k/s (a ramp) or 60s@10k-50k/s:5 (in 5 steps); repeatable")
	l.arrival.add(cmd, "arrival", "gaps of an open loop: constant (default) or poisson")
	f.Var(&l.think, "think", "closed loop: pause between a reply and the next request")
	f.Var(&l.pipeline, "pipeline", "requests that a client may have in flight")
	f.Var(&l.churn, "churn", "renew a connection after so many requests; 0 means never")
	f.Var(&l.queue, "queue", "open loop: starts that wait longer for a client are dropped and counted")
	f.Var(&l.drain, "drain", "longest wait for the last replies, and for late starts of an open loop")
	f.Var(&l.sets, "sets", "share of sets; the rest are gets")
	f.Var(&l.multiGet, "multi-get", "keys of each get, counted one by one; more than one needs --profile memcached")
	f.Var(&l.keys, "keys", "number of different keys")
	f.StringVar(&l.texts.KeyDist, "key-dist", "uniform", "which keys: uniform, zipf:0.99, hot:0.2/0.8, sequential or shuffled (a `CHOICE`)")
	f.StringVar(&l.texts.KeySize, "key-size", "32", "length of the keys, up to 250: as --value-size (a `SIZE`)")
	f.StringVar(&l.texts.ValueSize, "value-size", "100", "length of the values: a `SIZE`, MIN-MAX such as 64-4KiB, lognormal:MEDIAN/SIGMA, or etc (Facebook's, up to 1MiB)")
	f.StringVar(&l.texts.Replay, "replay", "", "make the requests of a trace: `FILE`.csv in the form of Twitter's, also .gz or .zst")
	f.StringVar(&l.texts.Speed, "speed", "", "of a replay: a `FACTOR` of the trace's own times, such as 10x (default 1x), or max: a closed loop")
	f.BoolVar(&l.texts.Verify, "verify", false, "mark every value, check those read; exit 1 if one is wrong, torn, stale or lost")
	f.Var(&l.warmup, "warmup", "run this long before recording")
	f.BoolVar(&l.texts.Preload, "preload", false, "set every key once before the run")
	f.Var(&l.loops, "loops", "event loops (of a fleet: of each agent); 0 means one per core")
	f.Int64Var(&l.texts.Seed, "seed", 1, "random choices start from this `NUMBER`")
	f.Var(&l.timeout, "timeout", "longest wait for a connection and for a reply")
	f.BoolVar(&l.overTLS, "tls", false, "encrypt the connections (TLS 1.2 or 1.3)")
	f.StringVar(&l.secure.CA, "tls-ca", "", "trust the authorities in `FILE` (PEM) instead of the system's")
	f.StringVar(&l.secure.Cert, "tls-cert", "", "show the server the certificate in `FILE` (PEM)")
	f.StringVar(&l.secure.Key, "tls-key", "", "its key, in `FILE` (PEM)")
	f.StringVar(&l.secure.ServerName, "tls-server-name", "", "`NAME` that the server's certificate is for, if not the host of ADDR")
	f.BoolVar(&l.secure.SkipVerify, "tls-skip-verify", false, "accept any certificate")
	l.fleet.add(cmd)
	f.StringVar(&l.file, "workload", "", "read the plan from `FILE`.yaml; flags that are given win over it")
}

// read gives the fields that are not on the command line the values of the plan file, if there is one, and returns its target.
func (l *loadFlags) read(cmd *cobra.Command) (target string, err error) {
	if l.file == "" {
		return "", nil
	}
	return readPlan(cmd, l.file)
}

// oneOfMany gives a run that is one of many its usual length and warm-up, where neither was asked for.
func (l *loadFlags) oneOfMany(cmd *cobra.Command, duration, warmup time.Duration) {
	if given(cmd, "duration") == 0 {
		l.duration = span(duration)
	}
	if given(cmd, "warmup") == 0 {
		l.warmup = span(warmup)
	}
}

// plan is what the flags stand for, once a plan file has been read. Some of them say nothing beside others: those are unused.
func (l *loadFlags) plan(cmd *cobra.Command, address string) (plan loadgen.Plan, unused []string, err error) {
	plan = l.texts
	if plan.Target, err = parseAddresses(address); err != nil {
		return plan, nil, &usageError{err}
	}
	// In a Plan 0 stands for the default, so 0 on the command line would be taken for something else.
	if err := l.fleet.check(cmd); err != nil {
		return plan, nil, err
	}
	if err := refuseZero(cmd, "clients", "duration", "requests", "rate", "pipeline", "queue", "drain", "multi-get", "keys", "timeout"); err != nil {
		return plan, nil, err
	}
	if l.overTLS {
		plan.TLS = &l.secure
	} else if l.secure != (loadgen.TLS{}) {
		return plan, nil, usagef("--tls-ca, --tls-cert, --tls-key, --tls-server-name and --tls-skip-verify say how: give --tls too")
	}
	plan.Profile, plan.Arrival = l.profile.value, l.arrival.value
	plan.Clients, plan.Pipeline, plan.Keys = int(l.clients), int(l.pipeline), int(l.keys)
	plan.MultiGet, plan.Churn = int(l.multiGet), int(l.churn)
	plan.Rate, plan.Sets, plan.ConnectRate = float64(l.perSecond), float64(l.sets), float64(l.connects)
	plan.Think, plan.Queue, plan.Drain = time.Duration(l.think), time.Duration(l.queue), time.Duration(l.drain)
	plan.Warmup, plan.Timeout = time.Duration(l.warmup), time.Duration(l.timeout)
	if plan.Replay != "" {
		if err := replaces(cmd, &plan); err != nil {
			return plan, nil, err
		}
	}
	switch overriding(cmd, "duration", "requests") {
	case "duration":
		plan.Duration, unused = time.Duration(l.duration), []string{"requests"}
	case "requests":
		plan.Requests, unused = int64(l.requests), []string{"duration"}
	default:
		return plan, nil, usagef("--duration and --requests both end the run: give one of them")
	}
	if plan.Replay != "" {
		unused = append(unused, notOfReplay...)
		if given(cmd, "duration") == 0 {
			plan.Duration, unused = 0, append(unused, "duration")
		}
	}
	others, err := l.stages.stagesOf(cmd, &plan)
	return plan, append(unused, others...), err
}

// executor is who makes the load: this process, or a fleet, which is there when it returns. say is told what there is to know of its agents, then
// and later; closed lets them go.
func (l *loadFlags) executor(ctx context.Context, say func(string)) (executor loadgen.Executor, closed func(), err error) {
	if l.fleet.where == "" {
		return loadgen.Local{Loops: int(l.loops)}, func() {}, nil
	}
	return l.fleet.dial(ctx, int(l.loops), say)
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
