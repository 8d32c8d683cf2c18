package reports

import (
	"fmt"
	"html"
	"html/template"
	"math"
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
	d := &drawing{plot: p, f: f, x0: left, x1: f.Width - right, y1: f.Height - bottom}
	d.printf(`<svg class="chart %s" viewBox="0 0 %s %s" role="img" aria-label="%s">`, f.Class, n1(f.Width), n1(f.Height), html.EscapeString(p.label()))
	d.y0 = d.legend() + 10
	d.bands()
	d.grid()
	for i := len(p.Series) - 1; i >= 0; i-- { // the first is the one that matters: on top
		d.line(p.Series[i])
	}
	if f.Hover {
		d.marks()
	}
	d.printf("</svg>")
	return template.HTML(d.b.String())
}

// label is the picture for those who do not see it; the tables have its figures.
func (p *plot) label() string {
	names := make([]string, len(p.Series))
	for i, s := range p.Series {
		names[i] = s.Name
	}
	return visible(p.Title + ": " + strings.Join(names, "; ") + ". The figures are in the tables.")
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
	const row, glyph, sample = 18, 6.6, 26
	x, y := d.x0, 14.0
	for _, s := range d.Series {
		name := []rune(visible(s.Name))
		if most := int((d.x1 - d.x0 - sample) / glyph); len(name) > most {
			name = append(name[:most-1], '…')
		}
		width := sample + glyph*float64(len(name)) + 12
		if x > d.x0 && x+width > d.x1 {
			x, y = d.x0, y+row
		}
		d.printf(`<path class="line %s" d="M%s %sh20"/><text x="%s" y="%s">%s</text>`,
			class(s), n1(x), n1(y-4), n1(x+sample), n1(y), html.EscapeString(string(name)))
		x += width
	}
	return y
}

func (d *drawing) bands() {
	for _, b := range d.Bands {
		from, to := d.x(b.From), d.x(b.To)
		d.printf(`<rect class="band" x="%s" y="%s" width="%s" height="%s"/>`, n1(from), n1(d.y0), n1(to-from), n1(d.y1-d.y0))
		if label := visible(b.Label); to-from > 7*float64(len(label)) {
			d.printf(`<text class="quiet" x="%s" y="%s">%s</text>`, n1(from+5), n1(d.y0+14), html.EscapeString(label))
		}
	}
}

func (d *drawing) grid() {
	for _, t := range d.Y.Ticks {
		y := d.y(t.At)
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
	var path strings.Builder
	pen := "M"
	for _, p := range s.Points {
		if math.IsNaN(p.X) || math.IsNaN(p.Y) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&path, "%s%s %s", pen, n1(d.x(p.X)), n1(d.y(p.Y)))
		pen = "L"
	}
	if path.Len() == 0 {
		return
	}
	d.printf(`<path class="line %s" d="%s"/>`, class(s), path.String())
	if len(s.Points) == 1 { // one point is no line
		d.printf(`<circle class="dot %s" cx="%s" cy="%s" r="3"/>`, class(s), n1(d.x(s.Points[0].X)), n1(d.y(s.Points[0].Y)))
	}
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
