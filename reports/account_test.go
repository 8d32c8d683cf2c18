package reports

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every format that people read says where all requests went and, of an open loop, which time is which.
func TestAccountIsInEveryFormat(t *testing.T) {
	run := fixtureRun(50, 1000, time.Millisecond, 0.5, true)
	run.Requests = Requests{Preloaded: 1000, WarmUp: 2001, Recorded: 9990, Errors: 7, Abandoned: 3, Dropped: 40}
	for name, format := range map[string]Format{"text": Summary, "md": Markdown, "junit": JUnit, "html": HTML} {
		var b bytes.Buffer
		if err := format(&b, &Report{Runs: []*Run{run}}); err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(b.String(), "\\", "")
		for _, want := range []string{"1,000", "2,001", "9,990", "7", "3", "13,001", "40", "service", latency(run.service().Percentiles.P99)} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q", name, want)
			}
		}
		const sum = "1,000 preloaded + 2,001 warm-up + 9,990 recorded + 7 errors + 3 abandoned = 13,001 sent; 40 dropped"
		if name != "html" && !strings.Contains(text, sum) {
			t.Errorf("%s: no %q", name, sum)
		}
	}
}

// A second in which starts were dropped shows it.
func TestDropsAreDrawn(t *testing.T) {
	run := fixtureRun(50, 1000, time.Millisecond, 0.5, true)
	for _, dropped := range []int64{0, 250} {
		run.Intervals[5].Dropped = dropped
		p := dropChart(run.moments(drawnMoments))
		if dropped == 0 {
			if p != nil {
				t.Error("a picture of nothing")
			}
			continue
		}
		line, mark := "", ""
		for _, s := range p.Series {
			if s.Name == "never sent/s" && slices.Contains(s.Points, point{5, 250}) && slices.Contains(s.Points, point{4, 0}) {
				line = s.Name
			}
		}
		for _, m := range p.Marks {
			if strings.Contains(m.Text, "250 never sent") {
				mark = m.Text
			}
		}
		if line == "" || mark == "" {
			t.Errorf("%d dropped in a second: line %q, text %q", dropped, line, mark)
		}
	}
}
