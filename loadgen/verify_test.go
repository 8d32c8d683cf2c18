package loadgen

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"memlite/reports"
	reference "memlite/server"
)

// startReference starts the reference server.
func startReference(t *testing.T, dialect string) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := reference.New(reference.Config{Dialect: dialect, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.Shutdown(ctx)
		<-ended
	})
	return ln.Addr().String()
}

// No server that is right is accused, whatever goes on: many clients of two loops set and get the same few keys, with pipelines,
// connections that come and go, values of all sizes, and values that earlier runs have left.
func TestVerifyAccusesNoRightServer(t *testing.T) {
	t.Parallel()
	plans := []Plan{
		{Clients: 32, Keys: 3, Sets: 0.5},
		{Clients: 16, Keys: 20, Sets: 0.3, Pipeline: 8, ValueSize: "0-64", Preload: true},
		{Clients: 16, Keys: 1, Sets: 0.7, Pipeline: 4, Churn: 5, Preload: true},
		{Clients: 8, Keys: 50, Sets: 0.5, ValueSize: "1-40000", Preload: true, Churn: 50},
		{Clients: 8, Keys: 10, Sets: 0.5, Rate: 8000, Arrival: "poisson", Warmup: 50 * time.Millisecond},
	}
	for name, addr := range map[string]func(*testing.T) (string, string){
		"reference": func(t *testing.T) (string, string) { return startReference(t, "lite"), "report" },
		"classic":   func(t *testing.T) (string, string) { return startReference(t, "classic"), "memcached" },
		"memcached": func(t *testing.T) (string, string) { return memcached(t), "memcached" },
		"plain":     func(t *testing.T) (string, string) { return serve(t, nil, nil).addr, "report" },
	} {
		t.Run(name, func(t *testing.T) {
			to, profile := addr(t)
			for i, p := range plans {
				p.Target, p.Profile, p.Verify, p.Duration, p.Seed = to, profile, true, 150*time.Millisecond, int64(i)
				run, err := execute(t, Local{Loops: 2, Portable: i == 2}, p)
				if err != nil {
					t.Errorf("%+v: %v", p, err)
					continue
				}
				if v := run.Verification; v.Findings() > 0 || v.Checked == 0 || run.Requests.Errors > 0 {
					t.Errorf("%+v: %+v, errors %v", p, v, kindsIn(run))
				}
			}
		})
	}
}

// A set that is cut off may be done at any later time: the value is then no stale one.
func TestVerifyAndLostSets(t *testing.T) {
	t.Parallel()
	s := serve(t, func(r request) (string, error) {
		if r.n == 20 {
			reset(r.c)
			return r.good, fmt.Errorf("cut off")
		}
		return r.good, nil
	}, nil)
	run, err := execute(t, Local{Loops: 2}, Plan{Target: s.addr, Clients: 8, Keys: 2, Sets: 0.5, Pipeline: 4, Requests: 4000, Verify: true, Preload: true})
	if err != nil || run.Verification.Findings() > 0 || run.Connections.Lost == 0 {
		t.Errorf("%v, %+v, %+v", err, run.Verification, run.Connections)
	}
}

// corrupted makes a server of a fault: every so often a get is answered by fault, from the value that is right and the one before.
func corrupted(t *testing.T, fault func(key string, now, before []byte) string) *scripted {
	var mu sync.Mutex
	values := map[string][2][]byte{} // now, before
	gets := 0
	return serve(t, func(r request) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if r.set {
			values[r.key] = [2][]byte{r.value[:len(r.value)-2], values[r.key][0]}
			return "STORED\r\n", nil
		}
		v, ok := values[r.key]
		if !ok {
			return "NOT-FOUND\r\n", nil
		}
		if gets++; gets%15 == 0 && v[1] != nil {
			return fault(r.key, v[0], v[1]), nil
		}
		return valued(r.key, v[0]), nil
	}, nil)
}

func valued(key string, value []byte) string {
	return fmt.Sprintf("VALUE %s %d\r\n%s\r\nEND\r\n", key, len(value), value)
}

// Servers that are wrong on purpose are caught every time, as what they are, and the first ones are shown.
func TestVerifyCatchesBadServers(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	other := map[string][]byte{} // the last value read of some key
	for _, c := range []struct {
		name  string
		fault func(key string, now, before []byte) string
		want  func(*reports.Verification) int64
		shown string
	}{
		{"serves an old value", func(key string, _, before []byte) string { return valued(key, before) },
			func(v *reports.Verification) int64 { return v.Stale }, "overwritten before this was asked"},
		{"swaps values", func(key string, now, _ []byte) string {
			mu.Lock()
			defer mu.Unlock()
			answer := now
			for k, v := range other {
				if k != key {
					answer = v
				}
			}
			other[key] = now
			return valued(key, answer)
		}, func(v *reports.Verification) int64 { return v.Wrong }, "one of another key"},
		{"patches two values together", func(key string, now, before []byte) string {
			return valued(key, append(append([]byte(nil), now[:len(now)/2]...), before[len(now)/2:]...))
		}, func(v *reports.Verification) int64 { return v.Torn }, "with the checksum"},
		{"cuts the end off", func(key string, now, _ []byte) string { return valued(key, now[:len(now)-1]) },
			func(v *reports.Verification) int64 { return v.Torn }, "with the checksum"},
		{"flips a bit", func(key string, now, _ []byte) string {
			now = append([]byte(nil), now...)
			now[len(now)-1] ^= 4
			return valued(key, now)
		}, func(v *reports.Verification) int64 { return v.Torn }, "with the checksum"},
		{"answers noise", func(key string, now, _ []byte) string { return valued(key, []byte(strings.Repeat("~", len(now)))) },
			func(v *reports.Verification) int64 { return v.Wrong }, "nobody set"},
		{"answers short noise", func(key string, now, _ []byte) string { return valued(key, []byte("~~~~~~~~")) },
			func(v *reports.Verification) int64 { return v.Wrong }, "nobody set"},
		{"forgets", func(string, []byte, []byte) string { return "NOT-FOUND\r\n" },
			func(v *reports.Verification) int64 { return v.Lost }, "a miss"},
	} {
		clear(other)
		for _, p := range []Plan{{Clients: 4, Preload: true}, {Clients: 1}, {Clients: 6, Pipeline: 4, Preload: true, Churn: 100}} {
			s := corrupted(t, c.fault)
			p.Target, p.Keys, p.Sets, p.Requests, p.Verify, p.ValueSize = s.addr, 40, 0.5, 2000, true, "200"
			run, err := execute(t, Local{Loops: 2}, p)
			s.stop()
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			v := run.Verification
			if c.want(v) == 0 || v.Findings() != c.want(v) {
				t.Errorf("%s: %+v", c.name, v)
				continue
			}
			if got := kindsIn(run)[v.Examples[0].Outcome]; got != v.Findings() || run.Requests.Errors != got || run.Connections.Lost > 0 {
				t.Errorf("%s: errors %v, %+v; want the %d findings, and the connections kept", c.name, kindsIn(run), run.Connections, v.Findings())
			}
			first := v.Examples[0]
			if !strings.HasPrefix(first.Key, keyPrefix) || !strings.Contains(first.Want+first.Got, c.shown) || len(v.Examples) > maxExamples {
				t.Errorf("%s: examples %+v; want %q in them", c.name, v.Examples, c.shown)
			}
			if w := strings.Join(run.Warnings, "\n"); !strings.Contains(w, "replies to gets were corrupt") || !strings.Contains(w, first.Key) {
				t.Errorf("%s: warnings %q", c.name, w)
			}
		}
	}
}

// In a cache a miss is no loss.
func TestVerifyOfACache(t *testing.T) {
	s := serve(t, func(r request) (string, error) {
		if !r.set && r.n%10 == 0 {
			return "END\r\n", nil
		}
		if r.set {
			return r.good, nil
		}
		return strings.Replace(r.good, " 100\r\n", " 0 100\r\n", 1), nil
	}, nil)
	run, err := execute(t, Local{}, Plan{Target: s.addr, Profile: "memcached", Clients: 2, Keys: 10, Sets: 0.5, Requests: 1000, Verify: true, Preload: true})
	if err != nil || run.Verification.Findings() != 0 || run.Verification.Checked == 0 {
		t.Errorf("%v, %+v", err, run.Verification)
	}
}

// What was there before the run is let pass where the run has not overwritten it, and said.
func TestVerifyWithLeftovers(t *testing.T) {
	s := serve(t, nil, nil)
	for _, c := range []struct {
		verify, preload bool
		sets            float64
		want            string
	}{
		{verify: false, preload: true},
		{verify: true, want: "were there before the run"},
		{verify: true, sets: 0.5, want: "were there before the run"},
		{verify: true, preload: true},
		{verify: true, want: "were there before the run"}, // of another run
	} {
		run, err := execute(t, Local{}, Plan{Target: s.addr, Clients: 2, Keys: 1000, Sets: c.sets, Requests: 1000, Verify: c.verify, Preload: c.preload})
		if err != nil || run.Verification.Findings() != 0 || !strings.Contains(strings.Join(run.Warnings, "\n"), c.want) {
			t.Errorf("%+v: %v, %+v, %q", c, err, run.Verification, run.Warnings)
		}
		if (run.Verification == nil) == c.verify || c.want == "" && strings.Contains(strings.Join(run.Warnings, "\n"), "before the run") {
			t.Errorf("%+v: %+v, %q", c, run.Verification, run.Warnings)
		}
	}
}

// A value of which nothing is known is let pass, and is not among those that were checked.
func TestValuesLetPassAreNotChecked(t *testing.T) {
	t.Parallel()
	s := serve(t, func(r request) (string, error) {
		return fmt.Sprintf("VALUE %s 40\r\n%s\r\nEND\r\n", r.key, strings.Repeat("x", 40)), nil
	}, nil)
	run, err := execute(t, Local{}, Plan{Target: s.addr, Clients: 2, Requests: 100, Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	if v := run.Verification; v.Checked != 0 || v.Findings() != 0 || !strings.Contains(strings.Join(run.Warnings, "\n"), "100 values were there before the run") {
		t.Errorf("%+v, %q", v, run.Warnings)
	}
}
