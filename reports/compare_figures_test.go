package reports

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// both is runs with 900 gets a second around a millisecond, and sets that take as long as is said: the gets hide them in the figures of
// all operations together.
func both(sets float64, off ...float64) []*Run {
	var runs []*Run
	for i, r := range gets(1e6, off...) {
		set := fixtureOperation("set", fill(time.Duration(sets*(1+off[i])), 0.3, 20, i), nil)
		r.Totals = append(r.Totals, set)
		r.Requests.Recorded += set.Count
		runs = append(runs, r)
	}
	return runs
}

// Headline and table say the same: what became slower is not hidden by what is asked for more often.
func TestHeadlineNamesWhatOneOperationDoes(t *testing.T) {
	noisy := []float64{0.015, -0.015, 0.005, -0.005, 0.001}
	for _, c := range []struct {
		name string
		head []*Run
		tone tone
		says []string
	}{
		{"slower sets", both(3e6, noisy...), bad, []string{"No difference over all requests, but set p", " is slower (+", "(HEAD against BASE, 5 runs each)."}},
		{"faster sets", both(3e5, noisy...), good, []string{"No difference over all requests, but set p", " is faster (−"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			comparison := mustCompare(t, both(5e5, noise...), c.head, CompareOptions{}).Comparison
			// Only sets differ, and that so few of them in the rows of all are no part of this.
			comparison.Rows = slices.DeleteFunc(comparison.Rows, func(d *Difference) bool { return d.whole() && d.tone() != unsure })
			v := comparison.figures()
			for _, want := range c.says {
				if !strings.Contains(v.Text, want) {
					t.Errorf("it says %q, want %q", v.Text, want)
				}
			}
			if v.Tone != c.tone {
				t.Errorf("tone %v of %q", v.Tone, v.Text)
			}
			if n := strings.Count(v.Text, "("); n > mostParts+1 {
				t.Errorf("%d figures in one sentence: %q", n-1, v.Text)
			}
		})
	}
}

// What all requests do not say is said beside them too where it goes the other way.
func TestHeadlineNamesWhatGoesTheOtherWay(t *testing.T) {
	row := func(operation, verdict string, delta float64) *Difference {
		b, h := 1e6, 1e6*(1+delta)
		return &Difference{Operation: operation, Measure: "p50", Unit: unitTime, Base: Estimate{Center: &b, N: 5}, Head: Estimate{Center: &h, N: 5}, Delta: &delta, Verdict: verdict}
	}
	c := &Comparison{Unit: UnitRun, Alpha: 0.05, Base: Side{Name: "A"}, Head: Side{Name: "B"},
		Rows: []*Difference{row("all", VerdictFaster, -0.1), row("get", VerdictFaster, -0.2), row("set", VerdictSlower, 5.07)}}
	if v := c.figures(); v.Tone != unsure || !strings.HasSuffix(v.Text, "; but set p50 is slower (+507 %).") {
		t.Errorf("%+v", v)
	}
	c.Rows[0].Verdict = VerdictNone
	if v := c.figures(); v.Tone != unsure || !strings.Contains(v.Text, "but set p50 is slower (+507 %), while get p50 is faster (−20 %)") {
		t.Errorf("%+v", v)
	}
	for _, delta := range []float64{6, 7, 8} {
		c.Rows = append(c.Rows, row("set", VerdictSlower, delta))
	}
	if got := c.parts(bad); got != "set p50 is slower (+800 %), set p50 is slower (+700 %), set p50 is slower (+600 %) and 1 more figure" {
		t.Errorf("the worst few are %q", got)
	}
}

// Held on data that would not show much is not "not worse".
func TestHeldSaysWhatCouldHaveGoneUnseen(t *testing.T) {
	wide := []float64{-0.5, -0.4, 0, 0.4, 0.6}
	for _, gate := range []string{"p99>+10%", "p99>+500us"} {
		r := mustCompare(t, gets(1e6, wide...), gets(1e6, wide...), CompareOptions{Fail: gatesOf(t, gate, "errors>+0")})
		v := verdictsOfComparison(r.Comparison)[0]
		want := "HEAD was not shown to be worse than BASE by more than is allowed: errors>+0 held; " + gate + " held, though a rise of up to +"
		if !strings.HasPrefix(v.Text, want) || !strings.HasSuffix(v.Text, " % could have gone unseen.") {
			t.Errorf("it says %q, want %q", v.Text, want)
		}
		if got := r.Comparison.Outcome(); got != Passed {
			t.Errorf("%s: it fails only what is both larger and significant", got)
		}
	}
	narrow := mustCompare(t, gets(1e6, noise...), gets(1e6, noise...), CompareOptions{Fail: gatesOf(t, "p99>+10%")})
	if v := verdictsOfComparison(narrow.Comparison)[0]; v.Text != "HEAD is not worse than BASE by more than is allowed: p99>+10% held." {
		t.Errorf("%q", v.Text)
	}
}

// Where the load generator was the limit, its figures are compared: the headline says so, and nothing is answered.
func TestLoadGeneratorWasTheLimit(t *testing.T) {
	limited := mustCompare(t, spoil(gets(1e6, noise...), 4, bottleneck), spoil(gets(1e6, noise...), 4, bottleneck), CompareOptions{}).Comparison
	v := verdictsOfComparison(limited)[0]
	if !strings.HasPrefix(v.Text, "The load generator was the limit in 8 of 10 runs: what is compared may be its figures. No difference seen") || v.Tone != unsure {
		t.Errorf("%+v", v)
	}
	if got := limited.Outcome(); got != Inconclusive {
		t.Error(got)
	}
	enough := mustCompare(t, spoil(gets(1e6, noise...), 1, bottleneck), gets(1e6, noise...), CompareOptions{}).Comparison
	if v := verdictsOfComparison(enough)[0]; enough.Outcome() != Passed || strings.Contains(v.Text, "limit") {
		t.Errorf("%s: %s", enough.Outcome(), v.Text)
	}
}

func TestRunsOnBothSides(t *testing.T) {
	base := gets(1e6, noise...)
	_, err := Compare(&Report{Runs: base[:4]}, &Report{Runs: base[3:]}, CompareOptions{Base: "old", Head: "new"})
	if err == nil || err.Error() != "the run of 2026-03-14 14:12:26 UTC at 127.0.0.1:5001 is on both sides, old and new: what is compared with itself does not differ" {
		t.Error(err)
	}
}

// How many figures chance makes look different is said where one does, and of how many the table has.
func TestByChanceIsSaidWhereSomethingDiffers(t *testing.T) {
	for median, want := range map[float64]bool{5e5: false, 9e6: true} {
		c := mustCompare(t, both(5e5, noise...), both(median, noise...), CompareOptions{}).Comparison
		notes := strings.Join(c.notes(), "\n")
		if got := strings.Contains(notes, "by chance alone"); got != want {
			t.Errorf("sets of %v: %s", median, notes)
		}
		if of := "Of " + number(int64(len(c.shown()))) + " figures"; want && !strings.Contains(notes, of) {
			t.Errorf("%q is not in %s", of, notes)
		}
	}
}

// No time is 1,300 % less than it is.
func TestWideIntervalHasItsEnds(t *testing.T) {
	d := &Difference{Unit: unitTime}
	for _, c := range []struct {
		lo, center, hi float64
		want           string
	}{
		{4e6, 4.1e6, 4.2e6, "4.10 ms ±2.4 %"},
		{1.6e6, 5.55e6, 170e6, "5.55 ms (1.60 to 170 ms)"},
		{160e3, 555e3, 17e6, "555 µs (160 µs to 17.0 ms)"},
		{1e6, 5e6, float64(highest), "5.00 ms (1.00 ms to over 60 s)"},
	} {
		if got := d.within(Estimate{Center: &c.center, Lo: &c.lo, Hi: &c.hi, N: 5}); strings.ReplaceAll(got, "\u00a0", " ") != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// An end that the scale cuts off is an arrow: a dot would be a figure.
func TestForestEndsInArrows(t *testing.T) {
	draw := func(delta, lo, hi float64) string {
		d := &Difference{Operation: "all", Measure: "p99", Unit: unitTime, Delta: &delta, Lo: &lo, Hi: &hi}
		return string(forest{most: 1}.draw(d, nil))
	}
	for _, c := range []struct {
		delta, lo, hi float64
		dots, arrows  int
	}{{0.1, -0.2, 0.3, 1, 0}, {0.1, -0.2, 1.31, 1, 1}, {5, -2, 9, 0, 3}, {1, 1, 1, 1, 0}} {
		svg := draw(c.delta, c.lo, c.hi)
		if dots, arrows := strings.Count(svg, "<circle"), strings.Count(svg, "L")/2; dots != c.dots || arrows != c.arrows {
			t.Errorf("%v: %d dots, %d arrows in %s", c, dots, arrows, svg)
		}
	}
}
