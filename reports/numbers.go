package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// na stands for what was not measured or is not known. A zero would be read as a measurement.
const na = "n/a"

// latency writes nanoseconds with three digits and the unit that suits: 640 ns, 93.4 µs, 5.12 ms, 1.20 s.
func latency(ns int64) string {
	units := []struct {
		name string
		size float64
	}{{"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}
	v := float64(ns)
	if v < 1e3 {
		return fmt.Sprintf("%d ns", ns)
	}
	for i, u := range units {
		// 999.6 µs must not read 1000 µs
		if v/u.size < 999.5 || i == len(units)-1 {
			return digits3(v/u.size) + " " + u.name
		}
	}
	panic("unreachable")
}

// digits3 writes a positive number with three significant digits, none of them after the point from 100 on.
func digits3(v float64) string {
	switch {
	case v < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// elapsed writes how long something took: 850 ms, 10.0 s, 12 min 3 s. Nothing takes no time: 0 is not known.
func elapsed(d time.Duration) string {
	if d == 0 {
		return na
	}
	if d < 100*time.Second {
		return latency(int64(d))
	}
	d = d.Round(time.Second)
	if d < time.Hour {
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
}

// number groups the thousands: 182,340.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// perSecond writes a rate: whole from 100 on. NaN is not known.
func perSecond(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return na
	case v == 0:
		return "0"
	case v < 99.95:
		return digits3(v)
	}
	return number(int64(math.Round(v)))
}

// share writes part of whole in percent; a part that is not nothing does not read 0.
func share(part, whole int64) string {
	if whole <= 0 {
		return na
	}
	return percent(float64(part) / float64(whole))
}

func percent(v float64) string {
	v *= 100
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return na
	case v == 0:
		return "0 %"
	case v < 0.01:
		return "under 0.01 %"
	case v == 100:
		return "100 %"
	case v >= 99.995 && v < 100:
		return "over 99.99 %"
	case v < 1 || v > 99.9:
		return strconv.FormatFloat(v, 'f', 2, 64) + " %"
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " %"
}

// size writes bytes: 512 B, 1.20 kB, 34.0 MB.
func size(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v := float64(n)
	for i, u := range []string{"kB", "MB", "GB", "TB"} {
		v /= 1000
		if v < 999.5 || i == 3 {
			return digits3(v) + " " + u
		}
	}
	panic("unreachable")
}

// plural writes a count and its noun: 1 rule, 2 rules.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

func orNA(s string) string {
	if s == "" {
		return na
	}
	return s
}

// date writes when something was, with the offset of the clock that measured it.
func date(t time.Time) string {
	if t.IsZero() {
		return na
	}
	return t.Format("2 January 2006, 15:04:05 -07:00")
}
