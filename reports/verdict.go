package reports

import (
	"fmt"
	"strings"
)

// tone is how a verdict is meant. Each has a word and a symbol, because colour alone does not reach everybody.
type tone string

const (
	good   tone = "good"
	flawed tone = "flawed" // something failed, but no must
	bad    tone = "bad"
	unsure tone = "unsure"
)

func (t tone) symbol() string {
	switch t {
	case good:
		return "✓"
	case bad, flawed:
		return "✗"
	}
	return "?"
}

// verdict is what a reader wants to know first.
type verdict struct {
	Tone tone
	Text string

	// The same in two parts, where there is room to make one of them large. Empty where Text is short enough.
	Lead, Detail string
}

// grade is the verdict on a suite without its circumstances, short enough for a table: "keeps every must; fails 2 of
// 13 should". Not "2 of 13 should fail", which reads as if they ought to.
func grade(s *Suite) verdict {
	if s.Failure != "" {
		return verdict{Tone: unsure, Text: "could not be run: " + s.Failure}
	}
	var kept, failed, open []string
	v := verdict{Tone: good}
	for _, n := range scores(s.Rules) {
		switch {
		case n.Failed > 0:
			failed = append(failed, fmt.Sprintf("%d of %d %s", n.Failed, n.Asked, n.Level))
			if n.Level == "must" {
				v.Tone = bad
			} else if v.Tone != bad {
				v.Tone = flawed
			}
		case n.Asked > 0 && n.Inconclusive == 0 && len(failed)+len(open) == 0:
			kept = append(kept, n.Level)
		}
		if n.Inconclusive > 0 {
			open = append(open, fmt.Sprintf("%d of %d %s", n.Inconclusive, n.Asked, n.Level))
			if v.Tone == good {
				v.Tone = unsure
			}
		}
	}
	var parts []string
	if len(kept) > 0 {
		parts = append(parts, "keeps every "+enumerate(kept))
	}
	if len(failed) > 0 {
		parts = append(parts, "fails "+enumerate(failed))
	}
	if len(open) > 0 {
		parts = append(parts, "undecided on "+enumerate(open))
	}
	if len(parts) == 0 {
		return verdict{Tone: unsure, Text: "not known: no rule was run"}
	}
	if s.CutShort {
		parts = append(parts, "cut short")
		if v.Tone == good {
			v.Tone = unsure
		}
	}
	v.Text = strings.Join(parts, "; ")
	if s.Filter != "" {
		v.Text += " (of the rules that " + s.Filter + " matches)"
	}
	return v
}

// enumerate joins as a sentence does: "a, b and c".
func enumerate(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " and " + list[last]
}

// verdictOfSuite answers in a sentence: does it keep the protocol?
func verdictOfSuite(s *Suite) verdict {
	n := tally(s.Rules)
	asked := plural(int64(n.Asked), "rule") + " asked"
	g := grade(s)
	v := verdict{Tone: g.Tone}
	profile := fmt.Sprintf("profile %s, up to level %s", orNA(s.Profile), orNA(s.Level))
	switch {
	case s.Failure != "":
		v.Text = fmt.Sprintf("%s could not be asked: %s", s.Target, s.Failure)
	case n.Failed > 0:
		v.Text = fmt.Sprintf("%s does not keep the protocol (%s): it %s", s.Target, profile, g.Text)
		if v.Tone == flawed {
			v.Text = fmt.Sprintf("%s keeps the protocol in part (%s): it %s", s.Target, profile, g.Text)
		}
		v.Text += ". Failed: " + ids(ofStatus(s.Rules, Failed))
		if known := len(knownDeviations(s.Rules)); known == n.Failed {
			v.Text += "; all of it documented deviations of a known server"
		} else if known > 0 {
			v.Text += fmt.Sprintf("; %d of them documented deviations of a known server", known)
		}
	case n.Asked == 0:
		v.Text = fmt.Sprintf("Whether %s keeps the protocol is not known: no rule was run", s.Target)
	case n.Inconclusive > 0:
		v.Text = fmt.Sprintf("Whether %s keeps the protocol is not known (%s): %d of %s were inconclusive, the others passed", s.Target, profile, n.Inconclusive, asked)
	case n.Asked == 1:
		v.Text = fmt.Sprintf("%s passed the 1 rule asked (%s)", s.Target, profile)
	case s.Filter != "": // a part of the rules says nothing of the whole
		v.Text = fmt.Sprintf("%s passed all %s (%s; of the rules that %s matches)", s.Target, asked, profile, s.Filter)
	default:
		v.Text = fmt.Sprintf("%s keeps the protocol (%s): all %s passed", s.Target, profile, asked)
	}
	if s.CutShort {
		v.Text += "; the suite was cut short"
	}
	v.Text += "."
	return v
}

// knownDeviations are the failed rules that a known server is documented to break.
func knownDeviations(rules []*Rule) []*Rule {
	var list []*Rule
	for _, r := range rules {
		if r.Status == Failed && r.Known != "" {
			list = append(list, r)
		}
	}
	return list
}

// verdictOfSuites sums up several: how many of them keep what, and which rules most of them break.
func verdictOfSuites(suites []*Suite) verdict {
	if len(suites) == 1 {
		return verdictOfSuite(suites[0])
	}
	count := map[tone]int{}
	idle := 0
	for _, s := range suites {
		count[grade(s).Tone]++
		if tally(s.Rules).Asked == 0 {
			idle++
		}
	}
	v := verdict{Tone: good}
	var parts []string
	for _, c := range []struct {
		n         int
		tone      tone
		one, many string
	}{
		{count[good], good, "keeps every rule that it was asked", "keep every rule that they were asked"},
		{count[unsure] - idle, unsure, "is undecided on some", "are undecided on some"},
		{idle, unsure, "could not be asked anything", "could not be asked anything"},
		{count[flawed], flawed, "keeps every must but breaks other rules", "keep every must but break other rules"},
		{count[bad], bad, "breaks a must", "break a must"},
	} {
		if c.n > 0 {
			v.Tone = c.tone
			parts = append(parts, fmt.Sprintf("%d %s", c.n, map[bool]string{true: c.one, false: c.many}[c.n == 1]))
		}
	}
	v.Text = fmt.Sprintf("Of %d implementations %s.", len(suites), enumerate(parts))
	if count[good] == len(suites) {
		v.Text = fmt.Sprintf("All %d implementations keep every rule that they were asked.", len(suites))
	}
	return v
}

// verdicts is the report in sentences: does it keep the protocol, and how fast and steady is it? One for the suites,
// one for the runs together (for many, the run with the most clients speaks), and one for each other run with faults:
// a cross before a sentence is about that sentence.
func verdicts(r *Report) []verdict {
	var list []verdict
	if len(r.Suites) > 0 {
		list = append(list, verdictOfSuites(r.Suites))
	}
	if len(r.Runs) == 0 {
		return list
	}
	if sweep(r.Runs) || trialsOf(r.Runs, TrialOfSearch) != nil {
		return append(list, verdictOfTrials(r.Runs))
	}
	top := r.Runs[0]
	for _, run := range r.Runs[1:] {
		if run.Clients >= top.Clients {
			top = run
		}
	}
	list = append(list, wholeVerdict(top))
	for i, name := range names(r.Runs) {
		if run := r.Runs[i]; run != top {
			if faults := run.faults(); faults != "" {
				list = append(list, verdict{Tone: bad, Text: fmt.Sprintf("%s: %s.", name, faults)})
			}
			if missing := run.lostAndWhy(); missing != "" {
				list = append(list, verdict{Tone: unsure, Text: fmt.Sprintf("%s: %s.", name, missing)})
			}
		}
	}
	return list
}
