package loadgen

import (
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
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
	cases := []struct {
		name  string
		kind  string
		reply func(request) (string, error)
	}{
		{"answers twice", "garbage", func(r request) (string, error) { return r.good + r.good, nil }},
		{"garbage", "garbage", func(request) (string, error) { return "\x00\x01\x02\r\n", nil }},
		{"HTTP", "garbage", func(request) (string, error) { return "HTTP/1.1 400 Bad Request\r\n\r\n", nil }},
		{"closes", "closed", func(request) (string, error) { return "", io.EOF }},
		{"half a reply", "closed", func(r request) (string, error) { return r.good[:len(r.good)-4], io.EOF }},
		{"resets", "reset", func(r request) (string, error) { reset(r.c); return "", io.EOF }},
		{"longer than announced", "garbage", func(r request) (string, error) {
			return fmt.Sprintf("VALUE %s 3\r\nabcd\r\nEND\r\n", r.key), nil
		}},
		{"another key", "wrong", func(request) (string, error) { return "VALUE other 3\r\nabc\r\nEND\r\n", nil }},
		{"refuses", "refused", func(request) (string, error) { return "ERROR\r\n", nil }},
		{"silent", "timeout", func(r request) (string, error) { time.Sleep(700 * time.Millisecond); return r.good, nil }},
		{"reply to something else", "garbage", func(request) (string, error) { return "STORED\r\n", nil }},
	}
	engines(t, func(t *testing.T, l Local) {
		for _, c := range cases {
			s := serve(t, once(c.reply), nil)
			// A preload would use up the first requests, so most gets miss here.
			run, err := execute(t, l, Plan{Target: s.addr, Clients: 2, Requests: 200, Timeout: 300 * time.Millisecond})
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			kinds := kindsIn(run)
			if kinds[c.kind] != 2 || run.Requests.Errors != 2 || run.Requests.Recorded != 198 {
				t.Errorf("%s: %+v, errors %v; want 2 of kind %s", c.name, run.Requests, kinds, c.kind)
			}
			want := int64(2) // connections lost
			if c.kind == "refused" {
				want = 0 // of a get: in step
			}
			if run.Connections.Lost != want || run.Connections.Opened != 2+want {
				t.Errorf("%s: %+v; want %d lost and opened again", c.name, run.Connections, want)
			}
			if w := strings.Join(run.Warnings, "\n"); !strings.Contains(w, "2 of 200 requests failed: "+c.kind+" 2") {
				t.Errorf("%s: warnings %q", c.name, w)
			}
		}
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
			{"another dialect", func(request) (string, error) { return "ERROR\r\nERROR\r\n", nil }, nil, "ERROR"},
			{"greets", nil, func(c net.Conn) error { c.Write([]byte("Welcome!\r\n")); return nil }, "Welcome!"},
		} {
			for _, p := range []Plan{{Duration: time.Hour}, {Requests: 1000, Sets: 0.5}, {Duration: time.Hour, Rate: 500}, {Duration: time.Hour, Preload: true}} {
				s := serve(t, c.reply, c.greet)
				p.Target, p.Clients, p.Timeout, p.Drain = s.addr, 3, 200*time.Millisecond, 20*time.Millisecond
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
	e := &execution{plan: Plan{Clients: 10_000}}
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
