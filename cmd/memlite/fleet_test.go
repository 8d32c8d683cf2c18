package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"memlite/reports"
)

// A command line that cannot be meant is refused before anything is started, with what to do.
func TestFleetFlagsThatAreRefused(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.pem")
	for line, want := range map[string]string{
		"load :1 --agents 2":                                         "--agents says how --fleet is run",
		"load :1 --on-agent-loss stop":                               "--on-agent-loss says how --fleet is run",
		"load :1 --nats-token x":                                     "--nats-token says how --fleet is run",
		"load :1 --fleet local":                                      "--fleet local: want local:N",
		"load :1 --fleet local:0":                                    "with N agents from 1 to 256",
		"load :1 --fleet local:two":                                  "--fleet local:two: want local:N",
		"load :1 --fleet local:257":                                  "from 1 to 256",
		"load :1 --fleet local:2 --agents 3":                         "starts its own agents: leave --agents out",
		"load :1 --fleet local:2 --nats-token x":                     "has a NATS of its own: leave --nats-token out",
		"load :1 --fleet http://127.0.0.1:1":                         "want nats://host:port",
		"load :1 --fleet nats://h --agents 0":                        "--agents must be more than 0",
		"load :1 --fleet nats://h --agent-wait 0s":                   "--agent-wait must be more than 0",
		"load :1 --fleet nats://h --on-agent-loss go":                "there is no choice \"go\"",
		"load :1 --fleet nats://h --nats-password x":                 "without a user",
		"load :1 --fleet nats://h --nats-user u --nats-token x":      "give one",
		"load :1 --fleet nats://h --nats-cert " + missing:            "want both or neither",
		"load :1 --fleet nats://h --nats-ca " + missing:              "no such file",
		"load :1 --fleet nats://h --print-plan --nats-creds /nosuch": "no such file",
		"compare a.json b.json --fleet local:2":                      "--fleet says how --run measures",
		"compare a.json b.json --agents 2":                           "--agents says how --run measures",
		"compare --run :1 :2 --agents 2":                             "--agents says how --fleet is run",
		"agent":                                                      "no NATS given: --nats nats://host:4222",
		"agent :1":                                                   "unexpected argument \":1\"",
		"agent --nats ftp://h":                                       "want nats://host:port",
		"agent --nats nats://h --allow 10.0.0.0/33":                  "want a network (10.0.0.0/8)",
		"agent --nats nats://h --allow example.com":                  "--allow: allow \"example.com\"",
		"agent --nats nats://h --files /nosuch":                      "there is no folder /nosuch",
		"agent --nats nats://h --nats-grace 0s":                      "--nats-grace must be more than 0",
	} {
		status, out, errs := runFor(strings.Fields(line)...)
		if status != exitNotRun || out != "" || !strings.Contains(errs, want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: status %d, %q, %q; want %q", line, status, out, errs, want)
		}
	}
}

// Nobody there, or nobody who lets us in: said at once, in one line.
func TestFleetWithoutNATS(t *testing.T) {
	status, _, errs := runFor("load", ":1", "--fleet", "nats://127.0.0.1:1", "--agents", "2")
	if want := "memlite load: no NATS answers at nats://127.0.0.1:1"; status != exitNotRun || !strings.Contains(errs, want) || strings.Contains(errs, "memlite serve") {
		t.Errorf("status %d: %s", status, errs)
	}
}

// Who makes the load is no part of what load is made: a plan runs here, and on any fleet.
func TestPlansNameNoFleet(t *testing.T) {
	_, alone, _ := runFor("load", ":1", "--rate", "5k/s", "--print-plan")
	status, out, errs := runFor("load", ":1", "--rate", "5k/s", "--fleet", "nats://127.0.0.1:1", "--agents", "3", "--nats-token", "x", "--print-plan")
	if status != exitHeld || out != alone || !strings.Contains(out, "rate: 5000/s") {
		t.Errorf("status %d: %s%s, want %s", status, out, errs, alone)
	}
	file := filepath.Join(t.TempDir(), "plan.yaml")
	if err := os.WriteFile(file, []byte("target: :1\nfleet: local:2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := runFor("load", "--workload", file); status != exitNotRun || !strings.Contains(errs, `no field "fleet"`) {
		t.Errorf("status %d: %s", status, errs)
	}
}

// A report repeats the command, and is sent on.
func TestWithoutSecrets(t *testing.T) {
	for line, want := range map[string]string{
		"load :1 --nats-password p --nats-user u":        "load :1 --nats-password HIDDEN --nats-user u",
		"load :1 --nats-password=p":                      "load :1 --nats-password=HIDDEN",
		"load :1 --nats-token t --fleet nats://h":        "load :1 --nats-token HIDDEN --fleet nats://h",
		"load --fleet nats://u:p@h:1,nats://v:q@i":       "load --fleet nats://u:HIDDEN@h:1,nats://v:HIDDEN@i",
		"load --fleet=tls://token@h":                     "load --fleet=tls://HIDDEN@h",
		"load --fleet u:p@q@h:4222":                      "load --fleet u:HIDDEN@h:4222",
		"agent --nats nats://u:p@h":                      "agent --nats nats://u:HIDDEN@h",
		"load --nats-token":                              "load --nats-token",
		"load :1 --fleet local:2 --report json=a@b.json": "load :1 --fleet local:2 --report json=a@b.json",
	} {
		args := strings.Fields(line)
		if got := strings.Join(withoutSecrets(args), " "); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
		if strings.Join(args, " ") != line {
			t.Errorf("%s: its arguments are changed: %s", line, args)
		}
	}
}

// A fleet on this machine does what one process does, and its agents are gone when the command is.
func TestLocalFleet(t *testing.T) {
	addr, file := serving(t, "lite"), filepath.Join(t.TempDir(), "run.json")
	// What is meant for this process is not for its agents.
	t.Setenv("MEMLITE_NAME", "me")
	t.Setenv("MEMLITE_FILES", "/nosuch")
	status, out, errs := runFor("load", addr, "--fleet", "local:3", "--clients", "6", "--requests", "3000", "--keys", "100", "--preload", "--report", "json="+file)
	if status != exitHeld {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	run := readRun(t, file)
	var names []string
	for _, a := range run.Agents {
		names = append(names, a.Name)
		if a.Clients != 2 || a.Requests.Recorded != 1000 {
			t.Errorf("%s: %d clients, %+v", a.Name, a.Clients, a.Requests)
		}
	}
	if want := []string{"local-1", "local-2", "local-3"}; !slices.Equal(names, want) || run.Requests.Recorded != 3000 || run.Requests.Preloaded != 100 {
		t.Errorf("agents %s, %+v", names, run.Requests)
	}
	if strings.Contains(errs, "has ended") {
		t.Errorf("agents that are ended are told of: %s", errs)
	}
}

// Search, scan and compare have one fleet for all their runs.
func TestLocalFleetOfManyRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("for its duration")
	}
	t.Parallel()
	addr := serving(t, "lite")
	for _, args := range [][]string{
		{"load", addr, "--fleet", "local:2", "--scan", "500:1000:500", "--duration", "300ms", "--warmup", "100ms", "--keys", "100", "--clients", "4"},
		{"load", addr, "--fleet", "local:2", "--search", "p99<5s", "--search-range", "500:501", "--duration", "300ms", "--warmup", "100ms", "--keys", "100", "--clients", "4"},
		{"compare", "--run", addr, addr, "--fleet", "local:2", "--rounds", "2", "--duration", "300ms", "--warmup", "100ms", "--keys", "100", "--clients", "4"},
	} {
		// What they find on a busy machine is not the matter.
		if status, out, errs := runFor(args...); status == exitNotRun || out == "" {
			t.Errorf("%s: status %d: %s%s", args, status, out, errs)
		}
	}
}

// An agent that cannot start is no reason to wait: what it says is shown.
func TestLocalFleetThatDoesNotStart(t *testing.T) {
	t.Setenv(brokenAgent, "cannot load the library of everything")
	status, out, errs := runFor("load", ":1", "--fleet", "local:2")
	want := "--fleet local:2: the agent local-1 has ended: exit status 7, having said: cannot load the library of everything\n"
	if status != exitNotRun || out != "" || !strings.HasSuffix(errs, want) {
		t.Errorf("status %d: %s%s, want %s", status, out, errs, want)
	}
}

func TestTail(t *testing.T) {
	var text tail
	for range 1000 {
		_, _ = text.Write([]byte("one\r\n"))
	}
	_, _ = text.Write([]byte("last\n"))
	if got := text.String(); len(got) > 2*mostTail || !strings.HasSuffix(got, "one; one; last") {
		t.Errorf("%q", got)
	}
}

// readRun reads a report with one run.
func readRun(t *testing.T, file string) *reports.Run {
	t.Helper()
	r, err := reports.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return r.Runs[0]
}
