package fleet

import (
	"testing"
	"time"

	"memlite/loadgen"
)

// Three agents make the requests of one plan, once each, and each has its share.
func TestFleet(t *testing.T) {
	t.Parallel()
	addr, url := serveReference(t), startNATS(t, nil).ClientURL()
	for _, name := range []string{"c", "a", "b"} {
		said, _ := startAgent(t, url, name, nil)
		said.waitFor("waits for work")
	}
	f, _ := dial(t, url, Options{Agents: 3, Loops: 1})
	for _, p := range []loadgen.Plan{
		{Clients: 10, Rate: 1000, Duration: 1500 * time.Millisecond, Preload: true, Keys: 1000, Verify: true, Sets: 0.5, Drain: 10 * time.Second},
		{Clients: 7, Requests: 1000, Keys: 100},
	} {
		p.Target = addr
		run, err := f.Execute(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		want := max(p.Requests, 1500)
		if p.Requests > 0 {
			want = p.Requests
		}
		if n := run.Requests.Recorded; n != want || run.Requests.Errors != 0 || run.CutShort {
			t.Errorf("%d requests were answered of %d, %d errors, cut short: %t", n, want, run.Requests.Errors, run.CutShort)
		}
		if len(run.Agents) != 3 {
			t.Fatalf("%d agents", len(run.Agents))
		}
		sum, clients := int64(0), 0
		for i, a := range run.Agents {
			sum, clients = sum+a.Requests.Recorded, clients+a.Clients
			if a.Name != string("abc"[i]) || a.Loss != nil || a.Started == nil || a.ClockError <= 0 || a.ClockError > time.Second {
				t.Errorf("agent %d: %+v", i, a)
			}
		}
		if sum != want || clients != p.Clients {
			t.Errorf("the agents made %d requests with %d clients", sum, clients)
		}
	}
}
