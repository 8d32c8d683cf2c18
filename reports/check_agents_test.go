package reports

import (
	"strings"
	"testing"
	"time"
)

// What can not be of an agent is refused, with its place.
func TestReadBoundsAgents(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, long")
	}
	long := 366 * 24 * time.Hour
	for want, edit := range map[string]func(*Run){
		"in the whole: there are 1001 agents, where at most 1000 are expected": func(r *Run) {
			r.Agents = nil
			for range 1001 {
				r.Agents = append(r.Agents, &Agent{})
			}
		},
		"in agents[1]: name has 65537 bytes":                           func(r *Run) { r.Agents[1].Name = strings.Repeat("x", mostText+1) },
		"in agents[1]: id has 65537 bytes":                             func(r *Run) { r.Agents[1].ID = strings.Repeat("x", mostText+1) },
		"in agents[0].loss: reason has 65537 bytes":                    func(r *Run) { r.Agents[0].Loss = &Loss{0, strings.Repeat("x", mostText+1)} },
		"in agents[0].loss: at_ns is negative":                         func(r *Run) { r.Agents[0].Loss = &Loss{-1, ""} },
		"in agents[0]: share is -1, where 0 to 1":                      func(r *Run) { r.Agents[0].Share = -1 },
		"in agents[0]: clients is negative":                            func(r *Run) { r.Agents[0].Clients = -1 },
		"in agents[0]: started_ns is longer than can be":               func(r *Run) { r.Agents[0].Started = &long },
		"in agents[0]: clock_error_ns is negative":                     func(r *Run) { r.Agents[0].ClockError = -1 },
		"in agents[0]: clock_offset_ns is longer than can be":          func(r *Run) { r.Agents[0].ClockOffset = -101 * longest },
		"in agents[0].environment: cpus is negative":                   func(r *Run) { r.Agents[0].Environment.CPUs = -1 },
		"in agents[0].requests: dropped is negative":                   func(r *Run) { r.Agents[0].Requests.Dropped = -1 },
		"in agents[0].generator: busy or cpu_seconds is negative":      func(r *Run) { r.Agents[0].Generator.Busy = -1 },
		"in intervals[0]: missing is 1.5, where 0 to 1 is expected":    func(r *Run) { r.Intervals[0].Missing = 1.5 },
		"in agents[0].connections: renewed is larger than can be":      func(r *Run) { r.Agents[0].Connections.Renewed = most + 1 },
		"in agents[0].totals[0]: errors is 1, and its outcomes add up": func(r *Run) { r.Agents[0].Totals[0].Errors = 1 },
	} {
		r := fleetRun(4, -1)
		edit(r)
		if _, err := parse(jsonOf(t, &Report{Runs: []*Run{r}})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
