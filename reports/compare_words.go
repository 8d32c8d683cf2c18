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

// within is the estimate with its interval: "4.10 ms ±3 %". Only the side that is further away is said.
func (d *Difference) within(e Estimate) string {
	if e.Center == nil {
		return na
	}
	text := d.value(*e.Center)
	if e.Lo == nil || e.Hi == nil || *e.Center <= 0 {
		return text
	}
	far := math.Max(*e.Hi / *e.Center - 1, 1 - *e.Lo / *e.Center)
	return text + " ±" + strings.TrimPrefix((&Difference{}).amount(far), "+")
}

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

// verdictOfComparison answers in a sentence: is the head worse? Gates speak first, where there are any; then the rules; then the figures of all
// operations together.
func verdictsOfComparison(c *Comparison) []verdict {
	var list []verdict
	if v, ok := c.gates(); ok {
		list = append(list, v)
	}
	if v, ok := c.rules(); ok {
		list = append(list, v)
	}
	if len(c.Rows) > 0 {
		list = append(list, c.figures())
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
	return verdict{Tone: good, Text: fmt.Sprintf("%s is not worse than %s by more than is allowed: %s held.", c.Head.Name, c.Base.Name, enumerate(of[Passed]))}, true
}

// figures is the verdict on the rows of all operations together.
func (c *Comparison) figures() verdict {
	var worse, better []string
	how := "worse"
	tested, few := 0, 0
	var first *Difference
	for _, d := range c.Rows {
		if d.Operation != "all" || strings.HasPrefix(d.Measure, "service.") {
			continue
		}
		switch d.tone() {
		case bad:
			worse = append(worse, d.changed())
			if d.Unit != unitShare {
				how = "slower"
			}
		case good:
			better = append(better, d.changed())
		}
		if d.Verdict == VerdictNotMeasured || rareMeasure(d.Measure) {
			continue
		}
		if first == nil {
			first = d
		}
		if d.Verdict == VerdictFew {
			few++
		} else {
			tested++
		}
	}
	if first == nil && c.Unit == UnitBlock {
		first = c.Rows[0] // there is not one whole block
	}
	switch {
	case first == nil:
		return verdict{Tone: unsure, Text: fmt.Sprintf("%s and %s can not be compared: nothing was measured on both sides.", c.Base.Name, c.Head.Name)}
	case tested == 0 || few > 0 && len(worse)+len(better) == 0:
		g := &Gate{MoreBase: max(0, needed(c.Alpha)-first.Base.N), MoreHead: max(0, needed(c.Alpha)-first.Head.N), Alpha: c.Alpha}
		return verdict{Tone: unsure, Text: fmt.Sprintf("There is too little to tell %s and %s apart: %s; it takes %d of each at least, so %s.",
			c.Base.Name, c.Head.Name, c.counts(first.Base.N, first.Head.N), needed(c.Alpha), c.wanted(g))}
	case len(worse) > 0 && len(better) > 0:
		return verdict{Tone: unsure, Text: fmt.Sprintf("%s is worse than %s in one way and better in another: %s; but %s.", c.Head.Name, c.Base.Name, enumerate(worse), enumerate(better))}
	case len(worse) > 0:
		return verdict{Tone: bad, Text: fmt.Sprintf("%s is %s than %s, by more than chance explains: %s.", c.Head.Name, how, c.Base.Name, enumerate(worse))}
	case len(better) > 0:
		return verdict{Tone: good, Text: fmt.Sprintf("%s is better than %s, by more than chance explains: %s.", c.Head.Name, c.Base.Name, enumerate(better))}
	}
	v := verdict{Tone: good, Text: fmt.Sprintf("No difference seen between %s and %s (%s)", c.Base.Name, c.Head.Name, c.counts(first.Base.N, first.Head.N))}
	for _, d := range c.Rows {
		if d.Operation == "all" && d.Measure == "p99" && d.Hi != nil && *d.Hi > 0 {
			v.Text += "; a p99 higher by up to " + strings.TrimPrefix(d.amount(*d.Hi), "+") + " could have gone unseen"
			if *d.Hi > 0.5 {
				v.Tone = unsure // that is hardly an answer
			}
		}
	}
	v.Text += "."
	return v
}
