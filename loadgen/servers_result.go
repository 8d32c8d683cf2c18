package loadgen

import (
	"fmt"
	"strings"

	"memlite/reports"
)

// perServer completes each server's part of the run, where there are several, and names those that failed.
func (a *account) perServer() {
	for i, s := range a.run.Servers {
		down := ""
		if i < len(a.state.Servers) {
			of := a.state.Servers[i]
			s.Clients, s.Connections, down = of.Clients, of.Connections, of.Down
		}
		a.blame(s, down)
	}
}

// blame warns of a server whose part of the run failed. down is why it cannot be reached now.
func (a *account) blame(s *reports.Server, down string) {
	t := s.Total()
	var faults []string
	if t.Errors > 0 {
		faults = append(faults, fmt.Sprintf("%d of %d requests failed (%s)", t.Errors, t.Errors+t.Count, kindsOf(s.Totals)))
	}
	if s.Dropped > 0 {
		faults = append(faults, fmt.Sprintf("%d were never sent", s.Dropped))
	}
	if down != "" {
		faults = append(faults, "it cannot be reached: "+down)
	}
	if len(faults) > 0 {
		a.warn("server %s: %s", s.Address, strings.Join(faults, "; "))
	}
}
