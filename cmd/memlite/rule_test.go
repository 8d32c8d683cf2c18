package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"memlite/reports"
)

func TestShowRules(t *testing.T) {
	failed := &reports.Rule{ID: "SET-04", Family: "set", Level: "must", Title: "a short block is refused", Status: reports.Failed,
		Reason: "another answer", Want: `"ERROR\r\n"`, Got: `"STORED\r\n"`, Rerun: "memlite conform :1 --label-filter SET-04"}
	for i := range shownEvents {
		failed.Transcript = append(failed.Transcript, reports.Event{At: time.Duration(i) * time.Millisecond, Client: 1, Kind: "open"})
	}
	failed.Transcript = append(failed.Transcript,
		reports.Event{At: 20 * time.Millisecond, Client: 1, Kind: "send", Bytes: []byte("set k 3\r\n\x1b"), Length: 900},
		reports.Event{At: 21 * time.Millisecond, Client: 1, Kind: "receive", Bytes: []byte("STORED\r\n"), Length: 8, Note: "late"})
	s := &reports.Suite{Rules: []*reports.Rule{
		{ID: "SET-01", Family: "set", Level: "must", Title: "stored", Status: reports.Passed, Transcript: failed.Transcript[:1]},
		failed,
		{ID: "SET-09", Status: reports.NotRun},
		{ID: "CON-03", Family: "concurrency", Level: "should", Title: "in order", Status: reports.Inconclusive, Reason: "no time",
			Transcript: []reports.Event{{Kind: "note", Note: "a thought"}}},
	}}

	var short, whole bytes.Buffer
	showRules(&short, s, false)
	want := `set (1 failed of 2)
  ✗ SET-04 must   a short block is refused: want "ERROR\r\n", got "STORED\r\n"
concurrency (1 inconclusive of 1)
  ? CON-03 should in order: no time

SET-04 failed (must): a short block is refused
` + openings(2) + `     20.000ms  client 1  > "set k 3\r\n\x1b" and 890 bytes more
     21.000ms  client 1  < "STORED\r\n" (late)
  why    another answer
  want   "ERROR\r\n"
  got    "STORED\r\n"
  again  memlite conform :1 --label-filter SET-04

CON-03 inconclusive (should): in order
      0.000ms            - a thought
  why    no time

`
	if short.String() != want {
		t.Errorf("got\n%s\nwant\n%s", short.String(), want)
	}
	s.CutShort = true
	short.Reset()
	if showRules(&short, s, false); !strings.Contains(short.String(), "SET-04") || strings.Contains(short.String(), "CON-03") {
		t.Errorf("cut short:\n%s", short.String())
	}
	showRules(&whole, s, true)
	for _, line := range []string{"SET-01 passed (must): stored\n", openings(0)} {
		if !strings.Contains(whole.String(), line) {
			t.Errorf("%q is missing in\n%s", line, whole.String())
		}
	}
	if strings.Contains(whole.String(), "SET-09") || strings.Contains(whole.String(), "left out") {
		t.Errorf("too much or too little:\n%s", whole.String())
	}
}

// openings are the lines of the transcript's first events, from the given one on.
func openings(from int) string {
	var lines strings.Builder
	for i := from; i < shownEvents; i++ {
		fmt.Fprintf(&lines, "  %5d.000ms  client 1  - open\n", i)
	}
	return lines.String()
}

func TestShowRulesIsBounded(t *testing.T) {
	s := &reports.Suite{}
	for i := range 60 {
		r := &reports.Rule{ID: fmt.Sprintf("SET-%02d", i), Family: "set", Level: "must", Status: reports.Failed, Title: "a rule", Reason: "wrong"}
		for range 200 {
			r.Transcript = append(r.Transcript, reports.Event{Client: 1, Kind: "receive", Bytes: bytes.Repeat([]byte("x"), 1000), Length: 1000})
		}
		s.Rules = append(s.Rules, r)
	}
	var b bytes.Buffer
	showRules(&b, s, false)
	if n := strings.Count(b.String(), "\n"); n > 60+shownRules*(shownEvents+5)+10 {
		t.Errorf("%d lines", n)
	}
	if b.Len() > 60*40+shownRules*(shownEvents+5)*(shownBytes+60) {
		t.Errorf("%d bytes", b.Len())
	}
	if !strings.Contains(b.String(), "52 more are shown with --show-wire") || !strings.Contains(b.String(), "✗ SET-59 must") {
		t.Errorf("what is not shown is not named:\n%s", b.String()[b.Len()-300:])
	}
}

func TestShowNext(t *testing.T) {
	s := &reports.Suite{Rules: []*reports.Rule{
		{ID: "SET-01", Level: "must", Status: reports.Passed},
		{ID: "SET-13", Level: "should", Status: reports.Failed},
		{ID: "SET-04", Level: "must", Status: reports.Failed, Rerun: "memlite conform :1 --label-filter SET-04"},
		{ID: "SET-05", Level: "must", Status: reports.Failed},
	}}
	var b bytes.Buffer
	showNext(&b, s, nil)
	for _, want := range []string{"memlite conform --explain SET-04\n", "--label-filter SET-04 --show-wire\n", "--report html="} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %s", want, b.String())
		}
	}
	b.Reset()
	if showNext(&b, s, outputs{{Format: "html", Path: "x"}}); strings.Contains(b.String(), "--report") {
		t.Errorf("it proposes what was done: %s", b.String())
	}
	b.Reset()
	if showNext(&b, &reports.Suite{Rules: s.Rules[:1]}, nil); b.Len() > 0 {
		t.Errorf("after a run without a finding: %s", b.String())
	}
}

func TestRuleProgress(t *testing.T) {
	r := &reports.Rule{ID: "LIM-11", Status: reports.Passed}
	if got, want := ruleProgress(52, 62, 0, r), "52 of 62 rules, none failed; last: LIM-11 passed"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r.Status = reports.Failed
	if got, want := ruleProgress(53, 62, 1, r), "53 of 62 rules, 1 failed; last: LIM-11 failed"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
