package reports

import (
	"fmt"
	"math"
	"strings"
)

// wholeVerdict answers also: how steady?
func wholeVerdict(r *Run) verdict {
	v := verdictOfRun(r)
	if s := r.steadiness(); s != "" {
		v.Text = strings.TrimSuffix(v.Text, ".") + "; " + s + "."
	}
	return v
}

// verdictOfRun answers: how fast, and is that figure the server's?
func verdictOfRun(r *Run) verdict {
	t := r.Total()
	v := verdict{Tone: good}
	lead, parts := r.headline(t), []string{r.speed(t)}
	detail := []string{}
	add := func(text string) { parts, detail = append(parts, text), append(detail, text) }
	if t.Count > 0 {
		detail = append(detail, "p50 "+t.percentile(p50))
	}
	missing := r.lostAndWhy()
	if r.fellShort(t) && missing == "" {
		v.Tone = flawed
	}
	if faults := r.faults(); faults != "" {
		v.Tone = bad
		if t.Count > 0 || t.Errors > 0 {
			add(faults)
		}
	} else if t.Count > 0 {
		add("no errors")
	}
	if v := r.Verification; v.Findings() > 0 {
		add(v.text())
	}
	if missing != "" {
		add(missing)
	}
	if len(r.Objectives) > 0 {
		// Who names objectives has said what counts as good: errors within them are none to cry about.
		judged, text := r.objectives()
		v.Tone = judged
		add(text)
	}
	if r.Verification.Findings() > 0 {
		v.Tone = bad
		lead = append(lead, plural(r.Verification.Findings(), "corrupt value"))
	}
	if t.Count > 0 {
		parts = append(parts, r.limit())
		lead = append(lead, r.limit())
		if r.Generator.Bottleneck && v.Tone == good {
			v.Tone = unsure
		}
	}
	if r.CutShort && !r.untried() {
		add("cut short after " + elapsed(r.Elapsed))
	}
	if (r.CutShort || missing != "") && v.Tone == good {
		v.Tone = unsure
	}
	if s := r.steadiness(); s != "" {
		detail = append(detail, s)
	}
	clients := r.clients()
	if r.TLS {
		clients += " over TLS"
	}
	v.Text = fmt.Sprintf("%s, %s: %s.", clients, r.arrival(), strings.Join(parts, "; "))
	v.Lead = sentence(strings.Join(lead, "; "))
	v.Detail = fmt.Sprintf("%s, %s", clients, r.arrival())
	if len(detail) > 0 {
		v.Detail += ": " + strings.Join(detail, "; ")
	}
	v.Detail += "."
	return v
}

// sentence begins large and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// headline is the least that a reader has to know: "kept 20,000 requests/s", "p99 4.10 ms" and what was bad.
func (r *Run) headline(t *Operation) []string {
	switch {
	case r.untried():
		return []string{"cut short before a request was recorded"}
	case t.Count == 0:
		return []string{"not one request was answered as the profile allows"}
	}
	rps := perSecond(rate(t.Count, r.Recorded()))
	speed := rps + " requests/s"
	switch {
	case r.fellShort(t):
		speed = fmt.Sprintf("only %s of %s requests/s", rps, perSecond(r.Rate))
	case rps == na:
		speed = "throughput not known"
	case !r.closed() && r.Rate > 0:
		speed = "kept " + speed
	}
	lead := []string{speed, "p99 " + t.percentile(p99)}
	if t.Errors > 0 {
		lead = append(lead, plural(t.Errors, "error"))
	}
	if d := r.Requests.Dropped; d > 0 {
		lead = append(lead, number(d)+" never sent")
	}
	if text := r.without(); text != "" {
		lead = append(lead, text)
	}
	var missed []string
	for _, o := range r.Objectives {
		if o.Status() == Failed {
			missed = append(missed, o.Text)
		}
	}
	if len(missed) > 0 {
		lead = append(lead, "missed "+enumerate(missed))
	}
	return lead
}

// fellShort says that an open loop did not get the answers that it asked for.
func (r *Run) fellShort(t *Operation) bool {
	return !r.closed() && r.Rate > 0 && rate(t.Count, r.Recorded()) < 0.99*r.Rate
}

// faults says what went wrong with requests; empty if nothing did.
func (r *Run) faults() string {
	t := r.Total()
	var parts []string
	if t.Errors > 0 {
		parts = append(parts, fmt.Sprintf("%s (%s)", plural(t.Errors, "error"), share(t.Errors, t.Count+t.Errors)))
	}
	if d := r.Requests.Dropped; d > 0 {
		parts = append(parts, number(d)+" never sent because no client was free in time")
	}
	if len(parts) == 0 && t.Count == 0 && !r.untried() {
		return "not one answer"
	}
	return strings.Join(parts, "; ")
}

// untried says that the run was cut short before it made a request that was to be recorded: nothing is known, good or bad.
func (r *Run) untried() bool {
	q := r.Requests
	return r.CutShort && q.Recorded+q.Errors+q.Abandoned+q.Dropped == 0
}

func (r *Run) speed(t *Operation) string {
	if r.untried() {
		return "cut short before a request was recorded"
	}
	if t.Count == 0 {
		return "not one request was answered as the profile allows"
	}
	rps := perSecond(rate(t.Count, r.Recorded()))
	percentiles := fmt.Sprintf("p50 %s, p99 %s", t.percentile(p50), t.percentile(p99))
	switch {
	case r.closed() || r.Rate == 0:
		return fmt.Sprintf("%s requests/s; %s", rps, percentiles)
	case r.fellShort(t):
		return fmt.Sprintf("only %s requests/s; response %s", rps, percentiles)
	}
	return fmt.Sprintf("kept %s requests/s; response %s", rps, percentiles)
}

// limit says whose limit the figures are. In an open loop that kept its rate they are neither side's; in a closed one the
// generator asks as fast as replies come, and which of the two was at its end its own figures have to tell.
func (r *Run) limit() string {
	switch g := r.Generator; {
	case g.Bottleneck && g.Reason != "":
		return "the load generator was the limit (" + g.Reason + ")"
	case g.Bottleneck:
		return "the load generator was the limit"
	case len(r.Lost()) > 0:
		return "whose limit it was is not known: a part of the load is missing"
	case g.Busy == 0:
		return "whether the load generator was the limit was not measured"
	case r.closed() || r.Rate == 0 || math.IsNaN(rate(r.Total().Count, r.Recorded())):
		return "the load generator was not the limit"
	case r.fellShort(r.Total()):
		return fmt.Sprintf("with %s the server was the limit, not the load generator", r.clients())
	}
	return "the server was not the limit, nor was the load generator"
}
