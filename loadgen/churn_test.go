package loadgen

import (
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Connections come and go as planned: none makes more requests than it may, none is cut off with a request in flight, and
// never are there more than there are clients. Every request is made all the same, and an open loop keeps its schedule.
func TestChurn(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, l Local) {
		bounded := 0
		for _, p := range []Plan{
			{Requests: 1000, Churn: 1},
			{Requests: 1001, Churn: 7},
			{Requests: 1000, Churn: 10, Pipeline: 4},
			{Requests: 1000, Churn: 3, Pipeline: 8, Preload: true, Keys: 50},
			{Requests: 200, Churn: 4, Think: time.Millisecond, Pipeline: 2},
			{Duration: 300 * time.Millisecond, Warmup: 50 * time.Millisecond, Churn: 20},
			{Duration: 400 * time.Millisecond, Rate: 2000, Churn: 5},
		} {
			var tooMany atomic.Int64
			s := serve(t, func(r request) (string, error) {
				if r.n >= p.Churn {
					tooMany.Add(1)
				}
				return r.good, nil
			}, nil)
			p.Target, p.Clients, p.Sets = s.addr, 4, 0.5
			p.Drain, p.Queue = 20*time.Second, 20*time.Second // a busy machine takes its time
			run, err := execute(t, l, p)
			if err != nil {
				t.Errorf("%+v: %v", p, err)
				continue
			}
			if n := tooMany.Load(); n > 0 {
				t.Errorf("%+v: %d requests came on connections that had made theirs", p, n)
			}
			if s.stop(); s.most <= 4 {
				bounded++
			}
			c, q := run.Connections, run.Requests
			// At the end of the run a client may just have been connecting.
			if c.Lost+c.Failed != 0 || c.Opened > s.conns.Load() || c.Opened < s.conns.Load()-4 || c.Renewed == 0 || c.Opened > 4+c.Renewed || c.Opened < c.Renewed {
				t.Errorf("%+v: %+v, the server has seen %d", p, c, s.conns.Load())
			}
			if made(run) != s.total() || q.Errors+q.Abandoned != 0 || p.Requests > 0 && q.Recorded != p.Requests {
				t.Errorf("%+v: %+v; the server read %d", p, q, s.total())
			}
			if want := s.total() / int64(p.Churn); c.Renewed > want || c.Renewed < want-4 {
				t.Errorf("%+v: %d connections renewed for %d requests", p, c.Renewed, s.total())
			}
			if p.Rate > 0 && q.Recorded+q.Dropped != 800 {
				t.Errorf("%+v: %+v; want the 800 requests of the schedule", p, q)
			}
			if strings.Contains(strings.Join(run.Warnings, "\n"), "lost") {
				t.Errorf("%+v: warnings %q", p, run.Warnings)
			}
		}
		// A server that is kept from the processor for as long as connections linger sees one more.
		if bounded == 0 {
			t.Error("4 clients had more than 4 connections at once, every time")
		}
	})
}

// A server that never closes its side holds a client up for no longer than the connections linger at the end of a run.
func TestChurnWithAServerThatStays(t *testing.T) {
	t.Parallel()
	stay := make(chan struct{})
	s := serve(t, func(r request) (string, error) {
		if r.n < 4 {
			return r.good, nil
		}
		r.c.Write([]byte(r.good))
		<-stay
		return "", io.EOF
	}, nil)
	t.Cleanup(func() { close(stay) })
	run, err := execute(t, Local{Loops: 1}, Plan{Target: s.addr, Clients: 2, Requests: 20, Churn: 5})
	if err != nil || run.Connections.Renewed != 4 || run.Requests.Recorded != 20 || run.Connections.Lost > 0 {
		t.Errorf("%v, %+v, %+v", err, run.Connections, run.Requests)
	}
}
