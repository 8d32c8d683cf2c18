package reports

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

func badgeOf(t *testing.T, suites ...*Suite) string {
	t.Helper()
	var b bytes.Buffer
	if err := Badge(&b, &Report{Suites: suites}); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(b.Bytes())); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("not XML: %v\n%s", err, b.String())
		}
	}
	return b.String()
}

func TestBadge(t *testing.T) {
	suite := func(level string, statuses ...Status) *Suite {
		s := &Suite{Target: hostile, Profile: "report", Level: "should"}
		for _, status := range statuses {
			s.Rules = append(s.Rules, &Rule{ID: "SET-04", Level: level, Status: status})
		}
		return s
	}
	fine, part, broken, open := suite("must", Passed, Passed, NotRun), suite("should", Passed, Failed), suite("must", Passed, Failed), suite("must", Passed, Inconclusive)
	dead := &Suite{Failure: "no"}
	for _, c := range []struct {
		suites []*Suite
		text   string
		tone   tone
	}{
		{[]*Suite{fine}, "must 2/2", good},
		{[]*Suite{part}, "should 1/2", flawed},
		{[]*Suite{broken}, "must 1/2", bad},
		{[]*Suite{open}, "must 1/2 · 1 undecided", unsure},
		{[]*Suite{dead}, "could not be run", unsure},
		{[]*Suite{suite("may")}, "no rule was run", unsure},
		{[]*Suite{fine, fine}, "2 of 2 keep every must", good},
		{[]*Suite{fine, dead}, "1 of 2 keep every must", unsure},
		{[]*Suite{fine, part, dead}, "1 of 3 keep every must", flawed},
		{[]*Suite{broken, part, fine}, "1 of 3 keep every must", bad},
	} {
		svg := badgeOf(t, c.suites...)
		for _, want := range []string{`aria-label="memcached-lite: ` + c.text + `"`, ">" + c.text + "</text>", badgeColour[c.tone], `role="img"`} {
			if !strings.Contains(svg, want) {
				t.Errorf("%s: no %s in\n%s", c.text, want, svg)
			}
		}
		if strings.Contains(svg, "<script") || strings.Contains(svg, "href") {
			t.Errorf("markup of the target is in it:\n%s", svg)
		}
	}
	if err := Badge(io.Discard, &Report{}); err == nil {
		t.Error("a badge of nothing was made")
	}
}

func TestBadgeOfRuns(t *testing.T) {
	runs := fixtureRuns()
	held := fixtureRun(8, 500, time.Millisecond, 0.3, false)
	for _, c := range []struct {
		runs []*Run
		text string
		tone tone
	}{
		{[]*Run{held}, "501 requests/s · p99 2.14 ms", good},
		{runs[2:], "1,990 requests/s · p99 4.70 ms", bad},
		{[]*Run{{Arrival: "closed"}}, "no answer", bad},
		{[]*Run{held, runs[1]}, "up to 18,309 requests/s", unsure},
	} {
		var b bytes.Buffer
		if err := Badge(&b, &Report{Runs: c.runs}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`aria-label="load: ` + c.text + `"`, badgeColour[c.tone]} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("no %s in\n%s", want, b.String())
			}
		}
		for d := xml.NewDecoder(&b); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestBadgeTextFits: each text ends before its ground does.
func TestBadgeTextFits(t *testing.T) {
	svg := badgeOf(t, fixtureSuite())
	number := func(pattern string, n int) float64 {
		m := regexp.MustCompile(pattern).FindAllStringSubmatch(svg, -1)
		v, err := strconv.ParseFloat(m[n][1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	split, width := number(`<rect x="(\d+)"`, 0), number(`<svg [^>]*width="(\d+)"`, 0)
	for i, edge := range []float64{split, width} {
		if end := number(`<text x="(\d+)"`, i) + number(`textLength="([\d.]+)"`, i); end > edge-5 || end < edge-8 {
			t.Errorf("text %d ends at %v, its ground at %v", i, end, edge)
		}
	}
}

// TestBadgeCanBeRead: white on each ground has the contrast that WCAG asks of small text.
func TestBadgeCanBeRead(t *testing.T) {
	for tone, colour := range badgeColour {
		v, err := strconv.ParseUint(colour[1:], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		if ratio := 1.05 / (luminance(float64(v>>16&255), float64(v>>8&255), float64(v&255)) + 0.05); ratio < 4.5 {
			t.Errorf("%s on %s: %.2f", "white", tone, ratio)
		}
	}
}

// luminance is that of a colour as WCAG 2 counts it.
func luminance(rgb ...float64) float64 {
	sum := 0.0
	for i, share := range []float64{0.2126, 0.7152, 0.0722} {
		v := rgb[i] / 255
		if v <= 0.03928 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += share * v
	}
	return sum
}
