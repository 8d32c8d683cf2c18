package reports

import (
	"errors"
	"image/color"
	"io"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// A PNG is 900 points wide at two pixels each: the width of a README, sharp on any screen. Its height is what its
// pictures need.
const (
	pngWidth  = 900
	pngScale  = 2
	pngMargin = 20
	pngFull   = 330 // height of a picture, with its title
	pngStrip  = 190
)

// PNG draws what a page shows: of one run the percentile curve and everything over time, of several their percentile
// curves, of the trials of a search or scan the response time by throughput.
func PNG(w io.Writer, r *Report) error {
	if len(r.Runs) == 0 {
		return errors.New("a png shows load runs, and there is none in it")
	}
	list := pictures(r.Runs)
	if len(list) == 0 {
		return errors.New("a png shows latencies, and none was measured")
	}
	panels := make([]*panel, len(list))
	axis, height := vg.Length(0), vg.Length(0)
	for i, p := range list {
		d, err := newPanel(p)
		if err != nil {
			return err
		}
		panels[i] = d
		axis = max(axis, d.left())
		height += d.height()
	}
	head := newPNGHead(r)
	height += head.height() + 2*pngMargin
	canvas := vgimg.NewWith(vgimg.UseWH(pngWidth, height), vgimg.UseDPI(72*pngScale), vgimg.UseBackgroundColor(color.White))
	area := draw.Crop(draw.New(canvas), pngMargin, -28, pngMargin, -pngMargin)
	head.draw(area)
	top := area.Max.Y - head.height()
	for _, d := range panels {
		part := area
		part.Max.Y, part.Min.Y = top, top-d.height()
		d.draw(part, axis)
		top -= d.height()
	}
	_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
	return err
}

// pictures are the plots of the runs, in the order in which a page has them; none where nothing was answered.
func pictures(runs []*Run) []*plot {
	if sweep(runs) {
		if p := rateChart(runs); len(p.Marks) > 0 {
			return []*plot{p}
		}
		return nil
	}
	p := percentileChart(runs)
	if len(p.Series) == 0 {
		return nil
	}
	if len(runs) == 1 {
		return append([]*plot{p}, timeCharts(runs[0])...)
	}
	for i, run := range runs {
		for j := range p.Series {
			if s := &p.Series[j]; s.Colour == i && s.Dash == solid {
				s.Name += "  ·  " + perSecond(rate(run.Total().Count, run.Recorded())) + " requests/s"
			}
		}
	}
	return append([]*plot{p}, overTime(runs)...)
}

// pngHead says what was measured and what came of it.
type pngHead struct {
	title string
	lines []string
}

func newPNGHead(r *Report) pngHead {
	var targets []string
	for _, run := range r.Runs {
		if len(targets) == 0 || targets[len(targets)-1] != run.Target {
			targets = append(targets, run.Target)
		}
	}
	v := verdictOfRun(r.Runs[0])
	if sweep(r.Runs) {
		v = verdictOfTrials(r.Runs)
	}
	h := pngHead{title: visible(strings.Join(targets[:min(len(targets), 3)], ", "))}
	if len(r.Runs) > 1 && !sweep(r.Runs) {
		return h // each has a verdict of its own
	}
	if v.Lead == "" {
		v.Lead = v.Text
	} else {
		h.title = visible(r.Runs[0].name()) + ", " + h.title
	}
	h.lines = wrapped(pngLeadText, visible(v.Lead), pngWidth-2*pngMargin-10)
	return h
}

func (h pngHead) height() vg.Length { return 34 + 18*vg.Length(len(h.lines)) }

func (h pngHead) draw(area draw.Canvas) {
	style := pngTitleText
	style.YAlign = draw.YTop
	area.FillText(style, vg.Point{X: area.Min.X + 2, Y: area.Max.Y}, h.title)
	for i, text := range h.lines {
		style = pngLeadText
		style.YAlign = draw.YTop
		area.FillText(style, vg.Point{X: area.Min.X + 2, Y: area.Max.Y - 27 - 18*vg.Length(i)}, text)
	}
}

// wrapped breaks text between words into lines that are no wider.
func wrapped(style draw.TextStyle, text string, width vg.Length) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		if last >= 0 && style.Width(lines[last]+" "+word) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}
