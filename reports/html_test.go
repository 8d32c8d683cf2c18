package reports

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestPageOfTenMinutes: its size does not grow with the run's length.
func TestPageOfTenMinutes(t *testing.T) {
	r := fixtureRun(64, 300, time.Millisecond, 0.5, true)
	base := r.Intervals
	r.Intervals = nil
	for i := range 600 {
		v := *base[i%len(base)]
		v.Start = time.Duration(i) * time.Second
		v.Stage, v.Recorded = "run", i >= 10
		r.Intervals = append(r.Intervals, &v)
	}
	var b bytes.Buffer
	if err := HTML(&b, &Report{Runs: []*Run{r}}); err != nil {
		t.Fatal(err)
	}
	if n := b.Len(); n > 300_000 {
		t.Errorf("%d bytes", n)
	}
}

// TestPageFetchesNothing: no address, no script, no style from elsewhere is in it.
func TestPageFetchesNothing(t *testing.T) {
	var b bytes.Buffer
	if err := HTML(&b, load(t)); err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{`(?i)<script`, `(?i)<link`, `(?i)<img`, `(?i)<iframe`, `(?i)\ssrc=`, `(?i)\son[a-z]+=`, `(?i)@import`, `(?i)url\(`, `href="[^#]`} {
		if found := regexp.MustCompile(pattern).FindString(b.String()); found != "" {
			t.Errorf("%q is in it", found)
		}
	}
}

func TestPageOfTwoSuites(t *testing.T) {
	a, b := fixtureSuite(), fixtureSuite()
	b.Target = "10.0.0.2:11211"
	var out bytes.Buffer
	if err := HTML(&out, &Report{Suites: []*Suite{a, b}}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(out.String(), -1) {
		if seen[m[1]] {
			t.Errorf("id %s is there twice", m[1])
		}
		seen[m[1]] = true
	}
	for _, m := range regexp.MustCompile(` href="#([^"]*)"`).FindAllStringSubmatch(out.String(), -1) {
		if !seen[m[1]] {
			t.Errorf("a link leads to %s, which is not there", m[1])
		}
	}
	if !strings.Contains(out.String(), "Protocol: 10.0.0.2:11211") {
		t.Error("the second suite has no heading")
	}
}
