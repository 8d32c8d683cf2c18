package reports

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// matrix writes several suites: a line for each with its score, and below it, for each rule that did not hold
// everywhere, what came of it in each, as far as the columns reach.
func (t Terminal) matrix(w io.Writer, m *matrix) {
	const numbers = 4 // columns of the number that stands for an implementation in the table below
	width, most := 0, 32
	if t.Width > 0 {
		most = min(most, max(t.Width/3, 8))
	}
	for _, name := range m.Names {
		width = max(width, min(utf8.RuneCountInString(visible(name)), most))
	}
	for i, s := range m.Suites {
		g := grade(s)
		text := scoreLine(s.Rules)
		if s.Failure != "" || text == "" {
			text = g.Text
		}
		if known := len(knownDeviations(s.Rules)); known > 0 {
			text += fmt.Sprintf(" · %d known", known)
		}
		name := cutTo(visible(m.Names[i]), most)
		fmt.Fprintf(w, "%*d  %s %-*s  %s\n", numbers, i+1, t.paint(g.Tone, g.Tone.symbol()), width, name, t.clip(visible(text), numbers+width+6))
	}
	var rows []*matrixRow
	for _, row := range m.rows() {
		if row.Score.Failed+row.Score.Inconclusive > 0 {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return
	}
	const head = 18 // columns before the cells
	columns := len(m.Suites)
	if t.Width > 0 {
		columns = min(columns, max((t.Width-head)/3, 1))
	}
	fmt.Fprintf(w, "\n  %-*s", head-2, "rule")
	for i := range columns {
		fmt.Fprintf(w, "%3d", i+1)
	}
	fmt.Fprintln(w)
	for _, row := range rows {
		fmt.Fprintf(w, "  %-8s%-8s", cutTo(visible(row.Rule.ID), 8), row.Rule.Level)
		for i := range columns {
			status := Status("")
			if row.Cells[i] != nil {
				status = row.Cells[i].Status
			}
			fmt.Fprint(w, "  ", t.paint(toneOf(status), cellSymbol(row.Cells[i])))
		}
		if title := "  " + visible(row.Rule.Title); t.Width == 0 || t.Width-head-3*columns > 20 {
			fmt.Fprint(w, t.clip(title, head+3*columns))
		}
		fmt.Fprintln(w)
	}
	if hidden := len(m.Suites) - columns; hidden > 0 {
		t.paragraph(w, "  ", 2, fmt.Sprintf("… %d more to the right: a wider terminal shows them, --report html=FILE all", hidden))
	}
	for i, s := range m.Suites {
		warn(w, strings.TrimSpace(m.Names[i])+": ", s.Warnings)
	}
}
