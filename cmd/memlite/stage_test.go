package main

import (
	"strings"
	"testing"
	"time"

	"memlite/loadgen"
)

func TestParseStage(t *testing.T) {
	const s = time.Second
	for text, want := range map[string]loadgen.Stage{
		"10s":                      {Duration: 10 * s},
		"10s@1k/s":                 {Duration: 10 * s, Rate: 1000},
		"30s@1k-20k/s":             {Duration: 30 * s, Rate: 1000, To: 20_000},
		"30s@1k/s-20k/s":           {Duration: 30 * s, Rate: 1000, To: 20_000},
		"30s@0-20k":                {Duration: 30 * s, To: 20_000},
		"60s@10k-50k/s:5":          {Duration: 60 * s, Rate: 10_000, To: 50_000, Steps: 5},
		"1s@50k/s,poisson,name=up": {Duration: s, Rate: 50_000, Arrival: "poisson", Name: "up"},
		"1s,unrecorded,think=5ms":  {Duration: s, Unrecorded: true, Think: 5 * time.Millisecond},
		"1s,closed":                {Duration: s, Arrival: "closed"},
		"requests=10k@5k/s":        {Requests: 10_000, Rate: 5000},
	} {
		got, err := parseStage(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
		if again, err := parseStage(got.String()); err != nil || again != got {
			t.Errorf("%s: written as %s and read as %+v, %v", text, got, again, err)
		}
	}
	for text, want := range map[string]string{
		"":               `"" is not a duration`,
		"1k/s":           `"1k/s" is not a duration`,
		"10s@fast":       `"fast" is not a rate`,
		"10s@1k-":        `"" is not a rate`,
		"10s@1k-0":       "down to 1/s",
		"10s@0":          "a rate is above 0",
		"10s@1-2:x":      `"x" is not a whole number`,
		"10s@1-2:0":      "no 0 steps",
		"10s@1k,poison":  "did you mean poisson?",
		"10s,think=x":    `"x" is not a duration`,
		"10s,":           `no arrival ""`,
		"requests=x":     `"x" is not a whole number`,
		"10s@1k,rate=1k": `no arrival "rate=1k"`,
	} {
		if _, err := parseStage(text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "30s@1k-20k/s") {
			t.Errorf("%s: %v, want an error with %s", text, err, want)
		}
	}
}

func FuzzParseStage(f *testing.F) {
	for _, text := range []string{"10s", "10s@1k/s", "60s@10k-50k/s:5,poisson,name=a b", "requests=5@1,unrecorded,think=1ms"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseStage(text)
		if err != nil {
			return
		}
		if (loadgen.Plan{Target: ":1", Stages: []loadgen.Stage{s}}).Validate() != nil {
			return
		}
		if again, err := parseStage(s.String()); err != nil || again != s {
			t.Errorf("%q: %+v, written as %s, is read as %+v, %v", text, s, s, again, err)
		}
	})
}
