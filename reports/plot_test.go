package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func labels(a axis) string {
	var list []string
	for _, t := range a.Ticks {
		list = append(list, t.Label)
	}
	return strings.Join(list, " | ")
}

func TestAxes(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{labels(latencyAxis(30e3, 180e3)), "20 µs | 50 µs | 100 µs | 200 µs"},
		{labels(latencyAxis(3e3, 60e9)), "10 µs | 100 µs | 1 ms | 10 ms | 100 ms | 1 s | 10 s | 100 s"},
		{labels(latencyAxis(1e6, 1e6)), "500 µs | 1 ms | 2 ms"},
		{labels(latencyAxis(math.Inf(1), 0)), "100 µs | 200 µs | 500 µs | 1 ms | 2 ms | 5 ms | 10 ms"},
		{labels(countAxis(182340)), "0 | 50k | 100k | 150k | 200k"},
		{labels(countAxis(0)), "0 | 0.2 | 0.4 | 0.6 | 0.8 | 1 | 1.2"},
		{labels(countAxis(math.NaN())), "0 | 0.2 | 0.4 | 0.6 | 0.8 | 1 | 1.2"},
		{labels(timeAxis(10 * time.Second)), "0 | 2 s | 4 s | 6 s | 8 s | 10 s"},
		{labels(timeAxis(10 * time.Minute)), "0 | 2 min | 4 min | 6 min | 8 min | 10 min"},
		{labels(timeAxis(0)), "0 | 0.2 s | 0.4 s | 0.6 s | 0.8 s | 1 s"},
		{labels(timeAxis(50 * time.Hour)), "0 | 8 h | 16 h | 24 h | 32 h | 40 h | 48 h"},
	} {
		if c.got != c.want {
			t.Errorf("ticks %s, want %s", c.got, c.want)
		}
	}
}

func TestPlace(t *testing.T) {
	linear, log := axis{Max: 10}, axis{Min: 1, Max: 100, Log: true}
	for _, c := range []struct{ got, want float64 }{
		{linear.place(5), 0.5}, {linear.place(-1), 0}, {linear.place(99), 1}, {axis{}.place(3), 0.5},
		{log.place(10), 0.5}, {log.place(0), 0}, {log.place(1e9), 1},
	} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("at %v, want %v", c.got, c.want)
		}
	}
}

// TestPercentileCurve: the curve goes through the percentiles that the tables show.
func TestPercentileCurve(t *testing.T) {
	run := fixtureRun(64, 20000, time.Millisecond, 0.5, true)
	p := percentileChart([]*Run{run})
	if len(p.Series) != 2 || p.Series[0].Dash != solid || p.Series[1].Dash != dashed {
		t.Fatalf("series %+v", p.Series)
	}
	total := run.Total()
	points := p.Series[0].Points
	for i, pt := range points {
		if i > 0 && (pt.X < points[i-1].X || pt.Y < points[i-1].Y) {
			t.Fatalf("the curve falls at %v", pt)
		}
		if q := 100 - 100/pt.X; i < len(points)-1 && pt.Y != float64(total.Response.ValueAtQuantile(q)) {
			t.Errorf("at %v stands %v", q, pt.Y)
		}
	}
	if last := points[len(points)-1]; last.Y != float64(total.Percentiles.Max) || math.Abs(last.X/float64(total.Count)-1) > 1e-6 {
		t.Errorf("it ends at %v, and not at the maximum", last)
	}
	i := slices.IndexFunc(p.Marks, func(m mark) bool { return strings.HasPrefix(m.Text, "p99\n") })
	if want := fmt.Sprintf("p99\nresponse time: %s\nservice time: %s", total.percentile(p99), latency(total.Service.ValueAtQuantile(99))); i < 0 || p.Marks[i].Text != want {
		t.Errorf("marks %+v, want %q", p.Marks, want)
	}
}

func TestSVGIsWellFormed(t *testing.T) {
	p := &plot{
		Title: "<b>&\x00", X: timeAxis(3 * time.Second), Y: countAxis(10),
		Series: []series{
			{Name: strings.Repeat("<script>", 30), Points: []point{{0, 1}, {1, math.NaN()}, {2, 3}, {math.NaN(), 1}}},
			{Name: "nothing"}, {Name: "one", Colour: 7, Points: []point{{1, 1}}},
		},
		Bands:  []band{{0, 1, "<i>", true}, {1, 3, "<b>", false}},
		Marks:  []mark{{1, "a\n<&>\x1b"}},
		Limits: []limit{{At: 5, Label: "<i>"}, {At: 5, To: 2}},
		Heat:   &heat{[]heatShade{{"<u>", []box{{0, 1, 2, 3}}}, {Label: "empty"}}},
	}
	for _, f := range []frame{wide, narrow} {
		d := xml.NewDecoder(strings.NewReader(string(p.svg(f))))
		text := ""
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", f.Class, err)
			}
			if e, ok := token.(xml.StartElement); ok {
				if !slices.Contains([]string{"svg", "g", "path", "rect", "circle", "text", "title"}, e.Name.Local) {
					t.Errorf("element %s is in it", e.Name.Local)
				}
				for _, a := range e.Attr {
					if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
						t.Errorf("%s of %s is %s", a.Name.Local, e.Name.Local, a.Value)
					}
				}
			}
			if c, ok := token.(xml.CharData); ok {
				text += string(c)
			}
		}
		if f.Hover && !strings.Contains(text, "a\n<&>\\x1b") {
			t.Errorf("the values to point at are not in it: %q", text)
		}
	}
}
