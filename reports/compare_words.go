package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// changed is the difference in words: "p99 rose from 4.10 ms to 4.96 ms (+21 %)".
func (d *Difference) changed() string {
	b, h := *d.Base.Center, *d.Head.Center
	if b == h {
		return fmt.Sprintf("%s stayed at %s", d.label(), d.value(b))
	}
	if rareMeasure(d.Measure) {
		return fmt.Sprintf("%s went from %s (in %d of %d) to %s (in %d of %d)", d.label(),
			d.value(b), some(d.Base), d.Base.N, d.value(h), some(d.Head), d.Head.N)
	}
	verb := "rose"
	if h < b {
		verb = "fell"
	}
	text := fmt.Sprintf("%s %s from %s to %s", d.label(), verb, d.value(b), d.value(h))
	if d.Delta != nil {
		text += " (" + d.amount(*d.Delta) + ")"
	}
	return text
}

// some is how many units have any of it.
func some(e Estimate) (n int) {
	for _, v := range e.Values {
		if v > 0 {
			n++
		}
	}
	return n
}

// evidence is what a difference rests on: "(p = 0.008, 5 runs each)".
func (d *Difference) evidence(unit string) string {
	c := Comparison{Unit: unit}
	return fmt.Sprintf("(p = %s, %s)", pValue(d.P), c.counts(d.Base.N, d.Head.N))
}

// amount writes a change: "+21 %", "−0.40 points".
func (d *Difference) amount(v float64) string {
	unit := " %"
	if d.Unit == unitShare {
		unit = " points"
	}
	size := math.Abs(v) * 100
	text := number(int64(math.Round(size)))
	switch {
	case size < 0.995:
		text = strconv.FormatFloat(size, 'f', 2, 64)
	case size < 9.95:
		text = strconv.FormatFloat(size, 'f', 1, 64)
	}
	if strings.Trim(text, "0.") == "" {
		return "0" + unit
	}
	return map[bool]string{true: "−", false: "+"}[v < 0] + text + unit
}

// value writes one of the difference's figures.
func (d *Difference) value(v float64) string {
	if d.Unit == unitTime && v >= float64(highest) {
		return "over 60 s"
	}
	return inUnit(v, d.Unit)
}

func pValue(p *float64) string {
	switch {
	case p == nil:
		return na
	case *p < 0.001:
		return "under 0.001"
	}
	return strconv.FormatFloat(*p, 'f', 3, 64)
}

// within is the estimate with what it lies between: "4.10 ms ±3 %", "5.55 ms (1.60 to 170 ms)".
func (d *Difference) within(e Estimate) string {
	figure, between := d.bounded(e)
	switch {
	case between == "":
		return figure
	case strings.HasPrefix(between, "±"):
		return figure + " " + between
	}
	return figure + " (" + between + ")"
}

// bounded is the estimate and what it lies between, empty where that is not known. Near the estimate only the side that is further away
// is said; an interval that is wide is lopsided, as no time falls below 0, and has both its ends.
func (d *Difference) bounded(e Estimate) (figure, between string) {
	if e.Center == nil {
		return na, ""
	}
	figure = d.value(*e.Center)
	if e.Lo == nil || e.Hi == nil || *e.Center <= 0 {
		return figure, ""
	}
	far := math.Max(*e.Hi / *e.Center - 1, 1 - *e.Lo / *e.Center)
	if far <= widest {
		return figure, "±" + strings.TrimPrefix((&Difference{}).amount(far), "+")
	}
	lo, hi := d.value(*e.Lo), d.value(*e.Hi)
	if at := strings.LastIndexByte(lo, ' '); at > 0 && strings.HasSuffix(hi, lo[at:]) {
		lo = lo[:at]
	}
	return figure, lo + " to " + hi
}

// widest is the part of an estimate up to which ± says what it lies between.
const widest = 0.5

// delta is the change, n/a where it is not known.
func (d *Difference) delta() string {
	if d.Delta == nil {
		return na
	}
	return d.amount(*d.Delta)
}

// span is what the change lies between, with the comparison's confidence.
func (d *Difference) span() string {
	if d.Lo == nil || d.Hi == nil {
		return na
	}
	lo, hi := d.amount(*d.Lo), d.amount(*d.Hi)
	for _, unit := range []string{" %", " points"} {
		if short, ok := strings.CutSuffix(lo, unit); ok {
			lo = short
		}
	}
	return lo + " to " + hi
}

// worse says which way a difference goes: bad, good, or unsure where none was seen.
func (d *Difference) tone() tone {
	up := rareMeasure(d.Measure) || d.Measure == metricMisses
	switch d.Verdict {
	case VerdictSlower:
		return bad
	case VerdictFaster:
		return good
	case VerdictHigher:
		return map[bool]tone{true: bad, false: good}[up]
	case VerdictLower:
		return map[bool]tone{true: good, false: bad}[up]
	}
	return unsure
}

// verdictsOfComparison answer in a sentence each: is the head worse? Gates speak first, where there are any; then the rules; then the
// figures.
func verdictsOfComparison(c *Comparison) []verdict {
	var list []verdict
	if v, ok := c.gates(); ok {
		list = append(list, v)
	}
	if v, ok := c.rules(); ok {
		list = append(list, v)
	}
	if len(c.Rows) > 0 {
		v := c.figures()
		if c.Doubt != "" {
			v.Tone, v.Text = unsure, strings.ToUpper(c.Doubt[:1])+c.Doubt[1:]+". "+v.Text
		}
		list = append(list, v)
	}
	return list
}

func (c *Comparison) gates() (verdict, bool) {
	if len(c.Gates) == 0 {
		return verdict{}, false
	}
	of := map[Status][]string{}
	for _, g := range c.Gates {
		of[g.Status()] = append(of[g.Status()], g.Text)
	}
	switch {
	case len(of[Failed]) > 0:
		return verdict{Tone: bad, Text: fmt.Sprintf("%s is worse than %s by more than is allowed: %s.", c.Head.Name, c.Base.Name, enumerate(of[Failed]))}, true
	case len(of[Inconclusive]) > 0:
		return verdict{Tone: unsure, Text: fmt.Sprintf("Whether %s is worse than %s by more than is allowed can not be told: %s.", c.Head.Name, c.Base.Name, enumerate(of[Inconclusive]))}, true
	}
	return verdict{Tone: good, Text: c.held()}, true
}

// held says what gates that all held have shown, and where that is not much: a change beyond the limit may have been there and not
// been seen.
func (c *Comparison) held() string {
	var sure, unsure []string
	for _, g := range c.Gates {
		if g.Unseen == "" {
			sure = append(sure, g.Text)
		} else {
			unsure = append(unsure, fmt.Sprintf("%s held, though %s could have gone unseen", g.Text, g.Unseen))
		}
	}
	if len(unsure) == 0 {
		return fmt.Sprintf("%s is not worse than %s by more than is allowed: %s held.", c.Head.Name, c.Base.Name, enumerate(sure))
	}
	if len(sure) > 0 {
		unsure = append([]string{enumerate(sure) + " held"}, unsure...)
	}
	return fmt.Sprintf("%s was not shown to be worse than %s by more than is allowed: %s.", c.Head.Name, c.Base.Name, strings.Join(unsure, "; "))
}
