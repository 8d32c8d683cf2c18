package netloop

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
)

// benchmarkEngines runs a benchmark on the engines worth comparing.
func benchmarkEngines(b *testing.B, run func(b *testing.B, cfg Config)) {
	b.Run("portable", func(b *testing.B) { run(b, Config{Loops: 1, Portable: true}) })
	if runtime.GOOS == "linux" {
		b.Run("epoll", func(b *testing.B) { run(b, Config{Loops: 1}) })
	}
}

// BenchmarkPingPong is a closed loop between two Groups of one loop each: per operation two messages of 32 bytes.
func BenchmarkPingPong(b *testing.B) {
	for _, clients := range []int{1, 50, 1024} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			benchmarkEngines(b, func(b *testing.B, cfg Config) {
				_, addr := serve(b, cfg, &calls{data: func(c *Conn, in []byte) int {
					c.Write(append(c.AvailableBuffer(), in...))
					return len(in)
				}})
				g := group(b, cfg)
				l := g.Loop(0)
				opened, done := make(chan struct{}, clients), make(chan struct{})
				message := make([]byte, 32)
				left, flying := 0, 0
				client := &calls{open: func(*Conn) { opened <- struct{}{} }}
				client.data = func(c *Conn, in []byte) int {
					if len(in) < len(message) {
						return 0
					}
					if left > 0 {
						left--
						c.Write(message)
					} else if flying--; flying == 0 {
						close(done)
					}
					return len(message)
				}
				conns := make([]*Conn, clients)
				l.Post(func() {
					for i := range conns {
						conns[i] = l.Dial("tcp", addr, client, nil)
					}
				})
				for range conns {
					within(b, "connection", opened)
				}
				b.ReportAllocs()
				b.ResetTimer()
				cpu := cpuTime()
				l.Post(func() {
					flying = min(clients, b.N)
					left = b.N - flying
					for _, c := range conns[:flying] {
						c.Write(message)
					}
				})
				<-done
				b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N), "cpu-ns/op")
			})
		})
	}
}

// BenchmarkTimerLag sets one timer after the other, at the given distance, as an open-loop schedule does, and
// reports how late they fire.
func BenchmarkTimerLag(b *testing.B) {
	for _, every := range []time.Duration{50 * time.Microsecond, time.Millisecond} {
		b.Run(every.String(), func(b *testing.B) {
			benchmarkEngines(b, func(b *testing.B, cfg Config) {
				l := group(b, cfg).Loop(0)
				lags := make([]time.Duration, 0, b.N)
				done := make(chan struct{})
				b.ReportAllocs()
				b.ResetTimer()
				l.Post(func() {
					at := Now() + every
					var tm *Timer
					tm = l.NewTimer(func() {
						lags = append(lags, Now()-at)
						if len(lags) == cap(lags) {
							close(done)
							return
						}
						at += every
						tm.Reset(at)
					})
					tm.Reset(at)
				})
				<-done
				slices.Sort(lags)
				b.ReportMetric(float64(lags[len(lags)/2])/1e3, "µs-p50")
				b.ReportMetric(float64(lags[len(lags)*99/100])/1e3, "µs-p99")
			})
		})
	}
}

// BenchmarkIdle reports the memory of this process per idle connection, both ends of it, after each has echoed.
func BenchmarkIdle(b *testing.B) {
	benchmarkEngines(b, func(b *testing.B, cfg Config) {
		const conns = 4000
		before := memory()
		_, addr := serve(b, cfg, &calls{})
		l := group(b, cfg).Loop(0)
		echoed := make(chan struct{}, conns)
		client := &calls{
			open: func(c *Conn) { c.Write([]byte("x")) },
			data: func(c *Conn, in []byte) int { echoed <- struct{}{}; return len(in) },
		}
		l.Post(func() {
			for range conns {
				l.Dial("tcp", addr, client, nil)
			}
		})
		for range conns {
			within(b, "echo", echoed)
		}
		for b.Loop() { // nothing to repeat: it is not about time
		}
		b.ReportMetric(float64(memory()-before)/conns, "B/conn")
		b.ReportMetric(0, "ns/op")
	})
}

func memory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
