package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

type suitePage struct {
	Anchor, Name string
	Verdict      *shownVerdict // nil if the page's head says it
	Observed     []string
	Warnings     []string
	Tiles        []tile
	Failing      []rulePage
	Known        []rulePage
	Families     []familyPage
	Fold         string // what the folded list of rules is called; "" where it is not folded
	Command      string
	Open         bool
	Facts        []facts
}

type familyPage struct {
	Name, Score string
	Rules       []rulePage
	NotRun      []notRunPage // those that nobody asked, by why: they would hide the others
}

type notRunPage struct {
	Why   string
	Rules []rulePage
}

type rulePage struct {
	Anchor, Class, Symbol, ID, Title, Level, Status string
	Brief                                           string // the reason, where the rule stays folded
	About                                           string // where what the rule asks is said, "" for here
	Text, Source, Labels, Elapsed, Example, Pitfall string
	Reason, More, Kind, Known, Rerun                string
	Open, Contrast                                  bool
	Want, Got                                       []piece
	Allowed                                         string // all that was allowed, where Want is the nearest of several
	Events                                          string
	Lines, Excerpt                                  []line // the transcript: as a table, or a short one as text
	Attached                                        []attachment
}

// suiteBuilder makes the parts of a page that are about suites.
type suiteBuilder struct {
	report   *Report
	matrix   *matrix // nil for one suite
	attached attachments
	passed   int // events shown of a rule that passed, in a matrix
	failed   int // and of one that did not
}

func newSuiteBuilder(r *Report) *suiteBuilder {
	b := &suiteBuilder{report: r}
	if len(r.Suites) > 1 {
		b.matrix = newMatrix(r.Suites)
		b.passed, b.failed = eventsThatFit(r.Suites)
	}
	return b
}

func (b *suiteBuilder) suite(i int) suitePage {
	s := b.report.Suites[i]
	p := suitePage{
		Anchor: "protocol", Name: "Protocol", Warnings: visibleAll(s.Warnings), Tiles: suiteTiles(s),
		Command: quoteCommand(s.Command), Open: len(b.report.Suites) == 1 && len(b.report.Runs) == 0,
		Facts: []facts{suiteFacts(s), environment(measuringSide, s.Environment)},
	}
	if s.Title != "" {
		p.Name = visible(s.Title)
	}
	if b.matrix != nil {
		v := show(verdictOfSuite(s))
		p.Anchor, p.Name, p.Verdict, p.Observed = suiteAnchor(i), visible(b.matrix.Names[i]), &v, visibleAll(s.Observed)
		p.Fold = "All " + plural(int64(len(s.Rules)), "rule")
	}
	for _, f := range families(s.Rules) {
		n := tally(f.Rules)
		v := familyPage{Name: visible(f.Name), Score: fmt.Sprintf("%d of %d passed", n.Passed, n.Asked)}
		if n.Asked == 0 {
			v.Score = "not run"
		}
		for _, rule := range f.Rules {
			r := b.rule(rule, i)
			if rule.Status == NotRun {
				v.leaveOut(r)
				continue
			}
			v.Rules = append(v.Rules, r)
			switch {
			case rule.Status == Failed && rule.Known != "":
				p.Known = append(p.Known, r)
			case rule.Status == Failed, rule.Status == Inconclusive:
				p.Failing = append(p.Failing, r)
			}
		}
		p.Families = append(p.Families, v)
	}
	return p
}

// leaveOut puts a rule that was not run among those that were not for the same reason.
func (f *familyPage) leaveOut(r rulePage) {
	i := slices.IndexFunc(f.NotRun, func(n notRunPage) bool { return n.Why == r.Brief })
	if i < 0 {
		i = len(f.NotRun)
		f.NotRun = append(f.NotRun, notRunPage{Why: r.Brief})
	}
	r.Brief = ""
	f.NotRun[i].Rules = append(f.NotRun[i].Rules, r)
}

func suiteAnchor(i int) string { return fmt.Sprintf("protocol-%d", i+1) }

// ruleAnchor is where the rule of a suite stands on the page.
func (b *suiteBuilder) ruleAnchor(r *Rule, i int) string {
	if b.matrix == nil {
		return anchor(r.ID)
	}
	return fmt.Sprintf("%d-%s", i+1, anchor(r.ID))
}

func suiteTiles(s *Suite) []tile {
	if len(s.Rules) == 0 {
		return nil
	}
	var list []tile
	for _, n := range scores(s.Rules) {
		t := tile{Name: n.Level, Value: n.fraction(), Note: "passed"}
		if n.Asked == 0 {
			t.Note = fmt.Sprintf("%d not run", n.NotRun)
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

func (b *suiteBuilder) rule(r *Rule, i int) rulePage {
	p := rulePage{
		Anchor: b.ruleAnchor(r, i), Class: classOf(r.Status), Symbol: symbol(r.Status),
		ID: visible(r.ID), Title: visible(r.Title), Level: r.Level, Status: string(r.Status),
		Kind: visible(r.Kind), Known: visible(r.Known), Rerun: visible(r.Rerun), Events: plural(int64(len(r.Transcript)), "event"),
	}
	if r.Elapsed > 0 {
		p.Elapsed = elapsed(r.Elapsed)
	}
	bad := r.Status == Failed || r.Status == Inconclusive
	if bad {
		reason, more := r.headline()
		p.Reason, p.More = visible(reason), visible(more)
		p.contrast(r)
		p.Attached = b.attached.add(r.Attachments)
	} else {
		p.Brief = visible(r.Reason)
	}
	if b.matrix == nil {
		p.Open, p.Lines = bad, r.lines()
		p.asks(r)
		return p
	}
	p.About = aboutAnchor(r)
	most, length := b.passed, passedBytes
	if bad {
		most, length = b.failed, failedBytes
	}
	if len(r.Transcript) > 0 {
		p.Excerpt = r.excerpt(most, length)
	}
	return p
}

// headline is the reason without what was wanted and what came, which the page sets side by side below it; more is what
// the suite says beyond that: how to bring it about again.
func (r *Rule) headline() (reason, more string) {
	after, got, ok := strings.Cut(r.Reason, ": want "+r.Want+", got ")
	if !ok || r.Want == "" {
		return r.Reason, ""
	}
	_, _, rest, ok := quoted(got)
	if rest != "" {
		rest, ok = strings.CutPrefix(rest, "; ")
	}
	if !ok {
		return r.Reason, ""
	}
	return "Wrong answer " + after, sentence(rest)
}

func classOf(s Status) string { return strings.ReplaceAll(string(s), " ", "-") }

// asks fills in what the rule is.
func (p *rulePage) asks(r *Rule) {
	p.Text, p.Source, p.Labels = visible(r.Text), orNA(visible(r.Source)), visible(strings.Join(r.Labels, ", "))
	p.Example, p.Pitfall = visibleText(r.Example), visible(r.Pitfall)
}

// contrast fills in what was wanted and what came.
func (p *rulePage) contrast(r *Rule) {
	p.Contrast = r.Want != "" || r.Got != ""
	p.Want, p.Got = []piece{{Text: orNA(visible(r.Want))}}, []piece{{Text: orNA(visible(r.Got))}}
	want, got, at, ok := contrast(r.Want, r.Got)
	if !ok {
		return
	}
	p.Want, p.Got = pieces(want, len(want), at, shown), pieces(got, len(got), at, shown)
	if strings.TrimSpace(r.Want) != strconv.Quote(string(want)) {
		p.Allowed = visible(r.Want)
	}
	// What a quoted text does not hold: how many bytes it was, or how it ended.
	if _, rest, found := strings.Cut(r.Got, strconv.Quote(string(got))); found && rest != "" {
		p.Got = append(p.Got, piece{visible(rest), "cut"})
	}
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
