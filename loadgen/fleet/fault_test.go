package fleet

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"memlite/loadgen"
	"memlite/reports"
	"memlite/server/netloop"
)

// after calls a function once, with a run's interval that ends so long after its start or later.
type after struct {
	time.Duration
	call func()
}

func (a *after) Interval(i *reports.Interval) error {
	if i.Stage != "preload" && i.Start+i.Length >= a.Duration && a.call != nil {
		a.call()
		a.call = nil
	}
	return nil
}

func (a *after) Close() error { return nil }

// started has agents wait for work.
func started(t *testing.T, url string, change func(*AgentOptions), names ...string) (all []*lines, stops []func() error) {
	for _, name := range names {
		said, stop := startAgent(t, url, name, change)
		all, stops = append(all, said), append(stops, stop)
	}
	for _, said := range all {
		said.waitFor("waits for work")
	}
	return all, stops
}

// A NATS that is restarted loses nothing: what was measured meanwhile is fetched.
func TestRestartOfNATS(t *testing.T) {
	t.Parallel()
	addr, first := serveReference(t), startNATS(t, nil)
	port := first.Addr().(*net.TCPAddr).Port
	started(t, first.ClientURL(), nil, "a", "b")
	f, _ := dial(t, first.ClientURL(), Options{Agents: 2, Loops: 1})
	back := make(chan struct{})
	run, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Clients: 8, Rate: 1000, Duration: 6 * time.Second, Drain: 10 * time.Second}, &after{time.Second, func() {
		first.Shutdown()
		first.WaitForShutdown()
		go func() {
			defer close(back)
			time.Sleep(1500 * time.Millisecond)
			startNATS(t, func(o *server.Options) { o.Port = port })
		}()
	}})
	<-back
	if err != nil || run.CutShort || len(run.Lost()) > 0 || run.Requests.Recorded != 6000 {
		t.Errorf("%v %+v", err, run)
	}
}

// Without NATS all go on for as long as they were told to, and no longer.
func TestLossOfNATS(t *testing.T) {
	long(t)
	t.Parallel()
	addr, nats := serveReference(t), startNATS(t, nil)
	all, _ := started(t, nats.ClientURL(), func(o *AgentOptions) { o.Grace = 3 * time.Second }, "a", "b")
	f, _ := dial(t, nats.ClientURL(), Options{Agents: 2, Loops: 1, Grace: 2 * time.Second})
	gone := time.Duration(0)
	run, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Clients: 8, Rate: 1000, Duration: time.Minute},
		&after{time.Second, func() { gone = netloop.Now(); nats.Shutdown() }})
	took := netloop.Now() - gone
	if err != nil || !run.CutShort || len(run.Lost()) != 2 || took < 500*time.Millisecond || took > 6*time.Second {
		t.Errorf("%v after %s: %+v", err, took, run)
	}
	for _, said := range all {
		said.waitFor("stopped: no NATS for 3s")
		said.waitFor("ended after")
	}
}

// An agent that goes is named, with its share and its second, and the run ends or goes on without it.
func TestLossOfAgent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		onLoss    string
		cut       bool
		atLeast   int64
		intervals int
	}{
		{StopOnLoss, true, 300, 1},
		{ContinueOnLoss, false, 2000, 4},
	} {
		t.Run(c.onLoss, func(t *testing.T) {
			t.Parallel()
			addr, url := serveReference(t), startNATS(t, nil).ClientURL()
			_, stops := started(t, url, nil, "a", "b")
			f, said := dial(t, url, Options{Agents: 2, Loops: 1, OnLoss: c.onLoss})
			gone := make(chan error, 1)
			run, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Clients: 8, Rate: 1000, Duration: 4 * time.Second},
				&after{time.Second, func() { go func() { gone <- stops[1]() }() }})
			if err != nil {
				t.Fatal(err)
			}
			if err := <-gone; err != nil {
				t.Errorf("the agent: %v", err)
			}
			lost := run.Lost()
			if len(lost) != 1 || lost[0].Name != "b" || lost[0].Share != 0.5 || lost[0].Loss.At < time.Second || lost[0].Loss.At > 3*time.Second+slack() ||
				lost[0].Loss.Reason != "the agent was told to end" {
				t.Fatalf("lost: %d, %+v", len(lost), run.Agents[1].Loss)
			}
			if run.CutShort != c.cut || run.Requests.Recorded < c.atLeast || run.Requests.Recorded >= 4000 || len(run.Intervals) < c.intervals {
				t.Errorf("cut short: %t, %d requests, %d intervals", run.CutShort, run.Requests.Recorded, len(run.Intervals))
			}
			if run.Outcome() != reports.Inconclusive {
				t.Errorf("outcome %s", run.Outcome())
			}
			said.waitFor("agent b is lost: the agent was told to end")
		})
	}
}

// A run that is interrupted ends for all its agents, which are free again at once.
func TestInterruption(t *testing.T) {
	t.Parallel()
	addr, url := serveReference(t), startNATS(t, nil).ClientURL()
	started(t, url, nil, "a", "b")
	f, _ := dial(t, url, Options{Agents: 2, Loops: 1})
	ctx, cancel := context.WithCancel(t.Context())
	p := loadgen.Plan{Target: addr, Clients: 8, Rate: 1000, Duration: time.Minute}
	run, err := f.Execute(ctx, p, &after{time.Second, cancel})
	if err != nil || !run.CutShort || len(run.Lost()) > 0 || run.Requests.Recorded < 900 {
		t.Errorf("%v, %+v", err, run)
	}
	p.Duration = 200 * time.Millisecond
	if run, err = f.Execute(t.Context(), p); err != nil || run.CutShort {
		t.Errorf("the next run: %v, %v", err, run)
	}
	if run, err = f.Execute(ctx, p); err != nil || !run.CutShort {
		t.Errorf("interrupted before it began: %v, %v", err, run)
	}
}

// Without its coordinator an agent stops within five seconds.
func TestLossOfCoordinator(t *testing.T) {
	long(t)
	t.Parallel()
	addr, url := serveReference(t), startNATS(t, nil).ClientURL()
	all, _ := started(t, url, nil, "a")
	f, _ := dial(t, url, Options{Agents: 1, Loops: 1, Grace: time.Second})
	gone := time.Duration(0)
	run, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Clients: 8, Rate: 1000, Duration: time.Minute},
		&after{time.Second, func() { gone = netloop.Now(); f.nc.Close() }})
	if err != nil || !run.CutShort || len(run.Lost()) != 1 {
		t.Errorf("%v %+v", err, run)
	}
	all[0].waitFor("its coordinator has been silent for 3")
	all[0].waitFor("ended after")
	if took := netloop.Now() - gone; took > 5*time.Second {
		t.Errorf("stopped after %s", took)
	}
	next, _ := dial(t, url, Options{Agents: 1, Loops: 1})
	if _, err := next.Execute(t.Context(), loadgen.Plan{Target: addr, Duration: 100 * time.Millisecond}); err != nil {
		t.Errorf("the next coordinator: %v", err)
	}
}

// An agent whose coordinator is dead stops within five seconds also where replies are waited for long, and do not come.
func TestLossOfCoordinatorWhileDraining(t *testing.T) {
	long(t)
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	url := startNATS(t, nil).ClientURL()
	all, _ := started(t, url, nil, "a")
	f, _ := dial(t, url, Options{Agents: 1, Loops: 1, Grace: time.Second})
	gone := time.Duration(0)
	_, _ = f.Execute(t.Context(), loadgen.Plan{Target: ln.Addr().String(), Clients: 8, Rate: 1000, Duration: time.Minute, Timeout: time.Minute, Drain: 20 * time.Second},
		&after{time.Second, func() { gone = netloop.Now(); f.nc.Close() }})
	all[0].waitFor("its coordinator has been silent for 3")
	all[0].waitFor("ended after")
	if took := netloop.Now() - gone; took > 6*time.Second {
		t.Errorf("stopped after %s", took)
	}
}
