package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"memlite/server"
)

// statsTime is how long the loops of the server may take to answer. They do between two turns, in far less than that.
const statsTime = 2 * time.Second

// metrics is what --metrics shows: what the server has counted, how long the disk took, and what the Go runtime knows.
// Nothing of it costs a request anything but an addition: it is collected when somebody looks.
type metrics struct {
	server      *server.Server
	commits     prometheus.Histogram
	commitSizes prometheus.Histogram
}

func newMetrics() *metrics {
	return &metrics{
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "memlite_commit_duration_seconds", Help: "Time that a commit of the disk store took.",
			Buckets: prometheus.ExponentialBuckets(50e-6, 2, 16), // 50 µs to 1.6 s
		}),
		commitSizes: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "memlite_commit_changes", Help: "Sets and deletes that a commit of the disk store had.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 12),
		}),
	}
}

// commit notes a commit of the disk store.
func (m *metrics) commit(changes int, took time.Duration) {
	m.commits.Observe(took.Seconds())
	m.commitSizes.Observe(float64(changes))
}

func metric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("memlite_"+name, help, labels, nil)
}

var (
	clientsNow     = metric("clients", "Clients that are served.")
	clientsTotal   = metric("clients_accepted_total", "Clients that have connected.")
	clientsRefused = metric("clients_refused_total", "Clients that were turned away for want of a place.")
	clientsIdle    = metric("clients_idle_closed_total", "Clients that were let go because they said nothing.")
	operations     = metric("operations_total", "Requests answered.", "operation", "outcome")
	bytesReceived  = metric("received_bytes_total", "Bytes of requests.")
	bytesSent      = metric("sent_bytes_total", "Bytes of replies.")
	storeKeys      = metric("store_keys", "Keys in the store.")
	storeBytes     = metric("store_bytes", "Memory that the store counts for keys and values, in bytes.")
	loopBusy       = metric("loop_busy_seconds_total", "Time that an event loop did something other than waiting.", "loop")
)

// Describe describes nothing: what there is shows in Collect.
func (m *metrics) Describe(chan<- *prometheus.Desc) {}

// Collect asks the server.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), statsTime)
	defer cancel()
	s, err := m.server.Stats(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(clientsNow, err)
		return
	}
	gauge := func(d *prometheus.Desc, v float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	gauge(clientsNow, float64(s.Clients))
	counter(clientsTotal, float64(s.Accepted))
	counter(clientsRefused, float64(s.Refused))
	counter(clientsIdle, float64(s.IdleClosed))
	for _, o := range s.Operations {
		counter(operations, float64(o.Count), o.Operation, o.Outcome)
	}
	counter(bytesReceived, float64(s.Received))
	counter(bytesSent, float64(s.Sent))
	gauge(storeKeys, float64(s.Keys))
	gauge(storeBytes, float64(s.Bytes))
	for i, busy := range s.Busy {
		counter(loopBusy, busy.Seconds(), strconv.Itoa(i))
	}
}

// health says 200 while the server serves and every loop of it answers, and 503 otherwise.
func (m *metrics) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), statsTime)
	defer cancel()
	if _, err := m.server.Stats(ctx); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// listen shows the metrics of s at where until stop is called.
func (m *metrics) listen(where address, s *server.Server, log *slog.Logger) (bound address, stop func(), err error) {
	m.server = s
	return serveMetrics(where, log, m.health, m, m.commits, m.commitSizes)
}

// serveMetrics shows metrics, and those of the Go runtime, over HTTP at where until stop is called.
func serveMetrics(where address, log *slog.Logger, health http.HandlerFunc, shown ...prometheus.Collector) (bound address, stop func(), err error) {
	ln, err := net.Listen(where.network, where.place)
	if err != nil {
		return address{}, nil, fmt.Errorf("metrics: %w", err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(shown...)
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	errors := slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorLog: errors}))
	mux.HandleFunc("/healthz", health)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: errors}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = web.Serve(ln) // ends with stop
	}()
	return addressOf(ln.Addr()), func() { _ = web.Close(); <-ended }, nil
}
