package reports

import (
	"bytes"
	"os"
	"strings"
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

// What a dashboard watches: how many agents were lost, and which.
func TestPrometheusHasTheAgents(t *testing.T) {
	r := &Report{Runs: []*Run{fleetRun(4, 2)}}
	families := exposed(t, r)
	for name, want := range map[string]float64{"memlite_run_agents": 4, "memlite_run_lost_agents": 1, "memlite_run_start_spread_seconds": 0.0036} {
		if v := exposedSample(t, families[name]).GetGauge().GetValue(); v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
	for name, lost := range map[string]float64{"agent-b": 0, "agent-c": 1} {
		if v := exposedSample(t, families["memlite_run_agent_lost"], "agent", name).GetGauge().GetValue(); v != lost {
			t.Errorf("%s lost: %v", name, v)
		}
	}
	if families := exposed(t, &Report{Runs: fixtureRuns()[:1]}); families["memlite_run_agents"] != nil {
		t.Error("a run without a fleet has agents")
	}
}

// Names, hosts and reasons come from elsewhere: in no format are they more than text.
func TestHostileAgents(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, long")
	}
	const foul = "a\x1b[31m\n| # <b>x</b>\u202e`"
	r := fleetRun(3, 1)
	for _, a := range r.Agents {
		a.Name, a.ID, a.Environment.Host, a.Environment.CPU, a.Environment.Version, a.Warnings = foul, foul+a.ID, foul, foul, foul, []string{foul}
	}
	r.Agents[1].Loss.Reason = strings.Repeat(foul, 1000)
	r.Warnings = []string{"agent " + foul + " is missing"}
	for _, f := range formats {
		if !f.runs || f.name == "json" {
			continue
		}
		var b bytes.Buffer
		if err := f.write(&b, &Report{Runs: []*Run{r}}); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		if text := b.String(); f.name != "png" && (strings.ContainsAny(text, "\x1b\u202e") || (f.name == "html" || f.name == "md" || f.name == "junit") && strings.Contains(text, "<b>")) {
			t.Errorf("%s has what an agent sent as it came", f.name)
		}
	}
	if text := r.lostAndWhy(); len(text) > 1000 {
		t.Errorf("%d bytes of what is missing", len(text))
	}
	var b bytes.Buffer
	if err := Markdown(&b, &Report{Runs: []*Run{r}}); err != nil {
		t.Fatal(err)
	}
	if n := checkMarkdown(t, b.Bytes()); n != 3 {
		t.Errorf("%d tables", n)
	}
}
