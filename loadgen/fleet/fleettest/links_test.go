//go:build unix

package fleettest

import (
	"syscall"
	"testing"
	"time"
)

// A link that is down for a moment, an agent's or the coordinator's, costs nothing: no agent is lost, and no sample.
func TestLinkIsBackInTime(t *testing.T) {
	proof(t)
	for name, whose := range map[string]func(*site) *Host{
		"agent":       func(s *site) *Host { return s.agents[1].host },
		"coordinator": func(s *site) *Host { return s.desk },
	} {
		t.Run(name, func(t *testing.T) {
			proof(t)
			s := apart(t, 3)
			l := s.steady("6s")
			s.target.await(600)
			whose(s).Cut()
			time.Sleep(300 * time.Millisecond) // TCP tries again after 0.2 s, 0.6 s, 1.4 s: more would come near to the two that make an agent lost
			whose(s).Mend()
			run := l.run(0)
			checkExact(t, run, s, 1800)
		})
	}
}

// A coordinator whose link stays down ends its run when its grace is over, and reports what it has. The agents do not hear it, and stop.
func TestCoordinatorCutOff(t *testing.T) {
	proof(t)
	s := apart(t, 2)
	l := s.steady("60s", "--nats-grace", "4s")
	s.target.await(900) // some of it has been collected
	s.desk.Cut()
	cut := time.Now()
	if took := s.target.quiet().Sub(cut); took > halt {
		t.Errorf("the agents went on for %s", took)
	}
	run := l.run(3)
	if took := time.Since(cut); took > 30*time.Second {
		t.Errorf("the coordinator went on for %s", took)
	}
	if !run.CutShort || run.Total().Count == 0 {
		t.Errorf("cut short: %t, %d requests", run.CutShort, run.Total().Count)
	}
	s.desk.Mend()
	s.again()
}

// Who stands still for a moment, the coordinator or an agent, is late and costs nothing else: what it did not hear meanwhile was nobody's fault.
func TestStandstill(t *testing.T) {
	for name, whose := range map[string]func(*site, *load) *Process{
		"agent":       func(s *site, _ *load) *Process { return s.agents[1].Process },
		"coordinator": func(_ *site, l *load) *Process { return l.Process },
	} {
		t.Run(name, func(t *testing.T) {
			proof(t)
			s := here(t, 3)
			l := s.steady("6s")
			s.target.await(600)
			p := whose(s, l)
			p.Signal(syscall.SIGSTOP)
			time.Sleep(time.Second)
			p.Signal(syscall.SIGCONT)
			checkExact(t, l.run(0), s, 1800)
		})
	}
}

// Agents whose coordinator is killed stop by themselves.
func TestCoordinatorKilled(t *testing.T) {
	proof(t)
	s := here(t, 3)
	l := s.steady("60s")
	s.target.await(600)
	l.Kill()
	killed := time.Now()
	took := s.target.quiet().Sub(killed)
	t.Log("the agents stopped after", took)
	if took > halt {
		t.Errorf("the agents went on for %s", took)
	}
	s.again()
}

// A NATS that is killed and started again in mid-run costs nothing: what the agents could not send they send later.
func TestNATSRestarts(t *testing.T) {
	proof(t)
	s := here(t, 3)
	l := s.steady("8s", "--warmup", "1s", "--preload")
	s.target.await(1900)
	s.nats.KillFor(2500 * time.Millisecond)
	run := l.run(0)
	checkSeconds(t, run, checkExact(t, run, s, 2400))
	s.again()
}

// Before the start too: it costs a part of the time that the fleet has to get ready.
func TestNATSRestartsBeforeTheStart(t *testing.T) {
	proof(t)
	s := here(t, 3)
	l := s.steady("2s", slowly...)
	s.target.clients(3)
	s.nats.KillFor(1500 * time.Millisecond)
	checkExact(t, l.run(0), s, 600)
}

// A NATS that does not come back ends the run when the grace is over, on both sides. Both have what was measured.
func TestNATSEnds(t *testing.T) {
	proof(t)
	s := here(t, 2, "--nats-grace", "3s")
	l := s.steady("60s", "--nats-grace", "3s")
	s.target.await(900) // some of it has been collected
	s.nats.Kill()
	killed := time.Now()
	if took := s.target.quiet().Sub(killed); took > halt {
		t.Errorf("the agents went on for %s", took)
	}
	run := l.run(3)
	if took := time.Since(killed); took > 30*time.Second {
		t.Errorf("the coordinator went on for %s", took)
	}
	if !run.CutShort || run.Total().Count == 0 {
		t.Errorf("cut short: %t, %d requests", run.CutShort, run.Total().Count)
	}
	s.nats.Restart()
	s.again()
}
