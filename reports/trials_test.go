package reports

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func trialsAt(kind string, rates ...float64) []*Run {
	slo, _ := ParseSLO("p99<5ms")
	var runs []*Run
	for _, rate := range rates {
		r := judged()
		r.Rate, r.Trial, r.Title = rate, kind, perSecond(rate)+"/s"
		if rate > 2500 {
			slow(r, 3, 500, 20*1e6)
		}
		total(r)
		r.Objectives = Judge(r, []SLO{slo})
		runs = append(runs, r)
	}
	return runs
}

func TestTrialsInEveryFormat(t *testing.T) {
	search := trialsAt(TrialOfSearch, 1000, 2000, 4000, 4000, 2000, 2000, 4000, 2000, 2000)
	scan := trialsAt(TrialOfScan, 1000, 2000, 3000)
	scan[2].Warnings = []string{ScanEnded + ": far enough"}
	for _, c := range []struct {
		name   string
		format Format
		runs   []*Run
		want   []string
	}{
		{"search", Summary, search, []string{"✓ p99<5ms is kept up to 2,000/s: held in 5 of 5 trials there (96.9 % sure", "missed in 3 of 3 at 4,000/s (87.5 % sure)", "asked for"}},
		{"search", Markdown, search, []string{"held in 5 of 5 trials", "| 2,000/s | 1,000 | 5 | 5 of 5 | 0 |"}},
		{"search", HTML, search, []string{"held in 5 of 5 trials", "Response time by throughput", "5 trials"}},
		{"search", JUnit, search, []string{`tests="10" failures="0" errors="0"`, `name="search: p99&lt;5ms"`}},
		{"search", JSON, search, []string{`"trial": "search"`}},
		{"scan", Summary, scan, []string{"✗ 3 rates from 1,000/s to 3,000/s; at most 1,000/s were answered; p99<5ms held up to 2,000/s; missed in 1 of 3 runs", "! the scan ended here: far enough"}},
		{"scan", Markdown, scan, []string{"3 rates from", "the scan ended here"}},
		{"scan", HTML, scan, []string{"Response time by throughput", "2,000/s asked for, 1,000/s answered"}},
		{"scan", JUnit, scan, []string{`tests="6" failures="1" errors="0"`}},
	} {
		var b bytes.Buffer
		if err := c.format(&b, &Report{Runs: c.runs}); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s has no %q:\n%s", c.name, want, b.String()[:min(b.Len(), 2000)])
			}
		}
	}
}

func TestConfidence(t *testing.T) {
	for _, c := range []struct {
		k, n int
		want float64
	}{{5, 5, 1 - 1.0/32}, {4, 5, 1 - 6.0/32}, {1, 1, 0.5}, {2, 3, 0.5}} {
		if got := confidence(c.k, c.n); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d of %d: %v, want %v", c.k, c.n, got, c.want)
		}
	}
}
