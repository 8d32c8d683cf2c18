package loadgen

import (
	"fmt"
	"strings"

	"memlite/reports"
)

// perServer adds each server's part to the run, where there are several, and names those that failed.
func (e *execution) perServer() {
	if e.servers == nil {
		return
	}
	parts := make([][]server, len(e.workers))
	e.each(func(w *worker) { parts[w.segment.Index] = append(parts[w.segment.Index], w.servers...) })
	for i, rec := range e.servers {
		s := &reports.Server{Address: parts[0][i].target.address, Dropped: rec.dropped, Totals: rec.operations()}
		var down error
		for _, of := range parts {
			p := of[i]
			s.Clients += p.clients
			s.Connections.Opened += p.Opened
			s.Connections.Failed += p.Failed
			s.Connections.Lost += p.Lost
			s.Connections.Renewed += p.Renewed
			if down == nil {
				down = p.down
			}
		}
		e.run.Servers = append(e.run.Servers, s)
		e.blame(s, down)
	}
}

// blame warns of a server whose part of the run failed. down is why it cannot be reached now.
func (e *execution) blame(s *reports.Server, down error) {
	t := s.Total()
	var faults []string
	if t.Errors > 0 {
		faults = append(faults, fmt.Sprintf("%d of %d requests failed (%s)", t.Errors, t.Errors+t.Count, kindsOf(s.Totals)))
	}
	if s.Dropped > 0 {
		faults = append(faults, fmt.Sprintf("%d were never sent", s.Dropped))
	}
	if down != nil {
		faults = append(faults, "it cannot be reached: "+down.Error())
	}
	if len(faults) > 0 {
		e.warn("server %s: %s", s.Address, strings.Join(faults, "; "))
	}
}
