package reports

import (
	"fmt"
	"strings"
)

// tone is how a verdict is meant. Each has a word and a symbol, because colour alone does not reach everybody.
type tone string

const (
	good   tone = "good"
	bad    tone = "bad"
	unsure tone = "unsure"
)

func (t tone) symbol() string {
	switch t {
	case good:
		return "✓"
	case bad:
		return "✗"
	}
	return "?"
}

// verdict is what a reader wants to know first.
type verdict struct {
	Tone tone
	Text string
}

// verdictOfSuite answers: does it keep the protocol?
func verdictOfSuite(s *Suite) verdict {
	n := tally(s.Rules)
	asked := plural(int64(n.Asked()), "rule") + " asked"
	profile := fmt.Sprintf("profile %s, up to level %s", orNA(s.Profile), orNA(s.Level))
	v := verdict{Tone: good}
	switch {
	case n.Failed > 0:
		v.Tone = bad
		v.Text = fmt.Sprintf("%s does not keep the protocol (%s): %d of %s failed: %s", s.Target, profile, n.Failed, asked, ids(ofStatus(s.Rules, Failed)))
		if known := knownDeviations(s.Rules); known == n.Failed {
			v.Text += "; all of them are documented deviations of a known server"
		} else if known > 0 {
			v.Text += fmt.Sprintf("; %d of them documented deviations of a known server", known)
		}
		if n.Inconclusive > 0 {
			v.Text += fmt.Sprintf("; %d inconclusive", n.Inconclusive)
		}
	case n.Asked() == 0:
		v.Tone = unsure
		v.Text = fmt.Sprintf("Whether %s keeps the protocol is not known: no rule was run", s.Target)
	case n.Inconclusive > 0:
		v.Tone = unsure
		v.Text = fmt.Sprintf("Whether %s keeps the protocol is not known (%s): %d of %s were inconclusive, the others passed", s.Target, profile, n.Inconclusive, asked)
	default:
		v.Text = fmt.Sprintf("%s keeps the protocol (%s): all %s passed", s.Target, profile, asked)
		if n.Asked() == 1 {
			v.Text = fmt.Sprintf("%s passed the 1 rule asked (%s)", s.Target, profile)
		}
	}
	if s.CutShort {
		v.Text += "; the suite was cut short"
		if v.Tone == good {
			v.Tone = unsure
		}
	}
	v.Text += "."
	return v
}

func knownDeviations(rules []*Rule) int {
	n := 0
	for _, r := range rules {
		if r.Status == Failed && r.Known != "" {
			n++
		}
	}
	return n
}

// verdictOfRun answers: how fast, and is that figure the server's?
func verdictOfRun(r *Run) verdict {
	t := r.Total()
	v := verdict{Tone: good}
	parts := []string{r.speed(t)}
	if faults := r.faults(); faults != "" {
		v.Tone = bad
		if t.Count > 0 || t.Errors > 0 {
			parts = append(parts, faults)
		}
	} else {
		parts = append(parts, "no errors")
	}
	if t.Count > 0 {
		parts = append(parts, r.limit())
		if r.Generator.Bottleneck && v.Tone == good {
			v.Tone = unsure
		}
	}
	if r.CutShort {
		parts = append(parts, "cut short after "+elapsed(r.Elapsed))
		if v.Tone == good {
			v.Tone = unsure
		}
	}
	v.Text = fmt.Sprintf("%s, %s: %s.", r.clients(), r.arrival(), strings.Join(parts, "; "))
	return v
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
	if len(parts) == 0 && t.Count == 0 {
		return "not one answer"
	}
	return strings.Join(parts, "; ")
}

func (r *Run) speed(t *Operation) string {
	if t.Count == 0 {
		return "not one request was answered as the profile allows"
	}
	rps := rate(t.Count, r.Recorded())
	percentiles := fmt.Sprintf("p50 %s, p99 %s", t.percentile(p50), t.percentile(p99))
	switch {
	case r.closed():
		return fmt.Sprintf("%s requests/s; %s", perSecond(rps), percentiles)
	case rps < 0.99*r.Rate:
		return fmt.Sprintf("only %s requests/s; response %s", perSecond(rps), percentiles)
	}
	return fmt.Sprintf("kept %s requests/s; response %s", perSecond(rps), percentiles)
}

// limit says whose limit the figures are.
func (r *Run) limit() string {
	switch g := r.Generator; {
	case g.Bottleneck && g.Reason != "":
		return "the load generator was the limit (" + g.Reason + ")"
	case g.Bottleneck:
		return "the load generator was the limit"
	case g.Busy == 0:
		return "whether the load generator was the limit was not measured"
	}
	return "the load generator was not the limit"
}

// verdicts is the report in sentences: does it keep the protocol, and how fast and steady is it? One for each suite,
// and one for the runs together: for many, the run with the most clients speaks.
func verdicts(r *Report) []verdict {
	var list []verdict
	for _, s := range r.Suites {
		list = append(list, verdictOfSuite(s))
	}
	if len(r.Runs) == 0 {
		return list
	}
	top := r.Runs[0]
	for _, run := range r.Runs[1:] {
		if run.Clients >= top.Clients {
			top = run
		}
	}
	v := verdictOfRun(top)
	if s := top.steadiness(); s != "" {
		v.Text = strings.TrimSuffix(v.Text, ".") + "; " + s + "."
	}
	for i, name := range names(r.Runs) {
		if run := r.Runs[i]; run != top {
			if faults := run.faults(); faults != "" {
				v.Tone = bad
				v.Text += fmt.Sprintf(" %s: %s.", name, faults)
			}
		}
	}
	return append(list, v)
}
