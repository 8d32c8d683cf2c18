package reports

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// csvHeader names the columns of CSV. What starts belong to that were never sent is no operation: they have a row of their
// own, without one. So each column of counts can be added up as it stands, and a second in which nothing happened
// still has a row.
var csvHeader = []string{
	"run",      // what the report calls it
	"stage",    // warm-up, run, ...
	"recorded", // true: part of the totals
	"start_s", "length_s",
	"operation",      // get, set, ...; empty in the row of the interval itself
	"count",          // answered as the profile allows
	"per_second",     // count / length_s
	"hits", "misses", // of count
	"errors", "errors_by_kind", // "refused 4; timeout 3"
	"dropped", // never sent; in the row without an operation
	"sent_bytes", "received_bytes",
	"response_p50_ms", "response_p90_ms", "response_p99_ms", "response_p99.9_ms", "response_max_ms", // from the intended start
	"service_p50_ms", "service_p99_ms", "service_max_ms", // from the sending; empty in a closed loop, where it is the response time
	"bottleneck", // true: the figures of the run are the load generator's
	"cut_short",  // true: the run ended before its plan did
	"missing",    // share of the load, 0 to 1, whose figures the interval lacks because agents were lost
}

// CSV writes a row per interval and operation, quoted as RFC 4180 says, under a header (csvHeader says what the columns
// are). Lines end in a line feed: awk and cut would take a carriage return for a part of the last column. A cell is
// empty where nothing was measured.
func CSV(w io.Writer, r *Report) error {
	if len(r.Runs) == 0 {
		return errors.New("a csv holds load runs, and there is none")
	}
	c := csv.NewWriter(w)
	_ = c.Write(csvHeader) // c.Error has what went wrong
	all := names(r.Runs)
	for i, run := range r.Runs {
		for _, v := range run.Intervals {
			for _, row := range csvRows(v) {
				row = slices.Concat([]string{all[i], v.Stage, strconv.FormatBool(v.Recorded), seconds(v.Start), seconds(v.Length)}, row,
					[]string{strconv.FormatBool(run.Generator.Bottleneck), strconv.FormatBool(run.CutShort), strconv.FormatFloat(v.Missing, 'g', -1, 64)})
				_ = c.Write(row)
			}
		}
	}
	c.Flush()
	return c.Error()
}

// csvRows are the cells from operation to service_max_ms.
func csvRows(v *Interval) (rows [][]string) {
	for _, o := range v.Operations {
		perSecond := ""
		if v.Length > 0 {
			perSecond = strconv.FormatFloat(rate(o.Count, v.Length), 'f', 3, 64)
		}
		hits, misses := "", ""
		if o.Hits+o.Misses > 0 {
			hits, misses = decimal(o.Hits), decimal(o.Misses)
		}
		row := []string{o.Name, decimal(o.Count), perSecond, hits, misses, decimal(o.Errors), errorsByKind(o), "", decimal(o.Sent), decimal(o.Received)}
		row = append(row, inMilliseconds(o.Percentiles, p50, p90, p99, p999, pMax)...)
		rows = append(rows, append(row, inMilliseconds(o.Service.Percentiles(), p50, p99, pMax)...))
	}
	if v.Dropped > 0 || len(rows) == 0 {
		row := make([]string, slices.Index(csvHeader, "bottleneck")-slices.Index(csvHeader, "operation"))
		row[slices.Index(csvHeader, "dropped")-slices.Index(csvHeader, "operation")] = decimal(v.Dropped)
		rows = append(rows, row)
	}
	return rows
}

// inMilliseconds are percentiles to the nanosecond; empty where there are none.
func inMilliseconds(p *Percentiles, of ...func(*Percentiles) int64) []string {
	cells := make([]string, len(of))
	for i := range of {
		if p != nil {
			cells[i] = strconv.FormatFloat(float64(of[i](p))/1e6, 'f', -1, 64)
		}
	}
	return cells
}

func errorsByKind(o *Operation) string {
	var parts []string
	for kind, n := range o.Outcomes {
		parts = append(parts, fmt.Sprintf("%s %d", kind, n))
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
