package loadgen

import (
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Endpoints that misbehave: the fault is counted by its kind, the run goes on, and what is recorded as answered was
// answered.
func TestMisbehavingServers(t *testing.T) {
	t.Parallel()
	// Two loops have a client each, so both make half of the requests. On the first connections the 5th request gets the treatment, later ones behave.
	once := func(reply func(request) (string, error)) func(request) (string, error) {
		return func(r request) (string, error) {
			if r.conn < 2 && r.n == 4 {
				return reply(r)
			}
			return r.good, nil
		}
	}
	value := func(key, announced, block string) string {
		return "VALUE " + key + " " + announced + "\r\n" + block + "\r\nEND\r\n"
	}
	cases := []struct {
		name  string
		kind  string
		reply func(request) (string, error)
	}{
		{"answers twice", "garbage", func(r request) (string, error) { return r.good + r.good, nil }},
		{"answers twice, later", "wrong", func(r request) (string, error) {
			io.WriteString(r.c, value(r.key, "3", "abc"))
			time.Sleep(50 * time.Millisecond) // the next request is on its way
			return value(r.key, "3", "abc"), nil
		}},
		{"answers late", "timeout", func(r request) (string, error) { time.Sleep(1500 * time.Millisecond); return r.good, nil }},
		{"never answers", "timeout", func(request) (string, error) { return "", nil }},
		{"closes", "closed", func(request) (string, error) { return "", io.EOF }},
		{"resets", "reset", func(r request) (string, error) { reset(r.c); return "", io.EOF }},
		{"half a line, then closes", "closed", func(r request) (string, error) { return r.good[:len(r.good)-4], io.EOF }},
		{"half a value, then closes", "closed", func(r request) (string, error) { return value(r.key, "100", "")[:20], io.EOF }},
		{"half a line, then silence", "timeout", func(r request) (string, error) { return r.good[:4], nil }},
		{"half a value, then silence", "timeout", func(r request) (string, error) { return "VALUE " + r.key + " 100\r\nabc", nil }},
		{"a value without its END", "timeout", func(r request) (string, error) { return "VALUE " + r.key + " 3\r\nabc\r\n", nil }},
		{"garbage", "garbage", func(request) (string, error) { return "\x00\x01\x02\r\n", nil }},
		{"HTTP", "garbage", func(request) (string, error) { return "HTTP/1.1 400 Bad Request\r\n\r\n", nil }},
		{"a line without end", "garbage", func(request) (string, error) { return strings.Repeat("x", 4096), nil }},
		{"a size that is none", "garbage", func(r request) (string, error) { return value(r.key, "-3", "abc"), nil }},
		{"longer than announced", "garbage", func(r request) (string, error) { return value(r.key, "3", "abcd"), nil }},
		{"shorter than announced", "garbage", func(r request) (string, error) { return value(r.key, "3", "a") + "more", nil }},
		{"announces terabytes", "timeout", func(r request) (string, error) { return value(r.key, "9999999999", strings.Repeat("x", 1<<20)), nil }},
		{"another key", "wrong", func(request) (string, error) { return value("other", "3", "abc"), nil }},
		{"refuses", "refused", func(request) (string, error) { return "ERROR\r\n", nil }},
		{"reply to something else", "garbage", func(request) (string, error) { return "STORED\r\n", nil }},
		{"byte by byte", "", func(r request) (string, error) {
			for _, b := range []byte(value(r.key, "3", "abc")) {
				r.c.Write([]byte{b})
				time.Sleep(100 * time.Microsecond)
			}
			return "", nil
		}},
	}
	engines(t, func(t *testing.T, l Local) {
		var all sync.WaitGroup
		few := make(chan bool, 8) // what each does every second is work for the race detector: all at once they hold each other up on a busy machine
		for _, c := range cases {
			for _, p := range []Plan{{}, {Rate: 2000}} {
				all.Go(func() {
					few <- true
					defer func() { <-few }()
					s := serve(t, once(c.reply), nil)
					name := c.name
					if p.Rate > 0 {
						name += ", open loop"
					}
					// A preload would use up the first requests, so most gets miss here.
					p.Target, p.Clients, p.Requests, p.Drain, p.Queue = s.addr, 2, 200, 50*time.Second, time.Minute // a busy machine takes its time
					if c.kind == "timeout" {
						p.Timeout = time.Second
					}
					run, err := execute(t, l, p)
					if err != nil {
						t.Errorf("%s: %v", name, err)
						return
					}
					faults, lost := int64(2), int64(2)
					switch c.kind {
					case "":
						faults, lost = 0, 0
					case "refused":
						lost = 0 // of a get: in step
					}
					kinds := kindsIn(run)
					if n := kinds["timeout"]; c.kind == "timeout" && n > faults { // a busy machine is late by itself
						faults, lost = n, n
					}
					if kinds[c.kind] != faults || run.Requests.Errors != faults || run.Requests.Recorded != 200-faults {
						t.Errorf("%s: %+v, errors %v; want %d of kind %s", name, run.Requests, kinds, faults, c.kind)
					}
					if run.Connections.Lost != lost || run.Connections.Opened != 2+lost {
						t.Errorf("%s: %+v; want %d lost and opened again", name, run.Connections, lost)
					}
					if w := strings.Join(run.Warnings, "\n"); faults > 0 && !strings.Contains(w, fmt.Sprintf("%d of 200 requests failed: %s %d", faults, c.kind, faults)) {
						t.Errorf("%s: warnings %q", name, w)
					}
				})
			}
		}
		all.Wait()
	})
}

// What is in flight behind a fault is an error of its kind, and no latency is credited to it.
func TestFaultInPipeline(t *testing.T) {
	t.Parallel()
	s := serve(t, func(r request) (string, error) {
		if r.conn == 0 && r.n == 2 {
			time.Sleep(50 * time.Millisecond) // so that the pipeline is full
			return "garbage\r\n", nil
		}
		return r.good, nil
	}, nil)
	run, err := execute(t, Local{}, Plan{Target: s.addr, Clients: 1, Pipeline: 8, Requests: 100})
	if err != nil {
		t.Fatal(err)
	}
	// Two right answers come before the fault; if they come in the same piece, nothing is sent in their place.
	kinds := kindsIn(run)
	if n := kinds["garbage"]; n < 6 || n > 8 || run.Requests.Errors != n || run.Requests.Recorded != 100-n {
		t.Errorf("%+v, errors %v; want a pipeline of 6 to 8 lost as garbage", run.Requests, kinds)
	}
}

// A set that is refused may have left the server out of step: another dialect takes its block for a command.
func TestRefusedSetOpensAnew(t *testing.T) {
	s := serve(t, func(r request) (string, error) {
		if r.conn == 0 && r.n == 3 {
			return "ERROR\r\n", nil
		}
		return r.good, nil
	}, nil)
	run, err := execute(t, Local{}, Plan{Target: s.addr, Clients: 1, Requests: 50, Sets: 1})
	if err != nil {
		t.Fatal(err)
	}
	if kinds := kindsIn(run); kinds["refused"] != 1 || run.Requests.Recorded != 49 || run.Connections.Lost != 1 {
		t.Errorf("%+v, errors %v, connections %+v", run.Requests, kinds, run.Connections)
	}
}

// Endpoints that never answer right end the run with an error and in time.
func TestUselessServers(t *testing.T) {
	t.Parallel()
	silent := func(c net.Conn) error {
		io.Copy(io.Discard, c)
		return io.EOF
	}
	engines(t, func(t *testing.T, l Local) {
		for _, c := range []struct {
			name  string
			reply func(request) (string, error)
			greet func(net.Conn) error
			want  string
		}{
			{"silent", nil, silent, "not one"},
			{"closes at once", nil, func(net.Conn) error { return io.EOF }, ""},
			{"garbage", func(request) (string, error) { return "what?\r\n", nil }, nil, `first wrong reply "what?\r\n"`},
			{"another dialect", func(request) (string, error) { return "ERROR\r\nERROR\r\n", nil }, nil, "give --profile memcached"},
			{"memcached's miss", func(request) (string, error) { return "END\r\n", nil }, nil, "give --profile memcached"},
			{"memcached's value", func(request) (string, error) { return "VALUE k 0 3\r\nabc\r\nEND\r\n", nil }, nil, "give --profile memcached"},
			{"greets", nil, func(c net.Conn) error { c.Write([]byte("Welcome!\r\n")); return nil }, "Welcome!"},
		} {
			for _, p := range []Plan{{Duration: time.Hour}, {Requests: 1000, Sets: 0.5}, {Duration: time.Hour, Rate: 500}, {Duration: time.Hour, Preload: true}} {
				s := serve(t, c.reply, c.greet)
				p.Target, p.Clients, p.Timeout, p.Drain = s.addr, 3, 200*time.Millisecond, 20*time.Millisecond
				if testing.Short() {
					p.Timeout = time.Second // the race detector is slow to connect
				}
				_, err := execute(t, l, p)
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), s.addr) {
					t.Errorf("%s, %+v: %v; want an error with %q", c.name, p, err, c.want)
				}
				s.stop()
			}
		}
	})
}

// A connection that brought answers is opened again at once; others later and later, up to a second.
func TestReconnectsBackOff(t *testing.T) {
	w, c := &worker{leaving: true}, &client{}
	const now = time.Hour
	for i, want := range []time.Duration{0, 10, 20, 40, 80, 160, 320, 640, 1000, 1000} {
		if w.retry(c, now); c.since != now+want*time.Millisecond || c.state != down {
			t.Errorf("loss %d: again after %s, want %d ms", i, c.since-now, want)
		}
	}
	for range 1000 {
		w.retry(c, now)
	}
	if c.since != now+time.Second {
		t.Errorf("after many: %s", c.since-now)
	}
}

func TestNoConnection(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	engines(t, func(t *testing.T, l Local) {
		run, err := execute(t, l, Plan{Target: addr, Clients: 100})
		if run != nil || err == nil || !strings.Contains(err.Error(), addr) {
			t.Errorf("%v, %v; want no run and an error that names %s", run, err, addr)
		}
		_, err = execute(t, l, Plan{Target: "unix://" + filepath.Join(t.TempDir(), "none"), Clients: 2})
		if err == nil {
			t.Error("no error from a socket that is not there")
		}
	})
}

func TestFileLimitIsNamed(t *testing.T) {
	e := &execution{clients: 10_000}
	err := e.explain(counts{open: 900, fatal: fmt.Errorf("dial x: socket: %w", syscall.EMFILE)})
	for _, want := range []string{"open files", "900 of 10000 clients", "ulimit -n 10100"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: no %q", err, want)
		}
	}
	if !errors.Is(err, syscall.EMFILE) {
		t.Errorf("%v hides its cause", err)
	}
}
