package reports

import (
	"path/filepath"
	"strings"
	"testing"

	"memlite/reports/pagetest"
)

// open writes the report and opens it as its readers do.
func open(t *testing.T, b *pagetest.Browser, report *Report) *pagetest.Page {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a page.html")
	if err := (Output{Format: "html", Path: path}).Write(report); err != nil {
		t.Fatal(err)
	}
	return b.Open(t, path)
}

// TestChromium opens a page of every kind in one real browser: each must stand the audit, and show what is its own.
func TestChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, long")
	}
	b := pagetest.Start(t)
	for _, c := range []struct {
		name   string
		report *Report
		more   func(*testing.T, *pagetest.Page, *Report) // what this page must show besides
	}{
		{"everything", everything(t), seeEverything},
		{"suite", &Report{Suites: []*Suite{fixtureSuite()}}, seeSuite},
		{"suite that could not run", &Report{Suites: []*Suite{fixtureMatrix().Suites[3]}}, nil},
		{"matrix", fixtureMatrix(), seeMatrix},
		{"closed loop", &Report{Runs: fixtureRuns()[:1]}, seeRun},
		{"open loop", &Report{Runs: fixtureRuns()[2:]}, seeRun},
		{"fleet", &Report{Runs: fixtureFleet().Runs[:1]}, seeFleet},
		{"large fleet that lost an agent", &Report{Runs: []*Run{fleetRun(20, 5)}}, seeFleet},
		{"stages", &Report{Runs: []*Run{stagedRun()}}, seeRun},
		{"ten minutes", &Report{Runs: []*Run{tenMinutes()}}, nil},
		{"comparison", slowerRuns(t), seeComparison},
		{"comparison of suites", changedSuites(t), seeChangedSuites},
		{"scan", &Report{Runs: trialsAt(TrialOfScan, 1000, 2000, 3000)}, nil},
		{"search", &Report{Runs: trialsAt(TrialOfSearch, 1000, 2000, 4000, 4000, 2000, 2000, 4000, 2000, 2000)}, nil},
		{"folder", &Report{Runs: fixtureRuns()[:1], Beside: []Beside{{Name: "1 client", Paths: []string{"load-1.json", "load-1.hgrm"}, Again: []string{"memlite demo"}}}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := open(t, b, c.report)
			p.Audit()
			if c.more != nil {
				c.more(t, p, c.report)
			}
		})
	}
	t.Run("attachment", func(t *testing.T) { seeAttachment(t, b) })
	t.Run("course", func(t *testing.T) { seeCourse(t, b) })
}

// everything is a suite and three runs on one page, without the frame that only an attached page has.
func everything(t *testing.T) *Report {
	r := load(t)
	r.Suites[0].Rules[2].Attachments = nil
	return r
}

func seeEverything(t *testing.T, p *pagetest.Page, report *Report) {
	if n := pagetest.Eval[int](p, `document.querySelectorAll("loop, img, iframe, object, b").length`); n != 0 {
		t.Errorf("%d elements that the page has not", n)
	}
	if n := pagetest.Eval[int](p, `document.querySelectorAll("#GET-01 mark").length`); n < 3 {
		t.Errorf("%d marks where the reply went wrong: want one in want, got and transcript", n)
	}
	text := p.Text()
	for _, run := range report.Runs {
		if !strings.Contains(text, run.name()) {
			t.Errorf("%s is not on the page", run.name())
		}
	}
	for _, want := range []string{"5/7", "does not keep the protocol", "above the level asked for", "the checker ran out of time", hostile, `\u202egnp.exe`, "n/a"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not on the page", want)
		}
	}
	p.Scheme("light")
	light := pagetest.Eval[string](p, `getComputedStyle(document.body).backgroundColor`)
	p.Scheme("dark")
	if dark := pagetest.Eval[string](p, `getComputedStyle(document.body).backgroundColor`); dark == light {
		t.Errorf("light and dark have the same ground %s", dark)
	}
}

// seeSuite: what is wrong stands open, what is right is folded, and the keyboard reaches all of it.
func seeSuite(t *testing.T, p *pagetest.Page, report *Report) {
	seeScore(t, p, report)
	p.Reload()
	p.None("folded", `[...document.querySelectorAll(".rule.failed, .rule.inconclusive")].filter(d => !d.open).map(d => d.innerText)`)
	p.None("not folded", `[...document.querySelectorAll(".rule.passed")].filter(d => d.open).map(d => d.innerText)`)
	p.Walk()
}

// seeRun: the figures are those of the JSON, and a chart shows its values where it is pointed at.
func seeRun(t *testing.T, p *pagetest.Page, report *Report) {
	seeOperations(t, p, report)
	if n := len(p.Hover()); n < 6 {
		t.Errorf("%d values to point at in the charts", n)
	}
}
