package reports

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// frame is the size that an SVG is drawn for. A drawing that is scaled to a phone has unreadable figures, so the
// page holds two and shows the one that fits.
type frame struct {
	Class         string
	Width, Height float64
	Hover         bool // where there is a pointer
}

var (
	wide   = frame{Class: "wide", Width: 860, Height: 320, Hover: true}
	narrow = frame{Class: "narrow", Width: 340, Height: 240}
)

// svg draws the plot. Colours and fonts are classes, which the page's style gives for light and for dark.
func (p *plot) svg(f frame) template.HTML {
	const left, right, bottom = 58, 14, 40
	if p.Strip {
		f.Height *= 0.55
	}
	d := &drawing{plot: p, f: f, x0: left, x1: f.Width - right, y1: f.Height - bottom}
	d.printf(`<svg class="chart %s" viewBox="0 0 %s %s" role="img" aria-label="%s">`, f.Class, n1(f.Width), n1(f.Height), html.EscapeString(p.label()))
	d.y0 = d.legend() + 10
	if len(p.Bands) > 0 {
		d.y0 += 14 // for their names
	}
	d.washes()
	d.heat()
	d.grid()
	d.bands()
	for i := len(p.Series) - 1; i >= 0; i-- { // the first is the one that matters: on top
		d.line(p.Series[i])
	}
	d.limits()
	d.gapNames()
	if f.Hover {
		d.marks()
	}
	d.printf("</svg>")
	return template.HTML(d.b.String())
}

// label is the picture for those who do not see it: what each line reaches.
func (p *plot) label() string {
	names := make([]string, len(p.Series))
	for i, s := range p.Series {
		names[i] = s.Name
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, at := range s.Points {
			if !math.IsNaN(at.Y) {
				lo, hi = math.Min(lo, at.Y), math.Max(hi, at.Y)
			}
		}
		if p.Y.Say != nil && lo <= hi {
			names[i] += " from " + p.Y.Say(lo) + " to " + p.Y.Say(hi)
		}
	}
	text := p.Title + ": " + strings.Join(names, "; ") + "."
	for _, l := range p.Limits {
		text += " The objective is " + l.Label + "."
	}
	for _, b := range p.Gaps {
		text += fmt.Sprintf(" From %s to %s s %s.", strconv.FormatFloat(b.From, 'f', -1, 64), strconv.FormatFloat(b.To, 'f', -1, 64), b.Label)
	}
	return visible(text)
}

type drawing struct {
	*plot
	f              frame
	b              strings.Builder
	x0, x1, y0, y1 float64
}

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

func (d *drawing) x(v float64) float64 { return d.x0 + d.X.place(v)*(d.x1-d.x0) }
func (d *drawing) y(v float64) float64 { return d.y1 - d.Y.place(v)*(d.y1-d.y0) }

// legend writes the names in as many rows as they need and returns where it ends.
func (d *drawing) legend() float64 {
	const row, glyph = 18, 6.6
	x, y := d.x0, 14.0
	entry := func(sample float64, text string, draw func()) {
		name := []rune(visible(text))
		if most := int((d.x1 - d.x0 - sample) / glyph); len(name) > most {
			name = append(name[:most-1], '…')
		}
		width := sample + glyph*float64(len(name)) + 12
		if x > d.x0 && x+width > d.x1 {
			x, y = d.x0, y+row
		}
		draw()
		d.printf(`<text x="%s" y="%s">%s</text>`, n1(x+sample), n1(y), html.EscapeString(string(name)))
		x += width
	}
	for _, s := range d.Series {
		entry(26, s.Name, func() { d.printf(`<path class="line %s" d="M%s %sh20"/>`, class(s), n1(x), n1(y-4)) })
	}
	if d.Heat != nil {
		for i, s := range d.Heat.Shades {
			entry(18, s.Label, func() { d.printf(`<path class="heat h%d" d="M%s %sh13v11h-13z"/>`, i, n1(x), n1(y-10)) })
		}
	}
	return y
}

// washes set apart what does not count, and what is not all there.
func (d *drawing) washes() {
	for _, b := range d.Gaps {
		d.printf(`<path class="gap" d="M%s %sH%sV%sH%sz"/>`, n1(d.x(b.From)), n1(d.y0), n1(d.x(b.To)), n1(d.y1), n1(d.x(b.From)))
	}
	for _, b := range d.Bands {
		if b.Apart {
			d.printf(`<path class="band" d="M%s %sH%sV%sH%sz"/>`, n1(d.x(b.From)), n1(d.y0), n1(d.x(b.To)), n1(d.y1), n1(d.x(b.From)))
		}
	}
}

// heat draws all cells of a shade as one path: thousands of elements would make the page slow.
func (d *drawing) heat() {
	if d.Heat == nil {
		return
	}
	for i, s := range d.Heat.Shades {
		var path strings.Builder
		for _, c := range s.Cells {
			fmt.Fprintf(&path, "M%s %sH%sV%sH%sz", n1(d.x(c.X0)), n1(d.y(c.Y1)), n1(d.x(c.X1)), n1(d.y(c.Y0)), n1(d.x(c.X0)))
		}
		if path.Len() > 0 {
			d.printf(`<path class="heat h%d" d="%s"/>`, i, path.String())
		}
	}
}

// bands marks where each stage begins, and names it above the picture where there is room.
func (d *drawing) bands() {
	for i, b := range d.Bands {
		from, to := d.x(b.From), d.x(b.To)
		if i > 0 {
			d.printf(`<path class="stage" d="M%s %sV%s"/>`, n1(from), n1(d.y0-14), n1(d.y1))
		}
		if label := visible(b.Label); to-from > 6.4*float64(len([]rune(label)))+6 {
			d.printf(`<text class="quiet" x="%s" y="%s">%s</text>`, n1(from+5), n1(d.y0-4), html.EscapeString(label))
		}
	}
}

// limits are drawn over the lines, which they are to be compared with.
func (d *drawing) limits() {
	for _, l := range d.Limits {
		y, end, tail, class := d.y(l.At), d.x1, "", "limit"
		if l.Missed {
			class = "limit missed"
		}
		if l.To > 0 {
			end = d.x(l.To)
			tail = "v8"
		}
		name := y - 5
		if name-10 < d.y0 { // the legend is there
			name = y + 14
		}
		d.printf(`<path class="%s" d="M%s %sH%s%s"/><text class="%[1]s" x="%[6]s" y="%s">%s</text>`,
			class, n1(d.x0), n1(y), n1(end), tail, n1(d.x0+5), n1(name), html.EscapeString(visible(l.Label)))
	}
}

// gapNames says what is missing, over the lines: within the stretch, or where that is too narrow before its end, if there is only one.
func (d *drawing) gapNames() {
	for _, b := range d.Gaps {
		if end := d.x(b.To) - 5; len(d.Gaps) == 1 || end-d.x(b.From) > 6.4*float64(len([]rune(b.Label))) {
			d.printf(`<text class="gap" text-anchor="end" x="%s" y="%s">%s</text>`, n1(end), n1(d.y0+14), html.EscapeString(visible(b.Label)))
		}
	}
}

func (d *drawing) grid() {
	lowest := math.Inf(1)
	for _, t := range d.Y.Ticks {
		y := d.y(t.At)
		if y > lowest-15 {
			continue // no room for its label
		}
		lowest = y
		d.printf(`<path class="grid" d="M%s %sH%s"/><text class="quiet" text-anchor="end" x="%s" y="%s">%s</text>`,
			n1(d.x0), n1(y), n1(d.x1), n1(d.x0-8), n1(y+4), html.EscapeString(t.Label))
	}
	last := math.Inf(-1)
	for _, t := range d.X.Ticks {
		x, anchor := d.x(t.At), "middle"
		half := 3.2 * float64(len(t.Label))
		if x+half > d.x1+8 {
			anchor, half = "end", 2*half
		}
		if x-half < last+6 {
			continue // no room for its label
		}
		last = x + half
		d.printf(`<path class="grid" d="M%s %sV%s"/><text class="quiet" text-anchor="%s" x="%s" y="%s">%s</text>`,
			n1(x), n1(d.y0), n1(d.y1), anchor, n1(x), n1(d.y1+17), html.EscapeString(t.Label))
	}
	d.printf(`<path class="axis" d="M%s %sH%s"/><text class="quiet" text-anchor="end" x="%s" y="%s">%s</text>`,
		n1(d.x0), n1(d.y1), n1(d.x1), n1(d.x1), n1(d.f.Height-6), html.EscapeString(d.X.Label))
}

func (d *drawing) line(s series) {
	path := d.path(s.Points)
	if path == "" {
		return
	}
	if d.Heat != nil { // else a line is lost on the cells
		d.printf(`<path class="halo" d="%s"/>`, path)
	}
	d.printf(`<path class="line %s" d="%s"/>`, class(s), path)
	if s.Dots || len(s.Points) == 1 { // one point is no line
		for _, p := range s.Points {
			d.printf(`<circle class="dot %s" cx="%s" cy="%s" r="3"/>`, class(s), n1(d.x(p.X)), n1(d.y(p.Y)))
		}
	}
}

// path writes level and upright pieces, of which steps are made, in the short form that SVG has for them.
func (d *drawing) path(points []point) string {
	var b strings.Builder
	x0, y0 := "", ""
	for i, p := range points {
		if math.IsNaN(p.X) || math.IsNaN(p.Y) {
			x0 = ""
			continue
		}
		x, y := n1(d.x(p.X)), n1(d.y(p.Y))
		switch {
		case x0 == "":
			b.WriteString("M" + x + " " + y)
		case x == x0 && y == y0:
		case x == x0:
			b.WriteString("V" + y)
		case y == y0 && i+1 < len(points) && n1(d.y(points[i+1].Y)) == y && !math.IsNaN(points[i+1].X):
			continue // it goes on
		case y == y0:
			b.WriteString("H" + x)
		default:
			b.WriteString("L" + x + " " + y)
		}
		x0, y0 = x, y
	}
	return b.String()
}

// marks are strips from the middle between two marks to the next, each with its text and a line that shows when
// pointed at. No script is needed.
func (d *drawing) marks() {
	for i, m := range d.Marks {
		x, from, to := d.x(m.X), d.x0, d.x1
		if i > 0 {
			from = (x + d.x(d.Marks[i-1].X)) / 2
		}
		if i+1 < len(d.Marks) {
			to = (x + d.x(d.Marks[i+1].X)) / 2
		}
		d.printf(`<g class="mark"><rect x="%s" y="%s" width="%s" height="%s"/><path d="M%s %sV%s"/><title>%s</title></g>`,
			n1(from), n1(d.y0), n1(to-from), n1(d.y1-d.y0), n1(x), n1(d.y0), n1(d.y1), html.EscapeString(visibleLines(m.Text)))
	}
}

// visibleLines is visible but for the ends of lines, which are ours.
func visibleLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = visible(lines[i])
	}
	return strings.Join(lines, "\n")
}

func class(s series) string {
	name := fmt.Sprintf("c%d", shade(s.Colour))
	switch s.Colour {
	case quiet:
		name = "cq"
	case failure:
		name = "cf"
	}
	return name + [...]string{"", " dashed", " dotted"}[s.Dash]
}

// n1 writes a coordinate: a tenth of a pixel is enough.
func n1(v float64) string {
	s := fmt.Sprintf("%.1f", v)
	return strings.TrimSuffix(s, ".0")
}
