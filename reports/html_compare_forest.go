package reports

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// forest draws changes and what they lie between, all on one scale around no change, so that rows compare at a glance. Shares have
// no drawing: their changes are points, and not parts of the base.
type forest struct{ most float64 }

// The drawing is small enough to stand in a row of the table. Its figures are in the row's text.
const (
	forestWidth  = 120.0
	forestHeight = 22.0
	forestLeast  = 0.05 // 5 %: a scale that is finer makes noise look like much
	forestMost   = 1.0
)

func forestOf(rows []*Difference) forest {
	f := forest{most: forestLeast}
	for _, d := range rows {
		if !hasForest(d) {
			continue
		}
		for _, v := range []*float64{d.Delta, d.Lo, d.Hi} {
			if v != nil {
				f.most = math.Max(f.most, math.Abs(*v))
			}
		}
	}
	f.most = math.Min(stepUp(f.most), forestMost)
	return f
}

func hasForest(d *Difference) bool { return d.Delta != nil && d.Unit != unitShare }

// scale says how far the drawing reaches.
func (f forest) scale() string { return fmt.Sprintf("±%.0f %%", f.most*100) }

func (f forest) x(v float64) float64 {
	return forestWidth / 2 * (1 + math.Max(-1, math.Min(1, v/f.most))*0.94)
}

// draw puts a dot at the change, a line over what it lies between, and a stroke where a gate has its limit. What is beyond the scale ends in
// an arrow at its edge: a dot there would be read as a figure.
func (f forest) draw(d *Difference, gates []*Gate) template.HTML {
	if !hasForest(d) {
		return ""
	}
	const middle = forestHeight / 2
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="forest" viewBox="0 0 %s %s" aria-hidden="true"><path class="zero" d="M%s 0V%s"/>`,
		n1(forestWidth), n1(forestHeight), n1(f.x(0)), n1(forestHeight))
	for _, g := range gates {
		if g.Operation == d.Operation && g.Measure == d.Measure && g.Unit == unitRelative && math.Abs(g.Limit) <= f.most {
			fmt.Fprintf(&b, `<path class="limit" d="M%s 0V%s"><title>%s</title></path>`, n1(f.x(g.Limit)), n1(forestHeight), html.EscapeString(visible(g.Text)))
		}
	}
	tone := map[tone]string{bad: "worse", good: "better"}[d.tone()]
	text := d.label() + ": " + d.delta()
	fmt.Fprintf(&b, `<g class="%s">`, tone)
	if d.Lo != nil && d.Hi != nil {
		fmt.Fprintf(&b, `<path class="between" d="M%s %sH%s%s%s"/>`, n1(f.x(*d.Lo)), n1(middle), n1(f.x(*d.Hi)), f.arrow(*d.Lo), f.arrow(*d.Hi))
		text += ", between " + d.span()
	}
	if arrow := f.arrow(*d.Delta); arrow != "" {
		fmt.Fprintf(&b, `<path class="between" d="%s"/>`, arrow)
	} else {
		fmt.Fprintf(&b, `<circle cx="%s" cy="%s" r="4"/>`, n1(f.x(*d.Delta)), n1(middle))
	}
	fmt.Fprintf(&b, `<title>%s</title></g></svg>`, html.EscapeString(visible(text)))
	return template.HTML(b.String())
}

// arrow points at what is beyond the scale; it is empty for what is on it.
func (f forest) arrow(v float64) string {
	if math.Abs(v) <= f.most {
		return ""
	}
	tip, back := f.x(v), math.Copysign(5, v)
	return fmt.Sprintf("M%s %sL%s %sL%s %s", n1(tip-back), n1(forestHeight/2-5), n1(tip), n1(forestHeight/2), n1(tip-back), n1(forestHeight/2+5))
}
