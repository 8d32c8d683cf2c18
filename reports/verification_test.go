package reports

import (
	"bytes"
	"strings"
	"testing"
)

// What was found is in every format, and a hostile key is in none of them as it came.
func TestVerificationIsShown(t *testing.T) {
	run := fixtureRun(1, 100, 1000, 0.3, false)
	run.Verification = &Verification{Checked: 9000, Wrong: 3, Torn: 2, Stale: 1, Lost: 4, Examples: []Example{
		{Outcome: "wrong", Key: "k" + hostile + "\x1b[31m", Want: "a value of this key", Got: "one of another"}}}
	for name, format := range map[string]Format{"text": Summary, "md": Markdown, "html": HTML, "junit": JUnit, "json": JSON} {
		var b bytes.Buffer
		if err := format(&b, &Report{Runs: []*Run{run}}); err != nil {
			t.Fatal(err)
		}
		wants := []string{"10 corrupt of 9,000 checked: 3 wrong, 2 torn, 1 stale, 4 lost", "one of another"}
		if name == "json" {
			wants = []string{`"checked": 9000`, `"lost": 4`, "one of another"}
		}
		for _, want := range wants {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: no %q", name, want)
			}
		}
		if strings.Contains(b.String(), "\x1b") || name != "json" && name != "text" && strings.Contains(b.String(), hostile) {
			t.Errorf("%s: a key as it came", name)
		}
	}
	if v := verdictOfRun(run); v.Tone != bad || !strings.Contains(v.Text, "10 corrupt") {
		t.Errorf("verdict %+v", v)
	}
	run.Verification = &Verification{Checked: 5}
	if v := verdictOfRun(run); v.Tone != good || run.Verification.text() != "5 checked, none wrong, torn, stale or lost" {
		t.Errorf("verdict %+v, %q", v, run.Verification.text())
	}
	var none *Verification
	if none.Findings() != 0 || verificationFacts(none) != nil {
		t.Error("there is something where nothing was checked")
	}
	run.Verification.Torn = -1
	if _, err := parse(jsonOf(t, &Report{Runs: []*Run{run}})); err == nil || !strings.Contains(err.Error(), "in verification: torn is negative") {
		t.Errorf("error %v", err)
	}
}
