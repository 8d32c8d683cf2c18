package loadgen

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"memlite/reports"
)

// account is what a run's report is written from: the run with what was added up in it, and the running figures.
type account struct {
	plan   Plan // with its defaults
	run    *reports.Run
	state  State
	fatal  error // State.Fatal, where it came about in this process
	cut    string
	lag    *reports.Histogram
	failed int64  // requests of warm-ups
	part   bool   // of a share: what the run is to be judged by is not its own
	kept   []Part // of an agent: not yet added to the run
}

func newAccount(p Plan) *account {
	arrival, rate := p.overall()
	return &account{plan: p, lag: reports.NewHistogram(), run: &reports.Run{
		Schema: reports.RunSchema, Target: p.Target, TLS: p.TLS != nil, Profile: p.Profile, Started: time.Now(), Plan: p.Settings(),
		Clients: p.Clients, Arrival: arrival, Rate: rate,
	}}
}

// interval adds one of the run itself.
func (a *account) interval(i *reports.Interval, lag *reports.Histogram) {
	a.run.Intervals = append(a.run.Intervals, i)
	a.run.Elapsed = max(a.run.Elapsed, i.Start+i.Length)
	a.count(i.Recorded, i.Operations, i.Dropped, lag)
}

func (a *account) count(recorded bool, ops []*reports.Operation, dropped int64, lag *reports.Histogram) {
	if !recorded {
		for _, op := range ops {
			a.failed += op.Errors
		}
		return
	}
	a.run.Totals = addTo(a.run.Totals, ops)
	a.run.Requests.Dropped += dropped
	a.lag.Add(lag)
}

// foldAt is how many parts are kept before they are added up: an open histogram takes 170 KB, and a fleet has several for each agent.
const foldAt = 64

// keep adds what one agent measured to what it has measured alone.
func (a *account) keep(recorded, ofRun bool, p Part) {
	switch {
	case !ofRun:
	case !recorded:
		a.count(false, p.Operations, 0, nil)
	default:
		a.kept = append(a.kept, p)
		if len(a.kept) == foldAt {
			a.fold()
		}
	}
}

func (a *account) fold() (err error) {
	for _, p := range a.kept {
		a.count(true, p.Operations, p.Dropped, p.SendLag)
	}
	a.kept = a.kept[:0]
	return errors.Join(packed(a.run.Totals), a.lag.Pack())
}

// conclude completes the run by what it amounts to, and warns of what its readers should know. The error says that it is of no use.
func (a *account) conclude() error {
	r, s := a.run, &a.state
	r.Connections = s.Connections
	r.Requests.Preloaded, r.Requests.WarmUp, r.Requests.Abandoned = s.Preloaded, s.WarmUp, s.Abandoned
	tooHigh := int64(0)
	for _, op := range r.Totals {
		r.Requests.Recorded += op.Count
		r.Requests.Errors += op.Errors
		tooHigh += op.Response.TooHigh
	}
	a.generator()

	if s.PreloadErrors > 0 {
		a.warn("%d of %d keys could not be preloaded", s.PreloadErrors, a.plan.Keys)
	}
	for _, note := range s.Notes {
		a.warn("%s", note)
	}
	if a.cut != "" {
		r.CutShort = true
		if r.Elapsed > 0 {
			a.warn("cut short (%s) after %s", a.cut, r.Elapsed.Round(time.Millisecond))
		} else {
			a.warn("cut short (%s) before the run began", a.cut)
		}
	}
	a.perServer()
	if r.Requests.Errors > 0 {
		a.warn("%d of %d requests failed: %s%s", r.Requests.Errors, r.Requests.Errors+r.Requests.Recorded, kindsOf(r.Totals), a.firstSeen("; first wrong reply"))
	}
	if a.failed > 0 {
		a.warn("%d requests failed while warming up", a.failed)
	}
	a.verification()
	a.schedule()
	if r.Requests.Abandoned > 0 {
		a.warn("%d requests were not answered within the %s after the end; they are in no latency", r.Requests.Abandoned, a.plan.Drain)
	}
	if s.Unasked > 0 {
		a.warn("the server sent bytes that nobody had asked for on %d connections, which were closed for it", s.Unasked)
	}
	if lost, failed := s.Connections.Lost, s.Connections.Failed; lost > 0 || failed > 0 {
		again := "they were opened again"
		if closed := int64(s.Clients) - s.Open; closed > 0 {
			again = fmt.Sprintf("in the end %d were closed", closed)
		}
		why := ""
		if s.DialError != "" {
			why = fmt.Sprintf(" (the last: %s)", s.DialError)
		}
		a.warn("%d connections were lost and %d could not be opened%s; %s", lost, failed, why, again)
	}
	if tooHigh > 0 {
		a.warn("%d requests took more than 60 s and are recorded as 60 s", tooHigh)
	}
	if !a.plan.open() {
		a.warn("closed loop: a client waits for its reply before it asks again, so a server that stalls is asked less and the waiting is not seen; " +
			"an open loop (a rate) shows it")
	}
	if r.Generator.Bottleneck {
		a.warn("the load generator was the bottleneck: %s", r.Generator.Reason)
	}
	if a.part {
		return nil
	}
	slos, _ := a.plan.objectives() // Validate has read them before
	r.Objectives = reports.Judge(r, slos)
	if r.Requests.Recorded == 0 && a.cut != interrupted && r.Verification.Findings() == 0 {
		return a.nothing()
	}
	return nil
}

// nothing is the error of a run in which no request was answered right.
func (a *account) nothing() error {
	if a.fatal != nil {
		return a.fatal
	}
	how := kindsOf(a.run.Totals)
	switch {
	case a.state.Fatal != "":
		return errors.New(a.state.Fatal)
	case how != "":
	case a.state.Errors > 0:
		how = fmt.Sprintf("%d errors before the recorded stage", a.state.Errors)
	case a.run.Requests.Abandoned > 0:
		how = "no reply came"
	default:
		how = "no request was due"
	}
	return fmt.Errorf("%s: not one recorded request was answered as profile %s allows (%s)%s",
		a.plan.Target, a.plan.Profile, how, a.firstSeen("; first wrong reply"))
}

// schedule warns about an open loop that did not do what its schedule says.
func (a *account) schedule() {
	r := a.run
	if !a.plan.open() {
		return
	}
	meant := r.Requests.Recorded + r.Requests.Errors + r.Requests.Abandoned + r.Requests.Dropped
	if r.Requests.Dropped > 0 {
		a.warn("%d of %d requests were never sent: no client was free within %s, or before the run had drained", r.Requests.Dropped, meant, a.plan.Queue)
	}
	if meant > 0 && float64(r.Requests.Recorded) < 0.98*float64(meant) {
		a.warn("the rate was not reached: %d of %d requests (%.1f %%) were answered", r.Requests.Recorded, meant,
			100*float64(r.Requests.Recorded)/float64(meant))
	}
}

// Above these the figures say more about the load generator than about the server.
const (
	maxBusy = 0.9
	maxLag  = time.Millisecond
)

// generator says how the load generator itself did. That of a fleet is its agents', who have concluded before.
func (a *account) generator() {
	g := &a.run.Generator
	g.Loops, g.Busy, g.CPU = a.state.Loops, a.state.Busy, a.state.CPU.Seconds()
	if a.plan.open() && a.lag.TotalCount() > 0 {
		g.SendLag = a.lag
	}
	if len(a.run.Agents) > 0 {
		if g.Bottleneck, g.Reason = slowest(a.run.Agents); g.Bottleneck {
			return
		}
	}
	var reasons []string
	if g.Busy > maxBusy && len(a.run.Agents) == 0 {
		reasons = append(reasons, fmt.Sprintf("its busiest loop was busy for %.0f %% of the time", 100*g.Busy))
	}
	if g.SendLag != nil && !(a.part && a.lag.TotalCount() < 100) { // of so few nothing can be said: their sum is judged
		if p99 := time.Duration(a.lag.ValueAtQuantile(99)); p99 > maxLag {
			reasons = append(reasons, fmt.Sprintf("the measuring machine was late: one in a hundred requests was sent %s or more after it was due and a client was free", p99.Round(time.Microsecond)))
		}
	}
	g.Bottleneck, g.Reason = len(reasons) > 0, strings.Join(reasons, "; ")
}

func (a *account) warn(format string, args ...any) {
	a.run.Warnings = append(a.run.Warnings, fmt.Sprintf(format, args...))
}

// addTo adds operations to the totals, by name; the totals stay sorted.
func addTo(all, ops []*reports.Operation) []*reports.Operation {
	for _, op := range ops {
		k, ok := slices.BinarySearchFunc(all, op.Name, func(t *reports.Operation, name string) int { return strings.Compare(t.Name, name) })
		if !ok {
			all = slices.Insert(all, k, &reports.Operation{Name: op.Name, Response: reports.NewHistogram()})
		}
		t := all[k]
		t.Count += op.Count
		t.Hits += op.Hits
		t.Misses += op.Misses
		t.MultiGets += op.MultiGets
		t.Errors += op.Errors
		t.Sent += op.Sent
		t.Received += op.Received
		for kind, n := range op.Outcomes {
			if t.Outcomes == nil {
				t.Outcomes = map[string]int64{}
			}
			t.Outcomes[kind] += n
		}
		t.Response.Add(op.Response)
		if op.Service != nil {
			if t.Service == nil {
				t.Service = reports.NewHistogram()
			}
			t.Service.Add(op.Service)
		}
		t.Percentiles = t.Response.Percentiles()
	}
	return all
}

// kindsOf lists errors by kind: "closed 3, refused 12".
func kindsOf(ops []*reports.Operation) string {
	sum := map[string]int64{}
	for _, op := range ops {
		for kind, n := range op.Outcomes {
			sum[kind] += n
		}
	}
	var parts []string
	for kind, n := range sum {
		parts = append(parts, fmt.Sprintf("%s %d", kind, n))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func (a *account) firstSeen(label string) string {
	return firstSeen(a.plan, string(a.state.Example), label)
}

// firstSeen quotes the first reply that was not one, behind a label.
func firstSeen(p Plan, example, label string) string {
	if example == "" {
		return ""
	}
	text := fmt.Sprintf("%s %q", label, example)
	if spoken(example) {
		text += ", which is TLS: give --tls"
	} else if p.Profile != "memcached" && memcacheds(example) {
		text += ", as memcached answers: if it is one, give --profile memcached"
	}
	return text
}

// memcacheds says whether a reply is one of memcached's own that the small protocol does not have: a miss, a value with its flags, and what a
// set without flags and its block, which it takes for a command, are answered.
func memcacheds(reply string) bool {
	return reply == "END\r\n" || reply == "ERROR\r\nERROR\r\n" || strings.HasPrefix(reply, "VALUE ") && len(strings.Fields(strings.SplitN(reply, "\r", 2)[0])) == 4
}
