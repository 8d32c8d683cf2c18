package fleet

import (
	"context"
	"encoding/json"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"memlite/loadgen"
	"memlite/server/netloop"
)

// order asks an agent for something with whatever bytes, and returns what it says against it.
func order(t *testing.T, nc *nats.Conn, agent, verb string, request any) string {
	t.Helper()
	b, ok := request.([]byte)
	if !ok {
		b, _ = json.Marshal(request)
	}
	m, err := nc.Request(endpoint(agent, verb), b, 5*time.Second)
	if err != nil {
		t.Fatalf("%s %.80s: %v", verb, b, err)
	}
	if text := m.Header.Get("Nats-Service-Error"); text != "" {
		return text
	}
	var a answer
	_ = json.Unmarshal(m.Data, &a)
	return a.Refused
}

// Whatever a coordinator orders, an agent refuses what it must not do, does nothing else, says so in one line, and is free for the next one.
func TestEvilCoordinators(t *testing.T) {
	t.Parallel()
	addr, url := serveReference(t), startNATS(t, nil).ClientURL()
	forbidden, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer forbidden.Close()
	host, _, _ := net.SplitHostPort(addr)
	_, port, _ := net.SplitHostPort(forbidden.Addr().String())
	all, _ := started(t, url, func(o *AgentOptions) { o.Allow = []string{host} }, "a")
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	f, _ := dial(t, url, Options{Agents: 1, Loops: 1})
	var id string
	if members, err := f.muster(t.Context(), "first"); err != nil {
		t.Fatal(err)
	} else {
		id = members[0].id
		f.release(members)
	}
	good := prepareRequest{Index: 0, Count: 1, Number: 1, Loops: 1, Plan: loadgen.Plan{Target: addr, Clients: 2, Duration: 50 * time.Millisecond}}
	for name, c := range map[string]struct {
		change func(*prepareRequest)
		want   string // of what it says, at once or as its end
	}{
		"a forbidden target":          {func(p *prepareRequest) { p.Plan.Target = "[::1]:" + port }, "--allow"},
		"a forbidden one of two":      {func(p *prepareRequest) { p.Plan.Target = addr + ",[::1]:" + port }, "--allow"},
		"a forbidden socket":          {func(p *prepareRequest) { p.Plan.Target = "unix:///run/docker.sock" }, "--allow"},
		"every address":               {func(p *prepareRequest) { p.Plan.Target = "0.0.0.0:" + port }, "--allow"},
		"an address as a number":      {func(p *prepareRequest) { p.Plan.Target = "2130706433:" + port }, ""},
		"a file":                      {func(p *prepareRequest) { p.Plan.Replay = "/etc/passwd" }, "--files DIR"},
		"a certificate":               {func(p *prepareRequest) { p.Plan.TLS = &loadgen.TLS{Key: "/etc/shadow", Cert: "/etc/passwd"} }, "--files DIR"},
		"more clients than there are": {func(p *prepareRequest) { p.Plan.Clients = 1 << 62 }, "clients"},
		"more loops":                  {func(p *prepareRequest) { p.Loops = 1 << 30 }, "loops"},
		"no share":                    {func(p *prepareRequest) { p.Index = -1 }, "share -1 of 1"},
		"a share of too many":         {func(p *prepareRequest) { p.Count, p.Index = 1000, 999 }, "clients 2"},
		"a plan that is none":         {func(p *prepareRequest) { p.Plan = loadgen.Plan{Target: "\x1b]0;\a" + strings.Repeat("x", 100_000)} }, ""},
		"keys without an end":         {func(p *prepareRequest) { p.Plan.Keys, p.Plan.KeyDist, p.Plan.Preload = math.MaxInt, "zipf:0.99", true }, ""},
		"keys in an order":            {func(p *prepareRequest) { p.Plan.Keys, p.Plan.KeyDist = math.MaxInt, "shuffled" }, ""},
		"hot keys without an end":     {func(p *prepareRequest) { p.Plan.Keys, p.Plan.KeyDist = math.MaxInt, "hot:0.9/0.9" }, ""},
		"values to verify":            {func(p *prepareRequest) { p.Plan.Keys, p.Plan.Verify, p.Plan.Sets = math.MaxInt, true, 1 }, ""},
		"a rate without an end":       {func(p *prepareRequest) { p.Plan.Rate = 1e300 }, "rate"},
		"times without an end": {func(p *prepareRequest) {
			p.Plan.Duration, p.Plan.Warmup, p.Plan.Think, p.Plan.Drain, p.Plan.Timeout = math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64
		}, ""},
		"stages without an end": {func(p *prepareRequest) {
			p.Plan.Duration, p.Plan.Stages = 0, make([]loadgen.Stage, 5_000)
			for i := range p.Plan.Stages {
				p.Plan.Stages[i].Duration = math.MaxInt64
			}
		}, ""},
		"a pipeline without an end": {func(p *prepareRequest) { p.Plan.Pipeline = math.MaxInt }, "pipeline"},
		"a seed of all ones":        {func(p *prepareRequest) { p.Plan.Seed = -1 }, ""},
	} {
		run := strings.Map(func(r rune) rune {
			if r == ' ' {
				return -1
			}
			return r
		}, name)
		if len(run) > 40 {
			t.Fatal(run)
		}
		records := make(chan *nats.Msg, 1000)
		sub, err := nc.ChanSubscribe(recordsFrom(run, id), records)
		if err != nil {
			t.Fatal(err)
		}
		beating, rest := context.WithCancel(t.Context())
		go func() {
			for ; beating.Err() == nil; time.Sleep(beat) {
				_ = nc.Publish(coordinatorOf(run), encode(coordinatorBeat{Run: run, Taken: map[string]int64{id: math.MaxInt64}}))
			}
		}()
		if said := order(t, nc, id, claimOf, claimRequest{Run: run, Protocol: protocol, From: "\x1b[2Jevil"}); said != "" {
			t.Fatalf("%s: the claim: %s", name, said)
		}
		request := good
		request.Run = run
		c.change(&request)
		said := order(t, nc, id, prepareOf, request)
		for _, at := range []time.Duration{math.MaxInt64, math.MinInt64, 0} { // the first counts, and nobody waits for it here
			_ = order(t, nc, id, startOf, startRequest{Run: run, At: at})
		}
		for end := time.After(time.Second); said == ""; {
			select {
			case m := <-records:
				if r, err := decode[record](m.Data, maxRecord); err == nil && r.End != nil {
					said = r.End.Error + " "
				}
			case <-end:
				said = " "
			}
		}
		if !strings.Contains(said, c.want) || clean(said) != said || len(said) > maxText+1 {
			t.Errorf("%s: said %.300q", name, said)
		}
		rest()
		began := netloop.Now()
		for order(t, nc, id, claimOf, claimRequest{Run: "next", Protocol: protocol}) != "" {
			_ = order(t, nc, id, releaseOf, releaseRequest{Run: run})
			if netloop.Now()-began > 5*time.Second {
				t.Fatalf("%s: the agent is not free %s after it was released", name, netloop.Now()-began)
			}
		}
		_ = order(t, nc, id, releaseOf, releaseRequest{Run: "next"})
		_ = sub.Unsubscribe()
	}
	for _, verb := range []string{clockOf, claimOf, prepareOf, startOf, stopOf, recordsOf, releaseOf} {
		for _, garbage := range []string{"", "{", "null", `{"run":"\u001b"}`, `{"run":"x","more":1}`, strings.Repeat("[", 500_000), `{"run":"x","number":-1,"offset":-5,"most":-1}`} {
			if said := order(t, nc, id, verb, []byte(garbage)); said == "" {
				t.Errorf("%s takes %.40q", verb, garbage)
			}
		}
	}
	_ = forbidden.(*net.TCPListener).SetDeadline(time.Now().Add(100 * time.Millisecond))
	if c, err := forbidden.Accept(); err == nil {
		t.Errorf("%s connected", c.RemoteAddr())
	}
	if run, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Clients: 2, Requests: 10}); err != nil || run.Requests.Recorded != 10 {
		t.Errorf("the next run: %v, %v", err, run)
	}
	all[0].mu.Lock()
	defer all[0].mu.Unlock()
	for _, line := range all[0].all {
		if clean(line) != line || len(line) > 2*maxText {
			t.Errorf("logged: %.300q", line)
		}
	}
}
