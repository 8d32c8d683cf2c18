package reports

import (
	"errors"
	"image/color"
	"io"
	"math"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// A PNG is 900 by 450 points at two pixels each: the width of a README, sharp on any screen.
const (
	pngWidth  = 900
	pngHeight = 450
	pngScale  = 2
)

// The page's palette in its light form.
var (
	pngPalette = [paletteSize]color.RGBA{
		{0x0b, 0x6e, 0x8f, 0xff}, {0xc2, 0x5e, 0x00, 0xff}, {0x6b, 0x4f, 0xbb, 0xff},
		{0x2f, 0x7d, 0x32, 0xff}, {0xa0, 0x3a, 0x7c, 0xff}, {0x5c, 0x66, 0x70, 0xff},
	}
	pngText  = color.RGBA{0x1a, 0x1f, 0x26, 0xff}
	pngQuiet = color.RGBA{0x59, 0x63, 0x6e, 0xff}
	pngGrid  = color.RGBA{0xe4, 0xe7, 0xeb, 0xff}
)

// PNG draws the percentile curves of the runs.
func PNG(w io.Writer, r *Report) error {
	if len(r.Runs) == 0 {
		return errors.New("a png shows load runs, and there is none in it")
	}
	d := percentileChart(r.Runs)
	if len(d.Series) == 0 {
		return errors.New("a png shows latencies, and none was measured")
	}
	for i, run := range r.Runs {
		for j := range d.Series {
			if s := &d.Series[j]; s.Colour == i && s.Dash == solid {
				s.Name += "  ·  " + perSecond(rate(run.Total().Count, run.Recorded())) + " requests/s"
			}
		}
	}
	if len(r.Runs) == 1 {
		d.Title += ", " + r.Runs[0].name()
	}
	p, legends, err := d.gonum()
	if err != nil {
		return err
	}
	canvas := vgimg.NewWith(vgimg.UseWH(pngWidth, pngHeight), vgimg.UseDPI(72*pngScale), vgimg.UseBackgroundColor(color.White))
	area := draw.Crop(draw.New(canvas), 20, -28, 18, -20)
	title := pngStyle(p.Title.TextStyle, 17, pngText)
	title.XAlign, title.YAlign = draw.XLeft, draw.YTop
	area.FillText(title, vg.Point{X: area.Min.X + 2, Y: area.Max.Y}, visible(d.Title))
	area.Max.Y -= 34
	// Above the lines and not among them: the slowest run's line is where a legend would be.
	for i := range legends {
		part := area
		part.Min.X += vg.Length(i)*(area.Max.X-area.Min.X)/vg.Length(len(legends)) + 2
		legends[i].Draw(part)
	}
	area.Max.Y -= 12 + 19*vg.Length(legendRows(d.Series[:min(mostNamed, len(d.Series))], legends))
	p.Draw(area)
	_, err = vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
	return err
}

// gonum is the plot as gonum/plot draws it, and its legend in one column or two.
func (p *plot) gonum() (*gonum.Plot, []gonum.Legend, error) {
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
		a.to.Tick.Label = pngStyle(a.to.Tick.Label, 12, pngQuiet)
		a.to.Tick.Length = 0
		a.to.Label.TextStyle = pngStyle(a.to.Label.TextStyle, 12, pngQuiet)
		a.to.Label.Padding = 6
		a.to.LineStyle.Color = pngGrid
		a.to.Padding = 0
	}
	grid := plotter.NewGrid()
	for _, s := range []*draw.LineStyle{&grid.Horizontal, &grid.Vertical} {
		s.Color, s.Width, s.Dashes = pngGrid, 0.75, nil
	}
	g.Add(grid)
	legends := make([]gonum.Legend, 1+min(1, len(p.Series)/3))
	for i := range legends {
		legends[i] = gonum.NewLegend()
		legends[i].Top, legends[i].Left = true, true
		legends[i].TextStyle = pngStyle(legends[i].TextStyle, 12.5, pngText)
		legends[i].Padding = 5
		legends[i].ThumbnailWidth = 24
	}
	named := p.Series[:min(mostNamed, len(p.Series))]
	rows := legendRows(named, legends)
	for i, s := range p.Series {
		var xy plotter.XYs
		for _, pt := range s.Points {
			if !math.IsNaN(pt.Y) {
				xy = append(xy, plotter.XY(pt))
			}
		}
		l, err := plotter.NewLine(xy)
		if err != nil {
			return nil, nil, err
		}
		l.Color, l.Width = pngPalette[shade(max(0, s.Colour))], 2.2
		if s.Dash != solid {
			l.Width, l.Dashes = 1.6, []vg.Length{6, 4}
		}
		g.Add(l)
		if i < len(named) {
			legends[i/rows].Add("  "+visible(s.Name), l)
		}
	}
	return g, legends, nil
}

// mostNamed bounds the legend; with more lines than that nobody tells them apart.
const mostNamed = 12

func legendRows(named []series, legends []gonum.Legend) int {
	return (len(named) + len(legends) - 1) / len(legends)
}

func pngStyle(s draw.TextStyle, size vg.Length, c color.Color) draw.TextStyle {
	s.Color = c
	s.Font = font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size)
	return s
}
