package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
)

// Badge writes a small picture for a README: what was asked for to the left, what came of it to the right, and the verdict
// in its colour. It holds all that it needs, and says to a screen reader what it shows. Of a suite it is the score by level, of a
// load run rate and p99. Of several suites it says how many keep every must, of several runs up to which rate they went, in
// the colour of the worst: a badge is looked at to see whether something is wrong. Of both, it is the suites'.
func Badge(w io.Writer, r *Report) error {
	left, right, title, worst := "memcached-lite", "", "", good
	var tones []tone
	switch {
	case len(r.Suites) > 0:
		right, title = badgeText(r.Suites), verdictOfSuites(r.Suites).Text
		for _, s := range r.Suites {
			tones = append(tones, grade(s).Tone)
		}
	case len(r.Runs) > 0:
		left, right, title = "load", badgeOfRuns(r.Runs), verdictOfRun(r.Runs[0]).Text
		if len(r.Runs) > 1 {
			title = plural(int64(len(r.Runs)), "run") + ": " + right
		}
		for _, run := range r.Runs {
			tones = append(tones, verdictOfRun(run).Tone)
		}
	default:
		return errEmpty
	}
	for _, t := range tones {
		if severity[t] > severity[worst] {
			worst = t
		}
	}
	const gap, height = 6, 20
	split := math.Ceil(textWidth(left)) + 2*gap
	width := split + math.Ceil(textWidth(right)) + 2*gap
	text := func(s string, from float64) string {
		// The length is said, so that a reader's own font fits too.
		return fmt.Sprintf(`<text x="%v" y="14" textLength="%.1f" lengthAdjust="spacingAndGlyphs">%s</text>`, from+gap, textWidth(s), escapeXML(s))
	}
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]v" height="%[2]d" viewBox="0 0 %[1]v %[2]d" role="img" aria-label="%[3]s">
<title>%[4]s</title>
<clipPath id="r"><rect width="%[1]v" height="%[2]d" rx="4"/></clipPath>
<g clip-path="url(#r)"><rect width="%[5]v" height="%[2]d" fill="#39424c"/><rect x="%[5]v" width="%[6]v" height="%[2]d" fill="%[7]s"/></g>
<g fill="#fff" font-family="Verdana, 'DejaVu Sans', Geneva, sans-serif" font-size="11">
%[8]s
%[9]s
</g>
</svg>
`, width, height, escapeXML(left+": "+right), escapeXML(title), split, width-split, badgeColour[worst], text(left, 0), text(right, split))
	return err
}

// severity orders tones for the worst of several: what broke a must weighs more than what is not known.
var severity = map[tone]int{good: 0, unsure: 1, flawed: 2, bad: 3}

// badgeColour are grounds on which white text has a contrast of 4.5 and more.
var badgeColour = map[tone]string{good: "#267a2e", flawed: "#a85400", bad: "#b3261e", unsure: "#5c6670"}

func badgeText(suites []*Suite) string {
	if len(suites) > 1 {
		kept := 0
		for _, s := range suites {
			if n := scores(s.Rules)[0]; n.Asked > 0 && n.Passed == n.Asked {
				kept++
			}
		}
		return fmt.Sprintf("%d of %d keep every must", kept, len(suites))
	}
	s := suites[0]
	if s.Failure != "" {
		return "could not be run"
	}
	var parts []string
	inconclusive := 0
	for _, n := range scores(s.Rules) {
		if n.Asked > 0 {
			parts = append(parts, n.Level+" "+n.fraction())
		}
		inconclusive += n.Inconclusive
	}
	if len(parts) == 0 {
		return "no rule was run"
	}
	if inconclusive > 0 {
		parts = append(parts, fmt.Sprintf("%d undecided", inconclusive))
	}
	return strings.Join(parts, " · ")
}

// badgeOfRuns is the rate that was reached, the highest of several, and of one its p99.
func badgeOfRuns(runs []*Run) string {
	if len(runs) == 1 {
		t := runs[0].Total()
		if t.Count == 0 {
			return "no answer"
		}
		text := fmt.Sprintf("%s requests/s · p99 %s", perSecond(runs[0].Reached()), t.percentile(p99))
		if n := len(runs[0].Lost()); n > 0 {
			text += " · " + plural(int64(n), "agent") + " lost"
		}
		return text
	}
	most := 0.0
	for _, r := range runs {
		most = max(most, r.Reached())
	}
	return fmt.Sprintf("up to %s requests/s", perSecond(most))
}

// glyphWidth is how wide the characters from space to tilde are in DejaVu Sans at 11 pixels, which Verdana's are too.
var glyphWidth = [...]float64{
	3.5, 4.4, 5.1, 9.2, 7, 10.5, 8.6, 3, 4.3, 4.3, 5.5, 9.2, 3.5, 4, 3.5, 3.7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 3.7, 3.7, 9.2, 9.2, 9.2, 5.8,
	11, 7.5, 7.5, 7.7, 8.5, 7, 6.3, 8.5, 8.3, 3.2, 3.2, 7.2, 6.1, 9.5, 8.2, 8.7, 6.6, 8.7, 7.6, 7, 6.7, 8.1, 7.5, 10.9, 7.5, 6.7, 7.5, 4.3, 3.7, 4.3, 9.2, 5.5,
	5.5, 6.7, 7, 6, 7, 6.8, 3.9, 7, 7, 3.1, 3.1, 6.4, 3.1, 10.7, 7, 6.7, 7, 7, 4.5, 5.7, 4.3, 7, 6.5, 9, 6.5, 6.5, 5.8, 7, 3.7, 7, 9.2,
}

func textWidth(s string) float64 {
	width := 0.0
	for _, r := range s {
		switch {
		case r >= ' ' && r <= '~':
			width += glyphWidth[r-' ']
		case r == '·':
			width += 3.5
		default:
			width += 11
		}
	}
	return width
}

func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(visible(s)))
	return b.String()
}
