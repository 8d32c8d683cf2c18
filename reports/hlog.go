package reports

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// HLog writes a histogram per interval, operation and measure as HdrHistogram's log, version 1.3: times since the first
// run's start in seconds, the greatest value in milliseconds, the histogram in nanoseconds. A tag is OPERATION.MEASURE,
// such as get.response; stages that are not recorded carry their name before it (warm-up.get.response), and so does each
// of several runs, so that a tag is never a mix of both.
func HLog(w io.Writer, r *Report) error {
	if len(r.Runs) == 0 {
		return errors.New("an hlog holds load runs, and there is none")
	}
	base := r.Runs[0].Started
	for _, run := range r.Runs {
		if run.Started.Before(base) {
			base = run.Started // a log has no times before its start
		}
	}
	at := max(0, float64(base.UnixMilli())/1e3) // a run whose start is not known began at 0
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "#[memlite's log of latencies: values in nanoseconds]\n#[Histogram log format version 1.3]\n")
	fmt.Fprintf(b, "#[StartTime: %.3f (seconds since epoch), %s]\n#[BaseTime: %.3f (seconds since epoch)]\n", at, base.UTC().Format(time.RFC3339), at)
	all := names(r.Runs)
	for i, run := range r.Runs {
		fmt.Fprintf(b, "#[Run: %s]\n", oneLine(all[i]))
		hdrRemarks(b, run, run.Total().Response)
	}
	fmt.Fprintf(b, "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n")
	for i, run := range r.Runs {
		offset := run.Started.Sub(base)
		for _, v := range run.Intervals {
			var tag []string
			if len(r.Runs) > 1 {
				tag = append(tag, all[i])
			}
			if !v.Recorded {
				tag = append(tag, v.Stage)
			}
			for _, o := range v.Operations {
				measures := []struct {
					name string
					h    *Histogram
				}{{"response", o.Response}, {"service", o.Service}}
				for _, m := range measures {
					if m.h == nil {
						continue
					}
					text, err := m.h.encode()
					if err != nil {
						return err
					}
					// The text goes through as it is: encoded again it would depend on the compressor's version.
					fmt.Fprintf(b, "Tag=%s,%.3f,%.3f,%.3f,%s\n", hlogTag(append(tag, o.Name, m.name)...), (offset + v.Start).Seconds(), v.Length.Seconds(),
						float64(m.h.max())/1e6, text)
				}
			}
		}
	}
	return b.Flush()
}

// hlogTag joins words to a tag: it must have no comma, no space and no line break.
func hlogTag(words ...string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c == ',' || c == 0x7f {
			return '_'
		}
		return c
	}, strings.Join(words, "."))
}
