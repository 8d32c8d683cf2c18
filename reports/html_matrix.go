package reports

import (
	"fmt"
	"html/template"
)

// matrixPage is implementations × rules as the page shows it.
type matrixPage struct {
	Ranks    table
	Worst    []worstRule
	Few      bool // so few columns that their names and words have room
	Names    []matrixName
	Columns  int // but for the first
	Families []matrixGroup
	Totals   []matrixTotal
	Hint     template.CSS // the widths of windows in which the hint is not needed
	Note     string       // what of the transcripts the page leaves out
}

type worstRule struct {
	About, ID, Title, Level, Text string
}

type matrixName struct{ Anchor, Name string }

type matrixGroup struct {
	Name string
	Rows []matrixLine
}

type matrixLine struct {
	About, ID, Title, Level, Failed string
	Bad                             bool
	Cells                           []matrixCell
}

type matrixCell struct {
	Anchor, Class, Symbol, Words string
}

type matrixTotal struct {
	Name  string
	Cells []cell
}

const fewColumns = 5

func (b *suiteBuilder) table() *matrixPage {
	m := b.matrix
	p := &matrixPage{Few: len(m.Suites) <= fewColumns, Columns: 1 + len(m.Suites), Note: b.note(), Ranks: table{
		Name: "Score of each implementation", Head: []string{"implementation", "must", "should", "may", "failed", "known", "inconclusive", "not run", "took"},
	}}
	totals := map[string]*matrixTotal{}
	for _, name := range append([]string{"failed"}, levels...) {
		p.Totals = append(p.Totals, matrixTotal{Name: name})
	}
	for i := range p.Totals {
		totals[p.Totals[i].Name] = &p.Totals[i]
	}
	for i, s := range m.Suites {
		name := matrixName{suiteAnchor(i), visible(m.Names[i])}
		p.Names = append(p.Names, name)
		n := tally(s.Rules)
		row := tableRow{Name: grade(s).Tone.symbol() + " " + name.Name, Anchor: name.Anchor}
		for _, n := range scores(s.Rules) {
			c := cell{n.fraction(), n.Failed > 0}
			row.Cells = append(row.Cells, c)
			totals[n.Level].Cells = append(totals[n.Level].Cells, c)
		}
		totals["failed"].Cells = append(totals["failed"].Cells, cell{fmt.Sprint(n.Failed), n.Failed > 0})
		took := elapsed(s.Elapsed)
		if s.Failure != "" {
			took = "could not be run"
		}
		row.Cells = append(row.Cells, cell{fmt.Sprint(n.Failed), n.Failed > 0}, cell{Text: fmt.Sprint(len(knownDeviations(s.Rules)))},
			cell{fmt.Sprint(n.Inconclusive), false}, cell{Text: fmt.Sprint(n.NotRun)}, cell{Text: took})
		p.Ranks.Rows = append(p.Ranks.Rows, row)
	}
	for _, row := range m.mostFailed(5) {
		p.Worst = append(p.Worst, worstRule{aboutAnchor(row.Rule), visible(row.Rule.ID), visible(row.Rule.Title), row.Rule.Level,
			fmt.Sprintf("fails in %d of %d", row.Score.Failed, row.Score.Asked)})
	}
	for _, f := range m.Families {
		g := matrixGroup{Name: visible(f.Name)}
		for _, row := range f.Rows {
			g.Rows = append(g.Rows, b.line(row))
		}
		p.Families = append(p.Families, g)
	}
	p.Hint = template.CSS(fmt.Sprintf("@media (min-width: %drem) { .matrix-hint { display: none; } }", p.width()))
	return p
}

func (b *suiteBuilder) line(row *matrixRow) matrixLine {
	l := matrixLine{About: aboutAnchor(row.Rule), ID: visible(row.Rule.ID), Title: visible(row.Rule.Title), Level: row.Rule.Level,
		Failed: fmt.Sprint(row.Score.Failed), Bad: row.Score.Failed > 0}
	if row.Score.Asked == 0 {
		l.Failed = na
	}
	for i, r := range row.Cells {
		c := matrixCell{Anchor: suiteAnchor(i), Class: "none", Symbol: cellSymbol(r), Words: cellWords(b.matrix.Suites[i], r)}
		if r != nil {
			c.Anchor, c.Class = b.ruleAnchor(r, i), classOf(r.Status)
		}
		l.Cells = append(l.Cells, c)
	}
	return l
}

// width is from how many rem on a window shows all columns.
func (p *matrixPage) width() int {
	each := 2.7
	if p.Few {
		each = 9
	}
	return 30 + int(each*float64(len(p.Names)))
}

// about is the rules by what they ask, said once for all implementations.
func (b *suiteBuilder) about() []familyPage {
	var list []familyPage
	for _, f := range b.matrix.Families {
		v := familyPage{Name: visible(f.Name)}
		for _, row := range f.Rows {
			r := rulePage{Anchor: aboutAnchor(row.Rule), ID: visible(row.Rule.ID), Title: visible(row.Rule.Title), Level: row.Rule.Level}
			r.asks(row.Rule)
			v.Rules = append(v.Rules, r)
		}
		list = append(list, v)
	}
	return list
}

func aboutAnchor(r *Rule) string { return "rule-" + anchor(r.ID) }

// How much of the transcripts a page of a matrix holds. A hundred implementations with eighty rules each are read in a
// browser too: what has failed is what readers open, what passed is a sample.
const (
	passedBudget = 1500 << 10 // bytes of the page, about
	failedBudget = 6 << 20
	passedBytes  = 80 // shown of one message
	failedBytes  = 160
	eventCost    = 60 // bytes of the page that an event takes beside its message
)

// eventsThatFit is how many events of a rule that passed and of one that did not are shown.
func eventsThatFit(suites []*Suite) (passed, failed int) {
	n := LevelScore{}
	for _, s := range suites {
		t := tally(s.Rules)
		n.Passed += t.Passed
		n.Failed += t.Failed + t.Inconclusive
	}
	passed = passedBudget / (eventCost + passedBytes) / max(n.Passed, 1)
	failed = failedBudget / (eventCost + failedBytes) / max(n.Failed, 1)
	return min(max(passed, 2), 25), min(max(failed, 6), 60)
}

// note says what of the transcripts is not on the page.
func (b *suiteBuilder) note() string {
	var passed, failed int
	for _, s := range b.report.Suites {
		for _, r := range s.Rules {
			switch {
			case r.Status == Passed && len(r.Transcript) > b.passed:
				passed++
			case (r.Status == Failed || r.Status == Inconclusive) && len(r.Transcript) > b.failed:
				failed++
			}
		}
	}
	switch {
	case passed+failed == 0:
		return ""
	case failed == 0:
		return fmt.Sprintf("So that the page stays one that can be opened, it shows at most %s of a rule that passed. The JSON has all that was kept.", plural(int64(b.passed), "event"))
	}
	return fmt.Sprintf("So that the page stays one that can be opened, it shows at most %s of a rule that passed and %s of one that did not, those that tell most. The JSON has all that was kept.",
		plural(int64(b.passed), "event"), plural(int64(b.failed), "event"))
}
