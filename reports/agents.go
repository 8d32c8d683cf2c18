package reports

import "time"

// Agent is one process's part of a run that several made together, a fleet.
type Agent struct {
	Name        string      `json:"name"` // as it calls itself; several may have the same
	ID          string      `json:"id"`   // of its process; no two have the same
	Environment Environment `json:"environment"`
	Clients     int         `json:"clients"`
	Share       float64     `json:"share"` // of the run's load, 0 to 1; the agents' together are 1

	// ClockOffset is what its wall clock was ahead of the coordinator's, ± ClockError: half the time of the round trip that it was measured by.
	ClockOffset time.Duration `json:"clock_offset_ns"`
	ClockError  time.Duration `json:"clock_error_ns"`
	// Started is when it began, after the moment agreed and ± ClockError; nil: not known to have begun.
	Started *time.Duration `json:"started_ns,omitempty"`

	Requests    Requests     `json:"requests"` // the agents' together are the run's, as are Connections, Clients and Totals
	Connections Connections  `json:"connections"`
	Generator   Generator    `json:"generator"`
	Totals      []*Operation `json:"totals"` // recorded stages only
	Warnings    []string     `json:"warnings,omitempty"`
	Loss        *Loss        `json:"loss,omitempty"` // nil: it was there to the end
}

// Loss says that an agent was not there to the end of its part.
type Loss struct {
	At     time.Duration `json:"at_ns"` // since the run's start; what it measured until then is in the figures, and nothing of it from then on
	Reason string        `json:"reason"`
}

// Total is all operations of the agent added. Never nil.
func (a *Agent) Total() *Operation { return sum("all", a.Totals) }

// Lost are the agents that were not there to the end, in the order of their shares.
func (r *Run) Lost() (list []*Agent) {
	for _, a := range r.Agents {
		if a.Loss != nil {
			list = append(list, a)
		}
	}
	return list
}

// StartSpread is how long after the first agent the last one began; not ok where fewer than two are known to have.
func (r *Run) StartSpread() (spread time.Duration, ok bool) {
	var first, last time.Duration
	n := 0
	for _, a := range r.Agents {
		if a.Started == nil {
			continue
		}
		if n++; n == 1 {
			first, last = *a.Started, *a.Started
		}
		first, last = min(first, *a.Started), max(last, *a.Started)
	}
	return last - first, n > 1
}
