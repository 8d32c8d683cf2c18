package reports

import (
	"math"
	"strconv"
	"time"
)

// axis runs from Min to Max, in powers if Log is set: then both are above 0.
type axis struct {
	Label    string
	Min, Max float64
	Log      bool
	Ticks    []tick
	Say      func(float64) string // writes a value of it; nil if nobody asks
}

type tick struct {
	At    float64
	Label string
}

// place maps a value to 0..1 along the axis.
func (a axis) place(v float64) float64 {
	lo, hi := a.Min, a.Max
	if a.Log {
		lo, hi, v = math.Log10(lo), math.Log10(hi), math.Log10(math.Max(v, a.Min))
	}
	if hi <= lo {
		return 0.5
	}
	return math.Min(1, math.Max(0, (v-lo)/(hi-lo)))
}

// latencyAxis is logarithmic: a run's p50 and max are often a hundredfold apart, and so are two runs.
func latencyAxis(lo, hi float64) axis {
	a := axis{Log: true, Min: 1e5, Max: 1e7, Say: func(v float64) string { return latency(int64(v)) }} // what an empty plot shows
	if lo > 0 && hi >= lo && !math.IsInf(hi, 0) {
		a.Min, a.Max = stepDown(lo), stepUp(hi)
		if a.Min == a.Max {
			a.Min, a.Max = stepDown(lo*0.99), stepUp(hi*1.01)
		}
	}
	steps := []float64{1, 2, 5}
	if math.Log10(a.Max/a.Min) > 2.5 {
		steps = steps[:1]
	}
	for e := math.Floor(math.Log10(a.Min)); e <= math.Ceil(math.Log10(a.Max)); e++ {
		for _, s := range steps {
			if at := s * math.Pow(10, e); at >= a.Min*0.999 && at <= a.Max*1.001 {
				a.Ticks = append(a.Ticks, tick{at, short1(at)})
			}
		}
	}
	return a
}

// stepDown and stepUp find the next of 1, 2 and 5 times a power of ten.
func stepDown(v float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, s := range []float64{5, 2, 1} {
		if s*p <= v*1.000001 {
			return s * p
		}
	}
	return p
}

func stepUp(v float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, s := range []float64{1, 2, 5} {
		if s*p >= v*0.999999 {
			return s * p
		}
	}
	return 10 * p
}

// short1 writes the latency of a tick: 500 µs, 20 ms.
func short1(ns float64) string {
	units := []string{"ns", "µs", "ms", "s"}
	i := 0
	for i < 3 && ns >= 999.5 {
		ns /= 1000
		i++
	}
	return strconv.FormatFloat(ns, 'g', 3, 64) + " " + units[i]
}

// countAxis starts at zero, so that heights compare.
func countAxis(hi float64) axis { return countAxisOf(hi, 5) }

// countAxisOf has about so many steps: a low picture has room for few.
func countAxisOf(hi, steps float64) axis {
	if !(hi > 0) || math.IsInf(hi, 0) {
		hi = 1
	}
	step := stepUp(hi / steps)
	a := axis{Max: step * math.Ceil(hi/step*1.02), Say: perSecond}
	for i := 0; float64(i)*step <= a.Max*1.001; i++ {
		a.Ticks = append(a.Ticks, tick{float64(i) * step, compact(float64(i) * step)})
	}
	return a
}

// shareAxis runs from nothing to all.
func shareAxis() axis {
	a := axis{Max: 1, Say: percent}
	for _, v := range []float64{0, 0.5, 1} {
		a.Ticks = append(a.Ticks, tick{v, strconv.Itoa(int(100*v)) + " %"})
	}
	return a
}

// compact writes 150000 as 150k.
func compact(v float64) string {
	units := []string{"", "k", "M", "G"}
	i := 0
	for i < 3 && v >= 999.5 {
		v /= 1000
		i++
	}
	return strconv.FormatFloat(v, 'g', 4, 64) + units[i]
}

// timeAxis is in seconds since the run's start.
func timeAxis(end time.Duration) axis {
	a := axis{Label: "time since the start", Max: math.Max(end.Seconds(), 1)}
	step := math.Ceil(a.Max/7/3600) * 3600 // more than the steps below reach
	for _, s := range []float64{0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600} {
		if a.Max/s <= 7 {
			step = s
			break
		}
	}
	for i := 0; float64(i)*step <= a.Max*1.0001; i++ {
		a.Ticks = append(a.Ticks, tick{float64(i) * step, shortTime(float64(i)*step, step)})
	}
	return a
}

func shortTime(s, step float64) string {
	switch {
	case s == 0:
		return "0"
	case step >= 3600:
		return strconv.FormatFloat(s/3600, 'g', 4, 64) + " h"
	case step >= 60:
		return strconv.FormatFloat(s/60, 'g', 4, 64) + " min"
	}
	return strconv.FormatFloat(s, 'g', 4, 64) + " s"
}
