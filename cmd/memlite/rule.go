package main

import (
	"fmt"
	"io"

	"memlite/reports"
)

// lastEvents is how much of a failed rule's transcript is shown unasked: the end is where it went wrong.
const lastEvents = 12

// showRules prints each rule that did not hold: what was wanted, what came, the bytes that led there, and how to run it
// again. With wire it prints every rule that was run, with all that went over the wire.
func showRules(w io.Writer, s *reports.Suite, wire bool) {
	failed := ""
	for _, r := range s.Rules {
		// After Ctrl-C every rule that was not reached is inconclusive, which needs no telling one by one.
		bad := r.Status == reports.Failed || r.Status == reports.Inconclusive && !s.CutShort
		if !bad && (!wire || r.Status == reports.NotRun) {
			continue
		}
		status := string(r.Status)
		if r.Status == reports.Failed {
			if failed == "" {
				failed = r.ID
			}
			status = red(w, status)
		}
		fmt.Fprintf(w, "%s %s (%s): %s\n", r.ID, status, r.Level, r.Title)
		events := r.Transcript
		if hidden := len(events) - lastEvents; hidden > 0 && !wire {
			events = events[hidden:]
			fmt.Fprintf(w, "  %d earlier events are shown with --show-wire\n", hidden)
		}
		for _, e := range events {
			who := ""
			if e.Client > 0 { // 0 is the rule itself
				who = fmt.Sprintf("client %d", e.Client)
			}
			fmt.Fprintf(w, "  %9.3fms  %-8s  %s\n", float64(e.At)/1e6, who, wireLine(e))
		}
		if bad {
			showFinding(w, r)
		}
		fmt.Fprintln(w)
	}
	if failed != "" {
		fmt.Fprintf(w, "For any of these rules, an example and the usual mistakes: memlite conform --explain %s\n\n", failed)
	}
}

func showFinding(w io.Writer, r *reports.Rule) {
	for _, field := range []struct{ name, text string }{
		{"why", r.Reason}, {"want", r.Want}, {"got", r.Got}, {"known", r.Known}, {"again", r.Rerun},
	} {
		if field.text != "" {
			fmt.Fprintf(w, "  %-5s  %s\n", field.name, field.text)
		}
	}
}

// wireLine is one event of a transcript: > for sent, < for received, as the client shows them.
func wireLine(e reports.Event) string {
	var line string
	switch e.Kind {
	case "send":
		line = fmt.Sprintf("> %q", e.Bytes)
	case "receive":
		line = fmt.Sprintf("< %q", e.Bytes)
	case "note":
		return "- " + e.Note
	default:
		line = "- " + e.Kind
	}
	if cut := e.Length - len(e.Bytes); cut > 0 {
		line += fmt.Sprintf(" and %d bytes more", cut)
	}
	if e.Note != "" {
		line += " (" + e.Note + ")"
	}
	return line
}
