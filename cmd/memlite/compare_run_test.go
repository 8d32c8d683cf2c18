package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"memlite/loadgen"
	"memlite/reports"
)

// scripted is an Executor that runs nothing.
type scripted struct {
	asked []string
	then  func(n int) (*reports.Run, error) // of the n-th run, from 1; nil: all is well
}

func (s *scripted) Execute(_ context.Context, p loadgen.Plan, _ ...reports.Sink) (*reports.Run, error) {
	s.asked = append(s.asked, fmt.Sprint(p.Target, " ", p.Seed))
	if s.then != nil {
		return s.then(len(s.asked))
	}
	return &reports.Run{}, nil
}

func inTurns(s *scripted, rounds int) turns {
	return turns{executor: s, base: loadgen.Plan{Target: "a", Seed: 1}, head: loadgen.Plan{Target: "b", Seed: 1}, rounds: rounds,
		sinks: func(string) []reports.Sink { return nil }}
}

func TestTurnsAlternate(t *testing.T) {
	s := &scripted{}
	base, head, err := inTurns(s, 3).run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a 1", "b 1", "b 2", "a 2", "a 3", "b 3"}; !slices.Equal(s.asked, want) {
		t.Errorf("target and seed of each run: %q, want %q", s.asked, want)
	}
	if len(base) != 3 || len(head) != 3 || base[1].Title != "base, round 2" || head[2].Title != "head, round 3" {
		t.Errorf("base %+v, head %+v", base, head)
	}
}

// What ends the rounds early leaves the runs that were whole.
func TestTurnsEndEarly(t *testing.T) {
	refused := errors.New("refused")
	for _, c := range []struct {
		name  string
		third *reports.Run
		err   error
	}{
		{"cut short", &reports.Run{CutShort: true}, nil},
		{"nothing", nil, refused},
		{"no answer", &reports.Run{}, refused},
	} {
		s := &scripted{then: func(n int) (*reports.Run, error) {
			if n == 3 {
				return c.third, c.err
			}
			return &reports.Run{}, nil
		}}
		base, head, err := inTurns(s, 9).run(t.Context())
		if len(s.asked) != 3 || len(base) != 1 || len(head) != 1 || !errors.Is(err, c.err) {
			t.Errorf("%s: %d asked, %d and %d kept, %v", c.name, len(s.asked), len(base), len(head), err)
		}
	}
}
