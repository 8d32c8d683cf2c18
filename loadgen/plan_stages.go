package loadgen

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"memlite/reports"
)

// maxStages bounds what a report holds of each stage.
const maxStages = 1000

// Stage is a part of a run in which load is made in one way: a closed loop, a constant rate, a ramp, steps. A spike is a
// short stage between two others.
type Stage struct {
	// Name is what reports call it, unique in its plan; "" is "stage N".
	Name string
	// Duration is how long it lasts. The last stage may have Requests instead; the end of others must be known beforehand, since
	// every loop changes over by itself.
	Duration time.Duration
	Requests int64
	// Arrival is closed, constant or poisson; "" is closed without a rate, and with one the plan's, if that is an open loop's, or constant.
	Arrival string
	// Rate is in requests per second, of all clients together.
	Rate float64
	// To makes it a ramp: from Rate, which may then be 0, to this rate at its end. 0 is no ramp.
	To float64
	// Steps makes a ramp one of so many stages, each of the same length and with one rate, the first Rate and the last To.
	Steps int
	// Think is how long a client of a closed loop waits between a reply and its next request; 0 is the plan's.
	Think time.Duration
	// Unrecorded stages warm up: they come before all others and are in no figure.
	Unrecorded bool
}

// stages returns what a plan, with its defaults, does, stage by stage: with its warm-up, and each step by itself.
func (p Plan) stages() []Stage {
	list := p.Stages
	if len(list) == 0 {
		list = []Stage{{Name: nameRun, Duration: p.Duration, Requests: p.Requests, Arrival: p.Arrival, Rate: p.Rate}}
	}
	var all []Stage
	if p.Warmup > 0 {
		s := list[0].withDefaults(p, 0)
		all = append(all, Stage{Name: nameWarmUp, Duration: p.Warmup, Arrival: s.Arrival, Rate: s.Rate, Think: s.Think, Unrecorded: true})
	}
	for i, s := range list {
		s = s.withDefaults(p, i)
		if s.Steps == 0 {
			all = append(all, s)
			continue
		}
		step, n := s, s.Steps
		step.To, step.Steps = 0, 0
		for k := range n {
			step.Name = fmt.Sprintf("%s, step %d", s.Name, k+1)
			step.Rate = s.Rate + (s.To-s.Rate)*float64(k)/float64(n-1)
			step.Duration = s.Duration*time.Duration(k+1)/time.Duration(n) - s.Duration*time.Duration(k)/time.Duration(n)
			all = append(all, step)
		}
	}
	return all
}

func (s Stage) withDefaults(p Plan, i int) Stage {
	set(&s.Name, fmt.Sprintf("stage %d", i+1))
	if s.Rate != 0 || s.To != 0 {
		if p.Arrival == "poisson" {
			set(&s.Arrival, p.Arrival)
		}
		set(&s.Arrival, "constant")
	}
	set(&s.Arrival, "closed")
	if !s.open() {
		set(&s.Think, p.Think)
	}
	return s
}

// open says whether the stage, with its defaults, is an open loop.
func (s Stage) open() bool { return s.Arrival != "closed" }

// arrival returns how requests of the i-th stage, with its defaults, arrive.
func (s Stage) arrival(seed int64, i int) Arrival {
	seed += int64(i) << 32 // or all Poisson stages would have the same gaps
	poisson := s.Arrival == "poisson"
	switch {
	case !s.open():
		return Closed{Think: s.Think}
	case s.To != 0:
		return Ramp{From: s.Rate, To: s.To, Poisson: poisson, Seed: seed}
	case poisson:
		return Poisson{Rate: s.Rate, Seed: seed}
	}
	return Constant{Rate: s.Rate}
}

// mean is the rate over the whole stage, 0 in a closed loop.
func (s Stage) mean() float64 {
	if s.To != 0 {
		return (s.Rate + s.To) / 2
	}
	return s.Rate
}

// checkStages returns what is wrong with the stages of a plan with its defaults.
func (p Plan) checkStages() error {
	var problems []error
	seen := map[string]bool{}
	total := 0
	for i, s := range p.Stages {
		s = s.withDefaults(p, i)
		check := func(ok bool, format string, args ...any) {
			if !ok {
				problems = append(problems, fmt.Errorf("stage %d: %s", i+1, fmt.Sprintf(format, args...)))
			}
		}
		last := i == len(p.Stages)-1
		check(validName(s.Name), "name %q: want at most 40 letters, digits, spaces and . _ -", s.Name)
		check(!seen[s.Name], "another stage is called %q", s.Name)
		seen[s.Name] = true
		check(s.Duration >= 0 && s.Requests >= 0 && (s.Duration > 0) != (s.Requests > 0), "want a duration above 0, or a number of requests instead")
		check(s.Requests == 0 || last, "only the last stage can end after a number of requests; want a duration")
		rate := func(r float64) bool { return r >= 0 && r <= 1e9 }
		check(rate(s.Rate) && rate(s.To), "want rates of 0 to 1e9 a second, not %v and %v", s.Rate, s.To)
		switch s.Arrival {
		case "closed":
			check(s.Rate == 0 && s.To == 0, "a closed loop has no rate; want arrival constant or poisson")
			check(s.Think >= 0, "think %s: want no negative time", s.Think)
		case "constant", "poisson":
			check(s.Rate > 0 || s.To > 0, "arrival %s needs a rate above 0", s.Arrival)
			check(s.Think == 0, "an open loop has no think time; it is the rate that says when requests start")
		default:
			check(false, "arrival %q: want closed, constant or poisson", s.Arrival)
		}
		check(s.To == 0 || s.Requests == 0, "a ramp needs a duration")
		check(s.Steps == 0 || s.To != 0 && s.Steps >= 2, "steps %d: want 2 or more, of a ramp", s.Steps)
		check(s.Steps == 0 || s.Rate > 0, "the first of the steps needs a rate above 0")
		check(!s.Unrecorded || !last, "the last stage must be recorded")
		check(!s.Unrecorded || i == 0 || p.Stages[i-1].Unrecorded, "only stages before the first recorded one can be unrecorded: they warm up")
		check(i > 0 || p.Warmup == 0 || s.Rate > 0 || !s.open(), "there is nothing to warm up with at a rate of 0")
		total += max(1, s.Steps)
	}
	if total > maxStages {
		problems = append(problems, fmt.Errorf("%d stages: want at most %d", total, maxStages))
	}
	return errors.Join(problems...)
}

func validName(name string) bool {
	ok := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" ._-", r)
	}
	return name != "" && len(name) <= 40 && name != nameWarmUp && strings.TrimSpace(name) == name && strings.IndexFunc(name, func(r rune) bool { return !ok(r) }) < 0
}

// String returns the stage as the command line writes it: 30s@1000-20000/s:5,poisson,name=climb.
func (s Stage) String() string {
	text := s.Duration.String()
	if s.Requests > 0 {
		text = "requests=" + strconv.FormatInt(s.Requests, 10)
	}
	number := func(r float64) string { return strconv.FormatFloat(r, 'f', -1, 64) }
	switch {
	case s.To != 0:
		text += "@" + number(s.Rate) + "-" + number(s.To) + "/s"
	case s.Rate != 0:
		text += "@" + number(s.Rate) + "/s"
	}
	if s.Steps != 0 {
		text += ":" + strconv.Itoa(s.Steps)
	}
	if s.Arrival != "" {
		text += "," + s.Arrival
	}
	if s.Think != 0 {
		text += ",think=" + s.Think.String()
	}
	if s.Unrecorded {
		text += ",unrecorded"
	}
	if s.Name != "" {
		text += ",name=" + s.Name
	}
	return text
}

// Length is how long the plan makes load; 0 where that depends on the server.
func (p Plan) Length() (d time.Duration) {
	for _, s := range p.withDefaults().stages() {
		if s.Requests > 0 {
			return 0
		}
		d += s.Duration
	}
	return d
}

// overall describes the recorded stages of a plan with its defaults as one: their arrival, mixed where it is not the same in all,
// and their mean rate, 0 where it has none.
func (p Plan) overall() (arrival string, rate float64) {
	var recorded []Stage
	for _, s := range p.stages() {
		if !s.Unrecorded {
			recorded = append(recorded, s)
		}
	}
	if len(recorded) == 1 {
		return recorded[0].Arrival, recorded[0].mean()
	}
	arrival = recorded[0].Arrival
	requests, seconds := 0.0, 0.0
	known := true
	for _, s := range recorded {
		if s.Arrival != arrival {
			arrival = "mixed"
		}
		length := s.Duration.Seconds()
		if s.Requests > 0 && s.open() {
			length = float64(s.Requests) / s.Rate
		}
		known = known && s.open()
		requests += s.mean() * length
		seconds += length
	}
	if !known {
		return arrival, 0
	}
	return arrival, requests / seconds
}

// reported returns what the report says of the recorded stages of a plan with its defaults, where there are several; those that do
// not record are nil.
func (p Plan) reported() []*reports.Stage {
	var list []*reports.Stage
	recorded := 0
	for _, s := range p.stages() {
		if s.Unrecorded {
			list = append(list, nil)
			continue
		}
		recorded++
		list = append(list, &reports.Stage{Name: s.Name, Recorded: true, Arrival: s.Arrival, Rate: s.Rate, To: s.To})
	}
	if recorded < 2 {
		return nil
	}
	return list
}
