package reports

import (
	"fmt"
	"strconv"
	"strings"
)

type suitePage struct {
	Anchor, Name string
	Verdict      *shownVerdict // nil if the page's head says it
	Warnings     []string
	Tiles        []tile
	Failing      []rulePage
	Families     []familyPage
	Command      string
	Open         bool
	Facts        []facts
}

type familyPage struct {
	Name, Score string
	Rules       []rulePage
}

type rulePage struct {
	Anchor, Class, Symbol, ID, Title, Level, Status string
	Brief                                           string // the reason, where the rule stays folded
	Text, Source, Labels, Elapsed                   string
	Reason, Kind, Known, Rerun                      string
	Open, Contrast                                  bool
	Want, Got                                       []piece
	Allowed                                         string // all that was allowed, where Want is the nearest of several
	Events                                          string
	Lines                                           []line
}

func newSuitePage(report *Report, i int) suitePage {
	s := report.Suites[i]
	p := suitePage{
		Anchor: "protocol", Name: "Protocol", Warnings: visibleAll(s.Warnings), Tiles: suiteTiles(s),
		Command: quoteCommand(s.Command), Open: len(report.Suites) == 1 && len(report.Runs) == 0,
		Facts: []facts{suiteFacts(s), environment(s.Environment)},
	}
	prefix := ""
	if len(report.Suites) > 1 {
		p.Anchor = fmt.Sprintf("protocol-%d", i+1)
		p.Name = visible("Protocol: " + s.Target)
		prefix = fmt.Sprintf("%d-", i+1)
	}
	if s.Title != "" {
		p.Name = visible(s.Title)
	}
	for _, f := range families(s.Rules) {
		n := tally(f.Rules)
		v := familyPage{Name: visible(f.Name), Score: fmt.Sprintf("%d of %d passed", n.Passed, n.Asked())}
		if n.Asked() == 0 {
			v.Score = "not run"
		}
		for _, rule := range f.Rules {
			r := newRulePage(rule, prefix)
			v.Rules = append(v.Rules, r)
			if r.Open {
				p.Failing = append(p.Failing, r)
			}
		}
		p.Families = append(p.Families, v)
	}
	return p
}

func suiteTiles(s *Suite) []tile {
	var list []tile
	for _, level := range levels {
		n := tally(ofLevel(s.Rules, level))
		t := tile{Name: level, Value: fmt.Sprintf("%d/%d", n.Passed, n.Asked()), Note: "passed"}
		if n.Asked() == 0 {
			t.Value, t.Note = na, fmt.Sprintf("%d not run", n.NotRun)
		}
		switch {
		case n.Failed > 0:
			t.Kind, t.Note = bad, fmt.Sprintf("%d failed", n.Failed)
		case n.Inconclusive > 0:
			t.Kind, t.Note = unsure, fmt.Sprintf("%d inconclusive", n.Inconclusive)
		}
		list = append(list, t)
	}
	n := tally(s.Rules)
	return append(list,
		tile{Name: "failed", Value: fmt.Sprint(n.Failed), Kind: toneIf(n.Failed, bad)},
		tile{Name: "inconclusive", Value: fmt.Sprint(n.Inconclusive), Kind: toneIf(n.Inconclusive, unsure)},
		tile{Name: "not run", Value: fmt.Sprint(n.NotRun)})
}

func toneIf(n int, t tone) tone {
	if n > 0 {
		return t
	}
	return ""
}

func suiteFacts(s *Suite) facts {
	trip, filter := na, "none"
	if s.RoundTrip > 0 {
		trip = latency(int64(s.RoundTrip))
	}
	if s.Filter != "" {
		filter = visible(s.Filter)
	}
	return facts{"Settings", []fact{
		{"started", date(s.Started), ""},
		{"took", elapsed(s.Elapsed), ""},
		{"target", orNA(visible(s.Target)), ""},
		{"profile", orNA(visible(s.Profile)), ""},
		{"dialect", orNA(visible(s.Dialect)), ""},
		{"up to level", orNA(visible(s.Level)), ""},
		{"label filter", filter, ""},
		{"seed", fmt.Sprint(s.Seed), ""},
		{"round trip", trip, "measured before the rules ran"},
	}}
}

func newRulePage(r *Rule, prefix string) rulePage {
	p := rulePage{
		Anchor: prefix + anchor(r.ID), Class: strings.ReplaceAll(string(r.Status), " ", "-"), Symbol: symbol(r.Status),
		ID: visible(r.ID), Title: visible(r.Title), Level: r.Level, Status: string(r.Status),
		Text: visible(r.Text), Source: orNA(visible(r.Source)), Labels: visible(strings.Join(r.Labels, ", ")),
		Kind: visible(r.Kind), Known: visible(r.Known), Rerun: visible(r.Rerun),
	}
	if r.Elapsed > 0 {
		p.Elapsed = elapsed(r.Elapsed)
	}
	switch r.Status {
	case Failed, Inconclusive:
		p.Open, p.Reason = true, visible(r.Reason)
		p.Events, p.Lines = plural(int64(len(r.Transcript)), "event"), r.lines()
		p.Contrast = r.Want != "" || r.Got != ""
		p.Want, p.Got = []piece{{Text: orNA(visible(r.Want))}}, []piece{{Text: orNA(visible(r.Got))}}
		if want, got, at, ok := contrast(r.Want, r.Got); ok {
			p.Want, p.Got = pieces(want, len(want), at), pieces(got, len(got), at)
			if strings.TrimSpace(r.Want) != strconv.Quote(string(want)) {
				p.Allowed = visible(r.Want)
			}
		}
	default:
		p.Brief = visible(r.Reason)
	}
	return p
}

// anchor keeps of an ID what a fragment can hold.
func anchor(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, id)
}
