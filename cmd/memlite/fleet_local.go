package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"memlite/loadgen/fleet"
)

// How long a fleet on this machine may take to come up and to go.
const (
	localStart = 20 * time.Second
	localEnd   = 3 * time.Second
)

// localPayload is the longest message of its NATS: a second of a plan with many stages and servers goes in one piece.
const localPayload = 8 << 20

// localFleet is a NATS server in this process, on loopback, and agents beside it, each a process as it would be on a machine of its own. A token
// made for it keeps everybody else out. An agent ends when its standard input does, and so with this process, however that ends.
type localFleet struct {
	connect fleet.Connect
	nats    *server.Server
	agents  []*localAgent
	mu      sync.Mutex
	closing bool
}

type localAgent struct {
	name  string
	cmd   *exec.Cmd
	stdin io.Closer
	said  tail          // on standard error
	ready chan struct{} // closed when it waits for work
	ended chan struct{} // closed when it has ended, and why says how
	why   error
}

// startLocalFleet starts the server and n agents, and returns when they wait for work. Of an agent that ends before the fleet is closed say is told,
// with the last that it has printed.
func startLocalFleet(ctx context.Context, n int, grace time.Duration, say func(string)) (l *localFleet, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	l = &localFleet{}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	token := rand.Text()
	l.nats, err = server.NewServer(&server.Options{
		ServerName: "memlite", Host: loopback, Port: server.RANDOM_PORT, Authorization: token, NoLog: true, NoSigs: true, MaxPayload: localPayload,
	})
	if err != nil {
		return l, fmt.Errorf("NATS server: %w", err)
	}
	l.nats.Start()
	if !l.nats.ReadyForConnections(localStart) {
		return l, errors.New("the NATS server does not start")
	}
	l.connect = fleet.Connect{URL: l.nats.ClientURL(), Token: token}
	for i := range n {
		// Agents are listed by name: local-02 comes before local-10.
		a, err := l.start(self, fmt.Sprintf("local-%0*d", len(strconv.Itoa(n)), i+1), grace)
		if err != nil {
			return l, err
		}
		l.agents = append(l.agents, a)
	}
	late := time.After(localStart)
	for _, a := range l.agents {
		select {
		case <-a.ready:
			go l.watch(a, say)
		case <-a.ended:
			return l, a.why
		case <-late:
			return l, fmt.Errorf("the agent %s does not get ready", a.name)
		case <-ctx.Done():
			return l, ctx.Err()
		}
	}
	return l, nil
}

// start starts one agent.
func (l *localFleet) start(self, name string, grace time.Duration) (*localAgent, error) {
	a := &localAgent{name: name, ready: make(chan struct{}), ended: make(chan struct{})}
	a.cmd = exec.Command(self, "agent", "--nats", l.connect.URL, "--name", name, "--nats-grace", grace.String(), "--until-eof",
		"--allow", "0.0.0.0/0,::/0,unix", "--files", string(filepath.Separator))
	a.cmd.Env = append(withoutFlags(os.Environ()), variable("nats-token")+"="+l.connect.Token)
	a.cmd.Stderr, a.cmd.WaitDelay = &a.said, localEnd
	apart(a.cmd)
	stdin, err := a.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := a.cmd.Start(); err != nil {
		return nil, fmt.Errorf("the agent %s: %w", name, err)
	}
	a.stdin = stdin
	go a.wait(bufio.NewReader(stdout))
	return a, nil
}

// wait waits for the line that an agent prints when it is ready, and for its end.
func (a *localAgent) wait(stdout *bufio.Reader) {
	defer close(a.ended)
	if _, err := stdout.ReadString('\n'); err == nil {
		close(a.ready)
		_, _ = io.Copy(io.Discard, stdout)
	}
	a.why = fmt.Errorf("the agent %s has ended: %w", a.name, cmp.Or(a.cmd.Wait(), errors.New("exit status 0")))
	if last := a.said.String(); last != "" {
		a.why = fmt.Errorf("%w, having said: %s", a.why, last)
	}
}

// watch tells of an agent that ends by itself.
func (l *localFleet) watch(a *localAgent, say func(string)) {
	<-a.ended
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closing {
		say(a.why.Error())
	}
}

// close ends the agents and the server. It may be called of a nil fleet.
func (l *localFleet) close() {
	if l == nil {
		return
	}
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	for _, a := range l.agents {
		_ = a.stdin.Close()
	}
	hanging := time.AfterFunc(localEnd, func() {
		for _, a := range l.agents {
			_ = a.cmd.Process.Kill()
		}
	})
	for _, a := range l.agents {
		<-a.ended
	}
	hanging.Stop()
	if l.nats != nil {
		l.nats.Shutdown()
		l.nats.WaitForShutdown()
	}
}

// withoutFlags is an environment without the variables of flags: those that are meant for this process say nothing to its agents.
func withoutFlags(environment []string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		return strings.HasPrefix(name, "MEMLITE_") && !slices.Contains(notFlags, name)
	})
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// mostTail is a few lines, in bytes.
const mostTail = 1 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	t.text = slices.Delete(t.text, 0, max(0, len(t.text)-mostTail))
	return len(b), nil
}

// String is what was written last, on one line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.ToValidUTF8(string(t.text), "")
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
