//go:build unix

package fleettest

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An agent of another version is named and takes no part. Where it would be needed the command fails at once.
func TestWrongVersion(t *testing.T) {
	proof(t)
	s := here(t, 1)
	old, err := build(filepath.Join(t.TempDir(), "memlite"), "-ldflags", "-X memlite/loadgen/fleet.protocol=0")
	if err != nil {
		t.Fatal(err)
	}
	(&agent{Process: Start(t, nil, old, "agent", "--nats", s.nats.URL, "--name", "veteran")}).ready(0)

	l := s.load("--agents", "2", "--requests", "100", "--agent-wait", "50s")
	begun := time.Now()
	if status := l.End(); status != 2 {
		t.Errorf("exit status %d, want 2", status)
	}
	if took := time.Since(begun); took > 25*time.Second {
		t.Errorf("it waited for %s", took)
	}
	if out := l.Output(); !strings.Contains(out, "veteran") || !strings.Contains(out, "protocol 0") {
		t.Errorf("it does not say who is of another version:\n%s", out)
	}

	// Who is left is enough for a run of one.
	l = s.load("--agents", "1", "--requests", "100")
	if run := l.run(0); len(run.Agents) != 1 || run.Agents[0].Name != "a" || run.Requests.Recorded != 100 {
		t.Errorf("%d requests by %d agents", run.Requests.Recorded, len(run.Agents))
	}
}

// An agent that hears late that the run has started begins late, makes its whole part all the same, and the report says how late. One that does
// not begin at all is lost.
func TestAgentStartsLate(t *testing.T) {
	proof(t)
	t.Run("late", func(t *testing.T) {
		proof(t)
		s := here(t, 2)
		slow := StartSlow(t, s.nats, ".start ", 1200*time.Millisecond)
		s.agents = append(s.agents, startAgent(t, nil, &NATS{URL: slow.URL}, "c"))
		run := s.steady("3s").run(0)
		if !slow.Held() {
			t.Fatal("the start was not held back")
		}
		checkExact(t, run, s, 900)
		if spread, ok := run.StartSpread(); !ok || spread < 100*time.Millisecond || spread > Patience {
			t.Errorf("the spread of the starts is %s, %t", spread, ok)
		}
		for _, a := range run.Agents {
			if late := a.Started != nil && *a.Started > 600*time.Millisecond; late != (a.Name == "c") {
				t.Errorf("agent %s started after %v", a.Name, a.Started)
			}
		}
		if !strings.Contains(strings.Join(run.Warnings, "\n"), "start") {
			t.Errorf("no warning says it: %q", run.Warnings)
		}
	})
	t.Run("not at all", func(t *testing.T) {
		proof(t)
		s := here(t, 2)
		slow := StartSlow(t, s.nats, ".start ", 20*time.Second)
		s.agents = append(s.agents, startAgent(t, nil, &NATS{URL: slow.URL}, "c"))
		l := s.steady("5s", "--on-agent-loss", "continue")
		begun := time.Now()
		l.Line(0, "agent c")
		if took := time.Since(begun); took > notice+5*time.Second {
			t.Errorf("noticed after %s", took)
		}
		run := l.run(3)
		if lost := run.Lost(); len(lost) != 1 || lost[0].Name != "c" || lost[0].Started != nil || lost[0].Total().Count != 0 {
			t.Errorf("%d agents lost", len(lost))
		}
		checkOthers(t, run, "c", 500)
	})
}
