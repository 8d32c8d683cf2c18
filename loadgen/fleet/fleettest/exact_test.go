//go:build unix

package fleettest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"memlite/reports"
)

// What a fleet measures is what its agents did, to the request and to the bucket: 1, 2 and 4 agents on hosts of their own carry out one plan, and
// the server's own counters, and what each agent saved itself, are held against the report.
func TestFleetIsExact(t *testing.T) {
	proof(t)
	for _, agents := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("%d agents", agents), func(t *testing.T) {
			proof(t)
			s := apart(t, agents)
			const rate, seconds, warmUp, keys = 1999, 3, 1, 1000
			run := s.load("--rate", "1999/s", "--duration", "3s", "--warmup", "1s", "--preload", "--clients", "10", "--sets", "20%").run(0)
			checkSeconds(t, run, checkWhole(t, run, s.agents))
			total := run.Total()
			if total.Count != rate*seconds || total.Errors > 0 {
				t.Errorf("%d requests and %d errors, want %d in all", total.Count, total.Errors, rate*seconds)
			}
			if r := run.Requests; r.Preloaded != keys || r.WarmUp > rate*warmUp || r.WarmUp < rate*warmUp/2 || r.Abandoned+r.Dropped > 0 {
				t.Errorf("want %d keys preloaded and a warm-up of %d, or what of it was not late: %+v", keys, rate*warmUp, r)
			}
			if got, want := s.target.operations(), keys+rate*seconds+run.Requests.WarmUp; got != want {
				t.Errorf("the server answered %d requests, want %d", got, want)
			}
			if got := s.target.count("memlite_store_keys"); got != keys {
				t.Errorf("the server has %d keys, want %d: each preloaded by one agent", got, keys)
			}
			sum := 0.0
			for _, a := range run.Agents {
				sum += float64(a.Total().Count) / seconds
				if want := 1 / float64(agents); math.Abs(a.Share-want) > 0.01 || math.Abs(float64(a.Total().Count)-rate*seconds*want) > 1 {
					t.Errorf("agent %s: %d requests, a share of %.3f, want %.3f of %d", a.Name, a.Total().Count, a.Share, want, rate*seconds)
				}
			}
			if math.Abs(sum/rate-1) > 0.005 {
				t.Errorf("the agents' rates add up to %.1f/s, want %d/s", sum, rate)
			}

			// A closed loop that is bounded by a number of requests.
			before := s.target.operations()
			run = s.load("--requests", "1001", "--clients", "7").run(0)
			checkWhole(t, run, s.agents)
			if got := run.Total(); got.Count != 1001 || got.Errors > 0 || s.target.operations()-before != 1001 {
				t.Errorf("%d requests and %d errors, and %d at the server, want 1001", got.Count, got.Errors, s.target.operations()-before)
			}
		})
	}
}

// checkWhole holds the last run against what the agents have saved of it, their parts: it is their sum, histograms bucket by bucket, and so is each
// agent's part.
func checkWhole(t *testing.T, run *reports.Run, agents []*agent) (parts []*reports.Run) {
	t.Helper()
	if len(run.Agents) != len(agents) || len(run.Lost()) > 0 {
		t.Fatalf("%d agents, %d of them lost, want %d and none", len(run.Agents), len(run.Lost()), len(agents))
	}
	if spread, ok := run.StartSpread(); len(agents) > 1 && (!ok || spread < 0 || spread > Patience) {
		t.Errorf("the spread of the starts is %s, %t", spread, ok)
	}
	for _, part := range run.Agents {
		i := slices.IndexFunc(agents, func(a *agent) bool { return a.name == part.Name })
		if i < 0 {
			t.Fatalf("there is no agent %q", part.Name)
		}
		saved := agents[i].parts()
		if len(saved) == 0 {
			t.Fatalf("agent %s has saved nothing", part.Name)
		}
		own := saved[len(saved)-1]
		parts = append(parts, own)
		same(t, "of agent "+part.Name, buckets(t, part.Totals, part.Generator), buckets(t, own.Totals, own.Generator))
		if part.Clients != own.Clients || part.Requests != own.Requests || part.Connections != own.Connections {
			t.Errorf("agent %s: %d clients, %+v, %+v; it saved %d, %+v, %+v", part.Name,
				part.Clients, part.Requests, part.Connections, own.Clients, own.Requests, own.Connections)
		}
	}
	whole, sum := buckets(t, run.Totals, run.Generator), spectrum{}
	for _, p := range parts {
		for at, n := range buckets(t, p.Totals, p.Generator) {
			sum[at] += n
		}
	}
	same(t, "of the run", whole, sum)
	return parts
}

// checkSeconds holds each second of a run, too, against the agents' own.
func checkSeconds(t *testing.T, run *reports.Run, parts []*reports.Run) {
	t.Helper()
	seconds, theirs := perSecond(t, run), map[time.Duration]spectrum{}
	for _, p := range parts {
		for second, part := range perSecond(t, p) {
			if theirs[second] == nil {
				theirs[second] = spectrum{}
			}
			for at, n := range part {
				theirs[second][at] += n
			}
		}
	}
	for second := range theirs {
		same(t, fmt.Sprintf("of second %s", second), seconds[second], theirs[second])
	}
	if len(seconds) != len(theirs) {
		t.Errorf("the run has %d seconds, the agents have %d", len(seconds), len(theirs))
	}
}

// spectrum is a number of samples for each bucket of each histogram, and beside them the counts of the operations.
type spectrum map[bucket]int64

type bucket struct {
	what string // get response
	from int64  // ns; -1: a count
}

func same(t *testing.T, what string, got, want spectrum) {
	t.Helper()
	if maps.Equal(got, want) {
		return
	}
	wrong := 0
	for at := range want {
		if got[at] != want[at] {
			wrong++
		}
	}
	for at := range got {
		if _, ok := want[at]; !ok {
			wrong++
		}
	}
	t.Errorf("%s: %d of %d buckets are not the agents' own sum", what, wrong, len(want))
}

// buckets reads histograms by the library and not by reports, whose sums are what is to be shown.
func buckets(t *testing.T, list []*reports.Operation, g reports.Generator) spectrum {
	t.Helper()
	s := spectrum{}
	for _, o := range list {
		s.add(t, o.Name+" response", o.Response)
		s.add(t, o.Name+" service", o.Service)
		for name, n := range map[string]int64{"count": o.Count, "errors": o.Errors, "hits": o.Hits, "misses": o.Misses, "sent": o.Sent, "received": o.Received} {
			if n != 0 {
				s[bucket{o.Name + " " + name, -1}] += n
			}
		}
	}
	s.add(t, "send lag", g.SendLag)
	return s
}

func (s spectrum) add(t *testing.T, what string, h *reports.Histogram) {
	t.Helper()
	if h == nil {
		return
	}
	if h.TooHigh > 0 {
		s[bucket{what + " too high", -1}] += h.TooHigh
	}
	raw, err := h.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var packed struct{ HDR string }
	if err := json.Unmarshal(raw, &packed); err != nil {
		t.Fatal(err)
	}
	open, err := hdrhistogram.Decode([]byte(packed.HDR))
	if err != nil {
		t.Fatal(err)
	}
	for _, bar := range open.Distribution() {
		if bar.Count > 0 {
			s[bucket{what, bar.From}] += bar.Count
		}
	}
}

// perSecond is what was recorded in each second of a run; what came while it drained is one more.
func perSecond(t *testing.T, run *reports.Run) map[time.Duration]spectrum {
	t.Helper()
	all := map[time.Duration]spectrum{}
	for _, i := range run.Intervals {
		second := i.Start.Round(time.Second)
		if all[second] == nil {
			all[second] = spectrum{}
		}
		for at, n := range buckets(t, i.Operations, reports.Generator{}) {
			all[second][at] += n
		}
	}
	return all
}
