package reports

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// suite writes what a summary says below the verdict of one suite.
func (t Terminal) suite(w io.Writer, s *Suite, list bool) {
	if score := scoreLine(s.Rules); score != "" {
		t.paragraph(w, "  ", 2, score+" · "+elapsed(s.Elapsed))
	}
	for _, sentence := range s.Observed {
		t.paragraph(w, "  found: ", 4, visible(sentence))
	}
	if list {
		const most = 8
		rules := s.NotPassed()
		for i, r := range rules {
			if i == most-1 && len(rules) > most {
				fmt.Fprintf(w, "  … and %d more\n", len(rules)-i)
				break
			}
			t.rule(w, r)
		}
	}
	warn(w, "", s.Warnings)
}

// NotPassed lists the rules that did not hold, by family, with a line each: what the rule is, and what was wanted and
// came.
func (t Terminal) NotPassed(w io.Writer, s *Suite) {
	asked := map[string]LevelScore{}
	for _, f := range families(s.Rules) {
		asked[f.Name] = tally(f.Rules)
	}
	for _, f := range families(s.NotPassed()) {
		n := asked[f.Name]
		var parts []string
		if n.Failed > 0 {
			parts = append(parts, fmt.Sprintf("%d failed", n.Failed))
		}
		if n.Inconclusive > 0 {
			parts = append(parts, fmt.Sprintf("%d inconclusive", n.Inconclusive))
		}
		fmt.Fprintf(w, "%s (%s of %d)\n", visible(f.Name), strings.Join(parts, ", "), n.Asked)
		for _, r := range f.Rules {
			t.rule(w, r)
		}
	}
}

// rule writes one line, or two where one is too narrow for both what the rule is and what was wrong.
func (t Terminal) rule(w io.Writer, r *Rule) {
	const indent = 18
	title, why := visible(r.Title), because(r, 80)
	fmt.Fprintf(w, "  %s %-6s %-6s ", t.paint(toneOf(r.Status), symbol(r.Status)), visible(r.ID), r.Level)
	switch {
	case why == "":
		fmt.Fprintln(w, t.clip(title, indent))
	case t.Width <= 0 || indent+len([]rune(title+why))+2 <= t.Width:
		fmt.Fprintf(w, "%s: %s\n", title, why)
	default:
		why = because(r, max((t.Width-indent-len("want , got "))/2, 10))
		fmt.Fprintf(w, "%s\n%*s%s\n", t.clip(title, indent), indent, "", t.clip(why, indent))
	}
}

func toneOf(s Status) tone {
	switch s {
	case Passed:
		return good
	case Failed:
		return bad
	case Inconclusive:
		return unsure
	}
	return ""
}

// because is why a rule did not pass, in a line. Neither what was wanted nor what came is longer than most.
func because(r *Rule, most int) string {
	why := ""
	switch {
	case r.Want != "" || r.Got != "":
		want, got := r.Want, r.Got
		// Of long replies that begin alike the difference is worth more than the beginning.
		if w, g, at, ok := contrast(want, got); ok && at > most/2 && max(len(w), len(g)) > most/2 {
			want, got = "…"+strconv.Quote(string(w[at-most/4:])), "…"+strconv.Quote(string(g[at-most/4:]))
		}
		why = fmt.Sprintf("want %s, got %s", cutTo(visible(orNA(want)), most), cutTo(visible(orNA(got)), most))
	case r.Reason != "":
		why = cutTo(visible(r.Reason), 2*most)
	}
	if r.Known != "" {
		why += " [known: " + cutTo(visible(r.Known), most) + "]"
	}
	return strings.TrimSpace(why)
}
