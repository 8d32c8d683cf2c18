package reports

import (
	"fmt"
	"time"
)

// fixtureFleet is two runs of four agents each in an open loop of ten seconds: one that they all saw through, the third of
// them on a slow machine, and one that the third left after 7.4 s. It is made up, and the same every time.
func fixtureFleet() *Report {
	whole, short := fleetRun(4, -1), fleetRun(4, 2)
	whole.Title, short.Title = "all there", "one lost"
	short.Started = fixtureTime.Add(time.Minute)
	return &Report{Runs: []*Run{whole, short}}
}

// fleetRun is a run of n agents. The one at lost, if there is, ends after 7.4 s; the third is slow else.
func fleetRun(n, lost int) *Run {
	const perSecond = 250 // of each agent
	r := &Run{
		Schema: RunSchema, Target: "10.0.0.9:5001", Profile: "report", Started: fixtureTime, Elapsed: 10 * time.Second, Environment: fixtureEnvironment(),
		Command: []string{"memlite", "load", "10.0.0.9:5001", "--rate", fmt.Sprint(n * perSecond), "--fleet", "nats://nats.example:4222", "--agents", fmt.Sprint(n)},
		Clients: 16 * n, Arrival: "constant", Rate: float64(n * perSecond),
		Plan: []Setting{{"clients", fmt.Sprint(16 * n)}, {"duration", "10s"}, {"rate", fmt.Sprint(n*perSecond) + "/s"}},
	}
	for second := range 10 {
		r.Intervals = append(r.Intervals, &Interval{Start: time.Duration(second) * time.Second, Length: time.Second, Stage: "run", Recorded: true})
	}
	total := newParts()
	seconds := make([]*parts, len(r.Intervals))
	for i := range n {
		began := time.Duration(i*i) * 400 * time.Microsecond
		a := &Agent{
			Name: fmt.Sprintf("agent-%c", 'a'+i), ID: fmt.Sprintf("ID%d", i), Environment: fixtureEnvironment(), Clients: 16, Share: 1 / float64(n),
			ClockOffset: time.Duration(1-i) * 1250 * time.Microsecond, ClockError: time.Duration(90+10*i) * time.Microsecond, Started: &began,
		}
		a.Environment.Host, a.Environment.CPUs = fmt.Sprintf("load-%d", i+1), 2+i%2*2
		median, busy := time.Duration(560+40*i)*time.Microsecond, 0.21+float64(i)/100
		if i == 2 && lost < 0 {
			median, busy = 2100*time.Microsecond, 0.83
		}
		own := newParts()
		for second, v := range r.Intervals {
			count := perSecond
			if i == lost && second >= 7 {
				v.Missing += a.Share
				if count = 100; second > 7 {
					continue
				}
			}
			if seconds[second] == nil {
				seconds[second] = newParts()
			}
			for name, of := range map[string]int{"get": count * 9 / 10, "set": count / 10} {
				response, service := fill(median, 0.5, of, second+i), fill(median/2, 0.4, of, second+i)
				for _, p := range []*parts{own, total, seconds[second]} {
					p.add(name, response, service)
				}
			}
		}
		a.Totals, a.Requests.Recorded = own.operations(), own.count()
		a.Requests.Preloaded, a.Connections.Opened = 250, 16
		a.Generator = Generator{Loops: a.Environment.CPUs, Busy: busy, CPU: 10 * busy, SendLag: fill(30*time.Microsecond, 0.4, 1000, i)}
		if i == lost {
			a.Loss = &Loss{7400 * time.Millisecond, "silent for 2 s; last heard: " + hostile}
			a.Warnings = []string{"its clock was set back during the run"}
		}
		r.Agents = append(r.Agents, a)
		r.Requests.Recorded += a.Requests.Recorded
		r.Requests.Preloaded += a.Requests.Preloaded
		r.Connections.Opened += a.Connections.Opened
		r.Generator.Loops += a.Generator.Loops
		r.Generator.Busy = max(r.Generator.Busy, busy)
		r.Generator.CPU += a.Generator.CPU
	}
	r.Totals = total.operations()
	for i, v := range r.Intervals {
		v.Operations = seconds[i].operations()
	}
	r.Generator.SendLag = fill(30*time.Microsecond, 0.4, 1000*n, 1)
	return r
}

// parts are operations as they are added up.
type parts struct{ response, service map[string]*Histogram }

func newParts() *parts { return &parts{map[string]*Histogram{}, map[string]*Histogram{}} }

func (p *parts) add(name string, response, service *Histogram) {
	if p.response[name] == nil {
		p.response[name], p.service[name] = NewHistogram(), NewHistogram()
	}
	p.response[name].Add(response)
	p.service[name].Add(service)
}

func (p *parts) count() (n int64) {
	for _, h := range p.response {
		n += h.TotalCount()
	}
	return n
}

func (p *parts) operations() (list []*Operation) {
	for _, name := range []string{"get", "set"} {
		if h := p.response[name]; h != nil {
			o := fixtureOperation(name, h, p.service[name])
			o.Hits, o.Misses = 0, 0
			if name == "get" {
				o.Hits = o.Count
			}
			list = append(list, o)
		}
	}
	return list
}
