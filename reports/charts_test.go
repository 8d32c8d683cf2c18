package reports

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOverTime: runs are counted from their own starts, and each moment tells what each of them did then.
func TestOverTime(t *testing.T) {
	a, b := fixtureRun(1, 1000, time.Millisecond, 0.3, false), fixtureRun(64, 500, 5*time.Millisecond, 0.3, true)
	b.Intervals = b.Intervals[:4]
	list := overTime([]*Run{a, b})
	if len(list) != 2 {
		t.Fatalf("%d pictures", len(list))
	}
	throughput, slow := list[0], list[1]
	if len(throughput.Series) != 2 || throughput.X.Max != 10 || len(throughput.Marks) != 10 || len(slow.Marks) != 10 {
		t.Fatalf("%+v", throughput)
	}
	if n := len(throughput.Series[1].Points); n != 8 {
		t.Errorf("a run of 4 seconds has %d points, want two of each", n)
	}
	m := a.Intervals[2].Operations
	if want := perSecond(float64(m[0].Count + m[1].Count)); !strings.Contains(throughput.Marks[2].Text, "1 client: "+want+" requests/s\n64 clients: ") {
		t.Errorf("no %s in %q", want, throughput.Marks[2].Text)
	}
	if !strings.HasSuffix(slow.Marks[7].Text, "64 clients: n/a") {
		t.Errorf("after its end: %q", slow.Marks[7].Text)
	}
	if overTime(slices.Repeat([]*Run{a}, paletteSize+1)) != nil || overTime([]*Run{{}, {}}) != nil {
		t.Error("more lines than colours, or none, are drawn")
	}
}

// TestLimits: an objective is a line in a picture only where it bounds what is drawn there.
func TestLimits(t *testing.T) {
	r := fixtureRun(1, 1000, time.Millisecond, 0.3, false)
	for _, text := range []string{"p99<5ms", "get.p99<1ms", "service.p99<1ms", "mean<1ms", "max<90ms", "rate>=2k/s", "errors==0", "what"} {
		r.Objectives = append(r.Objectives, &Objective{Text: text, Held: text != "max<90ms"})
	}
	want := []limit{{At: 5e6, To: 100, Label: "p99<5ms"}, {At: 9e7, Label: "max<90ms", Missed: true}}
	got := r.limits(unitTime)
	for i := range got {
		got[i].To = float64(int(got[i].To + 0.5))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	p := responseChart(r, r.moments(drawnMoments))
	if len(p.Limits) != 2 || p.Limits[0].To != 0 || p.Y.Max < 9e7 {
		t.Errorf("over time: %+v up to %v", p.Limits, p.Y.Max)
	}
	if p := throughputChart(r, r.moments(drawnMoments)); len(p.Limits) != 1 || p.Limits[0].At != 2000 || p.Y.Max < 2000 {
		t.Errorf("throughput: %+v up to %v", p.Limits, p.Y.Max)
	}
}

// TestErrorsHaveTheirOwnAxis: one error among ten thousand answers is to be seen.
func TestErrorsHaveTheirOwnAxis(t *testing.T) {
	r := fixtureRun(1, 10_000, time.Millisecond, 0.3, false)
	if p := errorChart(r.moments(drawnMoments)); p != nil {
		t.Error("a picture of no errors")
	}
	r.Intervals[4].Operations[0].Errors = 1
	p := errorChart(r.moments(drawnMoments))
	if p == nil || p.Y.Max > 3 || !slices.Contains(p.Series[0].Points, point{4, 1}) || !strings.Contains(p.Marks[4].Text, "1 error of ") {
		t.Errorf("%+v", p)
	}
}

// TestNoPictureOfNoAnswer: where nothing was answered there are its errors to show, and no empty picture of times.
func TestNoPictureOfNoAnswer(t *testing.T) {
	r := &Run{Intervals: []*Interval{{Length: time.Second, Stage: "run", Recorded: true, Operations: []*Operation{{Name: "get", Errors: 5}}}}}
	var titles []string
	for _, p := range timeCharts(r) {
		titles = append(titles, p.Title)
	}
	if !slices.Equal(titles, []string{"Throughput over time", "Errors over time"}) {
		t.Errorf("%q", titles)
	}
}

// TestPictureInWords: who does not see a picture is told what its lines reach.
func TestPictureInWords(t *testing.T) {
	r := fixtureRun(1, 1000, time.Millisecond, 0.3, true)
	r.Objectives = []*Objective{{Text: "p99<5ms"}}
	got := responseChart(r, r.moments(drawnMoments)).label()
	if !regexp.MustCompile(`^Response time over time: p99 from \S+ ms to \S+ ms; p50 from \S+ µs to \S+ ms\. The objective is p99<5ms\.$`).MatchString(got) {
		t.Error(got)
	}
}

// TestCommandLines: a long command is broken before options only, and a shell reads the same words from it.
func TestCommandLines(t *testing.T) {
	if got := commandLines([]string{"memlite", "load", ":5001", "--clients", "50"}); got != "memlite load :5001 --clients 50" {
		t.Errorf("%q", got)
	}
	long := []string{"memlite", "load", "127.0.0.1:5001"}
	for range 6 {
		long = append(long, "--slo", "p99<5ms", "--stage", "3m@800/s,name=it's")
	}
	got := commandLines(long)
	if strings.ReplaceAll(got, " \\\n ", "") != quoteCommand(long) {
		t.Errorf("other words: %s", got)
	}
	for i, line := range strings.Split(got, "\n") {
		if len(line) > 90 || i > 0 && !strings.HasPrefix(line, "  --") {
			t.Errorf("line %q", line)
		}
	}
}

// TestManyRunsAreFolded: of many runs a page shows the figures, and the rest of each when asked; few are open. The command
// of a scan is said once.
func TestManyRunsAreFolded(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, long")
	}
	for _, n := range []int{2, mostUnfolded, mostUnfolded + 1} {
		var runs []*Run
		for i := range n {
			r := fixtureRun(16, 200*(i+1), time.Millisecond, 0.3, true)
			r.Trial = TrialOfScan
			runs = append(runs, r)
		}
		var out bytes.Buffer
		if err := HTML(&out, &Report{Runs: runs}); err != nil {
			t.Fatal(err)
		}
		folded := 0
		if n > mostUnfolded {
			folded = n
		}
		if got := strings.Count(out.String(), `<details class="more trial">`); got != folded {
			t.Errorf("%d of %d runs are folded, want %d", got, n, folded)
		}
		if got := strings.Count(out.String(), "<h3>Run it again</h3>"); got != 1 {
			t.Errorf("%d commands on the page of a scan, want one", got)
		}
	}
}
