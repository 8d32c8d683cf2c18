package reports

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Status is the objective's outcome in the words of rules.
func (o *Objective) Status() Status {
	switch {
	case o.Inconclusive:
		return Inconclusive
	case o.Held:
		return Passed
	}
	return Failed
}

// outcome is the same in the words of objectives.
func (o *Objective) outcome() string {
	return map[Status]string{Passed: "held", Failed: "missed", Inconclusive: "inconclusive"}[o.Status()]
}

func (o *Objective) actual() string {
	if o.Actual == nil {
		return na
	}
	return inUnit(*o.Actual, o.Unit)
}

func inUnit(v float64, unit string) string {
	switch unit {
	case unitTime:
		return latency(int64(v))
	case unitRate:
		return perSecond(v) + "/s"
	case unitShare:
		return percent(v)
	}
	return number(int64(v))
}

// missedBy says how far the actual value is from the limit, in its unit and in percent of the limit; empty where it was not missed
// or that can not be said.
func (o *Objective) missedBy() string {
	if o.Status() != Failed || o.Actual == nil {
		return ""
	}
	d := *o.Actual - o.Limit
	if d == 0 {
		return "by nothing: it is the limit itself"
	}
	far := inUnit(math.Abs(d), o.Unit)
	if o.Unit == unitShare {
		far = strings.TrimSuffix(far, " %") + " points"
	}
	if o.Limit > 0 {
		far += fmt.Sprintf(" (%s)", digits3(100*math.Abs(d)/o.Limit)+" %")
	}
	if d < 0 {
		return far + " under"
	}
	return far + " over"
}

// spans writes when: "12-14 s, 17-18 s".
func spans(list []Span) string {
	const most = 6
	var parts []string
	for i, s := range list {
		if i == most {
			parts = append(parts, "and "+number(int64(len(list)-most))+" times more")
			break
		}
		parts = append(parts, tenths(s.From)+"-"+tenths(s.To)+" s")
	}
	return strings.Join(parts, ", ")
}

// tenths writes seconds with a tenth where they are not whole.
func tenths(d time.Duration) string {
	return strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', -1, 64)
}

// sentence is what came of it in a line: "was 7.21 ms, 2.21 ms (44.2 %) over, in 12-14 s".
func (o *Objective) sentence() string {
	text := "was " + o.actual()
	if by := o.missedBy(); by != "" {
		text += ", " + by
	}
	if len(o.Seconds) > 0 {
		text += ", in " + spans(o.Seconds)
	}
	if o.Reason != "" {
		text += "; " + o.Reason
	}
	return text
}

// objectives sums up what came of a run's: "1 of 2 objectives held; missed: p99<5ms". Empty where there are none.
func (r *Run) objectives() (tone, string) {
	if len(r.Objectives) == 0 {
		return good, ""
	}
	of := map[Status][]string{}
	for _, o := range r.Objectives {
		of[o.Status()] = append(of[o.Status()], o.Text)
	}
	v := good
	text := fmt.Sprintf("%d of %s held", len(of[Passed]), plural(int64(len(r.Objectives)), "objective"))
	if list := of[Inconclusive]; len(list) > 0 {
		v = unsure
		text += "; inconclusive: " + enumerate(list)
	}
	if list := of[Failed]; len(list) > 0 {
		v = bad
		text += "; missed: " + enumerate(list)
	}
	return v, text
}

// objectives lists them under the figures of the runs, one a line.
func (t Terminal) objectives(w io.Writer, runs []*Run) {
	all, width := names(runs), 0
	label := func(i int, o *Objective) string {
		if len(runs) == 1 {
			return visible(o.Text)
		}
		return visible(all[i] + ": " + o.Text)
	}
	for i, r := range runs {
		for _, o := range r.Objectives {
			width = max(width, utf8.RuneCountInString(label(i, o)))
		}
	}
	for i, r := range runs {
		for _, o := range r.Objectives {
			s, text := o.Status(), label(i, o)
			space := strings.Repeat(" ", width-utf8.RuneCountInString(text))
			fmt.Fprintf(w, "  %s %s%s  %s: %s\n", t.paint(toneOf(s), symbol(s)), text, space, o.outcome(), visible(o.sentence()))
		}
	}
}

func objectiveTable(list []*Objective) *table {
	if len(list) == 0 {
		return nil
	}
	t := &table{Name: "Objectives", Head: []string{"objective", "outcome", "actual", "missed by", "in", "remark"}, Words: []string{"in", "remark"}}
	for _, o := range list {
		s := o.Status()
		t.Rows = append(t.Rows, tableRow{Name: visible(o.Text), Cells: []cell{
			{symbol(s) + " " + o.outcome(), s == Failed}, {Text: o.actual()}, {Text: o.missedBy()}, {Text: together(spans(o.Seconds))}, {Text: visible(o.Reason)},
		}})
	}
	return t
}

func mdObjectives(w io.Writer, name string, list []*Objective) {
	for _, o := range list {
		fmt.Fprintf(w, "- %s %s %s %s: %s\n", symbol(o.Status()), md(name), mdCode(o.Text), o.outcome(), md(o.sentence()))
	}
	if len(list) > 0 {
		fmt.Fprintln(w)
	}
}

// junitObjectives makes each objective a testcase: one that was missed is a failure, an inconclusive one an error.
func junitObjectives(r *Run, name string) []*junitCase {
	var list []*junitCase
	for _, o := range r.Objectives {
		c := &junitCase{Name: visible(name + ": " + o.Text), Class: "load.slo", Time: seconds(0)}
		message := visible(o.Text + " " + o.outcome() + ": " + o.sentence())
		switch o.Status() {
		case Failed:
			c.Failure = &junitFault{message, "missed", ""}
		case Inconclusive:
			c.Error = &junitFault{message, "inconclusive", ""}
		default:
			c.Out = "\n" + message + "\n"
		}
		list = append(list, c)
	}
	return list
}
