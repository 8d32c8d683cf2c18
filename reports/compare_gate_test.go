package reports

import (
	"strings"
	"testing"
)

func TestParseRegression(t *testing.T) {
	for text, want := range map[string]struct {
		name, unit string
		limit      float64
	}{
		"p99>+10%":             {"p99", unitRelative, 0.1},
		" get.p99.9 > + 2.5 %": {"get.p99.9", unitRelative, 0.025},
		"set.service.max>+0%":  {"set.service.max", unitRelative, 0},
		"mean>+500us":          {"mean", unitTime, 5e5},
		"p50>+200%":            {"p50", unitRelative, 2},
		"rate<-5%":             {"rate", unitRelative, 0.05},
		"errors>+0":            {"errors", unitShare, 0},
		"errors>+0.1%":         {"errors", unitShare, 0.001},
		"drops>+0%":            {"drops", unitShare, 0},
		"hits<-1%":             {"hits", unitShare, 0.01},
		"get.misses>+1%":       {"get.misses", unitShare, 0.01},
	} {
		f, err := ParseRegression(text)
		if err != nil || f.Text != strings.TrimSpace(text) || f.of.name() != want.name || f.unit != want.unit || f.limit != want.limit {
			t.Errorf("%q: %+v, %v, want %v", text, f, err, want)
		}
	}
	for text, want := range map[string]string{
		"":             "compares nothing",
		"p99":          "compares nothing",
		"p99>10%":      "a regression is written p99>+VALUE",
		"p99<-10%":     "p99 is better when it is lower, so a regression is written p99>+VALUE",
		"rate>+5%":     "rate is better when it is higher, so a regression is written rate<-VALUE",
		"p99>+10":      "such as 10% or 500us",
		"p99>+":        "such as 10% or 500us",
		"p99>+-1ms":    "such as 10% or 500us",
		"p99>+-10%":    "such as 10% or 500us",
		"p99>+61s":     "such as 10% or 500us",
		"errors>+3":    "in points, from 0 to 100%",
		"errors>+101%": "in points",
		"rate<-5/s":    "such as 5%",
		"q99>+1%":      "no metric",
		">+1%":         "no metric",
		"p99>+1e3%":    "such as 10%",
		"p99>+0x1p3%":  "such as 10%",
		"p99>+%":       "such as 10%",
	} {
		if _, err := ParseRegression(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
}

func FuzzParseRegression(f *testing.F) {
	for _, s := range []string{"p99>+10%", "rate<-5%", "errors>+0", "get.p99.9>+500us", "set.service.mean > + 1ms", "hits<-1%", "p99>10%", "p<1", "\xff>+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseRegression(s)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("%q: the error is more than a line: %q", s, err)
			}
			return
		}
		if again, err := ParseRegression(v.Text); err != nil || again != v {
			t.Errorf("%q: %+v, its text gives %+v, %v", s, v, again, err)
		}
		if !(v.limit >= 0) || v.limit > 1e11 {
			t.Errorf("%q: %+v", s, v)
		}
		if v.larger(100, 100) {
			t.Errorf("%q: no change is a regression", s)
		}
	})
}

func TestLargerThanTheGate(t *testing.T) {
	for _, c := range []struct {
		gate       string
		base, head float64
		want       bool
	}{
		{"p99>+10%", 1e6, 1.1e6, false}, {"p99>+10%", 1e6, 1.1001e6, true}, {"p99>+10%", 0, 1, true}, {"p99>+10%", 1e6, 1e5, false},
		{"p99>+1ms", 1e6, 2e6, false}, {"p99>+1ms", 1e6, 2.1e6, true},
		{"rate<-5%", 100, 95, false}, {"rate<-5%", 100, 94, true}, {"rate<-5%", 100, 200, false},
		{"errors>+0", 0, 0, false}, {"errors>+0", 0, 1e-9, true}, {"errors>+1%", 0.001, 0.0109, false}, {"errors>+1%", 0.001, 0.012, true},
		{"hits<-1%", 0.99, 0.981, false}, {"hits<-1%", 0.99, 0.97, true},
	} {
		if got := gatesOf(t, c.gate)[0].larger(c.base, c.head); got != c.want {
			t.Errorf("%s from %v to %v: %v", c.gate, c.base, c.head, got)
		}
	}
}
