package loadgen

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"memlite/reports"
)

// Limits of a Plan.
const (
	maxClients  = 1 << 20
	maxPipeline = 1 << 12
	maxKeySize  = 250       // the protocol's own
	maxValue    = 128 << 20 // one buffer of this size is held, not one per client
)

// Plan says what load to make. The zero value, with a Target, is a closed loop of 50 clients that get for ten seconds.
type Plan struct {
	// Target is the endpoint: host:port, :port or unix:///path. Of several with commas between them each gets the keys
	// that are its by consistent hashing (see continuum), and an equal number of the clients.
	Target string
	// TLS says how the connections are encrypted; nil: they are not.
	TLS *TLS
	// Profile names the dialect and the replies that count as right, see Profiles; "" is report.
	Profile string

	// Clients is the number of connections, all open before the first request; 0 is 50.
	Clients int
	// ConnectRate is how many connections are opened per second at most; 0 is as fast as the server takes them.
	ConnectRate float64
	// Stages are what the run does, one after the other without a gap. None is one stage, of the plan's own Duration or Requests, Arrival,
	// Rate and Think; with some, the plan's have no Duration, Requests and Rate, and its Arrival and Think are for those that have none.
	Stages []Stage
	// Duration is the length of the recorded stage; 0 is 10 s, unless Requests is set.
	Duration time.Duration
	// Requests bounds the recorded stage by a number of requests instead of a duration.
	Requests int64

	// Arrival is closed, constant or poisson; "" is constant with a Rate, closed without one.
	Arrival string
	// Rate is in requests per second, of all clients together. It makes the loop an open one.
	Rate float64
	// Think is how long a client of a closed loop waits between a reply and its next request.
	Think time.Duration
	// Pipeline is how many requests a client may have in flight; 0 is 1.
	Pipeline int
	// Queue is how long a start of an open loop may wait for a client before it is dropped and counted; 0 is 10 s.
	Queue time.Duration
	// Drain is how long the end of the run waits for the replies to requests in flight, and in an open loop goes on to
	// send the starts that still wait for a client; 0 is 1 s.
	Drain time.Duration
	// Churn closes a connection when it has made so many requests and has their replies, and opens it again; 0 is never.
	// The schedule of an open loop goes on meanwhile.
	Churn int
	// Timeout is how long a reply or a connection may take before it counts as failed; 0 is 10 s.
	Timeout time.Duration

	// Sets is the share of requests that are sets, 0 to 1; the rest are gets.
	Sets float64
	// MultiGet is how many keys each get asks for, up to 1000; 0 is 1. More than one needs the memcached dialect. Such a get is one
	// request with one latency; hits and misses are counted by key.
	MultiGet int
	// Keys is the number of different keys; 0 is 100,000.
	Keys int
	// KeyDist says how often each key is asked for: uniform, zipf:EXPONENT (any above 0), sequential, shuffled (every key once
	// in each round, in an order drawn from Seed) or hot:KEYS/REQUESTS (hot:0.2/0.8: a fifth of the keys gets four fifths of the
	// requests); "" is uniform. The hot keys of the last and of zipf are spread over all keys.
	KeyDist string
	// KeySize is the length of the keys in bytes, up to 250: N, MIN-MAX for a uniform choice, lognormal:MEDIAN/SIGMA (SIGMA is the
	// standard deviation of the natural logarithm) or etc for that of Facebook's ETC pool (Atikoglu et al., SIGMETRICS 2012). Every key
	// keeps its length; what the last two draw beyond 250, or as too short to tell the keys apart, is cut to that. "" is 32.
	KeySize string
	// ValueSize is the length of the values in bytes: as KeySize, with IEC units (4KiB); every key's value keeps its length. What
	// lognormal and etc draw beyond 1 MiB is cut to that. "" is 100.
	ValueSize string

	// Replay is the path of a trace to replay, in the CSV form of Twitter's cache traces (timestamp, key, key size, value size, client,
	// operation, TTL), plain or compressed by gzip or zstd. It says what is asked and when, so there is no Rate, no Sets, no choice of
	// keys and sizes, no Preload and no Warmup. The replay ends with the trace, or after Duration or Requests.
	Replay string
	// Speed is how fast: 1x keeps the trace's own times, 10x is ten times as fast, and max is a closed loop; "" is 1x.
	Speed string

	// Verify has every value carry its key, a version and a checksum, and judges every value that is read: wrong (another key's, or bytes
	// that nobody set), torn (its bytes and its checksum do not agree), stale (overwritten before the get was sent, by a later set of
	// the same loop that had been answered), and where the profile's servers keep what they have stored also lost (a miss of a key
	// that had been set). Each loop keeps 32 bytes for each key and 48 MiB at most, each client 120 bytes, and each request in flight 300.
	Verify bool
	// Preload sets every key once before the run, unrecorded.
	Preload bool
	// Warmup runs the plan's load for so long before recording starts.
	Warmup time.Duration
	// SLOs are what the run is to keep, each in the form that reports.ParseSLO reads: p99<5ms. The run's Objectives say what came
	// of them.
	SLOs []string

	// Seed starts every random choice. The same plan with the same seed and number of loops makes the same requests.
	Seed int64
}

// withDefaults returns the plan with its zero values replaced by what they stand for.
func (p Plan) withDefaults() Plan {
	set(&p.Profile, "report")
	set(&p.Clients, 50)
	switch {
	case p.Replay != "":
		set(&p.Speed, "1x")
		if p.Speed != "max" {
			set(&p.Arrival, "trace")
		}
	case p.Requests == 0 && len(p.Stages) == 0:
		set(&p.Duration, 10*time.Second)
	}
	if p.Rate != 0 {
		set(&p.Arrival, "constant")
	}
	if len(p.Stages) == 0 {
		set(&p.Arrival, "closed")
	}
	set(&p.Pipeline, 1)
	set(&p.Queue, 10*time.Second)
	set(&p.Drain, time.Second)
	set(&p.Timeout, 10*time.Second)
	set(&p.MultiGet, 1)
	set(&p.Keys, 100_000)
	set(&p.KeyDist, "uniform")
	set(&p.KeySize, "32")
	set(&p.ValueSize, "100")
	return p
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// open says whether the plan, with its defaults, is an open loop, or has a stage that is.
func (p Plan) open() bool { return slices.ContainsFunc(p.stages(), Stage.open) }

// Validate returns everything that is wrong with the plan, joined, or nil.
func (p Plan) Validate() error {
	given := p
	p = p.withDefaults()
	var problems []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	checkErr := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}

	targets, err := parseTargets(p.Target)
	checkErr(err)
	if p.TLS != nil {
		checkErr(p.TLS.validate(targets))
	}
	prof, err := profileNamed(p.Profile)
	checkErr(err)
	if prof != nil {
		_, several := prof.codec.(classic)
		check(several || p.MultiGet == 1, "multi-get %d: a get of the profile %s has one key; several need --profile memcached", p.MultiGet, p.Profile)
	}
	check(len(targets) <= 1 || p.MultiGet == 1, "multi-get %d: the keys of one get can belong to different servers; want one server", p.MultiGet)
	check(!p.Verify || p.MultiGet == 1, "verify: it judges the reply to a get of one key; want no multi-get")
	check(p.MultiGet > 0 && p.MultiGet <= maxMultiGet, "multi-get %d: want 1 to %d keys", p.MultiGet, maxMultiGet)
	check(p.Clients > 0 && p.Clients <= maxClients, "clients %d: want 1 to %d", p.Clients, maxClients)
	check(p.Clients <= 0 || p.Clients >= len(targets), "clients %d: want at least one for each of the %d servers", p.Clients, len(targets))
	check(p.Pipeline > 0 && p.Pipeline <= maxPipeline, "pipeline %d: want 1 to %d", p.Pipeline, maxPipeline)
	check(p.Churn >= 0 && p.Churn <= math.MaxInt32, "churn %d: want 1 to %d requests, or 0 for never", p.Churn, math.MaxInt32)
	check(p.Requests >= 0, "requests %d: want 1 or more", p.Requests)
	check(p.Duration == 0 || p.Requests == 0, "duration and requests both end the run: give one of them")
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"duration", p.Duration}, {"think", p.Think}, {"queue", p.Queue}, {"drain", p.Drain}, {"timeout", p.Timeout}, {"warmup", p.Warmup}} {
		check(d.value >= 0, "%s %s: want no negative time", d.name, d.value)
	}

	check(p.ConnectRate >= 0 && p.ConnectRate <= 1e6, "connect rate %v: want 0 to 1e6 a second", p.ConnectRate)
	switch {
	case len(p.Stages) == 0:
	case p.Duration != 0 || p.Requests != 0 || p.Rate != 0:
		check(false, "stages have their own durations, requests and rates: the plan has none beside them")
	default:
		checkErr(p.checkStages())
	}
	switch p.Arrival {
	case "":
	case "closed":
		check(p.Rate == 0, "rate: a closed loop has none; want arrival constant or poisson")
	case "trace":
		check(p.Replay != "", "arrival trace: there is none without a replay")
	case "constant", "poisson":
		if len(p.Stages) > 0 {
			break // it is for those that have a rate
		}
		check(p.Rate > 0 && p.Rate <= 1e9, "arrival %s needs a rate above 0 and up to 1e9 a second, not %v", p.Arrival, p.Rate)
		check(p.Think == 0, "think: an open loop has no think time; it is the rate that says when requests start")
	default:
		check(false, "arrival %q: want closed, constant or poisson", p.Arrival)
	}

	checkErr(p.validateReplay(given))
	check(p.Sets >= 0 && p.Sets <= 1, "sets %v: want a share of 0 to 1", p.Sets)
	check(p.Keys > 0, "keys %d: want 1 or more", p.Keys)
	_, err = parseKeyDist(p.KeyDist, int64(max(p.Keys, 1)), p.Seed)
	checkErr(err)
	_, err = parseKeySize(p.KeySize, int64(max(p.Keys, 1)), p.Seed)
	checkErr(err)
	_, err = parseValueSize(p.ValueSize, p.Seed)
	checkErr(err)
	_, err = p.objectives()
	checkErr(err)
	return errors.Join(problems...)
}

// ValidateShares says what is wrong with a plan that so many execute together.
func (p Plan) ValidateShares(n int) error {
	p = p.withDefaults()
	servers := strings.Count(p.Target, ",") + 1
	switch {
	case p.Clients >= n*servers:
		return nil
	case servers == 1:
		return fmt.Errorf("clients %d: want at least one for each of the %d agents", p.Clients, n)
	}
	return fmt.Errorf("clients %d: want at least %d, one for each of %d servers on each of %d agents", p.Clients, n*servers, servers, n)
}

// Settings returns the plan as people read it, defaults included: the names are the command line's flags.
func (p Plan) Settings() []reports.Setting {
	p = p.withDefaults()
	var s []reports.Setting
	add := func(name, value string) { s = append(s, reports.Setting{Name: name, Value: value}) }
	add("target", p.Target)
	if p.TLS != nil {
		s = append(s, p.TLS.settings()...)
	}
	add("profile", p.Profile)
	add("clients", strconv.Itoa(p.Clients))
	perSecond := func(rate float64) string { return strconv.FormatFloat(rate, 'f', -1, 64) + "/s" }
	if p.ConnectRate > 0 {
		add("connect-rate", perSecond(p.ConnectRate))
	}
	if p.Replay != "" {
		add("replay", p.Replay)
		add("speed", p.Speed)
	}
	for _, s := range p.Stages {
		add("stage", s.String())
	}
	switch {
	case len(p.Stages) > 0:
	case p.Requests > 0:
		add("requests", strconv.FormatInt(p.Requests, 10))
	case p.Duration > 0:
		add("duration", p.Duration.String())
	}
	if p.Arrival != "" {
		add("arrival", p.Arrival)
	}
	if p.Rate > 0 {
		add("rate", perSecond(p.Rate))
	}
	if p.open() {
		add("queue", p.Queue.String())
	}
	if slices.ContainsFunc(p.stages(), func(s Stage) bool { return !s.open() }) {
		add("think", p.Think.String())
	}
	add("pipeline", strconv.Itoa(p.Pipeline))
	add("churn", strconv.Itoa(p.Churn))
	add("drain", p.Drain.String())
	add("timeout", p.Timeout.String())
	if p.Replay != "" {
		return s
	}
	add("sets", strconv.FormatFloat(math.Round(p.Sets*1e6)/1e4, 'f', -1, 64)+"%")
	if p.MultiGet > 1 {
		add("multi-get", strconv.Itoa(p.MultiGet))
	}
	add("keys", strconv.Itoa(p.Keys))
	add("key-dist", p.KeyDist)
	add("key-size", p.KeySize)
	add("value-size", p.ValueSize)
	add("verify", strconv.FormatBool(p.Verify))
	add("preload", strconv.FormatBool(p.Preload))
	add("warmup", p.Warmup.String())
	if len(p.SLOs) > 0 {
		add("slo", strings.Join(p.SLOs, ", "))
	}
	add("seed", strconv.FormatInt(p.Seed, 10))
	return s
}

// objectives reads the plan's SLOs; the error names every one that is none.
func (p Plan) objectives() (slos []reports.SLO, err error) {
	for _, text := range p.SLOs {
		slo, wrong := reports.ParseSLO(text)
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("slo %w", wrong))
		}
		slos = append(slos, slo)
	}
	return slos, err
}
