package conformance_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"memlite/conformance"
	"memlite/reports"
	"memlite/server"
)

// Whatever a reachable endpoint does is a finding: every rule fails, in bounded time and memory, with the reason.

func TestSilentEndpoint(t *testing.T) {
	addr := endpoint(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	suite := run(t, conformance.Config{Addr: addr, LabelFilter: "1-client || CON-01", Timeout: 4 * time.Second}, 10*time.Second)
	everyRule(t, suite, "silence")
	if r := suite.Rules[0]; r.ID != "SET-01" || !strings.Contains(r.Reason, "has not sent a byte yet") {
		t.Errorf("the short wait is not explained: %s", r.Reason)
	}
	if suite.RoundTrip != 0 || len(suite.Warnings) == 0 {
		t.Errorf("round trip %v, warnings %q; nothing was answered", suite.RoundTrip, suite.Warnings)
	}
}

func TestEndpointThatNeverAccepts(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	suite := run(t, conformance.Config{Addr: ln.Addr().String(), LabelFilter: "SET-01 || END-01", Timeout: 2 * time.Second}, 10*time.Second)
	everyRule(t, suite, "silence")
}

func TestClosingEndpoint(t *testing.T) {
	addr := endpoint(t, func(c net.Conn) {})
	everyRule(t, run(t, conformance.Config{Addr: addr, Level: conformance.May, LabelFilter: "!LIM-10"}, 20*time.Second), "closed")
}

func TestHTTPEndpoint(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	suite := run(t, conformance.Config{Addr: srv.Listener.Addr().String(), LabelFilter: "!limits"}, 40*time.Second)
	everyRule(t, suite, "answer", "closed", "silence", "state")
	if got := suite.Rules[0].Got; !strings.Contains(got, "HTTP/1.1 400") {
		t.Errorf("what came is not shown: %s", got)
	}
}

// A stream without an end must cost neither time nor memory, with lines and without.
func TestGarbage(t *testing.T) {
	for name, chunk := range map[string]string{
		"one endless line": strings.Repeat("x", 64<<10),
		"endless lines":    strings.Repeat("STORED\r\n", 8<<10),
		"zeros":            strings.Repeat("\x00", 64<<10),
	} {
		t.Run(name, func(t *testing.T) {
			addr := endpoint(t, func(c net.Conn) {
				go func() { _, _ = io.Copy(io.Discard, c) }()
				for range 1 << 30 / len(chunk) {
					if _, err := io.WriteString(c, chunk); err != nil {
						return
					}
				}
			})
			var before, after runtime.MemStats
			runtime.GC() // what other tests left is not the suite's
			runtime.ReadMemStats(&before)
			suite := run(t, conformance.Config{Addr: addr, LabelFilter: "set || end"}, 15*time.Second)
			runtime.GC()
			runtime.ReadMemStats(&after)
			everyRule(t, suite, "answer", "silence")
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
				t.Errorf("heap has grown by %d MB", grown>>20)
			}
			size := 0
			for _, r := range suite.Rules {
				for _, e := range r.Transcript {
					size += len(e.Bytes)
				}
			}
			if size > 5<<20 {
				t.Errorf("transcripts hold %d bytes", size)
			}
		})
	}
}

// An endpoint that dies: what came before holds, what comes after fails at once.
func TestDyingEndpoint(t *testing.T) {
	addr, stop := start(t, server.Config{})
	before := map[string]bool{}
	suite := run(t, conformance.Config{Addr: addr, LabelFilter: "!limits", Progress: func(done, _ int, r *reports.Rule) {
		if done <= 10 {
			before[r.ID] = true
		}
		if done == 10 {
			stop()
		}
	}}, 15*time.Second)
	for _, r := range suite.Rules {
		if r.Status == reports.NotRun {
			continue
		}
		if (r.Status == reports.Passed) != before[r.ID] || r.Status == reports.Failed && r.Kind != "connect" || r.Status == reports.Inconclusive {
			t.Errorf("%s: %s, kind %s (%s); before the end: %v", r.ID, r.Status, r.Kind, r.Reason, before[r.ID])
		}
	}
}

// A server that sleeps on purpose is slow, not wrong.
func TestSlowEndpoint(t *testing.T) {
	back := reference(t)
	addr := endpoint(t, func(c net.Conn) {
		s, err := net.Dial("tcp", back)
		if err != nil {
			return
		}
		defer s.Close()
		go func() {
			buf := make([]byte, 64<<10)
			for {
				n, err := c.Read(buf)
				time.Sleep(25 * time.Millisecond)
				if _, werr := s.Write(buf[:n]); werr != nil || err != nil {
					_ = s.(*net.TCPConn).CloseWrite()
					return
				}
			}
		}()
		_, _ = io.Copy(c, s)
	})
	suite := run(t, conformance.Config{Addr: addr, LabelFilter: "SET-04 || END-03 || GET-01"}, 60*time.Second)
	everyRule(t, suite, "")
	if suite.RoundTrip < 25*time.Millisecond {
		t.Errorf("round trip %v of a server that sleeps 25ms", suite.RoundTrip)
	}
}

// run is Run with a bound, for endpoints that must not be able to stop it.
func run(t *testing.T, cfg conformance.Config, most time.Duration) *reports.Suite {
	t.Helper()
	type outcome struct {
		suite *reports.Suite
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		suite, err := conformance.Run(context.Background(), cfg)
		done <- outcome{suite, err}
	}()
	select {
	case out := <-done:
		if out.err != nil {
			t.Fatal(out.err)
		}
		return out.suite
	case <-time.After(2 * most): // twice, because the machine may be busy
		t.Fatalf("not done after %v", 2*most)
		return nil
	}
}

// everyRule fails unless every rule that was to run failed in one of kinds; with the kind "", unless it passed.
func everyRule(t *testing.T, suite *reports.Suite, kinds ...string) {
	t.Helper()
	ran := 0
	for _, r := range suite.Rules {
		if r.Status == reports.NotRun {
			continue
		}
		ran++
		want := reports.Failed
		if kinds[0] == "" {
			want = reports.Passed
		}
		if r.Status != want || !strings.Contains(strings.Join(kinds, " "), r.Kind) {
			t.Errorf("%s: %s, kind %q, want %s, %q: %s (got %s)", r.ID, r.Status, r.Kind, want, kinds, r.Reason, r.Got)
		}
		if r.Status == reports.Failed && (r.Want == "" || r.Got == "" || r.Reason == "" || r.Rerun == "" || len(r.Transcript) == 0) {
			t.Errorf("%s: want %q, got %q, reason %q, rerun %q, %d events", r.ID, r.Want, r.Got, r.Reason, r.Rerun, len(r.Transcript))
		}
		if strings.Contains(r.Reason, "\n") {
			t.Errorf("%s: the reason has several lines: %q", r.ID, r.Reason)
		}
	}
	if ran == 0 {
		t.Error("no rule was run")
	}
}

// endpoint listens and hands every connection to serve, which may return to close it.
func endpoint(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return ln.Addr().String()
}
