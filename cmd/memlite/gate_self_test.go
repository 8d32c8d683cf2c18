//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGate runs make gate's script in short on servers that are as good as the release's, that newly break a rule and that are slow, and on
// runs of the release that another machine has made.
func TestGate(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes 20 runs")
	}
	t.Parallel()
	s := newSite(t, "")
	s.folder = moduleFolder(t)
	release := t.TempDir()
	plan := "clients: 4\nthink: 5ms\nrequests: 100\nkeys: 10\npreload: true\n"
	if err := os.WriteFile(filepath.Join(release, "plan.yaml"), []byte(plan), 0o666); err != nil {
		t.Fatal(err)
	}
	// Four runs a side are the fewest that can tell; what is slow is so much slower that no other program on this machine can look like it.
	gate := func(t *testing.T, release, serverFlags, argument string) (status int, summary, printed string) {
		out := t.TempDir()
		status, printed = s.shell(t, ".ci/gate "+argument, "RELEASE="+release, "OUT="+out, "REV=", "ROUNDS=4", "FAIL=p50>+1000% errors>+0",
			"MEMLITE=memlite", "SERVER=gate-server "+serverFlags, "GITHUB_STEP_SUMMARY="+filepath.Join(out, "step.md"))
		text, _ := os.ReadFile(filepath.Join(out, "step.md"))
		return status, string(text), printed
	}
	if status, _, out := gate(t, release, "", "base"); status != exitHeld {
		t.Fatalf("status %d\n%s", status, out)
	}
	elsewhere := t.TempDir()
	for _, name := range []string{"plan.yaml", "suite.json", "load.json"} {
		text, err := os.ReadFile(filepath.Join(release, name))
		if err != nil {
			t.Fatal(err)
		}
		text = []byte(strings.ReplaceAll(string(text), `"kernel": "`, `"kernel": "another `))
		if err := os.WriteFile(filepath.Join(elsewhere, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, release, flags string
		status               int
		says, summary        string
	}{
		{"as good", release, "", exitHeld, "gate: no worsening seen", "p50"},
		{"newly breaks a rule", release, "--fault get-many", exitFinding, "gate: worse", "GET-03"},
		{"slow", release, "--delay 30ms", exitFinding, "gate: worse", "p50"},
		{"of another machine", elsewhere, "", exitInconclusive, "make gate REV=", "another"},
		{"does not start", release, dead, exitNotRun, "the server did not start", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			status, summary, out := gate(t, c.release, c.flags, "")
			if status != c.status || !strings.Contains(out, c.says) || !strings.Contains(summary, c.summary) {
				t.Errorf("status %d, want %d\n%s\nsummary:\n%s", status, c.status, out, summary)
			}
		})
	}
}
