package reports

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/reporters"
)

// fixtureComparison has runs that got slower, rules that changed, a gate of each outcome, and a name that is markup.
func fixtureComparison(t *testing.T) *Report {
	t.Helper()
	base := &Report{Runs: spoil(gets(1e6, 0.03, noise[0], noise[1], noise[2], noise[3], noise[4]), 1, bottleneck), Suites: []*Suite{suiteOf(Passed, Passed, Failed, Passed)}}
	head := &Report{Runs: spoil(gets(12e5, noise...), 1, failing(7)), Suites: []*Suite{suiteOf(Failed, Inconclusive, Passed, Passed)}}
	head.Suites[0].Rules[0].Reason = hostile
	r, err := Compare(base, head, CompareOptions{Head: "branch " + hostile, Fail: gatesOf(t, "p99>+10%", "errors>+0", "rate<-5%")})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestComparisonGolden(t *testing.T) {
	r := fixtureComparison(t)
	for name, format := range map[string]Format{"comparison.txt": Summary, "comparison-80.txt": Terminal{Width: 80}.Summary, "comparison.md": Markdown, "comparison.junit": JUnit} {
		var b bytes.Buffer
		if err := format(&b, r); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
		if read, err := parse(jsonOf(t, r)); err != nil {
			t.Error(err)
		} else {
			var again bytes.Buffer
			if err := format(&again, read); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
				t.Errorf("%s: from the JSON it is something else (%v)", name, err)
			}
		}
	}
}

// JUnit is red where the exit status is.
func TestComparisonInJUnit(t *testing.T) {
	for name, c := range map[string]struct {
		r                *Report
		failures, errors int
	}{
		"all":         {fixtureComparison(t), 2, 2},
		"no gate":     {mustCompare(t, gets(1e6, noise...), gets(2e6, noise...), CompareOptions{}), 0, 0},
		"too few":     {mustCompare(t, gets(1e6, 0), gets(2e6, 0), CompareOptions{}), 0, 1},
		"held":        {mustCompare(t, gets(1e6, noise...), gets(1e6, noise...), CompareOptions{Fail: gatesOf(t, "p99>+10%")}), 0, 0},
		"gate failed": {mustCompare(t, gets(1e6, noise...), gets(2e6, noise...), CompareOptions{Fail: gatesOf(t, "p99>+10%")}), 1, 0},
	} {
		var b bytes.Buffer
		if err := JUnit(&b, c.r); err != nil {
			t.Fatal(err)
		}
		var all reporters.JUnitTestSuites
		if err := xml.Unmarshal(b.Bytes(), &all); err != nil {
			t.Fatal(err)
		}
		if all.Failures != c.failures || all.Errors != c.errors {
			t.Errorf("%s: %d failures and %d errors, want %d and %d:\n%s", name, all.Failures, all.Errors, c.failures, c.errors, b.String())
		}
		want := map[bool]Status{true: Failed}[all.Failures > 0]
		if want == "" {
			want = map[bool]Status{true: Inconclusive, false: Passed}[all.Errors > 0]
		}
		if got := c.r.Comparison.Outcome(); got != want {
			t.Errorf("%s: the outcome is %s, JUnit says %s", name, got, want)
		}
	}
}

func TestHandEditedComparison(t *testing.T) {
	good := string(jsonOf(t, fixtureComparison(t)))
	for _, c := range []struct{ old, new, want string }{
		{`"alpha": 0.05,`, `"alpha": 1.5,`, "in comparison: alpha is 1.5"},
		{`"unit": "run",`, `"unit": "day",`, "in comparison: unit is \"day\""},
		{`"verdict": "slower"`, `"verdict": "slow"`, "verdict is \"slow\""},
		{`"n": 5,`, `"n": 6,`, "n is 6, and there are 5 values"},
		{`"p": 0.`, `"p": 1.`, "where a share from 0 to 1 is expected"},
		{`"change": "newly failing"`, `"change": "new"`, "in comparison.rules[0]: change is \"new\""},
		{`"unit": "of base"`, `"unit": "of head"`, "in comparison.gates[0]: unit is"},
		{`"held": false`, `"held": true, "inconclusive": true`, "both held and inconclusive"},
	} {
		if !strings.Contains(good, c.old) {
			t.Fatalf("%s is not there", c.old)
		}
		_, err := parse([]byte(strings.Replace(good, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.new, err, c.want)
		}
	}
	at := strings.Index(good, `"comparison"`)
	_, err := parse([]byte(good[:at] + strings.Replace(good[at:], `"suites": [
    0`, `"suites": [
    9`, 1)))
	if err == nil || !strings.Contains(err.Error(), "in comparison.base: suites has 9, where a place in the 2 suites of the file is expected") {
		t.Error(err)
	}
}
