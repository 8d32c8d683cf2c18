package fleet

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"memlite/loadgen"
)

// impostor is an agent that answers as it is told to.
func impostor(t *testing.T, url string, metadata map[string]string, answers map[string]func(id string, request []byte) any) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	s, err := micro.AddService(nc, micro.Config{Name: service, Version: "1.0.0", Metadata: metadata})
	if err != nil {
		t.Fatal(err)
	}
	for verb, answer := range answers {
		err := s.AddEndpoint(verb, micro.HandlerFunc(func(r micro.Request) {
			switch a := answer(s.Info().ID, r.Data()).(type) {
			case nil:
			case []byte:
				_ = r.Respond(a)
			default:
				_ = r.Respond(encode(a))
			}
		}), micro.WithEndpointSubject(endpoint(s.Info().ID, verb)))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	return nc
}

// Agents of an older protocol are named, and so is what to do; where the others are enough the run goes on without them.
func TestOldAgents(t *testing.T) {
	t.Parallel()
	addr, url := serveReference(t), startNATS(t, nil).ClientURL()
	impostor(t, url, map[string]string{"name": "old", "version": "v0.1", "protocol": "0"}, nil)
	// It says that it is of this protocol, and refuses.
	impostor(t, url, map[string]string{"name": "newer", "version": "v9", "protocol": protocol}, map[string]func(string, []byte) any{
		claimOf: func(_ string, request []byte) any {
			m, _ := decode[claimRequest](request, maxMessage)
			return claimReply{Run: m.Run, Refused: "it speaks fleet protocol 2"}
		}})
	started(t, url, func(o *AgentOptions) { o.Version = "v2" }, "a")

	f, said := dial(t, url, Options{Agents: 3})
	for _, c := range []struct {
		agents int
		want   string
	}{{3, "2 of 3 agents can be had (a, newer) on "}, {2, "1 of 2 agents can be had (a) on "}} {
		f.Agents = c.agents
		began := time.Now()
		_, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Duration: 100 * time.Millisecond})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "old: it speaks fleet protocol 0") || time.Since(began) > 5*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	}
	said.waitFor("agent newer: it speaks fleet protocol 2")
	said.waitFor("agent old (memlite v0.1) is left out: it speaks fleet protocol 0")

	f, _ = dial(t, url, Options{Agents: 1})
	run, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Duration: 100 * time.Millisecond})
	if err != nil || len(run.Agents) != 1 || !strings.Contains(strings.Join(run.Warnings, "\n"), "agent a is memlite v2, and this is v1") {
		t.Errorf("%v %+v", err, run)
	}
}

// Agents are waited for, and it is said how many are there.
func TestWait(t *testing.T) {
	long(t)
	t.Parallel()
	addr, url := serveReference(t), startNATS(t, nil).ClientURL()
	f, said := dial(t, url, Options{Agents: 2, Wait: 2 * time.Second})
	plan := loadgen.Plan{Target: addr, Duration: 100 * time.Millisecond}
	if _, err := f.Execute(t.Context(), plan); err == nil || !strings.Contains(err.Error(), "memlite agent --nats") {
		t.Errorf("%v", err)
	}
	started(t, url, nil, "a")
	if _, err := f.Execute(t.Context(), plan); err == nil || !strings.Contains(err.Error(), "1 of 2 agents can be had (a)") {
		t.Errorf("%v", err)
	}
	said.waitFor("1 of 2 agents are there")
	time.AfterFunc(time.Second, func() { startAgent(t, url, "b", nil) })
	if run, err := f.Execute(t.Context(), plan); err != nil || len(run.Agents) != 2 {
		t.Errorf("%v", err)
	}
	all, _ := dial(t, url, Options{})
	if run, err := all.Execute(t.Context(), plan); err != nil || len(run.Agents) != 2 {
		t.Errorf("%v", err)
	}
	if _, err := all.Execute(t.Context(), loadgen.Plan{Target: addr, Clients: 1}); err == nil || !strings.Contains(err.Error(), "at least one for each of the 2 agents") {
		t.Errorf("fewer clients than agents: %v", err)
	}
	none, _ := dial(t, startNATS(t, nil).ClientURL(), Options{})
	if _, err := none.Execute(t.Context(), plan); err == nil || !strings.Contains(err.Error(), "no agent is there") {
		t.Errorf("%v", err)
	}
}

// Two coordinators that want the same agents have them one after the other.
func TestTwoCoordinators(t *testing.T) {
	t.Parallel()
	addr, url := serveReference(t), startNATS(t, nil).ClientURL()
	started(t, url, nil, "a", "b", "c", "d")
	var both sync.WaitGroup
	for range 2 {
		f, _ := dial(t, url, Options{Agents: 4, Loops: 1, Wait: 20 * time.Second})
		both.Go(func() {
			for range 2 {
				run, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Clients: 8, Requests: 800})
				if err != nil || run.Requests.Recorded != 800 {
					t.Errorf("%v %+v", err, run)
				}
			}
		})
	}
	both.Wait()
}

// Whoever NATS does not let in is told so at once, and what to check.
func TestCredentials(t *testing.T) {
	t.Parallel()
	secret := startNATS(t, func(o *server.Options) { o.Username, o.Password = "me", "secret" }).ClientURL()
	token := startNATS(t, func(o *server.Options) { o.Authorization = "token" }).ClientURL()
	for _, c := range []struct {
		connect Connect
		problem string
	}{
		{Connect{URL: secret, User: "me", Password: "secret"}, ""},
		{Connect{URL: secret, User: "me", Password: "wrong"}, "does not let us in"},
		{Connect{URL: secret}, "does not let us in"},
		{Connect{URL: strings.Replace(secret, "//", "//me:wrong@", 1)}, "does not let us in"},
		{Connect{URL: token, Token: "token"}, ""},
		{Connect{URL: token, Token: "wrong"}, "does not let us in"},
		{Connect{URL: "127.0.0.1:1"}, "no NATS answers"},
		{Connect{URL: "http://x"}, "want nats://"},
		{Connect{URL: ""}, "no NATS given"},
		{Connect{URL: token, Token: "a", User: "b"}, "give one"},
		{Connect{URL: token, Password: "b"}, "give both"},
		{Connect{URL: token, Cert: "b"}, "both or neither"},
		{Connect{URL: token, Creds: filepath.Join(t.TempDir(), "none")}, "no such file"},
	} {
		f, err := Dial(t.Context(), Options{Connect: c.connect})
		if err == nil {
			_ = f.Close()
		}
		if (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%+v: %v", c.connect, err)
		}
		if err != nil && strings.Contains(err.Error(), "wrong") {
			t.Errorf("a secret is told: %v", err)
		}
		if c.problem == "" || c.problem == "no NATS answers" {
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if err := Serve(ctx, AgentOptions{Connect: c.connect}); err == nil || !strings.Contains(err.Error(), c.problem) {
			t.Errorf("an agent, %+v: %v", c.connect, err)
		}
		cancel()
	}
}

// An agent waits for a NATS that is not there yet.
func TestAgentBeforeNATS(t *testing.T) {
	t.Parallel()
	first := startNATS(t, nil)
	url := first.ClientURL()
	at := first.Addr().(*net.TCPAddr).Port
	first.Shutdown()
	first.WaitForShutdown()
	said, _ := startAgent(t, url, "a", nil)
	said.waitFor("waiting for NATS at " + url)
	startNATS(t, func(o *server.Options) { o.Port = at })
	said.waitFor("a waits for work")
}

func TestOptions(t *testing.T) {
	good := Connect{URL: "nats://127.0.0.1"}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{Connect: good, Agents: -1}, {Connect: good, Agents: maxAgents + 1}, {Connect: good, OnLoss: "cry"}, {Connect: good, Wait: -1}, {Connect: good, Grace: -1}, {}} {
		if o.Validate() == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	for _, o := range []AgentOptions{{Connect: good, Name: "a\nb"}, {Connect: good, Name: strings.Repeat("x", 101)}, {Connect: good, Allow: []string{"x"}},
		{Connect: good, Files: file}, {Connect: good, Save: file + "x"}, {Connect: good, Grace: -1}, {}} {
		if o.Validate() == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	if err := (AgentOptions{Connect: good, Name: "a b", Files: t.TempDir()}).Validate(); err != nil {
		t.Error(err)
	}
}

// A NATS that lets an agent in and does not let it hear anything ends it: a supervisor would take it for one that works.
func TestPermissions(t *testing.T) {
	t.Parallel()
	users := []*server.User{{Username: "deaf", Password: "p", Permissions: &server.Permissions{Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}}}},
		{Username: "mute", Password: "p", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Allow: []string{"nothing"}}}}}
	url := startNATS(t, func(o *server.Options) { o.Users = users }).ClientURL()
	const want = "does not let this user do what it must"
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := Serve(ctx, AgentOptions{Connect: Connect{URL: url, User: "deaf", Password: "p"}}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("an agent that may not subscribe: %v", err)
	}
	f, err := Dial(ctx, Options{Connect: Connect{URL: url, User: "mute", Password: "p"}, Wait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Execute(ctx, loadgen.Plan{Target: "127.0.0.1:1", Requests: 1}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a coordinator that may not publish: %v", err)
	}
}
