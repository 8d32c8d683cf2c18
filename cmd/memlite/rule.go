package main

import (
	"fmt"
	"io"
	"slices"

	"memlite/reports"
)

// What is shown unasked of rules that did not hold: enough to see what happened, with the summary still on the screen.
const (
	shownEvents = 12  // of a rule's transcript
	shownBytes  = 160 // of an event; the whole reply that was wrong is below as "got"
	shownRules  = 8
)

// showRules prints the rules that did not hold: a line for each by family, where there are several, and then what was
// wanted, what came, the bytes that led there, and how to run it again. With wire it prints every rule that was run, with
// all that went over the wire.
func showRules(w io.Writer, s *reports.Suite, wire bool) {
	bad := s.NotPassed()
	list := slices.DeleteFunc(slices.Clone(s.Rules), func(r *reports.Rule) bool {
		return !slices.Contains(bad, r) && (!wire || r.Status == reports.NotRun)
	})
	if len(bad) > 1 {
		terminal(w).NotPassed(w, s)
		fmt.Fprintln(w)
	}
	for i, r := range list {
		if i == shownRules && !wire {
			fmt.Fprintf(w, "… the transcripts of %d more are shown with --show-wire, and are in every --report\n\n", len(list)-i)
			break
		}
		showRule(w, r, wire, slices.Contains(bad, r))
	}
}

// showRule prints one rule; wire is for all of its transcript, bad for what was wrong with it.
func showRule(w io.Writer, r *reports.Rule, wire, bad bool) {
	status := string(r.Status)
	if r.Status == reports.Failed {
		status = red(w, status)
	}
	fmt.Fprintf(w, "%s %s (%s): %s\n", r.ID, status, r.Level, r.Title)
	events := r.Transcript
	if !wire {
		events = r.Excerpt(shownEvents)
	}
	for _, e := range events {
		if !wire {
			e.Bytes = e.Bytes[:min(len(e.Bytes), shownBytes)]
		}
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

func showFinding(w io.Writer, r *reports.Rule) {
	for _, field := range []struct{ name, text string }{
		{"why", r.Reason}, {"want", r.Want}, {"got", r.Got}, {"known", r.Known}, {"again", r.Rerun},
	} {
		if field.text != "" {
			fmt.Fprintf(w, "  %-5s  %s\n", field.name, field.text)
		}
	}
	for _, a := range r.Attachments {
		fmt.Fprintf(w, "  also   %s (in --report html=FILE)\n", a.Name)
	}
}

// showNext ends a run that has found something with what to do about it, by the weightiest rule that failed.
func showNext(w io.Writer, s *reports.Suite, out outputs) {
	var first *reports.Rule
	for _, level := range []string{"may", "should", "must"} {
		for _, r := range slices.Backward(s.Rules) {
			if r.Status == reports.Failed && r.Level == level {
				first = r
			}
		}
	}
	if first == nil {
		return
	}
	fmt.Fprintf(w, "\nnext: memlite conform --explain %s\n", first.ID)
	if first.Rerun != "" {
		fmt.Fprintf(w, "      %s --show-wire\n", first.Rerun)
	}
	if !slices.ContainsFunc(out, func(o reports.Output) bool { return o.Format == "html" }) {
		fmt.Fprintln(w, "      the same run with --report html=report.html, to look at in a browser")
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
	switch cut := e.Length - len(e.Bytes); {
	case cut == 1:
		line += " and 1 byte more"
	case cut > 1:
		line += fmt.Sprintf(" and %d bytes more", cut)
	}
	if e.Note != "" {
		line += " (" + e.Note + ")"
	}
	return line
}

// ruleProgress is the line of progress when a rule has ended: how far the run is, what came of it so far, and the rule
// with its own outcome.
func ruleProgress(done, total, failed int, r *reports.Rule) string {
	count := "none failed"
	if failed > 0 {
		count = fmt.Sprintf("%d failed", failed)
	}
	return fmt.Sprintf("%d of %d rules, %s; last: %s %s", done, total, count, r.ID, r.Status)
}
