package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// figures is the verdict on the rows: first those of all operations together, and what those of one of them, or of service times, say
// otherwise. Where nine gets in ten hide what became of the sets, "no difference" is not all there is to say.
func (c *Comparison) figures() verdict {
	var worse, better []string
	how := "worse"
	tested, few := 0, 0
	var first *Difference
	for _, d := range c.Rows {
		if !d.whole() {
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
		v := verdict{Tone: bad, Text: fmt.Sprintf("%s is %s than %s, by more than chance explains: %s", c.Head.Name, how, c.Base.Name, enumerate(worse))}
		if text := c.parts(good); text != "" {
			v.Text += "; but " + text
		}
		v.Text += "."
		return v
	case len(better) > 0:
		v := verdict{Tone: good, Text: fmt.Sprintf("%s is better than %s, by more than chance explains: %s", c.Head.Name, c.Base.Name, enumerate(better))}
		if text := c.parts(bad); text != "" {
			v.Tone = unsure
			v.Text += "; but " + text
		}
		v.Text += "."
		return v
	}
	if slower, faster := c.parts(bad), c.parts(good); slower+faster != "" {
		v := verdict{Tone: good, Text: "No difference over all requests, but "}
		switch {
		case slower != "" && faster != "":
			v.Tone, v.Text = unsure, v.Text+slower+", while "+faster
		case slower != "":
			if v.Tone, v.Text = bad, v.Text+slower; len(c.changedParts(bad)) <= c.byChance() {
				v.Tone = unsure // so many figures would look different anyhow
			}
		default:
			v.Text += faster
		}
		v.Text += fmt.Sprintf(" (%s against %s, %s).", c.Head.Name, c.Base.Name, c.counts(first.Base.N, first.Head.N))
		return v
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

// whole says that a row is of all operations together, as clients saw them.
func (d *Difference) whole() bool {
	return d.Operation == "all" && !strings.HasPrefix(d.Measure, "service.")
}

// mostParts is how many figures of a part a sentence names: those that changed most.
const mostParts = 3

// parts names what became worse, or better, in one operation or in service times: "set p50 is slower (+507 %) and get p99 is slower
// (+12 %)". Empty where nothing did.
func (c *Comparison) parts(of tone) string {
	rows := c.changedParts(of)
	size := func(d *Difference) float64 {
		if d.Delta == nil {
			return 0
		}
		return math.Abs(*d.Delta)
	}
	slices.SortStableFunc(rows, func(a, b *Difference) int { return cmp.Compare(size(b), size(a)) })
	var list []string
	for _, d := range rows[:min(len(rows), mostParts)] {
		verb := " is "
		if strings.HasSuffix(d.label(), "s") {
			verb = " are "
		}
		text := d.label() + verb + d.Verdict
		if d.Delta != nil {
			text += " (" + d.delta() + ")"
		}
		list = append(list, text)
	}
	if n := len(rows) - len(list); n > 0 {
		list = append(list, plural(int64(n), "more figure"))
	}
	return enumerate(list)
}

func (c *Comparison) changedParts(of tone) (rows []*Difference) {
	for _, d := range c.Rows {
		if !d.whole() && d.tone() == of {
			rows = append(rows, d)
		}
	}
	return rows
}

// byChance is how many figures of equal servers would look different: those that do not scatter at all can not.
func (c *Comparison) byChance() int {
	tested := 0
	for _, d := range c.Rows {
		if d.P != nil && d.Verdict != VerdictFew && !equal(d.Base.Values, d.Head.Values) {
			tested++
		}
	}
	return int(math.Round(float64(tested) * c.Alpha))
}
