package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// SLO is a service level objective: a figure of a run, and what it is to be. ParseSLO makes one.
type SLO struct {
	Text string // as it was written

	operation string // get, set; "" is all
	service   bool   // of latencies: service time instead of response time
	metric    string // one of metrics
	quantile  float64
	compare   string // one of comparisons
	limit     float64
	unit      string // of limit
}

// What an Objective's Limit and Actual are measured in.
const (
	unitTime  = "ns"
	unitRate  = "per second"
	unitCount = "count"
	unitShare = "share" // 0 to 1
)

// The metrics; pN is in quantile.
const (
	metricPercentile = "p"
	metricMax        = "max"
	metricMean       = "mean"
	metricRate       = "rate"
	metricErrors     = "errors"
	metricDrops      = "drops"
	metricHits       = "hits"
	metricMisses     = "misses"
)

// comparisons are all there are; one that another begins with stands behind it.
var comparisons = []string{"<=", ">=", "==", "<", ">"}

// GrammarSLO says how an SLO is written, for help texts.
const GrammarSLO = `An objective is METRIC, one of < <= > >= ==, and VALUE:

  p50 p99 p99.9 … max    time within which so many of the requests were answered
                         right: p99<5ms. One that failed, was dropped or never
                         answered is slower than any other.
  mean                   mean time of the answered requests: mean<=1ms
  rate                   requests answered right: rate>=50k/s
  errors                 sent, but not answered right: errors==0, errors<0.1%
  drops                  never sent, no client was free in time: drops==0
  hits misses            of the gets: hits>=99%, misses==0

Before METRIC may stand get. or set. (get.p99.9<20ms), and before a time service.
for service time instead of response time (get.service.p99<1ms).`

// ParseSLO reads [get.|set.][service.]METRIC OP VALUE. The error says what is allowed instead.
func ParseSLO(s string) (SLO, error) {
	o := SLO{Text: strings.TrimSpace(s)}
	at := strings.IndexAny(s, "<>=!")
	if at < 0 {
		return SLO{}, fmt.Errorf("%.60q compares nothing: want METRIC, one of < <= > >= ==, and VALUE, as in p99<5ms", s)
	}
	left, right := strings.TrimSpace(s[:at]), s[at:]
	for _, c := range comparisons {
		if value, ok := strings.CutPrefix(right, c); ok {
			o.compare, right = c, value
			break
		}
	}
	right = strings.TrimSpace(right)
	if o.compare == "" || right != "" && strings.ContainsRune("<>=!", rune(right[0])) {
		return SLO{}, fmt.Errorf("%.60q: the comparison is one of < <= > >= ==", s)
	}
	if err := o.parseMetric(left); err != nil {
		return SLO{}, fmt.Errorf("%.60q: %w", s, err)
	}
	if err := o.parseValue(right); err != nil {
		return SLO{}, fmt.Errorf("%.60q: %w", s, err)
	}
	// The other way round it holds for the worst server there is, which nobody wants to be told.
	if worse := o.latency() || o.metric == metricErrors || o.metric == metricDrops; worse && o.compare[0] == '>' {
		return SLO{}, fmt.Errorf("%.60q: an objective of %s is an upper bound: %s%s%s", s, o.name(), o.name(), strings.Replace(o.compare, ">", "<", 1), right)
	}
	return o, nil
}

func (o *SLO) parseMetric(s string) error {
	name := s
	for _, op := range []string{"get", "set"} {
		if rest, ok := strings.CutPrefix(name, op+"."); ok {
			o.operation, name = op, rest
			break
		}
	}
	name, o.service = strings.CutPrefix(name, "service.")
	switch o.metric = name; name {
	case metricMax, metricMean:
		return nil
	case metricRate, metricErrors, metricDrops, metricHits, metricMisses:
	default:
		number, ok := strings.CutPrefix(name, "p")
		q, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil || strings.Trim(number, "0123456789.") != "" {
			return fmt.Errorf("there is no metric %.30q (pN such as p99.9, max, mean, rate, errors, drops, hits, misses; get., set. and service. may stand before it)", s)
		}
		if q <= 0 || q >= 100 {
			return fmt.Errorf("a percentile lies between 0 and 100; the largest is called max")
		}
		o.metric, o.quantile = metricPercentile, q
		return nil
	}
	switch {
	case o.service:
		return fmt.Errorf("service. goes with a time (pN, max, mean), not with %s", name)
	case name == metricDrops && o.operation != "":
		return fmt.Errorf("drops have no operation: what was never sent is neither a get nor a set")
	case o.operation == "set" && (name == metricHits || name == metricMisses):
		return fmt.Errorf("%s are of gets, not of sets", name)
	}
	return nil
}

func (o *SLO) parseValue(s string) error {
	switch {
	case o.latency():
		d, err := time.ParseDuration(strings.ReplaceAll(s, " ", ""))
		if err != nil || d < 0 {
			return fmt.Errorf("%s is a time: want a value such as 500us, 5ms or 1.5s, not %.30q", o.name(), s)
		}
		if int64(d) > highest {
			return fmt.Errorf("times are measured up to %s", time.Duration(highest))
		}
		o.limit, o.unit = float64(d), unitTime
		return nil
	case o.metric == metricRate:
		v, ok := plainNumber(strings.TrimSpace(strings.TrimSuffix(s, "/s")))
		if !ok {
			return fmt.Errorf("rate is in requests per second: want a value such as 500/s or 50k/s, not %.30q", s)
		}
		o.limit, o.unit = v, unitRate
		return nil
	}
	number, isShare := strings.CutSuffix(s, "%")
	v, ok := plainNumber(strings.TrimSpace(number))
	switch {
	case !ok, !isShare && v != math.Trunc(v):
		return fmt.Errorf("%s are a whole number, such as 0 or 10k, or a share, such as 0.1%%, not %.30q", o.metric, s)
	case isShare && (v > 100 || strings.ContainsAny(number, "kM")):
		return fmt.Errorf("a share lies between 0%% and 100%%")
	case isShare:
		o.limit, o.unit = v/100, unitShare
	default:
		o.limit, o.unit = v, unitCount
	}
	return nil
}

// plainNumber reads a number that is not negative, and a k or M behind it.
func plainNumber(s string) (float64, bool) {
	factor := 1.0
	for _, u := range []struct {
		name string
		size float64
	}{{"k", 1e3}, {"M", 1e6}} {
		if number, ok := strings.CutSuffix(s, u.name); ok {
			s, factor = number, u.size
			break
		}
	}
	// ParseFloat reads more than people should write: exponents, hexadecimal, underscores, "Inf".
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v * factor, err == nil && v*factor <= most
}

// latency says whether the metric is a time.
func (o SLO) latency() bool {
	return o.metric == metricPercentile || o.metric == metricMax || o.metric == metricMean
}

// name is the metric as it is written.
func (o SLO) name() string {
	name := o.metric
	if name == metricPercentile {
		name += strconv.FormatFloat(o.quantile, 'f', -1, 64)
	}
	if o.service {
		name = "service." + name
	}
	if o.operation != "" {
		name = o.operation + "." + name
	}
	return name
}

// holds says whether v keeps the objective.
func (o SLO) holds(v float64) bool {
	switch o.compare {
	case "<":
		return v < o.limit
	case "<=":
		return v <= o.limit
	case ">":
		return v > o.limit
	case ">=":
		return v >= o.limit
	}
	return v == o.limit
}

// upper says that the objective bounds its metric from above: what has once gone too far stays so.
func (o SLO) upper() bool {
	return o.compare == "<" || o.compare == "<=" || o.compare == "==" && o.limit == 0
}

// BoundsResponse says that the objective bounds a response time from above: it is missed when an endpoint falls behind.
func (o SLO) BoundsResponse() bool {
	return o.latency() && !o.service && (o.compare == "<" || o.compare == "<=")
}

// Needs is how many requests it takes to tell whether it was held.
func (o SLO) Needs() int64 {
	if o.metric != metricPercentile {
		return 1
	}
	return int64(math.Ceil(100/(100-o.quantile) - 1e-9))
}
