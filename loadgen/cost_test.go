package loadgen

import (
	"bufio"
	"crypto/tls"
	"net"
	"runtime"
	"testing"
	"time"

	"memlite/server/netloop"
)

// answering is a server that allocates nothing per request, for tests of what the load generator allocates: it
// answers NOT-FOUND to every line.
func answering(t testing.TB) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in, out := bufio.NewReaderSize(c, 512), bufio.NewWriterSize(c, 512)
				for {
					if _, err := in.ReadSlice('\n'); err != nil {
						return
					}
					out.WriteString("NOT-FOUND\r\n")
					if in.Buffered() == 0 && out.Flush() != nil {
						return
					}
				}
			}()
		}
	}()
	t.Cleanup(func() { ln.Close(); <-done })
	return ln.Addr().String()
}

// Sending, parsing and recording allocate nothing. The worker is driven here without the coordinator, which does, once a second.
func TestRequestsInRunDoNotAllocate(t *testing.T) {
	addr := answering(t)
	for name, p := range map[string]Plan{
		"closed":    {},
		"pipelined": {Pipeline: 16},
		"open":      {Rate: 100_000},
	} {
		const few, many = 1_000, 50_000
		p.Target, p.Clients = addr, 4
		p = p.withDefaults()
		group, err := netloop.New(netloop.Config{Loops: 1})
		if err != nil {
			t.Fatal(err)
		}
		news := make(chan struct{}, 10)
		wait := func() {
			select {
			case <-news:
			case <-time.After(30 * time.Second):
				t.Fatalf("%s: hung", name)
			}
		}
		to, _ := parseTarget(addr)
		w := newWorker(p, []target{to}, make([]*tls.Config, 1), group.Loop(0), 0, Segment{0, 1}, 0, p.Clients, p.values(), func() { news <- struct{}{} })
		w.loop.Post(w.connect)
		wait()
		run := func(requests int64) uint64 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			w.loop.Post(func() {
				w.connecting, w.plan.Requests = false, requests
				w.begin(w.runStages(netloop.Now()))
			})
			wait()
			runtime.ReadMemStats(&after)
			return after.Mallocs - before.Mallocs
		}
		run(few) // buffers and queues grow
		n := run(many)
		t.Logf("%s: %d allocations for %d requests", name, n, many)
		if n > many/100 {
			t.Errorf("%s: %d allocations for %d requests", name, n, many)
		}
		group.Close()
	}
}

// A client without a connection is 56 bytes and 32 more for each place in its pipeline.
func BenchmarkClients(b *testing.B) {
	addr := answering(b)
	for _, clients := range []int{1, 1024} {
		b.Run(map[int]string{1: "1", 1024: "1024"}[clients], func(b *testing.B) {
			var peak uint64
			for b.Loop() {
				s := &sink{then: func() {
					var m runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&m)
					peak = max(peak, m.HeapInuse+m.StackInuse)
				}}
				if _, err := (Local{}).Execute(b.Context(), Plan{Target: addr, Clients: clients, Requests: 100_000}, s); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(peak)/(1<<20), "MiB-in-use")
		})
	}
}
