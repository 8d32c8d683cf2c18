package reports

import (
	"fmt"
	"math"
	"time"
)

// fixture is one suite with every status and hostile bytes, and three runs: closed loops of 1 and 1024 clients and
// an open loop with warm-up, errors and drops. It is made up, and the same every time.
func fixture() *Report {
	return &Report{Runs: fixtureRuns(), Suites: []*Suite{fixtureSuite()}}
}

var fixtureTime = time.Date(2026, 3, 14, 15, 9, 26, 535897932, time.FixedZone("", 3600))

func fixtureEnvironment() Environment {
	return Environment{Version: "0.2.0", Go: "go1.26.0", OS: "linux/amd64", Kernel: "6.1.0-31-amd64", CPU: "Example CPU @ 3.00GHz", CPUs: 2, Host: "bench-1"}
}

// fill records n latencies spread as a log-normal distribution: most near median, a tail of spread.
func fill(median time.Duration, spread float64, n int, seed int) *Histogram {
	h := NewHistogram()
	for i := range n {
		q := (float64((i*7919+seed*104729)%n) + 0.5) / float64(n)
		z := math.Sqrt2 * math.Erfinv(2*q-1)
		h.Record(time.Duration(float64(median) * math.Exp(spread*z)))
	}
	return h
}

func fixtureOperation(name string, h, service *Histogram) *Operation {
	n := h.TotalCount()
	o := &Operation{Name: name, Count: n, Sent: n * 40, Received: n * 120, Response: h, Service: service, Percentiles: h.Percentiles()}
	if name == "get" {
		o.Misses = n / 50
		o.Hits = n - o.Misses
	}
	return o
}

func fixtureRun(clients, perSecond int, median time.Duration, spread float64, open bool) *Run {
	r := &Run{
		Schema: RunSchema, Target: "127.0.0.1:5001", Profile: "report",
		Command: []string{"memlite", "load", "127.0.0.1:5001", "--clients", fmt.Sprint(clients), "--duration", "10s"},
		Started: fixtureTime, Elapsed: 10 * time.Second, Environment: fixtureEnvironment(), Clients: clients, Arrival: "closed",
		Plan: []Setting{{"clients", fmt.Sprint(clients)}, {"duration", "10s"}, {"sets", "10%"}, {"keys", "100k"}, {"seed", "1"}},
	}
	get, set, getService, setService := NewHistogram(), NewHistogram(), NewHistogram(), NewHistogram()
	seconds := 10
	if open {
		r.Arrival, r.Rate = "poisson", float64(perSecond)
		seconds = 12
	}
	for i := range seconds {
		n := int(float64(perSecond) * (1 + 0.04*math.Sin(float64(i)*1.7)))
		m := time.Duration(float64(median) * (1 + 0.1*math.Sin(float64(i))))
		v := &Interval{Start: time.Duration(i) * time.Second, Length: time.Second, Stage: "run", Recorded: true}
		g, s := fill(m, spread, n*9/10, i), fill(m+m/5, spread, n/10, i+100)
		var gs, ss *Histogram
		if open {
			gs, ss = fill(m/2, spread/2, n*9/10, i), fill(m/2, spread/2, n/10, i)
			if i < 2 {
				v.Stage, v.Recorded = "warm-up", false
			}
		}
		v.Operations = []*Operation{fixtureOperation("get", g, gs), fixtureOperation("set", s, ss)}
		if v.Recorded {
			get.Add(g)
			set.Add(s)
			getService.Add(gs)
			setService.Add(ss)
		} else {
			r.Requests.WarmUp += g.TotalCount() + s.TotalCount()
		}
		r.Intervals = append(r.Intervals, v)
	}
	if !open {
		getService, setService = nil, nil
	}
	r.Totals = []*Operation{fixtureOperation("get", get, getService), fixtureOperation("set", set, setService)}
	r.Totals[0].Hits, r.Totals[0].Misses = 0, 0
	for _, v := range r.Intervals {
		if v.Recorded {
			r.Totals[0].Hits += v.Operations[0].Hits
			r.Totals[0].Misses += v.Operations[0].Misses
		}
	}
	r.Requests.Recorded = get.TotalCount() + set.TotalCount()
	r.Requests.Preloaded = 1000
	r.Connections.Opened = int64(clients)
	r.Generator = Generator{Loops: 1, Busy: 0.62, CPU: 5.25}
	return r
}

func fixtureRuns() []*Run {
	one := fixtureRun(1, 2100, 38*time.Microsecond, 0.3, false)
	many := fixtureRun(1024, 18234, 5100*time.Microsecond, 0.25, false)
	many.Generator.Busy, many.Generator.Bottleneck = 0.97, true
	many.Generator.Reason = "its busiest loop was 97 % busy"
	many.Warnings = []string{"the load generator was the limit: the server may be faster than these figures"}
	open := fixtureRun(64, 2000, 900*time.Microsecond, 0.7, true)
	open.Title = "64 clients, open <loop>"
	open.Elapsed = 12 * time.Second
	open.Generator = Generator{Loops: 1, SendLag: fill(40*time.Microsecond, 0.4, 1000, 1)} // busy and CPU: not measured
	open.Environment.Kernel, open.Environment.CPU, open.Environment.OS = "", "", "darwin/arm64"
	open.Totals[0].Errors, open.Totals[0].Outcomes = 7, map[string]int64{"timeout": 3, "refused": 4}
	open.Intervals[8].Operations[0].Errors, open.Intervals[8].Operations[0].Outcomes = 7, map[string]int64{"timeout": 3, "refused": 4}
	open.Requests.Errors, open.Requests.Dropped, open.Requests.Abandoned = 7, 12, 2
	open.Intervals[9].Dropped = 12
	return []*Run{one, many, open}
}

const hostile = "<script>alert('x')</script>"

func fixtureSuite() *Suite {
	s := &Suite{
		Schema: SuiteSchema, Target: "127.0.0.1:5001", Profile: "report", Dialect: "lite", Level: "should", Seed: 1,
		Command: []string{"memlite", "conform", "127.0.0.1:5001", "--label-filter", "1-client && !slow"}, Filter: "1-client && !slow",
		Started: fixtureTime, Elapsed: 4210 * time.Millisecond, RoundTrip: 41 * time.Microsecond, Environment: fixtureEnvironment(),
		Observed: []string{"It takes \"set k n\".", "A miss is answered NOT-FOUND."},
		Warnings: []string{"the endpoint answered " + hostile + " before it was asked"},
	}
	rule := func(id, family, level, title string, status Status) *Rule {
		r := &Rule{ID: id, Family: family, Level: level, Title: title, Status: status, Source: "R, and decision 3",
			Text: "What the rule " + id + " says, in a sentence or two, so that nobody needs to look it up.", Elapsed: 1200 * time.Microsecond}
		s.Rules = append(s.Rules, r)
		return r
	}
	rule("SET-01", "set", "must", "a set whose block has the announced size is answered STORED", Passed).Labels = []string{"1-client"}
	rule("SET-02", "set", "must", "a stored value comes back byte for byte", Passed)
	short := rule("SET-04", "set", "must", "a block shorter than the size is refused", Failed)
	short.Labels, short.Kind, short.Reason = []string{"1-client"}, "answer", "a block of 2 bytes was stored as 3"
	short.Want, short.Got = `"ERROR\r\n"`, `"STORED\r\n"`
	short.Client = 1
	short.Example = "> set k 3\r\n\n> ab\r\n\n< ERROR\r\n"
	short.Pitfall = "The size is trusted, and the next command read as the rest of the block."
	short.Attachments = []Attachment{{"history of key k", "text/html", []byte(history)}, {"log", "text/plain; charset=utf-8", []byte("a line\n" + hostile)}, {"core", "application/octet-stream", []byte{0, 1}}}
	short.Rerun = "memlite conform 127.0.0.1:5001 --label-filter SET-04"
	short.Transcript = []Event{
		{At: 10_000, Client: 1, Kind: "open"},
		{At: 52_000, Client: 1, Kind: "send", Bytes: []byte("set k 3\r\nab\r\n"), Length: 13},
		{At: 93_000, Client: 1, Kind: "receive", Bytes: []byte("STORED\r\n"), Length: 8},
		{At: 99_000, Client: 1, Kind: "close", Note: "by the suite"},
	}
	markup := rule("GET-01", "get", "must", "get of a present key answers VALUE key size, the value, END", Failed)
	markup.Kind, markup.Reason = "answer", "the reply is markup: "+hostile+" \x1b[31mred\x1b[0m \u202egnp.exe"
	markup.Want, markup.Got = `"VALUE k 3\r\nabc\r\nEND\r\n" or "VALUE k 3 \r\nabc\r\nEND\r\n"`, `"VALUE k 3\r\n`+hostile+`\r\n\x00\xff"`
	markup.Rerun = "memlite conform 127.0.0.1:5001 --label-filter GET-01"
	markup.Transcript = []Event{
		{At: 20_000, Client: 1, Kind: "send", Bytes: []byte("get k\r\n"), Length: 7},
		{At: 80_000, Client: 1, Kind: "receive", Bytes: []byte("VALUE k 3\r\n" + hostile + "\r\n\x00\xff"), Length: 5000},
		{At: 90_000, Client: 2, Kind: "note", Note: "\x07bell " + hostile + " ]]>"},
	}
	rule("GET-02", "get", "must", "get of an absent key answers NOT-FOUND", Passed)
	known := rule("GET-07", "get", "should", "get of a key longer than 250 bytes is refused or a miss, in step", Failed)
	known.Kind, known.Reason, known.Known = "silence", "no reply within 1 s", "this server is known to say nothing | here"
	known.Want, known.Got = "a refusal or a miss", "nothing within 1 s"
	rule("LIM-08", "limits", "may", "a command line whose first 8,192 bytes hold no LF: ERROR and close", NotRun).Reason = "above the level asked for"
	rule("LIM-10", "limits", "must", "1024 clients are served at once", Passed)
	slow := rule("CON-03", "concurrency", "should", "per key, the history of all clients is linearizable", Inconclusive)
	slow.Reason = "the checker ran out of time after 10 s"
	for i := range 250 {
		slow.Transcript = append(slow.Transcript, Event{At: time.Duration(i) * time.Millisecond, Client: i % 8, Kind: "send", Bytes: []byte("get k\r\n"), Length: 7})
	}
	rule("FRM-01", "framing", "must", "an unknown command is ERROR, in step", Passed)
	return s
}
