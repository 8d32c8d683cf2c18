package reports

import (
	"bytes"
	"os"
	"testing"
	"time"
)

// What is written of a fleet's run is read again, to the byte, and keeps the schema.
func TestFleetIsSaved(t *testing.T) {
	r := loadFleet(t)
	was, err := os.ReadFile(savedFleet)
	if err != nil {
		t.Fatal(err)
	}
	if again := jsonOf(t, r); !bytes.Equal(was, again) {
		t.Error("written again it is something else")
	}
	if err := compiled(t).Validate(instance(t, was)); err != nil {
		t.Error(err)
	}
	if n := len(r.Runs[0].Lost()); n != 0 {
		t.Errorf("%d lost agents where all were there", n)
	}
	if lost := r.Runs[1].Lost(); len(lost) != 1 || lost[0].Name != "agent-c" || lost[0].Loss.At != 7400*time.Millisecond {
		t.Errorf("lost: %+v", lost)
	}
}

func TestStartSpread(t *testing.T) {
	at := func(d time.Duration) *Agent { return &Agent{Started: &d} }
	for _, c := range []struct {
		agents []*Agent
		want   time.Duration
		ok     bool
	}{
		{nil, 0, false},
		{[]*Agent{at(time.Second)}, 0, false},
		{[]*Agent{at(time.Second), {}}, 0, false}, // the other one never began
		{[]*Agent{at(3), {}, at(-5), at(1)}, 8, true},
		{[]*Agent{at(-5), at(-5)}, 0, true},
	} {
		if d, ok := (&Run{Agents: c.agents}).StartSpread(); d != c.want || ok != c.ok {
			t.Errorf("%v, %v: want %v, %v", d, ok, c.want, c.ok)
		}
	}
}
