package reports

import (
	"strings"
	"testing"
)

// suiteOf is a suite of one rule for each status.
func suiteOf(statuses ...Status) *Suite {
	s := &Suite{Schema: SuiteSchema, Target: "t", Profile: "report", Level: "should"}
	for i, status := range statuses {
		if status == "" {
			continue
		}
		r := &Rule{ID: "R-" + string(rune('A'+i)), Family: "f", Level: "must", Title: "rule", Status: status}
		if status != Passed {
			r.Reason = "why " + string(status)
		}
		s.Rules = append(s.Rules, r)
	}
	return s
}

func TestCompareSuites(t *testing.T) {
	for _, c := range []struct {
		name       string
		base, head []*Suite
		want       string // the changes of R-A
		outcome    Status
		says       string
	}{
		{"alike", []*Suite{suiteOf(Passed, Failed)}, []*Suite{suiteOf(Passed, Failed)}, "", Passed, "Every rule came out alike on BASE and HEAD."},
		{"fails", []*Suite{suiteOf(Passed)}, []*Suite{suiteOf(Failed)}, ChangeFailing + ": passed, failed", Failed, "Newly failing: R-A."},
		{"fails at times", []*Suite{suiteOf(Passed), suiteOf(Passed)}, []*Suite{suiteOf(Passed), suiteOf(Failed)}, ChangeFailing + ": passed, failed in 1 of 2", Failed, "Newly failing"},
		{"passes", []*Suite{suiteOf(Failed)}, []*Suite{suiteOf(Passed)}, ChangePassing + ": failed, passed", Passed, "No rule that passed on BASE fails on HEAD; newly passing: R-A."},
		{"passes at times", []*Suite{suiteOf(Failed)}, []*Suite{suiteOf(Passed), suiteOf(Failed)}, ChangeOther + ": failed, failed in 1 of 2", Passed, "changed otherwise"},
		{"flaky", []*Suite{suiteOf(Passed), suiteOf(Failed)}, []*Suite{suiteOf(Failed)}, ChangeFlaky + ": failed in 1 of 2, failed", Passed, "flaky: R-A"},
		{"undecided", []*Suite{suiteOf(Passed)}, []*Suite{suiteOf(Inconclusive)}, ChangeUndecided + ": passed, inconclusive", Inconclusive, "not decided on both sides: R-A"},
		{"not run", []*Suite{suiteOf(Passed)}, []*Suite{suiteOf(NotRun)}, ChangeUndecided + ": passed, not run", Inconclusive, "not decided"},
		{"gone", []*Suite{suiteOf(Passed, Passed)}, []*Suite{suiteOf("", Passed)}, ChangeUndecided + ": passed, no such rule", Inconclusive, "not decided"},
		{"new and failing", []*Suite{suiteOf("", Passed)}, []*Suite{suiteOf(Failed, Passed)}, ChangeUndecided + ": no such rule, failed", Inconclusive, "not decided"},
		{"new and passing", []*Suite{suiteOf(NotRun)}, []*Suite{suiteOf(Passed)}, ChangeOther + ": not run, passed", Passed, "changed otherwise"},
		{"decided at times", []*Suite{suiteOf(Passed)}, []*Suite{suiteOf(Passed), suiteOf(Inconclusive)}, ChangeOther + ": passed, inconclusive in 1 of 2", Passed, "changed otherwise"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Compare(&Report{Suites: c.base}, &Report{Suites: c.head}, CompareOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if list := r.Comparison.Rules; len(list) > 0 {
				got = list[0].Change + ": " + list[0].Base + ", " + list[0].Head
			}
			if got != c.want || r.Comparison.Outcome() != c.outcome {
				t.Errorf("%q and %s, want %q and %s", got, r.Comparison.Outcome(), c.want, c.outcome)
			}
			if v, _ := r.Comparison.rules(); !strings.Contains(v.Text, c.says) {
				t.Errorf("it says %q, want %q", v.Text, c.says)
			}
		})
	}
	other := suiteOf(Passed)
	other.Level, other.CutShort = "may", true
	r, err := Compare(&Report{Suites: []*Suite{suiteOf(Passed)}}, &Report{Suites: []*Suite{other}}, CompareOptions{})
	if all := strings.Join(r.Comparison.Warnings, "\n"); err != nil || !strings.Contains(all, "level (should, may)") || !strings.Contains(all, "was not completed") {
		t.Errorf("%v: %s", err, all)
	}
}
