package reports

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/reporters"
)

// TestJUnitIsReadByOthers reads it with Ginkgo's own reader of the form.
func TestJUnitIsReadByOthers(t *testing.T) {
	var b bytes.Buffer
	if err := JUnit(&b, load(t)); err != nil {
		t.Fatal(err)
	}
	for _, r := range b.String() {
		if r < 0x20 && r != '\n' || r == 0x7f || r == 0xfffe || r == 0xffff {
			t.Fatalf("character %U is in it", r)
		}
	}
	var all reporters.JUnitTestSuites
	d := xml.NewDecoder(&b)
	d.Strict = true
	if err := d.Decode(&all); err != nil {
		t.Fatal(err)
	}
	if all.Tests != 13 || all.Failures != 3 || all.Errors != 1 || len(all.TestSuites) != 2 {
		t.Errorf("%d tests, %d failures, %d errors in %d suites", all.Tests, all.Failures, all.Errors, len(all.TestSuites))
	}
	s := all.TestSuites[0]
	if s.Tests != 10 || s.Skipped != 1 || s.Time != 4.21 || s.Properties.WithName("must") != "5/7" || s.Properties.WithName("seed") != "1" {
		t.Errorf("suite %+v", s)
	}
	seen := map[string]reporters.JUnitTestCase{}
	for _, s := range all.TestSuites {
		for _, c := range s.TestCases {
			id, _, _ := strings.Cut(c.Name, " ")
			seen[id] = c
		}
	}
	if f := seen["GET-01"].Failure; f == nil {
		t.Error("GET-01 is not failed")
	} else {
		for _, want := range []string{hostile, `want:     "VALUE k 3\r\nabc`, `got:      "VALUE k 3\r\n<script>`, `⟦<⟧script>`, `\x00\xff`, `\u202e`, "--label-filter GET-01", "]]>"} {
			if !strings.Contains(f.Message+f.Description, want) {
				t.Errorf("GET-01 has no %q:\n%s\n%s", want, f.Message, f.Description)
			}
		}
		if f.Type != "answer" {
			t.Errorf("type %q", f.Type)
		}
	}
	if c := seen["LIM-08"]; c.Skipped == nil || c.Skipped.Message != "above the level asked for" {
		t.Errorf("LIM-08: %+v", c)
	}
	if c := seen["CON-03"]; c.Error == nil || c.Error.Type != "inconclusive" || c.Failure != nil {
		t.Errorf("CON-03: %+v", c)
	}
	if c := seen["SET-01"]; c.Error != nil || c.Failure != nil || c.Skipped != nil || !strings.Contains(c.SystemOut, "labels:   1-client") {
		t.Errorf("SET-01: %+v", c)
	}
	if c := seen["1024"]; c.Error != nil || !strings.Contains(c.SystemOut, "warning:  the load generator was the limit") || !strings.Contains(c.SystemOut, "p99:        9.81 ms") {
		t.Errorf("1024 clients: %+v", c)
	}
}

func TestJUnitOfARunWithoutAnAnswer(t *testing.T) {
	var b bytes.Buffer
	runs := []*Run{{Arrival: "closed", Clients: 1}, fixtureRun(2, 100, 1000, 0.1, false)}
	runs[1].CutShort = true
	if err := JUnit(&b, &Report{Runs: runs}); err != nil {
		t.Fatal(err)
	}
	var all reporters.JUnitTestSuites
	if err := xml.Unmarshal(b.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	if all.Errors != 2 {
		t.Errorf("%d errors:\n%s", all.Errors, b.String())
	}
}
