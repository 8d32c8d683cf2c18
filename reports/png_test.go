package reports

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

func TestPNG(t *testing.T) {
	r := load(t)
	var b, again bytes.Buffer
	if err := PNG(&b, r); err != nil {
		t.Fatal(err)
	}
	if err := PNG(&again, r); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the second picture differs from the first")
	}
	im, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := im.Bounds(), image.Rect(0, 0, pngWidth*pngScale, (3*pngFull+34+2*pngMargin)*pngScale); got != want {
		t.Errorf("size %v, want %v", got, want)
	}
	count := pixels(im)
	for i := range r.Runs {
		if n := count[pngPalette[i]]; n < 1000 {
			t.Errorf("run %d: its curve has %d pixels of its colour", i, n)
		}
	}
	if n := count[color.RGBA{255, 255, 255, 255}]; n < im.Bounds().Dx()*im.Bounds().Dy()/2 {
		t.Errorf("only %d pixels of ground", n)
	}
}

func pixels(im image.Image) map[color.Color]int {
	count := map[color.Color]int{}
	for y := range im.Bounds().Dy() {
		for x := range im.Bounds().Dx() {
			count[color.RGBAModel.Convert(im.At(x, y))]++
		}
	}
	return count
}

// TestPNGOfOneRun: it has what the page has: the heat map in all its shades, the stages, the errors and the objective.
func TestPNGOfOneRun(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, long")
	}
	run := load(t).Runs[2]
	draw := func(run *Run) (image.Image, map[color.Color]int) {
		var b bytes.Buffer
		if err := PNG(&b, &Report{Runs: []*Run{run}}); err != nil {
			t.Fatal(err)
		}
		im, err := png.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		return im, pixels(im)
	}
	im, count := draw(run)
	for i, c := range pngHeat {
		if n := count[c]; n < 2000 {
			t.Errorf("%d pixels of shade %d of the heat map", n, i)
		}
	}
	if n := count[pngWash]; n < 2000 {
		t.Errorf("%d pixels of the warm-up", n)
	}
	if n := count[pngBad]; n < 500 {
		t.Errorf("%d pixels of errors and of what was never sent", n)
	}
	for _, o := range run.Totals {
		o.Errors, o.Outcomes, o.Hits, o.Misses = 0, nil, 0, 0
	}
	for _, v := range run.Intervals {
		v.Dropped = 0
		for _, o := range v.Operations {
			o.Errors, o.Outcomes, o.Hits, o.Misses = 0, nil, 0, 0
		}
	}
	run.Requests.Dropped = 0
	lower, count := draw(run)
	if got, want := im.Bounds().Dy()-lower.Bounds().Dy(), 3*pngStrip*pngScale; got != want {
		t.Errorf("without errors, drops and gets it is %d lower, want %d", got, want)
	}
	before := count[pngBad]
	run.Objectives = []*Objective{{Text: "p99<5ms", Unit: unitTime, Limit: 5e6}}
	if _, count = draw(run); count[pngBad] < before+200 {
		t.Error("the objective is not drawn")
	}
}

func TestPNGOfNothing(t *testing.T) {
	for name, r := range map[string]*Report{
		"no run":    {Suites: []*Suite{fixtureSuite()}},
		"no answer": {Runs: []*Run{{Arrival: "closed"}}},
	} {
		var b bytes.Buffer
		if err := PNG(&b, r); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", name, err)
		}
		if b.Len() > 0 {
			t.Errorf("%s: wrote %d bytes", name, b.Len())
		}
	}
}
