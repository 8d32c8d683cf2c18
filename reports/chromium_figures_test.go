package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"memlite/reports/pagetest"
)

// What a reader of the JSON finds, with nothing of this package: the page must say the same.
type savedRun struct {
	Intervals []struct {
		Length   int64 `json:"length_ns"`
		Recorded bool
	}
	Totals []struct {
		Name                        string
		Count, Errors, Hits, Misses int64
		Percentiles                 map[string]int64
	}
}

type savedSuite struct {
	Score []struct {
		Level         string
		Asked, Passed int64
	}
	Rules []struct{ ID, Status string }
}

func written[T any](t *testing.T, report *Report) T {
	t.Helper()
	var b bytes.Buffer
	var v T
	if err := JSON(&b, report); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// rowsOf are the texts of the cells of the table with that caption, by the first cell of their rows and by column.
func rowsOf(p *pagetest.Page, caption string) map[string]map[string]string {
	return pagetest.Eval[map[string]map[string]string](p, fmt.Sprintf(`(t => {
		const text = e => e.textContent.replace(/\u00a0/g, " ").trim(), heads = [...t.tHead.rows[0].cells].map(text);
		return Object.fromEntries([...t.tBodies[0].rows].map(r => [text(r.cells[0]), Object.fromEntries([...r.cells].map((c, i) => [heads[i], text(c)]))]));
	})([...document.querySelectorAll("table")].find(t => t.caption.textContent.trim() === %q))`, caption))
}

// shownFigure reads what the page writes: 1,234, 93.4 µs, 50.2 %. A time is in nanoseconds; n/a is not a number.
func shownFigure(text string) float64 {
	amount, unit, _ := strings.Cut(strings.ReplaceAll(text, ",", ""), " ")
	v, err := strconv.ParseFloat(amount, 64)
	by, known := map[string]float64{"": 1, "ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}[unit]
	if err != nil || !known {
		return math.NaN()
	}
	return v * by
}

// seeOperations compares the table of operations with the JSON, to the three digits that it writes of times and rates.
func seeOperations(t *testing.T, p *pagetest.Page, report *Report) {
	run := written[savedRun](t, report)
	var seconds float64
	for _, v := range run.Intervals {
		if v.Recorded {
			seconds += time.Duration(v.Length).Seconds()
		}
	}
	rows := rowsOf(p, "Operations")
	for _, o := range run.Totals {
		row := rows[o.Name]
		for column, want := range map[string]float64{
			"answered": float64(o.Count), "per second": float64(o.Count) / seconds, "errors": float64(o.Errors),
			"p50": float64(o.Percentiles["p50_ns"]), "p90": float64(o.Percentiles["p90_ns"]), "p99": float64(o.Percentiles["p99_ns"]),
			"p99.9": float64(o.Percentiles["p999_ns"]), "max": float64(o.Percentiles["max_ns"]),
		} {
			most := 0.0051 * want
			if column == "answered" || column == "errors" {
				most = 0
			}
			if got := shownFigure(row[column]); !(math.Abs(got-want) <= most) {
				t.Errorf("%s, %s: the page says %q, the JSON %v", o.Name, column, row[column], want)
			}
		}
	}
}

// seeFleet: each agent has its figures, as in the JSON; who is slow or lost stands out, and what is missing is marked in every picture over time.
func seeFleet(t *testing.T, p *pagetest.Page, report *Report) {
	seeRun(t, p, report)
	run := written[struct {
		Agents []struct {
			Name   string
			Totals []struct{ Count int64 }
			Loss   *struct {
				At int64 `json:"at_ns"`
			}
		}
	}](t, report)
	rows, machines := rowsOf(p, "Agents"), rowsOf(p, "Machines and clocks of the agents")
	lost := 0
	for i, a := range run.Agents {
		row, seconds, gone := rows[a.Name], 10.0, ""
		if a.Loss != nil {
			seconds, gone = time.Duration(a.Loss.At).Seconds(), "at 7.4 s"
			lost++
		} else if len(report.Runs[0].Lost()) > 0 {
			gone = "no"
		}
		n := int64(0)
		for _, o := range a.Totals {
			n += o.Count
		}
		if got, want := shownFigure(row["requests/s"]), float64(n)/seconds; math.Abs(got-want) > 0.0051*want || row["lost"] != gone {
			t.Errorf("%s: the page says %v/s, lost %q; the JSON %v, %q", a.Name, got, row["lost"], want, gone)
		}
		if host := machines[a.Name]["host"]; host != report.Runs[0].Agents[i].Environment.Host {
			t.Errorf("%s: on %q", a.Name, host)
		}
	}
	marked := pagetest.Eval[[]string](p, `[...document.querySelectorAll("td.bad")].map(c => c.parentElement.cells[0].textContent + " " + c.dataset.name)`)
	switch {
	case lost > 0 && !slices.Contains(marked, report.Runs[0].Lost()[0].Name+" lost"):
		t.Errorf("the lost one does not stand out among %q", marked)
	case lost == 0 && !slices.Equal(marked, []string{"agent-c p99", "agent-c to median"}):
		t.Errorf("what stands out is %q, where it is agent-c that is slow", marked)
	}
	// Response time, throughput and hit ratio are over time.
	if n := pagetest.Eval[int](p, `document.querySelectorAll("svg.wide path.gap, svg.narrow path.gap").length`); (lost > 0) != (n >= 6) {
		t.Errorf("%d marks of what is missing, with %d lost", n, lost)
	}
	if !strings.Contains(p.Text(), "The load came from "+strconv.Itoa(len(run.Agents))+" agents, on load-1") {
		t.Error("where the agents were is not said")
	}
}

// seeScore compares the page of a suite with the JSON: the score by level, and what came of each rule.
func seeScore(t *testing.T, p *pagetest.Page, report *Report) {
	suite := written[savedSuite](t, report)
	tiles := pagetest.Eval[map[string]string](p, `Object.fromEntries([...document.querySelectorAll(".tiles > div")].map(d => [d.querySelector("dt").innerText, d.querySelector("dd").innerText.trim()]))`)
	for _, s := range suite.Score {
		if want := fmt.Sprintf("%d/%d", s.Passed, s.Asked); s.Asked > 0 && tiles[s.Level] != want {
			t.Errorf("%s: the page says %q, the JSON %s", s.Level, tiles[s.Level], want)
		}
	}
	shown := pagetest.Eval[map[string]string](p, `Object.fromEntries([...document.querySelectorAll(".rule")].map(r => [r.querySelector(".id").textContent, r.querySelector(".status").textContent]))`)
	if len(shown) != len(suite.Rules) {
		t.Errorf("%d rules on the page, %d in the JSON", len(shown), len(suite.Rules))
	}
	for _, r := range suite.Rules {
		if shown[r.ID] != r.Status {
			t.Errorf("%s: the page says %q, the JSON %q", r.ID, shown[r.ID], r.Status)
		}
	}
}

// seeCells compares every cell of the matrix with the JSON.
func seeCells(t *testing.T, p *pagetest.Page, report *Report) {
	suites := written[struct{ Suites []savedSuite }](t, report).Suites
	shown := pagetest.Eval[map[string][]string](p, `Object.fromEntries([...document.querySelectorAll(".matrix tbody tr:not(.group)")].map(r => [r.querySelector("th a").textContent, [...r.cells].slice(2).map(c => c.querySelector(".word").textContent)]))`)
	if len(suites) != len(report.Suites) || len(shown) == 0 {
		t.Fatalf("%d suites, %d rows", len(suites), len(shown))
	}
	for i, s := range suites {
		for _, r := range s.Rules {
			if row := shown[r.ID]; i >= len(row) || !strings.Contains(row[i], r.Status) {
				t.Errorf("%s of suite %d: the page says %q, the JSON %q", r.ID, i, row, r.Status)
			}
		}
		asked := slices.IndexFunc(s.Rules, func(r struct{ ID, Status string }) bool { return r.ID == "CLS-01" }) >= 0
		if row := shown["CLS-01"]; asked == strings.Contains(row[i], "no such rule") && len(s.Rules) > 0 {
			t.Errorf("CLS-01 of suite %d: the page says %q", i, row[i])
		}
	}
}
