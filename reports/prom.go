package reports

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Prometheus writes the final figures of runs and suites in Prometheus's text format, for a textfile collector or a gateway:
// a nightly run that leaves them in a folder is in the same dashboards as the servers. There are no timestamps, which
// the collector would refuse; when a run began is a figure of its own. What was not measured is not there.
func Prometheus(w io.Writer, r *Report) error {
	if len(r.Runs)+len(r.Suites) == 0 {
		return errEmpty
	}
	p := &exposition{}
	all := names(r.Runs)
	for i, run := range r.Runs {
		p.run(run, promLabels{"run", all[i]})
	}
	all = suiteNames(r.Suites)
	for i, s := range r.Suites {
		p.suite(s, promLabels{"suite", all[i]})
	}
	b := bufio.NewWriter(w)
	for _, f := range p.families {
		fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n%s", f.name, f.help, f.name, f.kind, f.samples.String())
	}
	return b.Flush()
}

// promLabels are names and values in turn.
type promLabels []string

func (l promLabels) and(more ...string) promLabels { return append(l[:len(l):len(l)], more...) }

func (l promLabels) String() string {
	var b strings.Builder
	for i := 0; i < len(l); i += 2 {
		fmt.Fprintf(&b, `,%s="%s"`, l[i], promEscape.Replace(visible(l[i+1])))
	}
	return "{" + b.String()[1:] + "}"
}

var promEscape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// exposition is what will be written: the samples of a family must stand together.
type exposition struct {
	families []*promFamily
}

type promFamily struct {
	name, kind, help string
	samples          strings.Builder
	seen             map[string]bool
}

func (p *exposition) family(name, kind, help string) *promFamily {
	for _, f := range p.families {
		if f.name == name {
			return f
		}
	}
	f := &promFamily{name: name, kind: kind, help: help, seen: map[string]bool{}}
	p.families = append(p.families, f)
	return f
}

// add adds a sample. The same twice, as of an objective that was named twice, would spoil the whole file.
func (f *promFamily) add(suffix string, l promLabels, v float64) {
	name := suffix + l.String()
	if !f.seen[name] {
		f.seen[name] = true
		fmt.Fprintf(&f.samples, "%s%s %s\n", f.name, name, strconv.FormatFloat(v, 'g', -1, 64))
	}
}

func (p *exposition) gauge(name, help string, l promLabels, v float64) {
	p.family("memlite_"+name, "gauge", help).add("", l, v)
}

func (p *exposition) flag(name, help string, l promLabels, v bool) {
	n := 0.0
	if v {
		n = 1
	}
	p.gauge(name, help, l, n)
}

func (p *exposition) run(r *Run, l promLabels) {
	p.gauge("run_info", "A load run: always 1.", l.and("target", r.Target, "profile", r.Profile, "arrival", r.Arrival, "version", r.Environment.Version), 1)
	p.gauge("run_start_time_seconds", "When the run began, since the epoch.", l, float64(r.Started.UnixMilli())/1e3)
	p.gauge("run_recorded_seconds", "How long the recorded stages took.", l, r.Recorded().Seconds())
	p.gauge("run_clients", "Connections that the plan has.", l, float64(r.Clients))
	if r.Rate > 0 {
		p.gauge("run_intended_requests_per_second", "Rate that the plan asks for, the mean of the recorded stages.", l, r.Rate)
	}
	for _, o := range r.Totals {
		p.operation(o, r.Recorded(), l.and("operation", o.Name))
	}
	p.gauge("run_dropped_requests", "Never sent: no client was free in time.", l, float64(r.Requests.Dropped))
	p.gauge("run_abandoned_requests", "Sent, but not answered when the run ended.", l, float64(r.Requests.Abandoned))
	p.gauge("run_lost_connections", "Ended by the other side or by an error.", l, float64(r.Connections.Lost))
	if v := r.Verification; v != nil {
		p.gauge("run_checked_values", "Replies to gets whose value was checked.", l, float64(v.Checked))
		p.gauge("run_corrupt_values", "Of them wrong, torn, stale or lost.", l, float64(v.Findings()))
	}
	for _, o := range r.Objectives {
		of := l.and("objective", o.Text)
		p.flag("run_objective_held", "1: the objective was held.", of, o.Held)
		p.flag("run_objective_inconclusive", "1: whether it was held could not be decided.", of, o.Inconclusive)
	}
	p.flag("run_bottleneck", "1: the figures are the load generator's, not the server's.", l, r.Generator.Bottleneck)
	p.flag("run_cut_short", "1: the run ended before its plan did.", l, r.CutShort)
	p.agents(r, l)
}

// agents are a fleet's: a dashboard can watch for one that was lost, or is slower than the others.
func (p *exposition) agents(r *Run, l promLabels) {
	if len(r.Agents) == 0 {
		return
	}
	p.gauge("run_agents", "Agents that made the load together.", l, float64(len(r.Agents)))
	p.gauge("run_lost_agents", "Of them lost before the end: a part of the load is missing.", l, float64(len(r.Lost())))
	if spread, ok := r.StartSpread(); ok {
		p.gauge("run_start_spread_seconds", "How long after the first agent the last one began.", l, spread.Seconds())
	}
	all := r.agentNames()
	for i, a := range r.Agents {
		of, t := l.and("agent", all[i]), a.Total()
		p.gauge("run_agent_share", "Share of the run's load that an agent was to make.", of, a.Share)
		p.flag("run_agent_lost", "1: the agent was lost before the end.", of, a.Loss != nil)
		p.gauge("run_agent_requests", "Answered as the profile allows, in recorded stages, to this agent.", of, float64(t.Count))
		p.gauge("run_agent_errors", "Not answered as the profile allows.", of, float64(t.Errors))
		if t.Percentiles != nil {
			p.gauge("run_agent_response_p50_seconds", "Half of the agent's requests were answered within this time.", of, float64(t.Percentiles.P50)/1e9)
			p.gauge("run_agent_response_p99_seconds", "99 of a hundred were.", of, float64(t.Percentiles.P99)/1e9)
		}
		p.gauge("run_agent_clock_offset_seconds", "What the agent's wall clock was ahead of the coordinator's.", of, a.ClockOffset.Seconds())
		if a.Started != nil {
			p.gauge("run_agent_start_seconds", "When it began, after the moment agreed.", of, a.Started.Seconds())
		}
	}
}

func (p *exposition) operation(o *Operation, recorded time.Duration, l promLabels) {
	p.gauge("run_requests", "Answered as the profile allows, in recorded stages.", l, float64(o.Count))
	if recorded > 0 {
		p.gauge("run_requests_per_second", "The same by time.", l, rate(o.Count, recorded))
	}
	p.gauge("run_errors", "Not answered as the profile allows.", l, float64(o.Errors))
	if o.Hits+o.Misses > 0 {
		p.gauge("run_hits", "Keys that gets found.", l, float64(o.Hits))
		p.gauge("run_misses", "Keys that gets did not find.", l, float64(o.Misses))
	}
	p.summary("run_response", "from the intended start", l, o.Response, o.Percentiles)
	p.summary("run_service", "from the sending; not there for a closed loop, whose response time it is", l, o.Service, o.Service.Percentiles())
}

// summary writes percentiles in seconds, and the sum and count of the histogram where there is one.
func (p *exposition) summary(name, since string, l promLabels, h *Histogram, of *Percentiles) {
	if of == nil {
		return
	}
	f := p.family("memlite_"+name+"_seconds", "summary", "Time to the reply, "+since+".")
	for _, q := range []struct {
		quantile string
		value    int64
	}{{"0.5", of.P50}, {"0.9", of.P90}, {"0.99", of.P99}, {"0.999", of.P999}} {
		f.add("", l.and("quantile", q.quantile), float64(q.value)/1e9)
	}
	if h != nil {
		_, sum := h.Cumulative(nil)
		f.add("_sum", l, sum.Seconds())
		f.add("_count", l, float64(h.TotalCount()))
	}
	p.gauge(name+"_max_seconds", "The longest time to a reply, "+since+".", l, float64(of.Max)/1e9)
}

func (p *exposition) suite(s *Suite, l promLabels) {
	p.gauge("suite_info", "A conformance suite: always 1.", l.and("target", s.Target, "profile", s.Profile, "level", s.Level, "version", s.Environment.Version), 1)
	p.gauge("suite_start_time_seconds", "When the suite began, since the epoch.", l, float64(s.Started.UnixMilli())/1e3)
	p.gauge("suite_seconds", "How long it took.", l, s.Elapsed.Seconds())
	for _, n := range scores(s.Rules) {
		for _, of := range []struct {
			status Status
			n      int
		}{{Passed, n.Passed}, {Failed, n.Failed}, {Inconclusive, n.Inconclusive}, {NotRun, n.NotRun}} {
			p.gauge("suite_rules", "Rules by level and outcome.", l.and("level", n.Level, "status", string(of.status)), float64(of.n))
		}
	}
	for _, rule := range ofStatus(s.Rules, Failed) {
		p.gauge("suite_failed_rule", "A rule that failed: always 1.", l.and("rule", rule.ID, "level", rule.Level), 1)
	}
	p.flag("suite_could_not_run", "1: the endpoint could not be asked.", l, s.Failure != "")
	p.flag("suite_cut_short", "1: the suite ended before its rules did.", l, s.CutShort)
}
