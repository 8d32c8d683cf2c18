package reports

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// side5 is runs of one plan: 2 s each, gets with medians around the given one, each off by so many parts.
func compared(median time.Duration, off ...float64) []*Run {
	var runs []*Run
	for i, part := range off {
		r := fixtureRun(8, 500, time.Duration(float64(median)*(1+part)), 0.3, false)
		r.Started = r.Started.Add(time.Duration(i) * time.Minute)
		runs = append(runs, r)
	}
	return runs
}

func mustCompare(t *testing.T, base, head []*Run, fail ...string) *Comparison {
	t.Helper()
	var o CompareOptions
	for _, text := range fail {
		f, err := ParseRegression(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Fail = append(o.Fail, f)
	}
	r, err := Compare(&Report{Runs: base}, &Report{Runs: head}, o)
	if err != nil {
		t.Fatal(err)
	}
	return r.Comparison
}

func (c *Comparison) row(t *testing.T, label string) *Difference {
	t.Helper()
	for _, d := range c.Rows {
		if d.label() == label {
			return d
		}
	}
	t.Fatalf("there is no row %q", label)
	return nil
}

var noise = []float64{0, 0.01, -0.01, 0.02, -0.02}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name       string
		base, head []*Run
		p99        string // verdict of the row
		outcome    Status
		says       string
	}{
		{"slower", compared(1e6, noise...), compared(12e5, noise...), VerdictSlower, Failed, "HEAD is slower than BASE, by more than chance explains: p50 rose from"},
		{"faster", compared(12e5, noise...), compared(1e6, noise...), VerdictFaster, Passed, "HEAD is faster than BASE"},
		{"equal", compared(1e6, noise...), compared(1e6, 0.015, -0.015, 0.005, -0.005, 0), VerdictNone, Passed, "No difference seen between BASE and HEAD (5 runs each)"},
		{"seen but small", compared(1e6, noise...), compared(106e4, noise...), VerdictSlower, Passed, "HEAD is slower"},
		{"too few", compared(1e6, noise[:3]...), compared(2e6, noise[:3]...), VerdictFew, Inconclusive, "3 runs each; it takes 4 of each at least, so 1 more of each."},
		{"too few of one", compared(1e6, noise[:1]...), compared(2e6, noise...), VerdictFew, Inconclusive, "so 3 more of BASE."},
		{"large but scattered", compared(1e6, -0.5, -0.4, 0, 0.4, 0.6), compared(14e5, -0.5, -0.4, 0, 0.4, 0.6), VerdictNone, Inconclusive, "No difference seen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := mustCompare(t, c.base, c.head, "p99>+10%")
			if got := v.row(t, "p99").Verdict; got != c.p99 {
				t.Errorf("p99 is %q, want %q", got, c.p99)
			}
			if got := v.Outcome(); got != c.outcome {
				t.Errorf("%s, want %s: %s", got, c.outcome, v.Gates[0].Reason)
			}
			if got := v.figures().Text; !strings.Contains(got, c.says) {
				t.Errorf("it says %q, want %q", got, c.says)
			}
			var b, again bytes.Buffer
			r := &Report{Runs: append(c.base, c.head...), Comparison: v}
			if err := JSON(&b, r); err != nil {
				t.Fatal(err)
			}
			read, err := parse(b.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if err := JSON(&again, read); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
				t.Errorf("read and written again it is something else (%v)", err)
			}
		})
	}
}
