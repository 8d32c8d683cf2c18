package reports

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// heading and cells are the columns that tables of differences have in every format.
func (c *Comparison) heading() []string {
	return []string{"figure", visible(c.Base.Name), visible(c.Head.Name), "change", fmt.Sprintf("between (%v %% sure)", math.Round(1e4*(1-c.Alpha))/100), "p", "verdict"}
}

func (d *Difference) cells() []string {
	return []string{visible(d.label()), d.within(d.Base), d.within(d.Head), d.delta(), d.span(), pValue(d.P), d.Verdict}
}

// lacks are why figures were not measured, or not in all units, with the figures of each reason.
func (c *Comparison) lacks() (list []string) {
	of := map[string][]string{}
	var reasons []string
	for _, d := range c.Rows {
		if d.Reason == "" {
			continue
		}
		if of[d.Reason] == nil {
			reasons = append(reasons, d.Reason)
		}
		of[d.Reason] = append(of[d.Reason], d.label())
	}
	for _, reason := range reasons {
		list = append(list, fmt.Sprintf("Not measured: %s (%s).", enumerate(of[reason]), reason))
	}
	return list
}

// comparison writes the verdicts, the gates, the changed rules and the table of the figures.
func (t Terminal) comparison(w io.Writer, c *Comparison) {
	for _, v := range verdictsOfComparison(c) {
		t.paragraph(w, t.paint(v.Tone, v.Tone.symbol())+" ", 2, visible(v.Text))
	}
	for _, g := range c.Gates {
		s := g.Status()
		t.paragraph(w, "  "+t.paint(toneOf(s), symbol(s))+" ", 4, visible(fmt.Sprintf("%s  %s: %s", g.Text, g.outcome(), g.Reason)))
	}
	for _, r := range c.Rules {
		text := fmt.Sprintf("%s  %s: %s, then %s", r.ID, r.Change, r.Base, r.Head)
		if r.Reason != "" {
			text += ": " + r.Reason
		}
		fmt.Fprintln(w, "  "+t.clip(visible(text), 2))
	}
	if len(c.Rows) > 0 {
		rows := [][]string{c.heading()}
		for _, d := range c.shown() {
			rows = append(rows, d.cells())
		}
		if len(rows) > 1 {
			columns(w, rows)
		}
		for _, text := range c.notes() {
			t.paragraph(w, "  ", 2, visible(text))
		}
	}
	warn(w, "", c.Warnings)
}

// shown are the rows that say something: a figure that neither side has is left out.
func (c *Comparison) shown() []*Difference {
	var list []*Difference
	for _, d := range c.Rows {
		if d.Base.N+d.Head.N > 0 {
			list = append(list, d)
		}
	}
	return list
}

// notes explain the table to those who have not read one before.
func (c *Comparison) notes() []string {
	list := c.lacks()
	tested := func(d *Difference) bool { return d.P != nil && d.Verdict != VerdictFew }
	if !slices.ContainsFunc(c.Rows, func(d *Difference) bool { return tested(d) && !equal(d.Base.Values, d.Head.Values) }) {
		return list
	}
	list = append(list, fmt.Sprintf("Each figure is the median of the %ss (of errors and drops: the mean). p is how often equal servers would look at least so different by chance; "+
		"a difference counts as seen from p = %v down.", c.unit(), c.Alpha))
	differs := slices.ContainsFunc(c.Rows, func(d *Difference) bool { return tested(d) && d.Verdict != VerdictNone })
	if by := c.byChance(); differs && by > 0 {
		list = append(list, fmt.Sprintf("Of %d figures, about %d would look different by chance alone.", len(c.shown()), by))
	}
	return list
}
