package loadgen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"memlite/reports"
	"memlite/server/netloop"
)

// Above these the figures say more about the load generator than about the server.
const (
	maxBusy = 0.9
	maxLag  = time.Millisecond
)

// usage measures what the generator itself uses while it records.
type usage struct {
	running   bool
	begin     time.Duration
	cpuBegin  time.Duration
	busyBegin []time.Duration

	length time.Duration
	cpu    time.Duration
	busy   float64
}

// watch follows the change to another stage.
func (u *usage) watch(e *execution, s *stage) {
	switch {
	case s.recorded && s.arrival != nil && !u.running:
		u.running, u.begin = true, netloop.Now()
		u.cpuBegin, _ = cpuTime()
		u.busyBegin = u.busyBegin[:0]
		for _, w := range e.workers {
			u.busyBegin = append(u.busyBegin, w.loop.Busy())
		}
	case !s.recorded || s.arrival == nil:
		u.stop(e)
	}
}

func (u *usage) stop(e *execution) {
	if !u.running {
		return
	}
	u.running = false
	u.length = netloop.Now() - u.begin
	if cpu, ok := cpuTime(); ok {
		u.cpu = cpu - u.cpuBegin
	}
	for i, w := range e.workers {
		u.busy = max(u.busy, float64(w.loop.Busy()-u.busyBegin[i])/float64(max(u.length, 1)))
	}
	u.busy = min(u.busy, 1)
}

func newRun(p Plan) *reports.Run {
	arrival, rate := p.overall()
	return &reports.Run{
		Schema: reports.RunSchema, Target: p.Target, TLS: p.TLS != nil, Profile: p.Profile, Started: time.Now(), Plan: p.Settings(),
		Clients: p.Clients, Arrival: arrival, Rate: rate,
	}
}

// result completes the run.
func (e *execution) result() (*reports.Run, error) {
	r := e.run
	c, _ := e.look()
	r.Connections = reports.Connections{Opened: c.opened, Failed: c.failed, Lost: c.lost, Renewed: c.renewed}
	tooHigh := int64(0)
	for _, op := range r.Totals {
		r.Requests.Recorded += op.Count
		r.Requests.Errors += op.Errors
		tooHigh += op.Response.TooHigh
	}
	failed := int64(0)
	for _, i := range r.Intervals {
		r.Elapsed = max(r.Elapsed, i.Start+i.Length)
		for _, op := range i.Operations {
			if !i.Recorded {
				failed += op.Errors
			}
		}
	}
	e.generator()

	if e.cut != "" {
		r.CutShort = true
		if len(r.Intervals) > 0 {
			e.warn("cut short (%s) after %s", e.cut, r.Elapsed.Round(time.Millisecond))
		} else {
			e.warn("cut short (%s) before the run began", e.cut)
		}
	}
	e.perServer()
	if r.Requests.Errors > 0 {
		e.warn("%d of %d requests failed: %s%s", r.Requests.Errors, r.Requests.Errors+r.Requests.Recorded, kindsOf(r.Totals), e.firstSeen(c, "; first wrong reply"))
	}
	if failed > 0 {
		e.warn("%d requests failed while warming up", failed)
	}
	e.verification()
	e.schedule()
	if r.Requests.Abandoned > 0 {
		e.warn("%d requests were not answered within the %s after the end; they are in no latency", r.Requests.Abandoned, e.plan.Drain)
	}
	if c.unasked > 0 {
		e.warn("the server sent bytes that nobody had asked for on %d connections, which were closed for it", c.unasked)
	}
	if c.lost > 0 || c.failed > 0 {
		again := "they were opened again"
		if closed := int64(e.plan.Clients) - c.open; closed > 0 {
			again = fmt.Sprintf("in the end %d were closed", closed)
		}
		why := ""
		if c.dialError != nil {
			why = fmt.Sprintf(" (the last: %v)", c.dialError)
		}
		e.warn("%d connections were lost and %d could not be opened%s; %s", c.lost, c.failed, why, again)
	}
	if tooHigh > 0 {
		e.warn("%d requests took more than 60 s and are recorded as 60 s", tooHigh)
	}
	if !e.open {
		e.warn("closed loop: a client waits for its reply before it asks again, so a server that stalls is asked less and the waiting is not seen; " +
			"an open loop (a rate) shows it")
	}
	if r.Generator.Bottleneck {
		e.warn("the load generator was the bottleneck: %s", r.Generator.Reason)
	}
	slos, _ := e.plan.objectives() // Validate has read them before
	r.Objectives = reports.Judge(r, slos)
	if r.Requests.Recorded == 0 && e.cut != interrupted && r.Verification.Findings() == 0 {
		return r, e.nothing(c)
	}
	return r, nil
}

// nothing is the error of a run in which no request was answered.
func (e *execution) nothing(c counts) error {
	if c.fatal != nil {
		return c.fatal
	}
	how := kindsOf(e.run.Totals)
	switch {
	case how != "":
	case c.errors > 0:
		how = fmt.Sprintf("%d errors before the recorded stage", c.errors)
	case e.run.Requests.Abandoned > 0:
		how = "no reply came"
	default:
		how = "no request was due"
	}
	return fmt.Errorf("%s: not one recorded request was answered as profile %s allows (%s)%s",
		e.plan.Target, e.plan.Profile, how, e.firstSeen(c, "; first wrong reply"))
}

// schedule warns about an open loop that did not do what its schedule says.
func (e *execution) schedule() {
	r := e.run
	if !e.open {
		return
	}
	meant := r.Requests.Recorded + r.Requests.Errors + r.Requests.Abandoned + r.Requests.Dropped
	if r.Requests.Dropped > 0 {
		e.warn("%d of %d requests were never sent: no client was free within %s, or before the run had drained", r.Requests.Dropped, meant, e.plan.Queue)
	}
	if meant > 0 && float64(r.Requests.Recorded) < 0.98*float64(meant) {
		e.warn("the rate was not reached: %d of %d requests (%.1f %%) were answered", r.Requests.Recorded, meant,
			100*float64(r.Requests.Recorded)/float64(meant))
	}
}

// generator says how the load generator itself did.
func (e *execution) generator() {
	g := &e.run.Generator
	g.Loops, g.Busy, g.CPU = len(e.workers), e.usage.busy, e.usage.cpu.Seconds()
	var reasons []string
	if g.Busy > maxBusy {
		reasons = append(reasons, fmt.Sprintf("its busiest loop was busy for %.0f %% of the time", 100*g.Busy))
	}
	if e.open && e.lag.TotalCount() > 0 {
		g.SendLag = e.lag
		if p99 := time.Duration(e.lag.ValueAtQuantile(99)); p99 > maxLag {
			reasons = append(reasons, fmt.Sprintf("the measuring machine was late: one in a hundred requests was sent %s or more after it was due and a client was free", p99.Round(time.Microsecond)))
		}
	}
	g.Bottleneck, g.Reason = len(reasons) > 0, strings.Join(reasons, "; ")
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

// firstSeen quotes the first reply that was not one, behind a label.
func (e *execution) firstSeen(c counts, label string) string {
	if c.example == "" {
		return ""
	}
	text := fmt.Sprintf("%s %q", label, c.example)
	if spoken(c.example) {
		text += ", which is TLS: give --tls"
	} else if e.plan.Profile != "memcached" && memcacheds(c.example) {
		text += ", as memcached answers: if it is one, give --profile memcached"
	}
	return text
}

// memcacheds says whether a reply is one of memcached's own that the small protocol does not have: a miss, a value with its flags, and what a
// set without flags and its block, which it takes for a command, are answered.
func memcacheds(reply string) bool {
	return reply == "END\r\n" || reply == "ERROR\r\nERROR\r\n" || strings.HasPrefix(reply, "VALUE ") && len(strings.Fields(strings.SplitN(reply, "\r", 2)[0])) == 4
}
