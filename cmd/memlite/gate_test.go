//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// The gates that README.md shows are run here as they stand there, on servers that are good, that break a rule and that are slow. The
// uses: steps of the workflow need GitHub and are left out. A gate's test is about the statuses, so it asks less and shorter than
// a user's gate (asking), and what depends on how busy this machine is has another form (calmed).

// asking makes the commands of a gate short.
var asking = []string{"MEMLITE_LABEL_FILTER=GET-01 || GET-03", "MEMLITE_REQUESTS=300", "MEMLITE_KEYS=100"}

// calmed replaces an open loop, in which a busy machine's load generator lags and is inconclusive for it, by a closed loop that mostly waits.
// For it, too, medians are compared, and so that no other program can look like a slow server; four runs a side are the fewest that can tell.
var calmed = strings.NewReplacer("--rate 2k/s", "--think 20ms", "seq 10)", "seq 4)", "--rounds 10", "--rounds 4", "--duration 5s", "", "p99>+10%", "p50>+1000%")

// lenient are objectives that a good server holds on the busiest machine.
var lenient = strings.NewReplacer("p99<20ms", "p99<10s")

// dead are flags with which gateServer ends at once.
const dead = "--fault nobody"

// gated are the servers that the gates are tried on: flags of gateServer, what is changed of the gate, and how its steps are to end.
var gated = []struct {
	name, flags string
	objectives  *strings.Replacer
	want        map[string]int // step to status; those that are not here end in 0
}{
	{"good", "", lenient, nil},
	{"breaks a rule", "--fault get-many", lenient, map[string]int{"conform": exitFinding}},
	{"slow", "--delay 30ms", strings.NewReplacer(), map[string]int{"load": exitFinding, "compare": exitFinding}},
	{"dead", dead, lenient, map[string]int{"conform": exitNotRun, "load": exitNotRun, "compare": exitFinding}}, // test makes 1 of 2
}

// site is the folder that a gate runs in, with ./my-server in it, and base/my-server, which is good.
type site struct {
	folder string
	ports  *strings.Replacer // of README.md for free ones
	env    []string
}

func newSite(t *testing.T, flags string) *site {
	t.Helper()
	needBash(t)
	tries := "100"
	if flags == dead {
		tries = "2"
	}
	s := &site{folder: t.TempDir(), ports: strings.NewReplacer("5001", freePort(t), "5002", freePort(t), "seq 100", "seq "+tries)}
	bin := filepath.Join(s.folder, "bin")
	s.env = append(os.Environ(), append(asking, "GOBIN="+bin, "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"))...)
	started := filepath.Join(s.folder, "started")
	if err := os.Mkdir(filepath.Join(s.folder, "base"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, flags := range map[string]string{"my-server": flags, "base/my-server": ""} {
		script := fmt.Sprintf("#!/bin/sh\necho $$ >> '%s'\nexec gate-server \"$@\" %s\n", started, flags)
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(script), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { // a workflow leaves its server to the machine's end
		list, _ := os.ReadFile(started)
		for _, pid := range strings.Fields(string(list)) {
			_ = exec.Command("kill", "-KILL", pid).Run()
		}
	})
	return s
}

// freePort is one that nobody listened at a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

// shell runs a script as GitHub does and returns its status and what it printed.
func (s *site) shell(t *testing.T, script string, env ...string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-e", "-c", s.ports.Replace(script))
	cmd.Dir, cmd.Env = s.folder, append(s.env, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &out, time.Second
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v\n%s", script, err, out.String())
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// has fails unless each file is there and says what it should.
func (s *site) has(t *testing.T, files map[string]string) {
	t.Helper()
	for name, want := range files {
		if text, err := os.ReadFile(filepath.Join(s.folder, name)); err != nil {
			t.Error(err)
		} else if !strings.Contains(string(text), want) {
			t.Errorf("%s does not say %q", name, want)
		}
	}
}

// workflow is the part of GitHub's workflow syntax that README.md uses; a field that is not here is a mistake there.
type workflow struct {
	Name        string            `yaml:"name"`
	On          string            `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Jobs        map[string]struct {
		RunsOn  string            `yaml:"runs-on"`
		Minutes int               `yaml:"timeout-minutes"`
		Env     map[string]string `yaml:"env"`
		Steps   []step            `yaml:"steps"`
	} `yaml:"jobs"`
}

type step struct {
	Name string            `yaml:"name"`
	Uses string            `yaml:"uses"`
	With map[string]string `yaml:"with"`
	If   string            `yaml:"if"`
	Run  string            `yaml:"run"`
}

// always is the condition of steps that are also run when one before them has failed.
const always = "${{ !cancelled() }}"

func TestWorkflow(t *testing.T) {
	if testing.Short() {
		t.Skip("long, in processes of their own")
	}
	t.Parallel()
	text := readmeBlock(t, "```yaml\nname: ")
	var flow workflow
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&flow); err != nil {
		t.Fatal(err)
	}
	job, ok := flow.Jobs["gate"]
	if !ok || flow.On != "pull_request" || len(job.Steps) < 5 {
		t.Fatalf("no job named gate on pull requests: %+v", flow)
	}
	for _, server := range gated {
		t.Run(server.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, server.flags)
			var env []string
			for name, value := range job.Env {
				env = append(env, name+"="+s.ports.Replace(value))
			}
			failed := false
			got := map[string]int{}
			for i, step := range job.Steps {
				switch {
				case step.Run == "":
					if step.Uses == "" {
						t.Errorf("step %d neither uses nor runs anything", i)
					}
					continue
				case strings.Contains(step.Run, "${{"):
					t.Errorf("step %s: GitHub would paste text into the script; hand it over by env", step.Name)
				case failed && step.If != always:
					continue
				case step.Name == "install" && server.name != "good":
					continue // PATH has the memlite of this commit
				case step.Name == "install":
					if err := os.Symlink(moduleFolder(t), filepath.Join(s.folder, "memlite")); err != nil {
						t.Fatal(err)
					}
				}
				status, out := s.shell(t, server.objectives.Replace(calmed.Replace(step.Run)), append(env, fmt.Sprintf("GITHUB_STEP_SUMMARY=summary-%s.md", step.Name))...)
				if status != server.want[step.Name] {
					t.Errorf("step %s: status %d, want %d\n%s", step.Name, status, server.want[step.Name], out)
				}
				got[step.Name], failed = status, failed || status != 0
			}
			for name := range server.want {
				if _, ran := got[name]; !ran {
					t.Errorf("step %s was not run, only %v", name, got)
				}
			}
			if server.name != "dead" {
				s.has(t, map[string]string{"conform.xml": "<testsuite", "load.xml": "<testsuite", "conform.html": "<html", "load.html": "<html", "compare.xml": "<testsuite", "compare.html": "<html", "summary-compare.md": "p50",
					"summary-conform.md": "Conformance", "summary-load.md": "requests/s"})
			}
			if server.name == "breaks a rule" {
				s.has(t, map[string]string{"conform.xml": "GET-03", "summary-conform.md": "GET-03"})
			}
		})
	}
}

func TestShellGate(t *testing.T) {
	if testing.Short() {
		t.Skip("long, in processes of their own")
	}
	t.Parallel()
	text := readmeBlock(t, "```shell\n#!/bin/sh\n")
	for _, server := range gated {
		t.Run(server.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, server.flags)
			script := filepath.Join(s.folder, "gate.sh")
			if server.name == "good" {
				s.shell(t, "base/my-server --port 5002 >/dev/null 2>&1 & for try in $(seq 100); do memlite client 127.0.0.1:5002 set ready yes && break; sleep 0.1; done\n"+
					calmed.Replace("for i in $(seq 10); do memlite load 127.0.0.1:5002 --clients 16 --rate 2k/s --preload --duration 5s --report json=base-$i.json; done"))
			}
			if err := os.WriteFile(script, []byte(s.ports.Replace(server.objectives.Replace(calmed.Replace(text)))), 0o666); err != nil {
				t.Fatal(err)
			}
			want := 0
			for status := range maps.Values(server.want) {
				want = max(want, status)
			}
			if status, out := s.shell(t, "sh gate.sh"); status != want {
				t.Errorf("status %d, want %d\n%s", status, want, out)
			}
			if status, out := s.shell(t, "for try in $(seq 50); do memlite client 127.0.0.1:5001 get ready || test $? -ne 2 || exit 2; sleep 0.1; done"); status != exitNotRun {
				t.Errorf("the gate has left its server behind: %d %s", status, out)
			}
		})
	}
}

// TestGateCommands runs the two commands that the section begins with.
func TestGateCommands(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	script := lenient.Replace(calmed.Replace(readmeBlock(t, "```shell\nmemlite conform ")))
	script = "./my-server --port 5001 >/dev/null 2>&1 & until memlite client 127.0.0.1:5001 set ready yes; do sleep 0.1; done\n" + script
	if status, out := s.shell(t, script, "GITHUB_STEP_SUMMARY=summary.md"); status != exitHeld {
		t.Errorf("status %d\n%s", status, out)
	}
	s.has(t, map[string]string{"conform.xml": "<testsuite", "summary.md": "Conformance", "load.xml": "<testsuite"})
}

// moduleFolder is where go.mod is.
func moduleFolder(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return folder
}
