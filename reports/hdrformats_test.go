package reports

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// hlogHistogram is a histogram as HdrHistogram's own reader found it.
type hlogHistogram struct {
	tag        string
	start, end int64 // milliseconds since the epoch
	*hdrhistogram.Histogram
}

func readHLog(t *testing.T, log []byte) (list []hlogHistogram) {
	t.Helper()
	reader := hdrhistogram.NewHistogramLogReader(bytes.NewReader(log))
	for {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			return list
		}
		list = append(list, hlogHistogram{h.Tag(), h.StartTimeMs(), h.EndTimeMs(), h})
	}
}

// HdrHistogram's own reader finds every interval, and adds up to the run's totals.
func TestHLogIsReadBack(t *testing.T) {
	r := load(t)
	for i, run := range r.Runs {
		var b bytes.Buffer
		if err := HLog(&b, &Report{Runs: []*Run{run}}); err != nil {
			t.Fatal(err)
		}
		sums := map[string]*hdrhistogram.Histogram{}
		n := 0
		for _, h := range readHLog(t, b.Bytes()) {
			n++
			if sums[h.tag] == nil {
				sums[h.tag] = hdrhistogram.New(lowest, highest, digits)
			}
			sums[h.tag].Merge(h.Histogram)
			if after := float64(h.start - run.Started.UnixMilli()); math.Mod(after+1, 1000) > 2 || h.end-h.start < 999 || h.end-h.start > 1001 {
				t.Errorf("run %d: an interval from %v ms after the start, %d ms long", i, after, h.end-h.start)
			}
		}
		want := 0
		for _, v := range run.Intervals {
			want += len(v.Operations)
			if !run.closed() {
				want += len(v.Operations)
			}
		}
		if n != want {
			t.Errorf("run %d: %d histograms were found of %d", i, n, want)
		}
		check := func(tag string, h *Histogram) {
			got := sums[tag]
			if got == nil || got.TotalCount() != h.TotalCount() || got.ValueAtQuantile(99) != h.ValueAtQuantile(99) || got.Max() != h.view().Max() {
				t.Errorf("run %d: tag %s adds up to something else: %v", i, tag, got)
			}
			delete(sums, tag)
		}
		for _, o := range run.Totals {
			check(o.Name+".response", o.Response)
			if o.Service != nil {
				check(o.Name+".service", o.Service)
			}
		}
		for tag := range sums {
			if !strings.HasPrefix(tag, "warm-up.") || run.closed() {
				t.Errorf("run %d: unexpected tag %s", i, tag)
			}
		}
	}
}

// In the log of several runs every tag is one run's.
func TestHLogOfSeveral(t *testing.T) {
	r := load(t)
	var b bytes.Buffer
	if err := HLog(&b, r); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, h := range readHLog(t, b.Bytes()) {
		counts[h.tag] += h.TotalCount()
	}
	for i, prefix := range []string{"1_client.", "1024_clients.", "64_clients__open_<loop>."} {
		if got, want := counts[prefix+"get.response"], r.Runs[i].Totals[0].Response.TotalCount(); got != want {
			t.Errorf("%s: %d, want %d (%v)", prefix, got, want, counts)
		}
	}
}

// The lines are read as HdrHistogram's plotter reads them: four columns, the rest is comment.
func TestHGRMIsReadBack(t *testing.T) {
	r := load(t)
	for i, run := range r.Runs {
		run.Warnings = append(run.Warnings, "two\nlines")
		var b bytes.Buffer
		if err := HGRM(&b, &Report{Runs: []*Run{run}}); err != nil {
			t.Fatal(err)
		}
		total := run.Total()
		n, last, lastShare := 0, 0.0, 0.0
		for line := range strings.Lines(b.String()) {
			cells := strings.Fields(line)
			if strings.HasPrefix(line, "#") || len(cells) != 4 || cells[0] == "Value" {
				continue
			}
			n++
			value, err := strconv.ParseFloat(cells[0], 64)
			if err != nil {
				t.Fatalf("run %d: %q", i, line)
			}
			share, err := strconv.ParseFloat(cells[1], 64)
			if err != nil || value < last || share < lastShare {
				t.Fatalf("run %d: %q after %v", i, line, last)
			}
			last, lastShare = value, share
			at, err := strconv.ParseFloat(cells[2], 64) // samples up to the value: exact, where the share is rounded
			want := float64(total.Response.ValueAtQuantile(100*at/float64(total.Count))) / 1e6
			if err != nil || math.Abs(value-want) > 0.0005+1e-9 {
				t.Errorf("run %d: %v at %v samples, want %v, %v", i, value, at, want, err)
			}
		}
		if n < 20 || lastShare != 1 || math.Abs(last-float64(total.Percentiles.Max)/1e6) > 0.001 {
			t.Errorf("run %d: %d lines up to %v at %v", i, n, last, lastShare)
		}
		if want := fmt.Sprintf("Total count    = %12d]", total.Count); !strings.Contains(b.String(), want) {
			t.Errorf("run %d: no %q", i, want)
		}
		if !strings.HasSuffix(b.String(), "#[Warning: two lines]\n") {
			t.Errorf("run %d: the warning is no comment: %s", i, b.String())
		}
	}
}

func TestHDRFormatsRefuse(t *testing.T) {
	r := load(t)
	suite := &Report{Suites: r.Suites}
	bare := &Report{Runs: []*Run{{Totals: []*Operation{{Name: "get", Count: 1}}}}}
	for _, c := range []struct {
		format Format
		report *Report
		say    string
	}{
		{HGRM, suite, "there is none"}, {HLog, suite, "there is none"},
		{HGRM, r, "there are 3 runs"}, {HGRM, bare, "without one"},
	} {
		if err := c.format(&bytes.Buffer{}, c.report); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%v, want something of %q", err, c.say)
		}
	}
	// Nothing measured is no error: what was cut short at once still has its report.
	var b bytes.Buffer
	if err := HGRM(&b, &Report{Runs: []*Run{{CutShort: true}}}); err != nil || !strings.Contains(b.String(), "Total count    =            0]") {
		t.Errorf("%v: %s", err, b.String())
	}
}
