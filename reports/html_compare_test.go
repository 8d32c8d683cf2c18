package reports

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"memlite/reports/pagetest"
)

// slowerRuns are five runs a side, of which the head's are slower, with gates of every outcome.
func slowerRuns(t *testing.T) *Report {
	t.Helper()
	o := CompareOptions{Base: "before", Head: "<b>after</b>"}
	for _, text := range []string{"p99>+10%", "rate<-50%", "max>+1%"} {
		f, err := ParseRegression(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Fail = append(o.Fail, f)
	}
	base, head := compared(1e6, noise...), compared(12e5, noise...)
	for i := range base {
		base[i].Title, head[i].Title = fmt.Sprintf("base, round %d", i+1), fmt.Sprintf("head, round %d", i+1)
	}
	r, err := Compare(&Report{Runs: base}, &Report{Runs: head}, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// changedSuites are two suites of which the second newly fails a rule.
func changedSuites(t *testing.T) *Report {
	t.Helper()
	base, head := fixtureSuite(), fixtureSuite()
	head.Target = "10.0.0.2:5001"
	for _, rule := range head.Rules {
		if rule.Status == Passed {
			rule.Status, rule.Reason = Failed, "answered <script>"
			break
		}
	}
	r, err := Compare(&Report{Suites: []*Suite{base}}, &Report{Suites: []*Suite{head}}, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The page says what the text says: every verdict, gate and figure.
func TestComparisonPage(t *testing.T) {
	r := slowerRuns(t)
	p := newPage(r)
	c := r.Comparison
	if len(p.Verdicts) != len(verdictsOfComparison(c)) || p.Verdicts[0].Tone != bad {
		t.Errorf("verdicts: %+v", p.Verdicts)
	}
	if n := len(p.Comparison.Gates); n != 3 {
		t.Errorf("%d gates", n)
	}
	rows := map[string]differenceRow{}
	for _, g := range p.Comparison.Figures.Groups {
		for _, row := range g.Rows {
			rows[g.Name+" "+row.Name] = row
		}
	}
	for _, d := range c.Rows {
		name := d.label()
		if d.Operation == "all" {
			name = "all operations " + name
		}
		row := rows[name]
		if row.Verdict != d.Verdict || row.P != pValue(d.P) || row.Change.Figure != together(d.delta()) || row.Head.Figure == "" ||
			!strings.HasPrefix(together(d.within(d.Head)), row.Head.Figure) {
			t.Errorf("%s: %+v of %+v", name, row, d)
		}
	}
	if len(rows) != len(c.Rows) || len(p.Comparison.Figures.Groups) != 3 {
		t.Errorf("%d rows in %d groups, of %d figures", len(rows), len(p.Comparison.Figures.Groups), len(c.Rows))
	}
	if got := len(p.Comparison.Runs.Rows); got != 10 || p.Overview != nil || len(p.Runs) != 0 {
		t.Errorf("%d runs in the table, %d in sections, overview %v", got, len(p.Runs), p.Overview)
	}
	// Base and head were started at the same times: the order of making is by turns.
	if got := p.Comparison.Runs.Rows[1].Name; got != "head, round 1" {
		t.Errorf("the second run is %q", got)
	}
	if n := len(p.Comparison.Charts); n != 2 {
		t.Errorf("%d charts", n)
	}
}

// One run a side has its own section; what is compared then are blocks.
func TestComparisonPageOfTwoRuns(t *testing.T) {
	r := mustCompare(t, compared(1e6, 0), compared(1e6, 0), CompareOptions{})
	p := newPage(r)
	if len(p.Runs) != 2 || p.Comparison.Runs != nil || len(p.Comparison.Charts) != 1 {
		t.Errorf("%d sections, table %v, %d charts", len(p.Runs), p.Comparison.Runs, len(p.Comparison.Charts))
	}
}

// Nothing that a user names reaches the page as markup, and it is the same each time.
func TestComparisonPageIsSafe(t *testing.T) {
	for _, r := range []*Report{slowerRuns(t), changedSuites(t)} {
		var a, b bytes.Buffer
		if err := HTML(&a, r); err != nil {
			t.Fatal(err)
		}
		if err := HTML(&b, r); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("not the same twice: %v", err)
		}
		if page := a.String(); strings.Contains(page, "<b>after") || strings.Contains(page, "answered <script>") {
			t.Error("markup from outside")
		}
	}
}

// The drawing is on one scale: what lies left of nothing is less, and a gate's limit stands where it is.
func TestForest(t *testing.T) {
	r := slowerRuns(t)
	f := forestOf(r.Comparison.Rows)
	if f.x(-0.1) >= f.x(0) || f.x(0) >= f.x(0.1) || f.x(0) != forestWidth/2 || f.x(99) > forestWidth {
		t.Errorf("%v %v %v %v", f.x(-0.1), f.x(0), f.x(0.1), f.x(99))
	}
	drawing := string(f.draw(r.Comparison.row(t, "p99"), r.Comparison.Gates))
	for _, want := range []string{`class="worse"`, `class="limit" d="M` + n1(f.x(0.1)), `class="between"`, "p99: +20 %"} {
		if !strings.Contains(drawing, want) {
			t.Errorf("%s is not in %s", want, drawing)
		}
	}
	if got := f.draw(r.Comparison.row(t, "errors"), nil); got != "" {
		t.Errorf("points are drawn as parts: %s", got)
	}
}

func seeComparison(t *testing.T, p *pagetest.Page, report *Report) {
	text := p.Text()
	for _, want := range []string{"<b>after</b> is worse than before by more than is allowed: p99>+10%", "head, round 5"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not on the page", want)
		}
	}
	for _, d := range report.Comparison.Rows {
		if !strings.Contains(text, d.delta()) {
			t.Errorf("%s: %s is not on the page", d.label(), d.delta())
		}
	}
}

func seeChangedSuites(t *testing.T, p *pagetest.Page, report *Report) {
	text := p.Text()
	for _, v := range report.Comparison.Rules {
		if !strings.Contains(text, v.ID) || !strings.Contains(text, v.Change) {
			t.Errorf("%s, %s, is not on the page", v.ID, v.Change)
		}
	}
	if len(report.Comparison.Rules) == 0 {
		t.Error("no rule changed")
	}
	p.None("link of the comparison that leads nowhere",
		`[...document.querySelectorAll("#comparison a")].filter(a => !document.querySelector(a.getAttribute("href"))).map(a => a.outerHTML)`)
}
