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
	failed := &reports.Rule{ID: "SET-04", Level: "must", Title: "a short block is refused", Status: reports.Failed,
		Reason: "another answer", Want: `"ERROR\r\n"`, Got: `"STORED\r\n"`, Rerun: "memlite conform :1 --label-filter SET-04"}
	for i := range lastEvents {
		failed.Transcript = append(failed.Transcript, reports.Event{At: time.Duration(i) * time.Millisecond, Client: 1, Kind: "open"})
	}
	failed.Transcript = append(failed.Transcript,
		reports.Event{At: 20 * time.Millisecond, Client: 1, Kind: "send", Bytes: []byte("set k 3\r\n\x1b"), Length: 900},
		reports.Event{At: 21 * time.Millisecond, Client: 1, Kind: "receive", Bytes: []byte("STORED\r\n"), Length: 8, Note: "late"})
	s := &reports.Suite{Rules: []*reports.Rule{
		{ID: "SET-01", Level: "must", Title: "stored", Status: reports.Passed, Transcript: failed.Transcript[:1]},
		failed,
		{ID: "SET-09", Status: reports.NotRun},
		{ID: "CON-03", Level: "should", Title: "in order", Status: reports.Inconclusive, Reason: "no time",
			Transcript: []reports.Event{{Kind: "note", Note: "a thought"}}},
	}}

	var short, whole bytes.Buffer
	showRules(&short, s, false)
	want := `SET-04 failed (must): a short block is refused
  2 earlier events are shown with --show-wire
` + openings(2) + `     20.000ms  client 1  > "set k 3\r\n\x1b" and 890 bytes more
     21.000ms  client 1  < "STORED\r\n" (late)
  why    another answer
  want   "ERROR\r\n"
  got    "STORED\r\n"
  again  memlite conform :1 --label-filter SET-04

CON-03 inconclusive (should): in order
      0.000ms            - a thought
  why    no time

For any of these rules, an example and the usual mistakes: memlite conform --explain SET-04

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
	if strings.Contains(whole.String(), "SET-09") || strings.Contains(whole.String(), "earlier") {
		t.Errorf("too much or too little:\n%s", whole.String())
	}
}

// openings are the lines of the transcript's first events, from the given one on.
func openings(from int) string {
	var lines strings.Builder
	for i := from; i < lastEvents; i++ {
		fmt.Fprintf(&lines, "  %5d.000ms  client 1  - open\n", i)
	}
	return lines.String()
}
