package main

import (
	"testing"

	"memlite/reports"
)

// A finding weighs more than what could not be asked, that more than what stayed open.
func TestReportVerdict(t *testing.T) {
	of := func(status reports.Status) *reports.Suite {
		return &reports.Suite{Rules: []*reports.Rule{{Status: status}}}
	}
	held, failed, open, gone := of(reports.Passed), of(reports.Failed), of(reports.Inconclusive), &reports.Suite{Failure: "nobody there"}
	cut, unreached := of(reports.Passed), &reports.Suite{Failure: "not reached", CutShort: true}
	cut.CutShort = true
	for _, c := range []struct {
		suites []*reports.Suite
		want   int
	}{
		{[]*reports.Suite{held, held}, exitHeld},
		{[]*reports.Suite{held, open}, exitInconclusive},
		{[]*reports.Suite{held, cut}, exitInconclusive},
		{[]*reports.Suite{cut, unreached}, exitInconclusive},
		{[]*reports.Suite{open, gone, held}, exitNotRun},
		{[]*reports.Suite{gone, unreached}, exitNotRun},
		{[]*reports.Suite{gone, cut, open, failed}, exitFinding},
	} {
		if got := statusOf(reportVerdict(&reports.Report{Suites: c.suites})); got != c.want {
			t.Errorf("%+v: %d, want %d", c.suites, got, c.want)
		}
	}
}
