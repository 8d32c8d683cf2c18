package main

import (
	"testing"

	"memlite/reports"
)

// A corrupt value is a finding, whatever else is said of the run; values that are all right change nothing.
func TestCorruptValuesAreAFinding(t *testing.T) {
	for _, c := range []struct {
		run  reports.Run
		want int
	}{
		{reports.Run{Verification: &reports.Verification{Checked: 9, Torn: 1}}, exitFinding},
		{reports.Run{Verification: &reports.Verification{Checked: 9, Lost: 1}, CutShort: true}, exitFinding},
		{reports.Run{Verification: &reports.Verification{Checked: 9}}, exitHeld},
		{reports.Run{Verification: &reports.Verification{Checked: 9}, CutShort: true}, exitInconclusive},
	} {
		if got := statusOf(runVerdict(&c.run, nil)); got != c.want {
			t.Errorf("%+v: status %d, want %d", c.run.Verification, got, c.want)
		}
	}
}
