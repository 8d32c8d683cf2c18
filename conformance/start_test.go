//go:build unix

package conformance_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"memlite/conformance"
	"memlite/conformance/mutant"
	"memlite/reports"
	"memlite/server"
)

// named is the mutant of that name as a command to start.
func named(t *testing.T, name string) string {
	t.Helper()
	for _, m := range append(mutant.All(), mutant.Good(), mutant.GoodDurable()) {
		if m.Name == name {
			return m.Command(os.Args[0])
		}
	}
	t.Fatalf("there is no mutant %s", name)
	return ""
}

// emptyTemp has everything that a run makes in a folder of its own, which must be empty at the end.
func emptyTemp(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	t.Cleanup(func() {
		if left, err := filepath.Glob(filepath.Join(folder, "memlite-conform-*")); len(left) > 0 || err != nil {
			t.Errorf("left behind: %v %v", left, err)
		}
	})
}

func TestStart(t *testing.T) {
	emptyTemp(t)
	start := named(t, "good-durable")
	suite := run(t, conformance.Config{Start: start, LabelFilter: "1-client || DUR-01 || DUR-06 || DUR-08"}, 60*time.Second)
	everyRule(t, suite, "")
	if suite.Target != start || len(suite.Warnings) > 0 {
		t.Errorf("target %s, warnings %q", suite.Target, suite.Warnings)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	everyRule(t, run(t, conformance.Config{Start: start, Addr: ln.Addr().String(), LabelFilter: "SET-01 || DUR-02"}, 60*time.Second), "")
}

// A failure says how to have it again, and what the server wrote.
func TestStartFailure(t *testing.T) {
	emptyTemp(t)
	start := "echo \"it's up\"; " + named(t, "memory-only")
	suite := run(t, conformance.Config{Start: start, LabelFilter: "SET-01 || DUR-01 || DUR-11", Seed: 7}, 60*time.Second)
	rule := func(id string) *reports.Rule {
		return suite.Rules[slices.IndexFunc(suite.Rules, func(r *reports.Rule) bool { return r.ID == id })]
	}
	lost := rule("DUR-01")
	if rule("SET-01").Status != reports.Passed || rule("DUR-11").Status != reports.Passed || lost.Status != reports.Failed || lost.Kind != "state" ||
		!strings.Contains(lost.Reason, "keys are wrong after the server was told to stop (SIGTERM) and started again") {
		t.Errorf("%+v", lost)
	}
	if !strings.Contains(lost.Rerun, "--start 'echo \"it'\\''s up\"; ") || !strings.Contains(lost.Rerun, "DUR-01 --seed 7") {
		t.Errorf("again: %s", lost.Rerun)
	}
	if !slices.ContainsFunc(lost.Transcript, func(e reports.Event) bool { return e.Note == "the server wrote: it's up" }) {
		t.Error("the transcript does not have what the server wrote")
	}
}

func TestStartIsNeeded(t *testing.T) {
	suite := run(t, conformance.Config{Addr: reference(t), LabelFilter: "SET-01 || durability"}, 20*time.Second)
	for _, r := range suite.Rules {
		if r.Family == "durability" && (r.Status != reports.NotRun || !strings.Contains(r.Reason, "--start")) {
			t.Errorf("%s: %s %s", r.ID, r.Status, r.Reason)
		}
	}
	for want, cfg := range map[string]conformance.Config{
		"needs --start": {Addr: reference(t), LabelFilter: "durability"},
		"put {port}":    {Start: "server"},
		"no command":    {Start: " "},
	} {
		if _, err := conformance.Run(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

// A server that dies is started again: the rule that it died of fails and says so, those behind it are asked, and the suite says what
// happened.
func TestServerThatDies(t *testing.T) {
	emptyTemp(t)
	for _, c := range []struct {
		name, filter string
		guilty       []string // that fail for the end of the server; nil: three of them at least
		warning      string
	}{
		{"end-stops-server", "end || LIM-01 || LIM-02", []string{"END-01", "END-02", "END-03", "END-05"}, "the server "},
		{"close-stops-server", "/SET-0./", nil, "the server "},
		{"huge-size-crashes", "set && !SET-19 && !SET-20", []string{"SET-18"}, "the server "},
	} {
		suite := run(t, conformance.Config{Start: named(t, c.name), LabelFilter: c.filter}, 60*time.Second)
		var failed []string
		for _, r := range suite.Rules {
			switch {
			case r.Status == reports.NotRun:
			case r.Status == reports.Failed:
				failed = append(failed, r.ID)
				// Busy machines kill it before it has ended by itself.
				if !strings.Contains(r.Reason, "the server exited with status 0") && !strings.Contains(r.Reason, "did not answer anybody") || r.Rerun == "" {
					t.Errorf("%s: %s fails %s: %s", c.name, r.ID, r.Kind, r.Reason)
				}
			case r.Status != reports.Passed:
				t.Errorf("%s: %s is %s: %s", c.name, r.ID, r.Status, r.Reason)
			}
		}
		if c.guilty != nil && !slices.Equal(failed, c.guilty) || c.guilty == nil && len(failed) < 3 {
			t.Errorf("%s: failed %s, want %s", c.name, failed, c.guilty)
		}
		if len(suite.Warnings) == 0 || !strings.HasPrefix(suite.Warnings[0], c.warning) || !strings.Contains(suite.Warnings[0], failed[0]) {
			t.Errorf("%s: warnings %q", c.name, suite.Warnings)
		}
	}
}

// One that hangs for everybody is killed and started again.
func TestServerThatHangs(t *testing.T) {
	emptyTemp(t)
	suite := run(t, conformance.Config{Start: named(t, "reset-keeps-lock"), LabelFilter: "CON-07 || LIM-01 || END-01"}, 60*time.Second)
	for _, r := range suite.Rules {
		if r.Status != reports.NotRun && (r.ID == "CON-07") != (r.Status == reports.Failed) {
			t.Errorf("%s: %s: %s", r.ID, r.Status, r.Reason)
		}
	}
	if len(suite.Warnings) != 1 || !strings.Contains(suite.Warnings[0], "did not answer anybody any more and was killed during CON-07") {
		t.Errorf("warnings %q", suite.Warnings)
	}
}

// Who cannot be started, or is interrupted, leaves neither process nor folder.
func TestStartThatFails(t *testing.T) {
	emptyTemp(t)
	for command, want := range map[string]string{
		"echo no >&2; exit 4; {port}":         "exited with status 4 before it listened",
		"sleep 1000 & echo $! {port}":         "left a process running in the background",
		"echo one; echo two {port}; sleep 0 ": "one | two",
	} {
		_, err := conformance.Run(context.Background(), conformance.Config{Start: command})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", command, err)
		}
	}
	_, err := conformance.Run(context.Background(), conformance.Config{Start: "sleep 1000 {port}", Timeout: 300 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "time ran out while the server was starting") {
		t.Errorf("%v", err)
	}
}

func TestCancelWithServer(t *testing.T) {
	emptyTemp(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	suite, err := conformance.Run(ctx, conformance.Config{Start: named(t, "good-durable"), LabelFilter: "SET-01 || durability", Progress: func(done, _ int, _ *reports.Rule) {
		if done == 1 {
			time.AfterFunc(200*time.Millisecond, cancel)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	cutShort(t, suite, "cut short")
}

// An endpoint that somebody else runs is only missed.
func TestNobodyListensAnyMore(t *testing.T) {
	addr, stop := start(t, server.Config{})
	suite := run(t, conformance.Config{Addr: addr, LabelFilter: "set && !SET-19", Progress: func(done, _ int, r *reports.Rule) {
		if done == 5 {
			stop()
		}
	}}, 20*time.Second)
	if want := "nobody has listened since SET-05"; !slices.Contains(suite.Warnings, want) {
		t.Errorf("warnings %q, want %q", suite.Warnings, want)
	}
}

func TestNoDataIsSaid(t *testing.T) {
	emptyTemp(t)
	folder := t.TempDir()
	start := strings.ReplaceAll(named(t, "good-durable"), "{data}", folder)
	suite := run(t, conformance.Config{Start: start, LabelFilter: "DUR-01 || DUR-11"}, 60*time.Second)
	for _, r := range suite.Rules {
		want := map[string]reports.Status{"DUR-01": reports.Passed, "DUR-11": reports.NotRun}[r.ID]
		if want != "" && (r.Status != want || want == reports.NotRun && !strings.Contains(r.Reason, "no {data}")) {
			t.Errorf("%s: %s %s", r.ID, r.Status, r.Reason)
		}
	}
	if len(suite.Warnings) != 1 || !strings.Contains(suite.Warnings[0], "no {data}") {
		t.Errorf("warnings %q", suite.Warnings)
	}
}

// The other ways to run the suite take a command too, and fail for a server that ends too late to fail its rule.
func TestStartInOtherWays(t *testing.T) {
	emptyTemp(t)
	for name, want := range map[string]bool{"good-durable": true, "close-stops-server": false} {
		out, err := exec.Command(os.Args[0], "-start="+named(t, name), "-ginkgo.label-filter=SET-01 || DUR-01").CombinedOutput()
		if (err == nil) != want {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
