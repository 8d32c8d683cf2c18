//go:build unix

package fleettest

import (
	"math"
	"strings"
	"syscall"
	"testing"
	"time"

	"memlite/reports"
)

// Every fault, with real processes. What is promised is that a fault is noticed within 3 s, and that agents stop within 5 s of their coordinator's
// end; the bounds here give a machine that is busy with other tests as much again.
const (
	notice = 2 * 3 * time.Second
	halt   = 2 * 5 * time.Second
)

// steady is an open loop of so many seconds, of which every third request is each of three agents'. At 600 requests, after two seconds, the first
// second's are collected.
func (s *site) steady(seconds string, flags ...string) *load {
	return s.load(append([]string{"--rate", "300/s", "--clients", "12", "--duration", seconds}, flags...)...)
}

// An agent that is killed is named, with the second and the share. The run ends for all, or goes on without it; the others are ready for the next.
func TestAgentKilled(t *testing.T) {
	proof(t)
	t.Run("stop", func(t *testing.T) {
		proof(t)
		s := here(t, 3)
		l := s.steady("60s")
		s.target.await(600)
		s.agents[1].Kill()
		killed := time.Now()
		lost(t, l, "b", killed)
		run := l.run(3)
		if !run.CutShort || run.Elapsed > 30*time.Second {
			t.Errorf("cut short: %t, after %s", run.CutShort, run.Elapsed)
		}
		checkLost(t, l, run, "b", killed)
		s.agents = append(s.agents[:1], s.agents[2])
		s.again()
	})
	t.Run("continue", func(t *testing.T) {
		proof(t)
		s := here(t, 3)
		l := s.steady("9s", "--on-agent-loss", "continue")
		s.target.await(600)
		s.agents[1].Kill()
		killed := time.Now()
		lost(t, l, "b", killed)
		run := l.run(3)
		if run.CutShort {
			t.Error("the run was cut short")
		}
		checkLost(t, l, run, "b", killed)
		checkOthers(t, run, "b", 900)
		s.agents = append(s.agents[:1], s.agents[2])
		s.again()
	})
}

// An agent that is told to end in mid-run says so before it does: it is lost at once, with all that it measured.
func TestAgentEnds(t *testing.T) {
	proof(t)
	s := here(t, 3)
	l := s.steady("6s", "--on-agent-loss", "continue")
	s.target.await(600)
	b := s.agents[1]
	b.Signal(syscall.SIGTERM)
	told := time.Now()
	lost(t, l, "b", told)
	if status := b.End(); status != 0 {
		t.Errorf("the agent ended with status %d", status)
	}
	run := l.run(3)
	checkLost(t, l, run, "b", told)
	checkOthers(t, run, "b", 600)
	if part := b.parts(); len(part) != 1 {
		t.Errorf("it has saved %d reports, want 1", len(part))
	} else {
		same(t, "of agent b", buckets(t, run.Agents[1].Totals, run.Agents[1].Generator), buckets(t, part[0].Totals, part[0].Generator))
	}
}

// An agent that stands still is lost as one that is dead is. When it goes on it learns so, stops by itself, is not counted, and is ready for the next run.
func TestAgentStopped(t *testing.T) {
	proof(t)
	s := here(t, 3)
	l := s.steady("12s", "--on-agent-loss", "continue")
	s.target.await(600)
	b := s.agents[1]
	b.Signal(syscall.SIGSTOP)
	stopped := time.Now()
	lost(t, l, "b", stopped)
	lines := b.Lines()
	b.Signal(syscall.SIGCONT)
	b.Line(lines, "")
	if l.Ended() {
		t.Error("it said so when the run was over")
	}
	run := l.run(3)
	checkLost(t, l, run, "b", stopped)
	checkOthers(t, run, "b", 1200)
	s.again()
}

// An agent whose link is down is lost while the link stays down. It stops when its grace is over, and is ready when the link is up again.
func TestAgentCutOff(t *testing.T) {
	proof(t)
	for name, way := range map[string]struct{ down, up func(*Host) }{
		"its end":   {(*Host).Down, (*Host).Up},
		"other end": {(*Host).Cut, (*Host).Mend},
	} {
		t.Run(name, func(t *testing.T) {
			proof(t)
			s := apart(t, 3, "--nats-grace", "3s")
			l := s.steady("9s", "--on-agent-loss", "continue")
			s.target.await(600)
			b := s.agents[1]
			lines := b.Lines()
			way.down(b.host)
			cut := time.Now()
			lost(t, l, "b", cut)
			b.Line(lines, "") // it has stopped
			if took := time.Since(cut); took > halt {
				t.Errorf("the agent went on alone for %s", took)
			}
			run := l.run(3)
			checkLost(t, l, run, "b", cut)
			checkOthers(t, run, "b", 900)
			way.up(b.host)
			s.again()
		})
	}
}

// slowly has a fleet take three seconds to get ready.
var slowly = []string{"--clients", "30", "--connect-rate", "10"}

// Without an agent that is killed before the start there is no run. The others hear so, and are ready for the next.
func TestAgentKilledBeforeTheStart(t *testing.T) {
	proof(t)
	s := here(t, 3)
	l := s.steady("60s", append(slowly, "--on-agent-loss", "continue")...)
	s.target.clients(3)
	s.agents[1].Kill()
	killed := time.Now()
	if status := l.End(); status != 2 {
		t.Errorf("exit status %d, want 2", status)
	}
	if took := time.Since(killed); took > notice {
		t.Errorf("noticed after %s", took)
	}
	if out := l.Output(); !strings.Contains(out, "agent b: ") {
		t.Errorf("it does not say whose fault it is:\n%s", out)
	}
	s.agents = append(s.agents[:1], s.agents[2])
	s.again()
}

// lost waits until the coordinator says that an agent is lost.
func lost(t *testing.T, l *load, name string, since time.Time) {
	t.Helper()
	l.Line(0, "agent "+name+" is lost")
	took := time.Since(since)
	t.Log("noticed after", took)
	if took > notice {
		t.Errorf("noticed after %s", took)
	}
}

// checkLost holds a report against what was done to an agent: it alone is lost, since about then, for a reason, and it has a third of the load.
func checkLost(t *testing.T, l *load, run *reports.Run, name string, when time.Time) {
	t.Helper()
	lost := run.Lost()
	if len(lost) != 1 || lost[0].Name != name || len(run.Agents) != 3 {
		t.Fatalf("%d of %d agents lost, want %s alone of 3", len(lost), len(run.Agents), name)
	}
	a := lost[0]
	since := when.Sub(run.Started)
	t.Logf("%s: %s; missing since %s of the run, the fault was at %s", name, a.Loss.Reason, a.Loss.At, since)
	if math.Abs(a.Share-1./3) > 0.01 || a.Loss.Reason == "" {
		t.Errorf("a share of %.3f, reason %q", a.Share, a.Loss.Reason)
	}
	// What it measured in the second of the fault it could not tell any more.
	if a.Loss.At < since-2500*time.Millisecond || a.Loss.At > since+notice {
		t.Errorf("missing since %s of the run; the fault was at %s", a.Loss.At, since)
	}
	if n := a.Total().Count; n == 0 || float64(n) > 100*(a.Loss.At.Seconds()+1) {
		t.Errorf("it has %d requests until then", n)
	}
	for _, i := range run.Intervals {
		switch {
		case i.Start >= a.Loss.At && math.Abs(i.Missing-a.Share) > 0.01:
			t.Errorf("of the second at %s %.3f is missing, want %.3f", i.Start, i.Missing, a.Share)
		case i.Start+i.Length <= a.Loss.At && i.Missing != 0:
			t.Errorf("of the second at %s %.3f is missing before it was lost", i.Start, i.Missing)
		}
	}
	if out := l.Output(); !strings.Contains(out, "agent "+name) || !strings.Contains(out, "33") {
		t.Errorf("it does not say which agent and what share:\n%s", out)
	}
}

// checkOthers: all agents but one have done their part, each that many requests.
func checkOthers(t *testing.T, run *reports.Run, but string, each int64) {
	t.Helper()
	for _, a := range run.Agents {
		n := a.Total()
		if n.Errors > 0 {
			t.Errorf("agent %s: %d errors", a.Name, n.Errors)
		}
		if a.Name != but && n.Count != each {
			t.Errorf("agent %s: %d requests, want %d", a.Name, n.Count, each)
		}
		if a.Name == but && n.Count >= each {
			t.Errorf("agent %s: %d requests although it was lost, all of %d", a.Name, n.Count, each)
		}
	}
}

// checkExact: nothing of the run is missing.
func checkExact(t *testing.T, run *reports.Run, s *site, requests int64) (parts []*reports.Run) {
	t.Helper()
	if n := run.Total(); n.Count != requests || n.Errors > 0 || run.CutShort {
		t.Errorf("%d requests and %d errors, want %d; cut short: %t", n.Count, n.Errors, requests, run.CutShort)
	}
	return checkWhole(t, run, s.agents)
}
