package loadgen

import (
	"time"

	"memlite/reports"
)

// Recorder holds what one loop measured of one server in one stage since it was last emptied. It belongs to one goroutine at a time
// and has no lock: the loop fills it and hands it over whole.
type Recorder struct {
	stage   int
	server  int
	ops     [kinds]measured
	dropped int64
	lag     *reports.Histogram // open loop only, like measured.service
}

type measured struct {
	outcomes       [outcomes]int64
	sent, received int64 // bytes
	// Gets of several keys: how many were answered, and what became of their keys.
	several, found, absent int64
	response               *reports.Histogram
	service                *reports.Histogram // nil in a closed loop, where it would equal response
}

func newRecorder(open bool) *Recorder {
	r := &Recorder{}
	for k := range r.ops {
		r.ops[k].response = reports.NewHistogram()
		if open {
			r.ops[k].service = reports.NewHistogram()
		}
	}
	if open {
		r.lag = reports.NewHistogram()
	}
	return r
}

// done records a request that ended now. Only answers have a latency: an error's time says nothing about the server's speed.
func (r *Recorder) done(f *flight, o Outcome, now time.Duration) {
	m := &r.ops[f.kind]
	m.outcomes[o]++
	if !o.OK() {
		return
	}
	m.response.Record(now - f.intended)
	if m.service != nil {
		m.service.Record(now - f.sent)
	}
}

// add adds everything that other holds.
func (r *Recorder) add(other *Recorder) {
	for k := range r.ops {
		m, o := &r.ops[k], &other.ops[k]
		for i := range m.outcomes {
			m.outcomes[i] += o.outcomes[i]
		}
		m.sent += o.sent
		m.received += o.received
		m.several += o.several
		m.found += o.found
		m.absent += o.absent
		m.response.Add(o.response)
		if m.service != nil {
			m.service.Add(o.service)
		}
	}
	r.dropped += other.dropped
	if r.lag != nil {
		r.lag.Add(other.lag)
	}
}

func (r *Recorder) reset() {
	for k := range r.ops {
		m := &r.ops[k]
		m.outcomes, m.sent, m.received = [outcomes]int64{}, 0, 0
		m.several, m.found, m.absent = 0, 0, 0
		empty(m.response)
		empty(m.service)
	}
	r.dropped = 0
	empty(r.lag)
}

func empty(h *reports.Histogram) {
	if h != nil {
		h.Reset()
		h.TooHigh = 0
	}
}

// operations returns the recorder's measurements in the report's form. The histograms are handed over, not copied.
func (r *Recorder) operations() []*reports.Operation {
	var all []*reports.Operation
	for k := range r.ops {
		m := &r.ops[k]
		op := &reports.Operation{
			Name: Kind(k).String(), Sent: m.sent, Received: m.received,
			Hits: m.outcomes[Hit], Misses: m.outcomes[Miss],
			Percentiles: m.response.Percentiles(), Response: m.response, Service: m.service,
		}
		if m.several > 0 {
			op.MultiGets, op.Hits, op.Misses = m.several, m.found, m.absent
		}
		for o, n := range m.outcomes {
			switch {
			case n == 0:
			case Outcome(o).OK():
				op.Count += n
			default:
				op.Errors += n
				if op.Outcomes == nil {
					op.Outcomes = map[string]int64{}
				}
				op.Outcomes[Outcome(o).String()] += n
			}
		}
		if op.Count+op.Errors+op.Sent > 0 {
			all = append(all, op)
		}
	}
	return all
}
