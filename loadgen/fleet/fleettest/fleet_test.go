//go:build unix

package fleettest

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"memlite/reports"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// These tests mostly wait: for silences of some seconds, at a few hundred requests a second.
	_ = flag.Set("test.parallel", "8")
	status := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(status)
}

var built string // the folder of the binary

// memlite is the program, built once.
var memlite = sync.OnceValues(func() (path string, err error) {
	if built, err = os.MkdirTemp("", "memlite-"); err != nil {
		return "", err
	}
	return build(filepath.Join(built, "memlite"))
})

func build(path string, flags ...string) (string, error) {
	cmd := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), "memlite/cmd/memlite")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as make has it
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return path, nil
}

// proof is at the beginning of each test of real parts: it runs beside the others, and not with -short.
func proof(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a fleet takes some seconds")
	}
	t.Parallel()
}

// program starts memlite.
func program(t testing.TB, host *Host, args ...string) *Process {
	t.Helper()
	path, err := memlite()
	if err != nil {
		t.Fatal(err)
	}
	return Start(t, host, path, args...)
}

// endpoint is a reference server that load is made to, and what it has counted itself.
type endpoint struct {
	*Process
	addr    string
	t       testing.TB
	metrics string // a socket, which is seen from every network namespace
}

func serve(t testing.TB, host *Host) *endpoint {
	t.Helper()
	dir, err := os.MkdirTemp("", "memlite-") // the name of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	e := &endpoint{t: t, metrics: filepath.Join(dir, "metrics")}
	e.Process = program(t, host, "serve", "--addr", host.address(t, 5001), "--memory", "--loops", "1", "--max-clients", "2048", "--metrics", "unix://"+e.metrics)
	line, _ := e.Line(0, "listening on ")
	e.addr = strings.TrimPrefix(line, "listening on ")
	return e
}

// count adds up what the server shows of the metrics that begin so.
func (e *endpoint) count(prefix string) (n int64) {
	e.t.Helper()
	client := http.Client{Timeout: Patience, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", e.metrics)
		}}}
	reply, err := client.Get("http://memlite/metrics")
	if err != nil {
		e.t.Fatal(err)
	}
	defer reply.Body.Close()
	for lines := bufio.NewScanner(reply.Body); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(value, 64); ok && err == nil && strings.HasPrefix(name, prefix) {
			n += int64(v)
		}
	}
	return n
}

// operations is how many requests the server has answered.
func (e *endpoint) operations() int64 { return e.count("memlite_operations_total{") }

// await waits until the server has answered n requests more than it had.
func (e *endpoint) await(n int64) {
	e.t.Helper()
	e.reaches("memlite_operations_total{", e.operations()+n)
}

// clients waits until the server has had so many connections.
func (e *endpoint) clients(n int64) {
	e.t.Helper()
	e.reaches("memlite_clients_accepted_total", n)
}

func (e *endpoint) reaches(prefix string, n int64) {
	e.t.Helper()
	for end := time.Now().Add(Patience); e.count(prefix) < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			e.t.Fatalf("%s is %d and not %d after %s", prefix, e.count(prefix), n, Patience)
		}
	}
}

// quiet waits until the server is asked nothing for a second, and returns when it was asked last.
func (e *endpoint) quiet() (last time.Time) {
	e.t.Helper()
	last = time.Now()
	had := e.operations()
	for end := time.Now().Add(Patience); time.Since(last) < time.Second; time.Sleep(20 * time.Millisecond) {
		if n := e.operations(); n != had {
			had, last = n, time.Now()
		}
		if time.Now().After(end) {
			e.t.Fatalf("the server is still asked after %s", Patience)
		}
	}
	return last
}

// agent is a memlite agent, which saves what it measured.
type agent struct {
	*Process
	name, saved string
	host        *Host
}

func startAgent(t testing.TB, host *Host, n *NATS, name string, flags ...string) *agent {
	t.Helper()
	a := &agent{name: name, host: host, saved: t.TempDir()}
	a.Process = program(t, host, append([]string{"agent", "--nats", n.URL, "--name", name, "--save", a.saved, "--allow", "127.0.0.0/8,10.99.0.0/24"}, flags...)...)
	a.ready(0)
	return a
}

// ready waits until the agent says that it waits for work, in its line n or a later one.
func (a *agent) ready(n int) (next int) {
	a.t.Helper()
	_, next = a.Line(n, "waits for work")
	return next
}

// parts are the reports that the agent has saved, one of each run.
func (a *agent) parts() (list []*reports.Run) {
	a.t.Helper()
	names, _ := filepath.Glob(filepath.Join(a.saved, "*.json")) // in the order of their names
	for _, name := range names {
		list = append(list, read(a.t, name))
	}
	return list
}

func read(t testing.TB, path string) *reports.Run {
	t.Helper()
	r, err := reports.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Runs) != 1 {
		t.Fatalf("%s has %d runs", path, len(r.Runs))
	}
	return r.Runs[0]
}

// site is a fleet with all that it needs: on this machine, or with each part on a host of its own.
type site struct {
	t      testing.TB
	nats   *NATS
	target *endpoint
	agents []*agent
	desk   *Host // the coordinator's
}

// here is a site on loopback.
func here(t testing.TB, agents int, flags ...string) *site {
	t.Helper()
	s := &site{t: t, nats: StartNATS(t, nil), target: serve(t, nil)}
	for i := range agents {
		s.agents = append(s.agents, startAgent(t, nil, s.nats, string(rune('a'+i)), flags...))
	}
	return s
}

// apart is a site of hosts: NATS, the target, the coordinator and each agent have their own.
func apart(t testing.TB, agents int, flags ...string) *site {
	t.Helper()
	n := NewNetwork(t)
	s := &site{t: t, nats: StartNATS(t, n.Host()), target: serve(t, n.Host()), desk: n.Host()}
	for i := range agents {
		s.agents = append(s.agents, startAgent(t, n.Host(), s.nats, string(rune('a'+i)), flags...))
	}
	return s
}

// load is a memlite load on the fleet.
type load struct {
	*Process
	report string
}

// load starts a load by all agents of the site. Its flags may say how many else.
func (s *site) load(flags ...string) *load {
	s.t.Helper()
	l := &load{report: filepath.Join(s.t.TempDir(), "run.json")}
	args := []string{"load", s.target.addr, "--fleet", s.nats.URL, "--agents", strconv.Itoa(len(s.agents)), "--loops", "1", "--keys", "1k",
		"--queue", "30s", "--drain", "10s", "--report", "json=" + l.report}
	l.Process = program(s.t, s.desk, append(args, flags...)...)
	return l
}

// run waits for the end of the load, which must be of that status, and reads its report.
func (l *load) run(status int) *reports.Run {
	l.t.Helper()
	if got := l.End(); got != status {
		l.t.Fatalf("exit status %d, want %d; it printed:\n%s", got, status, l.Output())
	}
	return read(l.t, l.report)
}

// again has the whole fleet make a short load, which shows that every agent is there and well.
func (s *site) again() {
	s.t.Helper()
	run := s.load("--requests", "300", "--clients", "12").run(0)
	if got := run.Requests.Recorded; got != 300 || len(run.Agents) != len(s.agents) || len(run.Lost()) > 0 {
		s.t.Errorf("a run after it: %d requests of 300, by %d agents, %d lost", got, len(run.Agents), len(run.Lost()))
	}
}
