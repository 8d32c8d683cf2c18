package reports

import (
	"image/color"
	"math"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The page's palette in its light form.
var (
	pngPalette = [paletteSize]color.RGBA{
		{0x0b, 0x6e, 0x8f, 0xff}, {0xc2, 0x5e, 0x00, 0xff}, {0x6b, 0x4f, 0xbb, 0xff},
		{0x2f, 0x7d, 0x32, 0xff}, {0xa0, 0x3a, 0x7c, 0xff}, {0x5c, 0x66, 0x70, 0xff},
	}
	pngHeat = []color.RGBA{{0xe3, 0xef, 0xf3, 0xff}, {0xb9, 0xdb, 0xe6, 0xff}, {0x76, 0xb7, 0xcd, 0xff}, {0x1f, 0x84, 0xa6, 0xff}}
	pngInk  = color.RGBA{0x1a, 0x1f, 0x26, 0xff}
	pngGrey = color.RGBA{0x59, 0x63, 0x6e, 0xff}
	pngGrid = color.RGBA{0xe4, 0xe7, 0xeb, 0xff}
	pngWash = color.RGBA{0xf1, 0xf3, 0xf5, 0xff}
	pngGap  = color.RGBA{0xfd, 0xf0, 0xee, 0xff}
	pngBad  = color.RGBA{0xb3, 0x26, 0x1e, 0xff}

	pngTitleText = pngStyle(18, pngInk)
	pngHeadText  = pngStyle(15, pngInk)
	pngPlainText = pngStyle(12.5, pngInk)
	pngLeadText  = pngStyle(13, pngInk)
	pngSmallText = pngStyle(12, pngGrey)
)

func pngStyle(size vg.Length, c color.Color) draw.TextStyle {
	return draw.TextStyle{Color: c, Font: font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size), Handler: text.Plain{Fonts: font.DefaultCache}}
}

func pngColour(of int) color.RGBA {
	switch of {
	case quiet:
		return pngGrey
	case failure:
		return pngBad
	}
	return pngPalette[shade(of)]
}

// panel is one plot of a PNG: its title, its legend, and what gonum/plot draws of it.
type panel struct {
	*plot
	gonum *gonum.Plot
}

func newPanel(p *plot) (*panel, error) {
	g := gonum.New()
	g.X.Label.Text, g.Y.Label.Text = p.X.Label, p.Y.Label
	for _, a := range []struct {
		to   *gonum.Axis
		from axis
	}{{&g.X, p.X}, {&g.Y, p.Y}} {
		a.to.Min, a.to.Max = a.from.Min, a.from.Max
		if a.from.Log {
			a.to.Scale = gonum.LogScale{}
		}
		ticks := make([]gonum.Tick, len(a.from.Ticks))
		for i, t := range a.from.Ticks {
			ticks[i] = gonum.Tick{Value: t.At, Label: t.Label}
		}
		a.to.Tick.Marker = gonum.ConstantTicks(ticks)
		a.to.Tick.Label.Color, a.to.Tick.Label.Font = pngSmallText.Color, pngSmallText.Font
		a.to.Tick.Length = 0
		a.to.Label.TextStyle.Color, a.to.Label.TextStyle.Font = pngSmallText.Color, pngSmallText.Font
		a.to.Label.Padding = 6
		a.to.LineStyle.Color = pngGrid
		a.to.Padding = 0
	}
	g.Add(drawn(p.drawWashes), drawn(p.drawHeat))
	grid := plotter.NewGrid()
	for _, s := range []*draw.LineStyle{&grid.Horizontal, &grid.Vertical} {
		s.Color, s.Width, s.Dashes = pngGrid, 0.75, nil
	}
	g.Add(grid, drawn(p.drawBands), drawn(p.drawSeries), drawn(p.drawLimits), drawn(p.drawGapNames))
	return &panel{p, g}, nil
}

// left is how much room the labels of the upright axis take.
func (d *panel) left() vg.Length {
	c := draw.Canvas{Rectangle: vg.Rectangle{Max: vg.Point{X: pngWidth, Y: d.height()}}}
	return d.gonum.DataCanvas(c).Min.X
}

func (d *panel) height() vg.Length {
	if d.Strip {
		return pngStrip
	}
	return pngFull
}

// draw leaves as much room at the left as the widest axis needs, so that one moment is at one x in all of them.
func (d *panel) draw(area draw.Canvas, axis vg.Length) {
	area.Max.Y -= 14
	style := pngHeadText
	style.YAlign = draw.YTop
	area.FillText(style, vg.Point{X: area.Min.X + 2, Y: area.Max.Y}, visible(d.Title))
	area.Max.Y -= 26
	area.Min.X += axis - d.left()
	area.Max.Y -= d.legend(area, d.left()) + 6
	if len(d.Bands) > 0 {
		area.Max.Y -= 14
	}
	area.Min.Y += 6
	d.gonum.Draw(area)
}

// mostNamed bounds the legend; with more lines than that nobody tells them apart.
const mostNamed = 12

// legend stands above the lines and not among them, where the slowest run's is. It returns its height.
func (d *panel) legend(area draw.Canvas, indent vg.Length) vg.Length {
	const row = 19
	x, y := area.Min.X+indent, area.Max.Y
	entry := func(sample vg.Length, name string, draw func()) {
		width := sample + 7 + pngPlainText.Width(name)
		if x > area.Min.X+indent && x+width > area.Max.X {
			x, y = area.Min.X+indent, y-row
		}
		draw()
		area.FillText(pngPlainText, vg.Point{X: x + sample + 6, Y: y - 11}, name)
		x += width + 16
	}
	for i, s := range d.Series {
		if i == mostNamed {
			break
		}
		entry(24, visible(s.Name), func() { area.StrokeLine2(pngLine(s), x, y-7, x+24, y-7) })
	}
	if d.Heat != nil {
		for i, s := range d.Heat.Shades {
			entry(13, s.Label, func() { fill4(area, pngHeat[i], x, y-13, x+13, y-2) })
		}
	}
	return area.Max.Y - y + row
}

func pngLine(s series) draw.LineStyle {
	style := draw.LineStyle{Color: pngColour(s.Colour), Width: 2.2}
	if s.Dash != solid {
		style.Width, style.Dashes = 1.6, []vg.Length{6, 4}
	}
	return style
}

// drawn makes a gonum plotter of a function.
type drawn func(c draw.Canvas, x, y func(float64) vg.Length)

func (f drawn) Plot(c draw.Canvas, p *gonum.Plot) {
	x, y := p.Transforms(&c)
	f(c, x, y)
}

func fill4(c draw.Canvas, with color.Color, x0, y0, x1, y1 vg.Length) {
	c.FillPolygon(with, []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
}

func (p *plot) drawWashes(c draw.Canvas, x, _ func(float64) vg.Length) {
	for _, b := range p.Gaps {
		fill4(c, pngGap, x(b.From), c.Min.Y, x(b.To), c.Max.Y)
	}
	for _, b := range p.Bands {
		if b.Apart {
			fill4(c, pngWash, x(b.From), c.Min.Y, x(b.To), c.Max.Y)
		}
	}
}

func (p *plot) drawHeat(c draw.Canvas, x, y func(float64) vg.Length) {
	if p.Heat == nil {
		return
	}
	for i, s := range p.Heat.Shades {
		for _, b := range s.Cells {
			fill4(c, pngHeat[i], x(b.X0), y(b.Y0), x(b.X1), y(b.Y1))
		}
	}
}

func (p *plot) drawBands(c draw.Canvas, x, _ func(float64) vg.Length) {
	for i, b := range p.Bands {
		if i > 0 {
			c.StrokeLine2(draw.LineStyle{Color: pngGrey, Width: 0.75, Dashes: []vg.Length{2, 3}}, x(b.From), c.Min.Y, x(b.From), c.Max.Y+13)
		}
		if label := visible(b.Label); pngSmallText.Width(label)+8 < x(b.To)-x(b.From) {
			c.FillText(pngSmallText, vg.Point{X: x(b.From) + 5, Y: c.Max.Y + 4}, label)
		}
	}
}

func (p *plot) drawGapNames(c draw.Canvas, x, _ func(float64) vg.Length) {
	style := pngStyle(12, pngBad)
	style.XAlign = draw.XRight
	for _, b := range p.Gaps {
		if end := x(b.To) - 5; len(p.Gaps) == 1 || style.Width(b.Label) < end-x(b.From) {
			c.FillText(style, vg.Point{X: end, Y: c.Max.Y - 16}, visible(b.Label))
		}
	}
}

// drawSeries draws the first, which matters most, over the others.
func (p *plot) drawSeries(c draw.Canvas, x, y func(float64) vg.Length) {
	for i := len(p.Series) - 1; i >= 0; i-- {
		s := p.Series[i]
		var line []vg.Point
		flush := func() {
			if len(line) > 1 {
				if p.Heat != nil { // else it is lost on the cells
					c.StrokeLines(draw.LineStyle{Color: color.White, Width: 4}, line)
				}
				c.StrokeLines(pngLine(s), line)
			}
			line = nil
		}
		for _, pt := range s.Points {
			if math.IsNaN(pt.X) || math.IsNaN(pt.Y) {
				flush()
				continue
			}
			at := vg.Point{X: x(pt.X), Y: y(pt.Y)}
			line = append(line, at)
			if s.Dots {
				c.DrawGlyph(draw.GlyphStyle{Color: pngColour(s.Colour), Radius: 3, Shape: draw.CircleGlyph{}}, at)
			}
		}
		flush()
	}
}

func (p *plot) drawLimits(c draw.Canvas, x, y func(float64) vg.Length) {
	for _, l := range p.Limits {
		ink := pngInk
		if l.Missed {
			ink = pngBad
		}
		style := draw.LineStyle{Color: ink, Width: 1, Dashes: []vg.Length{5, 3}}
		at, end := y(l.At), c.Max.X
		if l.To > 0 {
			end = min(x(l.To), c.Max.X)
			c.StrokeLine2(style, end, at, end, at-8)
		}
		c.StrokeLine2(style, c.Min.X, at, end, at)
		c.FillText(pngStyle(12, ink), vg.Point{X: c.Min.X + 5, Y: at + 4}, visible(l.Label))
	}
}
