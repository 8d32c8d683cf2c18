package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Total is all operations of the run added; its name is "all". Never nil.
func (r *Run) Total() *Operation {
	return sum("all", r.Totals)
}

// Recorded is how long the recorded stages took; 0 when there was none.
func (r *Run) Recorded() time.Duration {
	var d time.Duration
	for _, v := range r.Intervals {
		if v.Recorded {
			d += v.Length
		}
	}
	return d
}

// Reached is how many requests a second were answered as the profile allows; 0 where nothing was recorded.
func (r *Run) Reached() float64 {
	if r.Recorded() <= 0 {
		return 0
	}
	return rate(r.Total().Count, r.Recorded())
}

// sum adds operations. Percentiles are read from the added histograms; those of a single operation are taken as they
// are, so that a file without histograms still shows what it has. Service stays nil if one of them has none.
func sum(name string, list []*Operation) *Operation {
	t := &Operation{Name: name}
	var response, service []*Histogram
	for _, o := range list {
		t.Count += o.Count
		t.Hits += o.Hits
		t.Misses += o.Misses
		t.MultiGets += o.MultiGets
		t.Errors += o.Errors
		t.Sent += o.Sent
		t.Received += o.Received
		for kind, n := range o.Outcomes {
			if t.Outcomes == nil {
				t.Outcomes = map[string]int64{}
			}
			t.Outcomes[kind] += n
		}
		if o.Count == 0 {
			continue
		}
		response = append(response, o.Response)
		service = append(service, o.Service)
		t.Percentiles = o.Percentiles
	}
	t.Response, t.Service = added(response), added(service)
	if t.Response != nil {
		if len(response) > 1 || t.Percentiles == nil {
			t.Percentiles = t.Response.Percentiles()
		}
	} else if len(response) > 1 {
		t.Percentiles = nil
	}
	return t
}

// added is the sum of histograms, nil if there is none or one is missing: half a sum would be wrong without a sign.
func added(list []*Histogram) *Histogram {
	if len(list) == 0 || slices.Contains(list, nil) {
		return nil
	}
	if len(list) == 1 {
		return list[0]
	}
	t := NewHistogram()
	for _, h := range list {
		t.Add(h)
	}
	return t
}

// rate is n per second over d; NaN, which prints as n/a, when there was no time to count in.
func rate(n int64, d time.Duration) float64 {
	if d <= 0 {
		return math.NaN()
	}
	return float64(n) / d.Seconds()
}

// closed says that requests waited for replies, so that response and service time are one.
func (r *Run) closed() bool { return r.Arrival == "closed" }

// name is what the reader calls the run.
func (r *Run) name() string {
	if r.Title != "" {
		return r.Title
	}
	return r.clients()
}

// clients has no thousands comma: it is a setting and not a measurement.
func (r *Run) clients() string {
	text := fmt.Sprintf("%d clients", r.Clients)
	if r.Clients == 1 {
		text = "1 client"
	}
	if len(r.Agents) > 0 {
		text += " of " + plural(int64(len(r.Agents)), "agent")
	}
	return text
}

func (r *Run) arrival() string {
	switch {
	case r.closed():
		return r.staged("closed loop")
	case r.Arrival == "trace":
		return "open loop at a trace's own times"
	case r.Rate == 0:
		return r.staged("closed and open loop")
	case len(r.Stages) > 0:
		return r.staged(fmt.Sprintf("open loop at %s requests/s on average (%s)", perSecond(r.Rate), r.Arrival))
	}
	return fmt.Sprintf("open loop at %s requests/s (%s)", perSecond(r.Rate), r.Arrival)
}

// load is what the run asked of its target, short enough for a table: "closed loop", "20,000/s".
func (r *Run) load() string {
	switch {
	case r.closed():
		return "closed loop"
	case r.Arrival == "trace":
		return "trace"
	case r.Rate > 0:
		return perSecond(r.Rate) + "/s"
	}
	return "mixed"
}

func (r *Run) staged(loop string) string {
	if n := len(r.Stages); n > 0 {
		return fmt.Sprintf("%d stages, %s", n, loop)
	}
	return loop
}

// percentile picks one of the usual percentiles in words, n/a when nothing was measured.
func (o *Operation) percentile(of func(*Percentiles) int64) string {
	if o.Percentiles == nil {
		return na
	}
	return latency(of(o.Percentiles))
}

func p50(p *Percentiles) int64  { return p.P50 }
func p90(p *Percentiles) int64  { return p.P90 }
func p99(p *Percentiles) int64  { return p.P99 }
func p999(p *Percentiles) int64 { return p.P999 }
func pMax(p *Percentiles) int64 { return p.Max }

// swing is how far the throughput of single seconds was from the mean, as parts of the mean. ok is false where
// fewer than three whole intervals leave nothing to say.
func (r *Run) swing() (below, above float64, ok bool) {
	var rates []float64
	for _, v := range r.Intervals {
		if v.Recorded && v.Length >= 900*time.Millisecond {
			var n int64
			for _, o := range v.Operations {
				n += o.Count
			}
			rates = append(rates, rate(n, v.Length))
		}
	}
	if len(rates) < 3 {
		return 0, 0, false
	}
	mean := 0.0
	for _, v := range rates {
		mean += v / float64(len(rates))
	}
	if mean == 0 {
		return 0, 0, false
	}
	return 1 - slices.Min(rates)/mean, slices.Max(rates)/mean - 1, true
}

// steadiness puts in words how much its seconds differ; empty where there is nothing to say, as where stages or lost agents ask for different rates. Where
// requests follow a schedule their rate says nothing of the server: then it is about response times.
func (r *Run) steadiness() string {
	if len(r.Stages)+len(r.Lost()) > 0 {
		return ""
	}
	if !r.closed() {
		return r.steadyTimes()
	}
	below, above, ok := r.swing()
	if !ok {
		return ""
	}
	worst := math.Max(below, above)
	whole := strconv.Itoa(int(math.Ceil(worst*100))) + " %"
	if worst <= 0.2 {
		return "steady, every second within " + whole + " of the mean"
	}
	return fmt.Sprintf("not steady: its seconds were from %.0f %% below to %.0f %% above the mean", below*100, above*100)
}

// steadyTimes is about the p99 of single seconds, of the operation that there was most of.
func (r *Run) steadyTimes() string {
	if len(r.Totals) == 0 {
		return ""
	}
	most := slices.MaxFunc(r.Totals, func(a, b *Operation) int { return cmp.Compare(a.Count, b.Count) }).Name
	var times []int64
	for _, v := range r.Intervals {
		for _, o := range v.Operations {
			if v.Recorded && v.Length >= 900*time.Millisecond && o.Name == most && o.Percentiles != nil {
				times = append(times, o.Percentiles.P99)
			}
		}
	}
	if len(times) < 3 {
		return ""
	}
	slices.Sort(times)
	best, worst := times[0], times[len(times)-1]
	if worst <= 2*times[len(times)/2] {
		return fmt.Sprintf("steady, the %s p99 of every second at most %s", most, latency(worst))
	}
	return fmt.Sprintf("not steady: the %s p99 of its seconds was from %s to %s", most, latency(best), latency(worst))
}

// hitRatio is the share of answered gets that found their key; n/a where none was answered.
func (o *Operation) hitRatio() string {
	if o.Hits+o.Misses == 0 {
		return na
	}
	return share(o.Hits, o.Hits+o.Misses)
}

// gets is how many of the answers are to gets. The hits and misses of gets of several keys are those of their keys.
func (o *Operation) gets() int64 {
	if o.MultiGets > 0 {
		return o.MultiGets
	}
	return o.Hits + o.Misses
}

// became lists what became of the requests: "9,800 hit, 200 miss, 3 timeout". Answers come first, zeros are left out.
func (o *Operation) became() string {
	var parts []string
	add := func(n int64, name string) {
		if n > 0 {
			parts = append(parts, number(n)+" "+name)
		}
	}
	add(o.Hits, "hit")
	add(o.Misses, "miss")
	add(o.Count-o.gets(), "stored")
	if errors := o.outcomes(); errors != "" {
		parts = append(parts, errors)
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// became says what happened to connections that were opened, and to those that could not be.
func (c Connections) became() string {
	text := fmt.Sprintf("opened; %s failed, %s lost", number(c.Failed), number(c.Lost))
	if c.Renewed > 0 {
		text += fmt.Sprintf(", %s renewed as planned", number(c.Renewed))
	}
	return text
}

// outcomes lists errors by kind, the commonest first.
func (o *Operation) outcomes() string {
	kinds := make([]string, 0, len(o.Outcomes))
	for kind := range o.Outcomes {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(a, b string) int {
		if d := o.Outcomes[b] - o.Outcomes[a]; d != 0 {
			return int(max(-1, min(1, d)))
		}
		return strings.Compare(a, b)
	})
	for i, kind := range kinds {
		kinds[i] = number(o.Outcomes[kind]) + " " + kind
	}
	return strings.Join(kinds, ", ")
}
