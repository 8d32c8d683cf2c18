package reports

import (
	"fmt"
	"strings"
	"testing"
)

// Runs of a fleet were measured where its agents were, whatever machine told them to.
func TestCompareSeesTheAgentsMachines(t *testing.T) {
	fleet := func(n int, edit func(*Run)) []*Run {
		runs := gets(1e6, noise...)
		for _, r := range runs {
			for i := range n {
				a := &Agent{Name: fmt.Sprint(i), Environment: fixtureEnvironment()}
				a.Environment.Host = fmt.Sprint("load-", i)
				r.Agents = append(r.Agents, a)
			}
			if edit != nil {
				edit(r)
			}
		}
		return runs
	}
	for _, c := range []struct {
		name       string
		base, head []*Run
		want       string // "": no difference
	}{
		{"the same", fleet(4, nil), fleet(4, nil), ""},
		{"another coordinator", fleet(4, nil), fleet(4, func(r *Run) { r.Environment.CPU, r.Environment.CPUs = "other", 64 }), ""},
		{"fewer agents", fleet(4, nil), fleet(2, nil), "agents (4, 2), machines (4, 2)"},
		{"none", gets(1e6, noise...), fleet(2, nil), "agents (none, 2), machines (1, 2)"},
		{"all on one machine", fleet(2, nil), fleet(2, func(r *Run) { r.Agents[1].Environment.Host = r.Agents[0].Environment.Host }), "machines (2, 1)"},
		{"one of another kind", fleet(3, nil), fleet(3, func(r *Run) { r.Agents[1].Environment.CPU = "Slow" }), "CPU (Example CPU @ 3.00GHz, 2 × Example CPU @ 3.00GHz + 1 × Slow)"},
	} {
		r := mustCompare(t, c.base, c.head, CompareOptions{Fail: gatesOf(t, "p99>+10%")})
		g := r.Comparison.Gates[0]
		if c.want == "" && g.Status() != Passed || c.want != "" && (!g.Inconclusive || !strings.Contains(g.Reason, "different machines: "+c.want+". Measure")) {
			t.Errorf("%s: %s, %s; want %q", c.name, g.Status(), g.Reason, c.want)
		}
	}
	// The agents' versions count like the coordinator's.
	r := mustCompare(t, fleet(2, nil), fleet(2, func(r *Run) { r.Agents[1].Environment.Version = "0.1.9" }), CompareOptions{})
	if text := strings.Join(r.Comparison.Warnings, "\n"); !strings.Contains(text, "different versions of memlite: 0.2.0, 0.1.9") {
		t.Error(text)
	}
}
