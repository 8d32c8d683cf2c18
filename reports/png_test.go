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
	if got, want := im.Bounds(), image.Rect(0, 0, pngWidth*pngScale, pngHeight*pngScale); got != want {
		t.Errorf("size %v, want %v", got, want)
	}
	count := map[color.Color]int{}
	for y := range im.Bounds().Dy() {
		for x := range im.Bounds().Dx() {
			count[color.RGBAModel.Convert(im.At(x, y))]++
		}
	}
	for i := range r.Runs {
		if n := count[pngPalette[i]]; n < 1000 {
			t.Errorf("run %d: its curve has %d pixels of its colour", i, n)
		}
	}
	if n := count[color.RGBA{255, 255, 255, 255}]; n < im.Bounds().Dx()*im.Bounds().Dy()/2 {
		t.Errorf("only %d pixels of ground", n)
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
