package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// notOfPlan are the settings in which runs may differ and still be one experiment.
var notOfPlan = []string{"target", "seed", "slo"}

// settings is the plan as a map. A setting that is there several times, as stages are, is joined.
func (r *Run) settings() (names []string, of map[string]string) {
	of = map[string]string{}
	for _, s := range r.Plan {
		if slices.Contains(notOfPlan, s.Name) {
			continue
		}
		if old, ok := of[s.Name]; ok {
			of[s.Name] = old + ", " + s.Value
			continue
		}
		names = append(names, s.Name)
		of[s.Name] = s.Value
	}
	return names, of
}

// planDiffers names the settings in which two runs differ, each as "clients (50, 64)".
func planDiffers(a, b *Run) []string {
	names, of := a.settings()
	others, other := b.settings()
	for _, name := range others {
		if _, ok := of[name]; !ok {
			names = append(names, name)
		}
	}
	var list []string
	for _, name := range names {
		if of[name] != other[name] {
			list = append(list, fmt.Sprintf("%s (%s, %s)", name, orNone(of[name]), orNone(other[name])))
		}
	}
	// Files made by other means may have no plan.
	if len(list) == 0 && (a.Clients != b.Clients || a.Arrival != b.Arrival || a.Rate != b.Rate) {
		list = append(list, fmt.Sprintf("load (%s, %s; %s, %s)", a.clients(), a.arrival(), b.clients(), b.arrival()))
	}
	return list
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// onePlan fails unless all runs of a side are of one plan: those of a search, or of a demonstration with 1, 64 and 1024 clients, are not
// several measurements of one thing.
func (r *Report) onePlan(s *Side) error {
	runs := r.runsOf(s)
	for _, other := range runs[1:] {
		if list := planDiffers(runs[0], other); len(list) > 0 {
			return fmt.Errorf("%s has runs of different plans, which are no sample of one thing: %s. Give files that the same plan made",
				s.Name, strings.Join(list, ", "))
		}
	}
	return nil
}

// once fails if a run is there twice, as it is when a file was copied: it would count as two measurements that agree.
func (r *Report) once(s *Side) error {
	seen := map[string]bool{}
	for _, run := range r.runsOf(s) {
		key := run.identity()
		if !run.Started.IsZero() && seen[key] {
			return fmt.Errorf("%s has the run of %s twice: it is one measurement", s.Name, clockTime(run.Started))
		}
		seen[key] = true
	}
	return nil
}

// identity is the same for a run and its copy, and for no others.
func (r *Run) identity() string {
	total := r.Total()
	text := fmt.Sprint(r.Started.UnixNano(), r.Target, r.Elapsed, r.Requests.Recorded, total.Outcomes)
	if p := total.Percentiles; p != nil {
		text += fmt.Sprint(*p)
	}
	return text
}

// onBothSides is a run that both sides have; nil if there is none.
func (r *Report) onBothSides() *Run {
	head := map[string]bool{}
	for _, run := range r.runsOf(&r.Comparison.Head) {
		head[run.identity()] = !run.Started.IsZero()
	}
	for _, run := range r.runsOf(&r.Comparison.Base) {
		if head[run.identity()] {
			return run
		}
	}
	return nil
}

// turns warns where one side was measured before the other: then whatever else changed on the machine looks like a difference.
func (c *Comparison) turns(base, head []*Run) {
	order := func(a, b *Run) int { return a.Started.Compare(b.Started) }
	for _, s := range []struct {
		first, second []*Run
		names         [2]string
	}{{base, head, [2]string{c.Base.Name, c.Head.Name}}, {head, base, [2]string{c.Head.Name, c.Base.Name}}} {
		last, next := slices.MaxFunc(s.first, order), slices.MinFunc(s.second, order)
		if last.Started.Before(next.Started) {
			c.warn("every run of %s was made before every run of %s, so whatever else changed on the machine counts as a difference too: better make them in turn",
				s.names[0], s.names[1])
		}
	}
}

// conditions warns of all in which the sides differ but the server, and returns how the machines differ; empty if they do not.
func (c *Comparison) conditions(base, head []*Run) (machines string) {
	if list := planDiffers(base[0], head[0]); len(list) > 0 {
		c.warn("%s and %s had different plans, so a difference need not be the server's: %s", c.Base.Name, c.Head.Name, strings.Join(list, ", "))
	}
	if list := environmentsDiffer(slices.Concat(base, head)); len(list) > 0 {
		machines = strings.Join(list, ", ")
		c.warn("the runs are of different machines, so a difference need not be the server's: %s", machines)
	}
	var versions []string
	for _, r := range slices.Concat(base, head) {
		for _, e := range append(r.machines(), r.Environment) {
			if v := e.Version; v != "" && !slices.Contains(versions, v) {
				versions = append(versions, v)
			}
		}
	}
	if len(versions) > 1 {
		c.warn("the runs were measured by different versions of memlite: %s", strings.Join(versions, ", "))
	}
	return machines
}

// environmentsDiffer names how the machines differ, each as "CPU (a, b)".
func environmentsDiffer(runs []*Run) []string {
	var list []string
	differ := func(name string, of func(*Run) string) {
		var seen []string
		for _, r := range runs {
			if v := of(r); !slices.Contains(seen, v) {
				seen = append(seen, v)
			}
		}
		if len(seen) > 1 {
			list = append(list, fmt.Sprintf("%s (%s)", name, strings.Join(seen, ", ")))
		}
	}
	differ("agents", func(r *Run) string {
		if len(r.Agents) == 0 {
			return "none"
		}
		return fmt.Sprint(len(r.Agents))
	})
	differ("machines", (*Run).hosts)
	for _, f := range []struct {
		name string
		of   func(Environment) string
	}{
		{"CPU", func(e Environment) string { return e.CPU }},
		{"cores", func(e Environment) string {
			if e.CPUs == 0 {
				return ""
			}
			return fmt.Sprint(e.CPUs)
		}},
		{"system", func(e Environment) string { return e.OS }},
		{"kernel", func(e Environment) string { return e.Kernel }},
	} {
		differ(f.name, func(r *Run) string { return alikeOrEach(r.machines(), f.of) })
	}
	return list
}

// machines are those that made the load: a fleet's, and not the coordinator's.
func (r *Run) machines() []Environment {
	if len(r.Agents) == 0 {
		return []Environment{r.Environment}
	}
	var list []Environment
	for _, a := range r.Agents {
		list = append(list, a.Environment)
	}
	return list
}

// alikeOrEach is what the machines have of something: "Xeon", or "2 × Xeon + 1 × EPYC" where they differ.
func alikeOrEach(machines []Environment, of func(Environment) string) string {
	n := map[string]int{}
	for _, e := range machines {
		n[orNA(of(e))]++
	}
	var parts []string
	for _, v := range slices.Sorted(maps.Keys(n)) {
		if len(n) == 1 {
			return v
		}
		parts = append(parts, fmt.Sprintf("%d × %s", n[v], v))
	}
	return strings.Join(parts, " + ")
}

// hosts is how many machines the agents were on, as far as their names tell; a name that is not known is that of another one.
func (r *Run) hosts() string {
	if len(r.Agents) == 0 {
		return "1"
	}
	seen := map[string]bool{}
	unknown := 0
	for _, a := range r.Agents {
		if host := a.Environment.Host; host == "" {
			unknown++
		} else {
			seen[host] = true
		}
	}
	return fmt.Sprint(len(seen) + unknown)
}

// spoiled says why a run's figures may not be the server's; empty where they are.
func (r *Run) spoiled() string {
	switch {
	case len(r.Lost()) > 0:
		return "short of agents that were lost"
	case r.CutShort:
		return "cut short"
	case r.Generator.Bottleneck:
		return "bottlenecked by the load generator"
	}
	return ""
}

// leaveOut decides what becomes of runs whose figures may not be the server's. They are left out, as long as there are enough others
// to see a difference; else all count, and reason says why that can hold no gate.
func (c *Comparison) leaveOut(base, head []*Run) (out bool, reason string) {
	var parts []string
	limited := 0
	enough := c.Unit == UnitRun
	for _, s := range []struct {
		name string
		runs []*Run
	}{{c.Base.Name, base}, {c.Head.Name, head}} {
		n := map[string]int64{}
		clean := 0
		for _, r := range s.runs {
			if r.Generator.Bottleneck {
				limited++
			}
			if why := r.spoiled(); why != "" {
				n[why]++
			} else {
				clean++
			}
		}
		for _, why := range slices.Sorted(maps.Keys(n)) {
			parts = append(parts, fmt.Sprintf("%s of %s was %s", plural(n[why], "run"), s.name, why))
		}
		enough = enough && clean >= needed(c.Alpha)
	}
	if len(parts) == 0 {
		return false, ""
	}
	text := strings.ReplaceAll(enumerate(parts), "runs of "+c.Base.Name+" was", "runs of "+c.Base.Name+" were")
	text = strings.ReplaceAll(text, "runs of "+c.Head.Name+" was", "runs of "+c.Head.Name+" were")
	if enough {
		c.warn("left out, but for errors, hits and misses: %s", text)
		return true, ""
	}
	if limited > 0 {
		c.Doubt = fmt.Sprintf("the load generator was the limit in %d of %d runs: what is compared may be its figures", limited, len(base)+len(head))
	}
	c.warn("%s: the figures need not be the server's", text)
	return false, text
}
