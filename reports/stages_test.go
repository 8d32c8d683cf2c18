package reports

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// stagedRun is an open loop whose recorded seconds are told apart as three stages.
func stagedRun() *Run {
	r := fixtureRun(64, 2000, 900*time.Microsecond, 0.7, true)
	at := r.Intervals[2].Start
	for i, s := range []*Stage{
		{Name: "base", Length: 2 * time.Second, Arrival: "constant", Rate: 1000},
		{Name: "climb <up>", Length: 3 * time.Second, Arrival: "poisson", Rate: 1000, To: 20_000, Dropped: 12},
		{Name: "closed", Length: 5 * time.Second, Arrival: "closed"},
	} {
		s.Start, s.Recorded = at, true
		at += s.Length
		s.Totals = []*Operation{fixtureOperation("get", fill(time.Duration(i+1)*time.Millisecond, 0.3, 1000*(i+1), i), nil)}
		r.Stages = append(r.Stages, s)
	}
	return r
}

// Every format for people shows each stage: what it asked for and what came of it.
func TestStagesAreShown(t *testing.T) {
	report := &Report{Runs: []*Run{stagedRun()}}
	for name, format := range map[string]Format{"html": HTML, "md": Markdown, "text": Summary, "junit": JUnit} {
		var out bytes.Buffer
		if err := format(&out, report); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"base", "1,000/s, constant", "1,000 to 20,000/s, poisson", "closed loop", "500", "600", "667", "never sent", "3 stages"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q", name, want)
			}
		}
		if name != "text" && strings.Contains(out.String(), "<up>") {
			t.Errorf("%s: the name of a stage is markup", name)
		}
	}
}

// The line of what was asked for follows the stages.
func TestAskedFor(t *testing.T) {
	got := stagedRun().asked(12)
	want := []point{{2, 1000}, {4, 1000}, {4, 1000}, {7, 20_000}}
	if len(got) != 6 || !slices.Equal(got[:4], want) || !math.IsNaN(got[5].Y) {
		t.Errorf("got %v, want %v and a gap", got, want)
	}
}

func readText(t *testing.T, text string) (*Report, error) {
	path := filepath.Join(t.TempDir(), "r.json")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return Read(path)
}

func TestStagesAreReadAndChecked(t *testing.T) {
	text := string(jsonOf(t, &Report{Runs: []*Run{stagedRun()}}))
	back, err := readText(t, text)
	if err != nil || len(back.Runs[0].Stages) != 3 || back.Runs[0].Stages[1].To != 20_000 || back.Runs[0].Stages[2].Total().Count != 3000 {
		t.Fatalf("%v", err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"rate": 1000`, `"rate": -1`, "stages[0]: a rate is negative"},
		{`"arrival": "closed"`, `"arrival": "mixed"`, "stages[2]: arrival is"},
		{`"dropped": 12,`, `"dropped": -12,`, "dropped is negative"},
	} {
		if !strings.Contains(text, c.old) {
			t.Fatalf("no %s in the run", c.old)
		}
		if _, err := readText(t, strings.Replace(text, c.old, c.new, 1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.new, err, c.want)
		}
	}
}
