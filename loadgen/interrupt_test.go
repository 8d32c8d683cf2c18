package loadgen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"memlite/reports"
)

// Whenever a run is interrupted, while it connects, preloads, warms up, records or waits for the last replies, it ends soon
// with a report that is valid, says so, and accounts for every request that the server has read.
func TestInterruptedAtAnyMoment(t *testing.T) {
	t.Parallel()
	const clients, keys = 20, 30
	for _, loop := range []Plan{{}, {Rate: 2000}, {Pipeline: 4}} {
		// 20 connections, 30 sets of the preload, then the run.
		for _, moment := range []int64{1, 10, 19, 20, 21, 22, 35, 49, 50, 51, 60, 200, 500} {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			var events atomic.Int64
			count := func() {
				if events.Add(1) == moment {
					cancel()
				}
			}
			s := serve(t, func(r request) (string, error) { count(); return r.good, nil }, func(net.Conn) error { count(); return nil })
			p := loop
			p.Target, p.Clients, p.Keys, p.Preload, p.Warmup, p.Duration = s.addr, clients, keys, true, 50*time.Millisecond, time.Hour
			run, err := Local{Loops: 2}.Execute(ctx, p)
			name := fmt.Sprintf("%+v at event %d", loop, moment)
			if err != nil || ctx.Err() != context.Canceled {
				t.Errorf("%s: %v, %v", name, err, ctx.Err())
				continue
			}
			checkCutShort(t, name, run)
			if !s.reads(made(run)) {
				t.Errorf("%s: %+v, the server read %d", name, run.Requests, s.total())
			}
			s.stop()
		}
	}
}

func checkCutShort(t *testing.T, name string, run *reports.Run) {
	t.Helper()
	checkRun(t, run)
	if !run.CutShort || !strings.Contains(strings.Join(run.Warnings, "\n"), "cut short (interrupted)") {
		t.Errorf("%s: not marked as cut short: %q", name, run.Warnings)
	}
	report := &reports.Report{Runs: []*reports.Run{run}}
	var b bytes.Buffer
	if err := reports.JSON(&b, report); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	path := filepath.Join(t.TempDir(), "run.json")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := reports.Read(path); err != nil {
		t.Errorf("%s: the report cannot be read again: %v", name, err)
	}
	b.Reset()
	if err := errors.Join(reports.Summary(&b, report), reports.HTML(&b, report), reports.Markdown(&b, report), reports.JUnit(&b, report)); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if run.Requests.Errors+run.Requests.Abandoned+run.Requests.Dropped == 0 && strings.Contains(b.String(), "✗") {
		t.Errorf("%s: a cross for a run in which nothing went wrong", name)
	}
}

// An interruption while the last replies are waited for does not wait for them.
func TestInterruptedWhileDraining(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, l Local) {
		for _, p := range []Plan{{}, {Rate: 1000}} {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			var once sync.Once
			s := serve(t, func(r request) (string, error) {
				if r.n > 0 {
					once.Do(func() { time.AfterFunc(500*time.Millisecond, cancel) }) // the load is over by then
					return "", nil
				}
				return r.good, nil
			}, nil)
			p.Target, p.Clients, p.Duration, p.Drain, p.Timeout = s.addr, 3, 300*time.Millisecond, time.Hour, 2*time.Hour
			run, err := l.Execute(ctx, p)
			if err != nil || ctx.Err() != context.Canceled {
				t.Errorf("%+v: %v, %v", p, err, ctx.Err())
				continue
			}
			checkCutShort(t, "draining", run)
			if q := run.Requests; q.Abandoned != 3 || !s.reads(made(run)) {
				t.Errorf("%+v: %+v, the server read %d", p, q, s.total())
			}
		}
	})
}
