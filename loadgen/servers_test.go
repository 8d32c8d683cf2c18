package loadgen

import (
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"memlite/reports"
)

// pool starts n servers that count, and returns them with the list of their addresses.
func pool(t *testing.T, n int, reply func(request) (string, error)) ([]*scripted, string) {
	t.Helper()
	var all []*scripted
	var list []string
	for range n {
		s := serve(t, reply, nil)
		all, list = append(all, s), append(list, s.addr)
	}
	return all, strings.Join(list, ",")
}

// ownKeys fails the test when a server holds a key that is another's, and returns how many keys there are in all.
func ownKeys(t *testing.T, target string, all []*scripted) (n int) {
	t.Helper()
	targets, err := parseTargets(target)
	if err != nil {
		t.Fatal(err)
	}
	c := newContinuum(targets)
	for i, s := range all {
		s.values.Range(func(key, _ any) bool {
			n++
			if owner := c.server([]byte(key.(string))); owner != i {
				t.Errorf("server %d holds %s, which is server %d's", i, key, owner)
			}
			return true
		})
	}
	return n
}

// Every request is the server's to which its key belongs, every one is accounted for, for each server too, and all
// preloaded keys are found.
func TestSeveralServers(t *testing.T) {
	for name, p := range map[string]Plan{
		"closed":    {Requests: 5000, Sets: 0.1},
		"pipelined": {Requests: 5000, Sets: 0.1, Pipeline: 8, Warmup: 50 * time.Millisecond},
		"think":     {Requests: 300, Sets: 0.1, Think: 2 * time.Millisecond, Pipeline: 2},
		"constant":  {Rate: 5000, Duration: 500 * time.Millisecond, Sets: 0.1},
		"poisson":   {Rate: 5000, Requests: 2000, Arrival: "poisson", Pipeline: 2, Warmup: 50 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, func(t *testing.T, l Local) {
				all, target := pool(t, 3, nil)
				p.Target, p.Clients, p.Keys, p.Preload, p.Drain = target, 7, 500, true, 10*time.Second
				r, err := l.Execute(t.Context(), p)
				if err != nil {
					t.Fatal(err)
				}
				if n := ownKeys(t, target, all); n != p.Keys {
					t.Errorf("%d keys are on the servers, want %d", n, p.Keys)
				}
				q := r.Requests
				if q.Errors+q.Abandoned+q.Dropped > 0 || q.Preloaded != int64(p.Keys) {
					t.Errorf("%+v; %v", q, r.Warnings)
				}
				total := int64(0)
				for _, s := range all {
					total += s.total()
				}
				if sum := q.Preloaded + q.WarmUp + q.Recorded; sum != total {
					t.Errorf("%d requests reported, the servers counted %d", sum, total)
				}
				if p.Requests > 0 && q.Recorded != p.Requests {
					t.Errorf("%d recorded, want %d", q.Recorded, p.Requests)
				}
				if hits := r.Total().Misses; hits > 0 {
					t.Errorf("%d misses of keys that were preloaded", hits)
				}
				checkServers(t, r, all)
			})
		})
	}
}

// checkServers compares what the report says of each server with what the servers counted.
func checkServers(t *testing.T, r *reports.Run, all []*scripted) {
	t.Helper()
	if len(r.Servers) != len(all) {
		t.Fatalf("%d servers in the report, want %d", len(r.Servers), len(all))
	}
	var count, opened int64
	clients := 0
	for i, s := range r.Servers {
		o := s.Total()
		count += o.Count
		opened += s.Connections.Opened
		clients += s.Clients
		if s.Address != all[i].addr || o.Count == 0 || o.Percentiles == nil || o.Response.TotalCount() != o.Count {
			t.Errorf("server %d: %+v, %+v", i, s, o)
		}
		if int64(s.Clients) != all[i].conns.Load() {
			t.Errorf("server %d: %d clients, it accepted %d connections", i, s.Clients, all[i].conns.Load())
		}
	}
	if count != r.Requests.Recorded || opened != r.Connections.Opened || clients != r.Clients {
		t.Errorf("the servers add up to %d requests, %d connections and %d clients; the run has %d, %d and %d",
			count, opened, clients, r.Requests.Recorded, r.Connections.Opened, r.Clients)
	}
}

// The keys of all servers together are drawn as the plan says, however slow one of them is.
func TestSlowServerDoesNotBendTheKeys(t *testing.T) {
	var slow atomic.Value // an address
	all, target := pool(t, 2, func(r request) (string, error) {
		if r.c.LocalAddr().String() == slow.Load() {
			time.Sleep(500 * time.Microsecond)
		}
		return r.good, nil
	})
	slow.Store(all[0].addr)
	const keys, rounds = 100, 30
	r, err := Local{Loops: 1}.Execute(t.Context(), Plan{Target: target, Clients: 8, Keys: keys, KeyDist: "sequential", Requests: keys * rounds, Drain: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	targets, _ := parseTargets(target)
	c, text := newContinuum(targets), newKeyText(sizes{min: 32, max: 32}, keys)
	var want [2]int64
	for k := range int64(keys) {
		want[c.server(text.append(nil, k))] += rounds
	}
	for i, s := range r.Servers {
		if n := s.Total().Count; n != want[i] {
			t.Errorf("server %d got %d requests, %d of the keys' are its", i, n, want[i])
		}
	}
}

// In an open loop a server that stalls has its own requests wait and nobody else's.
func TestStalledServerIsAlone(t *testing.T) {
	var stalled atomic.Value // an address
	release := make(chan struct{})
	all, target := pool(t, 2, func(r request) (string, error) {
		if r.c.LocalAddr().String() == stalled.Load() {
			<-release
		}
		return r.good, nil
	})
	stalled.Store(all[0].addr)
	time.AfterFunc(time.Second, func() { close(release) })
	r, err := Local{Loops: 1}.Execute(t.Context(), Plan{Target: target, Clients: 4, Keys: 1000, Rate: 1000, Duration: 2 * time.Second, Drain: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if q := r.Requests; q.Recorded != 2000 {
		t.Errorf("%+v", q)
	}
	// A share of its requests waited half a second on average, the other's did not: its median is far from that.
	if p := r.Servers[0].Total().Percentiles; p.P99 < int64(800*time.Millisecond) {
		t.Errorf("the stalled server: %+v", p)
	}
	if p := r.Servers[1].Total().Percentiles; p.P50 > int64(100*time.Millisecond) {
		t.Errorf("the other server: %+v", p)
	}
}

// A server that is not there has its share fail, at the start and later, and is named; the others go on.
func TestServerThatIsDown(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := ln.Addr().String()
	ln.Close()
	up := serve(t, nil, nil)
	for name, p := range map[string]Plan{
		"closed": {Requests: 2000},
		"open":   {Rate: 2000, Duration: time.Second, Drain: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			p.Target, p.Clients, p.Keys = up.addr+","+gone, 4, 1000
			r, err := Local{Loops: 2}.Execute(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			ok, bad := r.Servers[0], r.Servers[1]
			if o := ok.Total(); o.Count == 0 || o.Errors+ok.Dropped > 0 {
				t.Errorf("the server that is up: %+v, %+v", ok, o)
			}
			o := bad.Total()
			if o.Count > 0 || o.Errors+bad.Dropped == 0 || bad.Connections.Failed == 0 {
				t.Errorf("the server that is down: %+v, %+v", bad, o)
			}
			if all := ok.Total().Count + o.Errors + bad.Dropped; all != 2000 {
				t.Errorf("%d of 2000 requests are accounted for", all)
			}
			if text := strings.Join(r.Warnings, "\n"); !strings.Contains(text, "server "+gone+": ") || !strings.Contains(text, "refused") {
				t.Errorf("it is not named: %s", text)
			}
		})
	}
	t.Run("all", func(t *testing.T) {
		_, err := Local{}.Execute(t.Context(), Plan{Target: gone + ",unix:///nosuch/socket", Clients: 4})
		if err == nil || !strings.HasPrefix(err.Error(), "none of the servers can be reached: dial ") {
			t.Error(err)
		}
	})
}

// A server that dies in the middle.
func TestServerDies(t *testing.T) {
	for name, p := range map[string]Plan{
		"closed": {Duration: 1500 * time.Millisecond},
		"open":   {Rate: 2000, Duration: 1500 * time.Millisecond, Drain: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			all, target := pool(t, 2, nil)
			time.AfterFunc(500*time.Millisecond, all[1].stop)
			p.Target, p.Clients, p.Keys = target, 8, 1000
			r, err := Local{Loops: 2}.Execute(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			if s := r.Servers[1]; s.Connections.Lost == 0 || s.Total().Errors+s.Dropped == 0 || s.Total().Count == 0 {
				t.Errorf("the dead server: %+v %+v", s, s.Total())
			}
			last := r.Intervals[len(r.Intervals)-1]
			answered := int64(0)
			for _, o := range last.Operations {
				answered += o.Count
			}
			if s := r.Servers[0]; s.Connections.Lost > 0 || s.Total().Errors+s.Dropped > 0 || answered == 0 {
				t.Errorf("the other server: %+v %+v, %d answers in the last interval", s, s.Total(), answered)
			}
			if text := strings.Join(r.Warnings, "\n"); !strings.Contains(text, "server "+all[1].addr+": ") || strings.Contains(text, "server "+all[0].addr) {
				t.Errorf("warnings: %s", text)
			}
		})
	}
}
