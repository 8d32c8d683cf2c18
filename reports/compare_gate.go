package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Regression is a change for the worse that a comparison is to fail on. ParseRegression makes one.
type Regression struct {
	Text string // as it was written

	of    metric
	limit float64 // of the change for the worse
	unit  string  // of limit: unitRelative, ns, share
}

// unitRelative is a change as a part of the base.
const unitRelative = "of base"

// Gate is what came of a Regression that was asked for. It is held, inconclusive, or else failed: head is worse than base, by more than
// the limit and by more than chance explains.
type Gate struct {
	Text         string   `json:"text"` // p99>+10%
	Held         bool     `json:"held"`
	Inconclusive bool     `json:"inconclusive,omitempty"`
	Reason       string   `json:"reason"`
	Operation    string   `json:"operation"` // of the Difference that it is about
	Measure      string   `json:"measure"`
	Unit         string   `json:"unit"`                // of Limit and Actual: of base (0.1 is 10 %), ns, share
	Limit        float64  `json:"limit"`               // positive: more; negative: less
	Actual       *float64 `json:"actual,omitempty"`    // the change; nil: not known
	Alpha        float64  `json:"alpha"`               // p at or below this was asked for
	Unseen       string   `json:"unseen,omitempty"`    // where held: a change beyond Limit that may be there all the same
	MoreBase     int      `json:"more_base,omitempty"` // where inconclusive for want of units: how many more there should be
	MoreHead     int      `json:"more_head,omitempty"`
}

// GrammarRegression says how a Regression is written, for help texts.
const GrammarRegression = `A regression is METRIC, >+ or <-, and by how much:

  p50 p99 p99.9 … max mean   a time that rises: 'p99>+10%', 'get.p99>+500us'
  rate                       throughput that falls: 'rate<-5%'
  errors drops misses        more of them, in points of their share of the requests:
                             'errors>+0', 'errors>+0.1%'
  hits                       the hit ratio falls, in points: 'hits<-1%'

Before METRIC may stand get. or set., and before a time service. for service time
instead of response time.`

// ParseRegression reads [get.|set.][service.]METRIC and >+ or <- and VALUE. The error says what is allowed instead.
func ParseRegression(s string) (Regression, error) {
	f := Regression{Text: strings.TrimSpace(s)}
	at := strings.IndexAny(s, "<>")
	if at < 0 {
		return Regression{}, fmt.Errorf("%.60q compares nothing: want METRIC, >+ or <-, and VALUE, as in p99>+10%%", s)
	}
	if err := f.of.parseMetric(strings.TrimSpace(s[:at])); err != nil {
		return Regression{}, fmt.Errorf("%.60q: %w", s, err)
	}
	f.of = newMetric(f.of.operation, f.of.metric, f.of.quantile, f.of.service)
	sign, better := ">+", "lower"
	if !f.of.up() {
		sign, better = "<-", "higher"
	}
	how := strings.TrimSpace(s[at+1:])
	if s[at] != sign[0] || how == "" || how[0] != sign[1] {
		return Regression{}, fmt.Errorf("%.60q: %s is better when it is %s, so a regression is written %s%sVALUE", s, f.of.name(), better, f.of.name(), sign)
	}
	if err := f.parseLimit(strings.TrimSpace(how[1:])); err != nil {
		return Regression{}, fmt.Errorf("%.60q: %w", s, err)
	}
	return f, nil
}

func (f *Regression) parseLimit(s string) error {
	text, isPart := strings.CutSuffix(s, "%")
	v, ok := 0.0, false
	if text = strings.TrimSpace(text); strings.Trim(text, "0123456789.") == "" {
		var err error
		v, err = strconv.ParseFloat(text, 64)
		ok = err == nil
	}
	share := f.of.unit == unitShare
	switch {
	case ok && isPart && (v <= 100 || !share && v <= 1e6):
		f.limit, f.unit = v/100, unitRelative
		if share {
			f.unit = unitShare
		}
		return nil
	case ok && share && v == 0:
		f.unit = unitShare
		return nil
	case f.of.latency():
		if d, err := time.ParseDuration(s); err == nil && d >= 0 && int64(d) <= highest {
			f.limit, f.unit = float64(d), unitTime
			return nil
		}
		return fmt.Errorf("want a change such as 10%% or 500us, not %.30q", s)
	case share:
		return fmt.Errorf("want a change in points, from 0 to 100%%, such as 0.1%%, not %.30q", s)
	}
	return fmt.Errorf("want a change such as 5%%, not %.30q", s)
}

// judgement is what all gates of a comparison share.
type judgement struct {
	*Comparison
	of       int    // how many gates there are
	spoiled  string // why the runs can not hold one; empty if they can
	machines string // how the machines differ, where that matters
}

// alpha is what p must not be above. A gate looks one way and the test both, so equal sides fail a gate with half of the test's alpha;
// with many gates it is made smaller, so that all together are no likelier than Alpha to fail equal sides.
func (j *judgement) alpha() float64 { return math.Min(j.Alpha, 2*j.Alpha/float64(j.of)) }

// judge decides a gate. Nothing fails on a difference that chance explains, and nothing is held on evidence that does not bear it.
func (j *judgement) judge(f Regression, d *Difference) *Gate {
	g := &Gate{Text: f.Text, Operation: d.Operation, Measure: d.Measure, Unit: f.unit, Limit: f.limit, Alpha: j.alpha()}
	if !f.of.up() {
		g.Limit = -f.limit
	}
	unsure := func(format string, args ...any) *Gate {
		g.Inconclusive, g.Reason = true, fmt.Sprintf(format, args...)
		return g
	}
	if d.Base.Center == nil || d.Head.Center == nil {
		return unsure("not measured: %s", d.Reason)
	}
	actual, ok := f.actual(d)
	if ok {
		g.Actual = &actual
	}
	nb, nh := d.Base.N, d.Head.N
	larger := f.larger(*d.Base.Center, *d.Head.Center)
	seen := larger && d.P != nil && *d.P <= g.Alpha
	fact := seen && f.of.fact()
	none := f.of.rare() && *d.Head.Center == 0
	switch {
	case j.machines != "":
		return unsure("the runs are of different machines: %s. Measure both on one, or accept it with --across-machines", j.machines)
	case j.spoiled != "" && !fact && leastP(nb, nh) > g.Alpha:
		return unsure("%s; and %s", j.spoiled, j.tooFew(g, nb, nh))
	case j.spoiled != "" && !fact:
		return unsure("%s", j.spoiled)
	case seen:
		g.Reason = d.changed() + " " + d.evidence(j.Unit)
	case none:
		g.Held, g.Reason = true, "none on either side"
		if *d.Base.Center > 0 {
			g.Reason = "none any more"
		}
	case leastP(nb, nh) > g.Alpha:
		return unsure("%s", j.tooFew(g, nb, nh))
	case larger:
		need := more(d.Base.Values, d.Head.Values, g.Alpha)
		if need > max(nb, nh) && !f.of.rare() {
			g.MoreBase, g.MoreHead = need-nb, need-nh
		}
		unsure("%s, but that may be chance (p = %s, %s)", d.changed(), pValue(d.P), j.counts(nb, nh))
		if f.of.rare() {
			g.Reason += "; look at the runs that have them"
		} else if need > 50 || need == 0 {
			g.Reason += "; they scatter too much for a few more to tell: make them longer or the machine quieter"
		} else if need > max(nb, nh) {
			g.Reason += "; if it is real, about " + j.wanted(g) + " would show it"
		}
	default:
		g.Held, g.Reason = true, d.changed()+" "+d.evidence(j.Unit)
		if d.Verdict == VerdictNone {
			g.Reason = "no difference seen " + d.evidence(j.Unit)
		}
		if g.Unseen = f.unseen(d); g.Unseen != "" {
			g.Reason += "; " + g.Unseen + " could have gone unseen"
		}
	}
	return g
}

// tooFew says how many units it takes at least.
func (j *judgement) tooFew(g *Gate, base, head int) string {
	least := needed(g.Alpha)
	g.MoreBase, g.MoreHead = max(0, least-base), max(0, least-head)
	return fmt.Sprintf("too few to tell: %s; it takes %d of each at least, so %s", j.counts(base, head), least, j.wanted(g))
}

// actual is the change in the unit of the limit.
func (f Regression) actual(d *Difference) (float64, bool) {
	if f.unit == unitTime {
		return *d.Head.Center - *d.Base.Center, true
	}
	if d.Delta == nil {
		return 0, false
	}
	return *d.Delta, true
}

// larger says that head is worse by more than the limit. A rounding is no change.
func (f Regression) larger(base, head float64) bool {
	worse := head - base
	if !f.of.up() {
		worse = -worse
	}
	limit := f.limit
	if f.unit == unitRelative {
		limit *= base
	}
	return worse > limit*(1+1e-9)
}

// unseen is the change beyond the limit that may have gone unseen, "a rise of up to +131 %"; empty where there is none.
func (f Regression) unseen(d *Difference) string {
	if d.Lo == nil || d.Hi == nil {
		return ""
	}
	limit := f.limit
	if f.unit == unitTime && *d.Base.Center > 0 {
		limit /= *d.Base.Center
	}
	if f.of.up() && *d.Hi > limit {
		return "a rise of up to " + d.amount(*d.Hi)
	}
	if !f.of.up() && *d.Lo < -limit {
		return "a fall of up to " + d.amount(*d.Lo)
	}
	return ""
}

// Status is the gate's outcome in the words of rules.
func (g *Gate) Status() Status {
	switch {
	case g.Inconclusive:
		return Inconclusive
	case g.Held:
		return Passed
	}
	return Failed
}

func (g *Gate) outcome() string {
	return map[Status]string{Passed: "held", Failed: "failed", Inconclusive: "inconclusive"}[g.Status()]
}

// counts is "3 and 4 runs", or "5 runs each".
func (c *Comparison) counts(base, head int) string {
	if base == head {
		return plural(int64(base), c.unit()) + " each"
	}
	return fmt.Sprintf("%d and %s", base, plural(int64(head), c.unit()))
}

// unit is Unit within a sentence.
func (c *Comparison) unit() string {
	if c.Unit == UnitBlock {
		return "5-second block"
	}
	return "run"
}

// wanted is how many more units a gate asks for.
func (c *Comparison) wanted(g *Gate) string {
	how := ""
	if c.Unit == UnitBlock {
		how = " (runs of " + elapsed(blockLength*time.Duration(needed(g.Alpha))) + ", or several runs a side)"
	}
	switch {
	case g.MoreBase == g.MoreHead:
		return fmt.Sprintf("%d more of each", g.MoreBase) + how
	case g.MoreBase == 0:
		return fmt.Sprintf("%d more of %s", g.MoreHead, c.Head.Name) + how
	case g.MoreHead == 0:
		return fmt.Sprintf("%d more of %s", g.MoreBase, c.Base.Name) + how
	}
	return fmt.Sprintf("%d more of %s and %d of %s", g.MoreBase, c.Base.Name, g.MoreHead, c.Head.Name) + how
}
