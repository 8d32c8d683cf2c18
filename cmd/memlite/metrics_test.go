//go:build unix

package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// The server shows its metrics on a socket that nobody else can have taken.
func TestMetrics(t *testing.T) {
	folder, err := os.MkdirTemp("", "m") // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	socket := filepath.Join(folder, "s")
	server := start(t, "serve", "0", "--data", filepath.Join(folder, "data"), "--metrics", "unix://"+socket)
	addr := strings.TrimPrefix(server.line(t), "listening on ")
	for _, command := range [][]string{{"set", "k", "value"}, {"get", "k"}, {"get", "absent"}} {
		start(t, append([]string{"client", addr}, command...)...).end(t)
	}
	web := http.Client{Timeout: patience, Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", socket)
	}}}
	get := func(path string) (int, string) {
		t.Helper()
		reply, err := web.Get("http://memlite" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		body, err := io.ReadAll(reply.Body)
		if err != nil {
			t.Fatal(err)
		}
		return reply.StatusCode, string(body)
	}
	status, text := get("/metrics")
	for _, want := range []string{
		`memlite_operations_total{operation="get",outcome="hit"} 1`, `memlite_operations_total{operation="get",outcome="miss"} 1`,
		`memlite_operations_total{operation="set",outcome="stored"} 1`, `memlite_store_keys 1`, `memlite_store_bytes 1[0-9]+`,
		`memlite_clients_accepted_total 3`, `memlite_clients_refused_total 0`, `memlite_received_bytes_total [1-9][0-9]+`,
		`memlite_sent_bytes_total [1-9][0-9]+`, `memlite_commit_changes_sum 1`, `memlite_commit_duration_seconds_count 1`,
		`memlite_loop_busy_seconds_total{loop="0"} .+`, `go_goroutines .+`,
	} {
		if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(text) {
			t.Errorf("no line %s in\n%s", want, text)
		}
	}
	if status != http.StatusOK {
		t.Errorf("/metrics: %d", status)
	}
	if status, text := get("/healthz"); status != http.StatusOK || text != "ok\n" {
		t.Errorf("/healthz: %d %q", status, text)
	}
	if status, text := get("/debug/pprof/goroutine?debug=1"); status != http.StatusOK || !strings.Contains(text, "goroutine profile") {
		t.Errorf("/debug/pprof/goroutine: %d %.80q", status, text)
	}
	_ = server.Process.Signal(syscall.SIGTERM)
	if status := server.end(t); status != exitHeld {
		t.Errorf("status %d: %s", status, server.stderr.String())
	}
}
