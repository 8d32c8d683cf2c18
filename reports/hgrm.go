package reports

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// hgrmTicks is how many lines each halving of the rest has: 50 %, 75 %, 87.5 %, ... HdrHistogram's own tools write five.
const hgrmTicks = 5

// HGRM writes a run's distribution of response times, all operations, recorded stages only, in milliseconds, as the
// percentile output that HdrHistogram's plotter reads. What else is to be said follows as comments.
func HGRM(w io.Writer, r *Report) error {
	switch {
	case len(r.Runs) == 0:
		return errors.New("an hgrm holds a load run, and there is none")
	case len(r.Runs) > 1:
		return fmt.Errorf("an hgrm holds one histogram, and there are %d runs: write it from the JSON of one (memlite report RUN.json --report hgrm=FILE); hlog and csv hold several", len(r.Runs))
	}
	run := r.Runs[0]
	t := run.Total()
	if t.Count > 0 && t.Response == nil {
		return errors.New("an hgrm holds a histogram, and this run was saved without one")
	}
	h := t.Response
	if h == nil {
		h = NewHistogram()
	}
	b := bufio.NewWriter(w)
	if _, err := h.view().PercentilesPrint(b, hgrmTicks, 1e6); err != nil {
		return err
	}
	hdrRemarks(b, run, h)
	return b.Flush()
}

// hdrRemarks writes, as comments, what a reader of HdrHistogram's formats must know beside the counts.
func hdrRemarks(w io.Writer, run *Run, h *Histogram) {
	if h != nil && h.TooHigh > 0 {
		fmt.Fprintf(w, "#[%s above 60 s counted as 60 s]\n", plural(h.TooHigh, "time"))
	}
	if text := run.lostAndWhy(); text != "" {
		fmt.Fprintf(w, "#[%s]\n", oneLine(sentence(text)))
	}
	for _, text := range run.Warnings {
		fmt.Fprintf(w, "#[Warning: %s]\n", oneLine(text))
	}
}

// oneLine keeps a text within its comment.
func oneLine(text string) string { return visible(strings.Join(strings.Fields(text), " ")) }
