//go:build unix

package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// natsOf starts a NATS server on a free port, with what a file says of who may do what, and returns host:port.
func natsOf(t *testing.T, conf string) string { return natsAt(t, conf, server.RANDOM_PORT) }

func natsAt(t *testing.T, conf string, port int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(file, []byte(conf), 0o666); err != nil {
		t.Fatal(err)
	}
	options, err := server.ProcessConfigFile(file)
	if err != nil {
		t.Fatal(err)
	}
	options.Host, options.Port, options.NoLog, options.NoSigs = "127.0.0.1", port, true, true
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("NATS does not start")
	}
	return s.Addr().String()
}

// startAgent starts an agent and waits until it is ready.
func startAgent(t *testing.T, args ...string) *program {
	t.Helper()
	p := start(t, append([]string{"agent"}, args...)...)
	if line := p.line(t); !strings.Contains(line, " waits for work on ") {
		t.Fatalf("%q: %s", line, p.stderr.String())
	}
	return p
}

// The NATS of the README, with a user for each part and only the subjects that it lists: agents can be found, told, and heard of. A report
// of each is kept, and the secrets are nobody's.
func TestFleetOverNATS(t *testing.T) {
	conf := readmeBlock(t, "```text\n# nats.conf\n")
	t.Setenv("AGENT_PASSWORD", "agents-secret")
	t.Setenv("LOAD_PASSWORD", "loads-secret")
	nats, addr, folder := natsOf(t, conf), serving(t, "lite"), t.TempDir()
	var agents []*program
	for _, name := range []string{"left", "right"} {
		agents = append(agents, startAgent(t, "--nats", nats, "--name", name, "--save", folder, "--nats-user", "agent", "--nats-password", "agents-secret"))
	}
	file := filepath.Join(folder, "run.json")
	status, out, errs := runFor("load", addr, "--requests", "1000", "--keys", "100", "--clients", "4", "--preload", "--fleet", "nats://"+nats, "--agents", "2",
		"--nats-user", "load", "--nats-password=loads-secret", "--report", "json="+file)
	if status != exitHeld {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	run := readRun(t, file)
	if len(run.Agents) != 2 || run.Agents[0].Name != "left" || run.Agents[1].Name != "right" || run.Requests.Recorded != 1000 {
		t.Errorf("%+v", run.Agents)
	}
	if strings.Contains(errs, "take part") {
		t.Errorf("nobody asked who takes part: %s", errs)
	}
	// Without a number all take part who answer.
	status, out, errs = runFor("load", addr, "--requests", "10", "--keys", "10", "--clients", "2", "--preload", "--fleet", nats, "--nats-user", "load", "--nats-password", "loads-secret")
	if status != exitHeld || !strings.Contains(errs, "of the agents that answer, 2 can be had, and take part") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	text, err := os.ReadFile(file)
	if err != nil || bytes.Contains(text, []byte("secret")) || !bytes.Contains(text, []byte("HIDDEN")) {
		t.Errorf("the report has a password: %v", err)
	}
	if saved, _ := filepath.Glob(filepath.Join(folder, "*")); len(saved) != 5 { // two of each run, and the whole of one
		t.Errorf("saved: %s", saved)
	}
	for _, a := range agents {
		_ = a.Process.Signal(syscall.SIGTERM)
		if status := a.end(t); status != exitHeld {
			t.Errorf("status %d: %s", status, a.stderr.String())
		}
		said := a.stderr.String()
		if strings.Count(said, "\n") != 4 || !strings.Contains(said, "memlite agent: run ") || !strings.Contains(said, " of 2 of the load to "+addr) || !strings.Contains(said, "500 requests answered") {
			t.Errorf("an agent said: %s", said)
		}
	}
}

// What an agent will not do is said by who ordered it, and by the agent. Nothing is left to be measured, so there is no report.
func TestAgentThatRefuses(t *testing.T) {
	nats, addr := natsOf(t, ""), serving(t, "lite")
	agent := startAgent(t, "--nats", nats, "--name", "careful", "--allow", "192.0.2.0/24,unix")
	trace := filepath.Join(t.TempDir(), "trace.csv")
	if err := os.WriteFile(trace, []byte("0,key,3,5,1,get,0\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"makes no load to 127.0.0.1: it was started with --allow 192.0.2.0/24 --allow unix", []string{"--requests", "10"}},
		{"memlite agent --files DIR", []string{"--replay", trace}},
	} {
		status, out, errs := runFor(append([]string{"load", addr, "--fleet", nats, "--agents", "1"}, c.args...)...)
		if status != exitNotRun || out != "" || !strings.Contains(errs, "careful") || !strings.Contains(errs, c.want) {
			t.Errorf("status %d: %s%s, want %s", status, out, errs, c.want)
		}
	}
	_ = agent.Process.Signal(os.Interrupt)
	if status := agent.end(t); status != exitHeld || !strings.Contains(agent.stderr.String(), "--allow 192.0.2.0/24") || !strings.Contains(agent.stderr.String(), "--files DIR") {
		t.Errorf("status %d: %s", status, agent.stderr.String())
	}
}

// Too few agents: who waits is told how many there are, and in the end what is missing.
func TestFleetThatIsNotWhole(t *testing.T) {
	t.Parallel()
	nats := natsOf(t, "")
	startAgent(t, "--nats", nats, "--name", "lonely")
	status, _, errs := runFor("load", ":1", "--fleet", nats, "--agents", "2", "--agent-wait", "1500ms")
	if want := "1 of 2 agents"; status != exitNotRun || strings.Count(errs, want) != 2 || !strings.Contains(errs, "lonely") {
		t.Errorf("status %d: %s", status, errs)
	}
	began := time.Now()
	load := start(t, "load", ":1", "--fleet", nats, "--agents", "2", "--agent-wait", "1h")
	time.AfterFunc(time.Second, func() { _ = load.Process.Signal(os.Interrupt) })
	if status := load.end(t); status != exitInconclusive || time.Since(began) > patience {
		t.Errorf("status %d after %s: %s", status, time.Since(began), load.stderr.String())
	}
}

// Who is not let in ends at once, and says what to check. What is wrong is not shown.
func TestAgentThatIsNotLetIn(t *testing.T) {
	nats := natsOf(t, "authorization { token: right }")
	for _, args := range [][]string{
		{"agent", "--nats", nats},
		{"agent", "--nats", nats, "--nats-token", "wrong-one"},
		{"agent", "--nats", "nats://wrong-one@" + nats},
		{"load", ":1", "--fleet", nats, "--nats-token", "wrong-one"},
	} {
		p := start(t, args...)
		if status := p.end(t); status != exitNotRun || !strings.Contains(p.stderr.String(), "--nats-token") || strings.Contains(p.stderr.String(), "wrong-one") {
			t.Errorf("%s: status %d: %s", args, status, p.stderr.String())
		}
	}
}

// An agent may be there before its NATS is. With --until-eof it ends with who started it.
func TestAgentWaitsForNATSAndEndsWithItsInput(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().(*net.TCPAddr)
	ln.Close()
	var said lockedBuffer
	stdin, held := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"agent", "--nats", addr.String(), "--until-eof"}, stdin, &said, &said)
	}()
	until := func(words string) {
		for !strings.Contains(said.String(), words) && ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
	}
	until("waiting for NATS at " + addr.String())
	natsAt(t, "", addr.Port)
	until(" waits for work on ")
	held.Close()
	if status := <-ended; status != exitHeld || ctx.Err() != nil {
		t.Errorf("status %d: %s", status, said.String())
	}
}

// lockedBuffer may be written and read at once.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
