package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"memlite/loadgen"
	"memlite/reports"
)

// loadMetrics is what --metrics of load shows: the run so far, a second behind. It is a sink; what it adds up once a second
// is cut into buckets only when somebody looks. The event loops do not know of it.
type loadMetrics struct {
	mu          sync.Mutex
	plan        loadgen.Plan
	stage       string // of the last interval
	recorded    bool
	operations  map[operationOf]*reports.Operation
	dropped     map[string]int64 // by stage
	lag         map[string]*reports.Histogram
	connections int64   // -1: not known
	missing     float64 // of the last interval
}

// operationOf names an operation of a stage: what a warm-up did is told apart from what counts.
type operationOf struct{ stage, operation string }

func newLoadMetrics(plan loadgen.Plan) *loadMetrics {
	return &loadMetrics{plan: plan, operations: map[operationOf]*reports.Operation{}, dropped: map[string]int64{}, lag: map[string]*reports.Histogram{}, connections: -1}
}

// Interval adds a second.
func (m *loadMetrics) Interval(i *reports.Interval) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stage, m.recorded, m.missing = i.Stage, i.Recorded, i.Missing
	m.dropped[i.Stage] += i.Dropped
	for _, o := range i.Operations {
		k := operationOf{i.Stage, o.Name}
		sum := m.operations[k]
		if sum == nil {
			sum = &reports.Operation{Outcomes: map[string]int64{}, Response: reports.NewHistogram()}
			m.operations[k] = sum
		}
		sum.Count += o.Count
		sum.Hits += o.Hits
		sum.Misses += o.Misses
		for kind, n := range o.Outcomes {
			sum.Outcomes[kind] += n
		}
		sum.Sent += o.Sent
		sum.Received += o.Received
		sum.Response.Add(o.Response)
		if o.Service != nil {
			if sum.Service == nil {
				sum.Service = reports.NewHistogram()
			}
			sum.Service.Add(o.Service)
		}
	}
	if i.Live == nil {
		return nil
	}
	m.connections = i.Live.Connections
	if i.Live.SendLag != nil {
		if m.lag[i.Stage] == nil {
			m.lag[i.Stage] = reports.NewHistogram()
		}
		m.lag[i.Stage].Add(i.Live.SendLag)
	}
	return nil
}

// Close is the end of the run's seconds; what they were is shown until the server is stopped.
func (m *loadMetrics) Close() error { return nil }

// loadBounds are the upper bounds of the buckets: 1, 2 and 5 of every decade from 10 µs to 50 s.
var loadBounds = func() (all []time.Duration) {
	for decade := 10 * time.Microsecond; decade <= 10*time.Second; decade *= 10 {
		all = append(all, decade, 2*decade, 5*decade)
	}
	return all
}()

var (
	loadRequests    = metric("load_requests_total", "Requests that ended, by what became of them.", "stage", "operation", "outcome")
	loadResponse    = metric("load_response_time_seconds", "Time from the intended start of a request to its answer.", "stage", "operation")
	loadService     = metric("load_service_time_seconds", "Time from the sending of a request to its answer (open loop).", "stage", "operation")
	loadLag         = metric("load_send_lag_seconds", "Time from when a request was due and a client free to its sending (open loop).", "stage")
	loadDropped     = metric("load_dropped_total", "Starts given up because no client was free in time (open loop).", "stage")
	loadSent        = metric("load_sent_bytes_total", "Bytes of requests.", "stage", "operation")
	loadReceived    = metric("load_received_bytes_total", "Bytes of replies.", "stage", "operation")
	loadClients     = metric("load_clients", "Clients of the plan.")
	loadConnections = metric("load_connections", "Connections that are open.")
	loadRate        = metric("load_target_rate", "Requests per second that the plan asks for (open loop).")
	loadStage       = metric("load_stage", "1 for the stage of the last second; recorded says whether it counts.", "stage", "recorded")
	loadMissing     = metric("load_missing_ratio", "Share of the load that the last second lacks because agents of the fleet were lost.")
)

// Describe describes nothing: what there is shows in Collect.
func (m *loadMetrics) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (m *loadMetrics) Collect(to chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, n int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	histogram := func(d *prometheus.Desc, h *reports.Histogram, labels ...string) {
		if h == nil {
			return
		}
		counts, sum := h.Cumulative(loadBounds)
		buckets := map[float64]uint64{}
		for i, bound := range loadBounds {
			buckets[bound.Seconds()] = uint64(counts[i])
		}
		to <- prometheus.MustNewConstHistogram(d, uint64(h.TotalCount()), sum.Seconds(), buckets, labels...)
	}
	for k, o := range m.operations {
		for outcome, n := range map[string]int64{"hit": o.Hits, "miss": o.Misses, "stored": o.Count - o.Hits - o.Misses} {
			if n > 0 {
				counter(loadRequests, n, k.stage, k.operation, outcome)
			}
		}
		for kind, n := range o.Outcomes {
			counter(loadRequests, n, k.stage, k.operation, kind)
		}
		counter(loadSent, o.Sent, k.stage, k.operation)
		counter(loadReceived, o.Received, k.stage, k.operation)
		histogram(loadResponse, o.Response, k.stage, k.operation)
		histogram(loadService, o.Service, k.stage, k.operation)
	}
	for stage, h := range m.lag {
		histogram(loadLag, h, stage)
	}
	gauge(loadClients, float64(m.plan.Clients))
	if m.connections >= 0 {
		gauge(loadConnections, float64(m.connections))
	}
	if m.plan.Rate > 0 {
		gauge(loadRate, m.plan.Rate)
		for stage, n := range m.dropped {
			counter(loadDropped, n, stage)
		}
	}
	if m.stage != "" {
		gauge(loadStage, 1, m.stage, fmt.Sprint(m.recorded))
		gauge(loadMissing, m.missing)
	}
}

// showLoad serves the metrics of a run at where until stop is called.
func showLoad(where string, plan loadgen.Plan) (m *loadMetrics, bound address, stop func(), err error) {
	at, err := parseAddress(where)
	if err != nil {
		return nil, address{}, nil, &usageError{fmt.Errorf("--metrics: %w", err)}
	}
	m = newLoadMetrics(plan)
	// What goes wrong with a scrape its client sees; a line of it would be written across the view.
	alive := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }
	bound, stop, err = serveMetrics(at, slog.New(slog.DiscardHandler), alive, m)
	return m, bound, stop, err
}
