package loadgen

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// required says that MEMLITE_REQUIRE names a program that tests may otherwise do without.
func required(name string) bool {
	return slices.Contains(strings.Split(os.Getenv("MEMLITE_REQUIRE"), ","), name)
}

// memcached starts Debian's memcached on a free port, or skips; a test that MEMLITE_REQUIRE names it for fails instead.
func memcached(t testing.TB, options ...string) (addr string) {
	t.Helper()
	addr, _ = memcachedProcess(t, options...)
	return addr
}

func memcachedProcess(t testing.TB, options ...string) (addr string, pid int) {
	t.Helper()
	path, err := exec.LookPath("memcached")
	if err != nil {
		if required("memcached") {
			t.Fatal("memcached is required and is not here")
		}
		t.Skip("memcached is not here")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = ln.Addr().String()
	ln.Close()
	_, port, _ := net.SplitHostPort(addr)
	args := []string{"-l", "127.0.0.1", "-p", port, "-U", "0", "-c", "4096", "-t", "1"}
	args = append(args, options...)
	if u, err := user.Current(); err == nil && u.Uid == "0" {
		args = append(args, "-u", "nobody")
	}
	cmd := exec.Command(path, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for range 100 {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return addr, cmd.Process.Pid
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("memcached does not come up")
	return "", 0
}

// stat asks memcached itself.
func stat(t testing.TB, addr string, names ...string) (sum int64) {
	t.Helper()
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprint(c, "stats\r\nquit\r\n")
	for lines := bufio.NewScanner(c); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) == 3 && slices.Contains(names, words[1]) {
			n, err := strconv.ParseInt(words[2], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
	}
	return sum
}

// What the report says was sent is what memcached has counted, exactly, whatever the plan.
func TestMemcachedCountsTheSame(t *testing.T) {
	t.Parallel()
	addr := memcached(t)
	engines(t, func(t *testing.T, l Local) {
		for _, p := range []Plan{
			{Clients: 50, Duration: 300 * time.Millisecond, Sets: 0.1, Warmup: 100 * time.Millisecond},
			{Clients: 20, Duration: 300 * time.Millisecond, Sets: 0.5, Pipeline: 16, ValueSize: "0-8KiB", KeyDist: "zipf:0.99"},
			{Clients: 10, Duration: 300 * time.Millisecond, Sets: 0.1, Rate: 4000, Arrival: "poisson", Warmup: 100 * time.Millisecond},
			{Clients: 200, Requests: 5000, Sets: 1},
		} {
			p.Target, p.Profile, p.Preload, p.Keys = addr, "memcached", true, 2000
			before := stat(t, addr, "cmd_get", "cmd_set")
			run, err := execute(t, l, p)
			if err != nil {
				t.Errorf("%+v: %v", p, err)
				continue
			}
			if got := stat(t, addr, "cmd_get", "cmd_set") - before; got != made(run) {
				t.Errorf("%+v: reported %+v, together %d; memcached counts %d", p, run.Requests, made(run), got)
			}
			if run.Requests.Errors > 0 || run.Connections.Lost > 0 {
				t.Errorf("%+v: %+v, errors %v, %+v", p, run.Requests, kindsIn(run), run.Connections)
			}
		}
	})
}

// The lite dialect spoken to memcached is an error, and never a latency: its replies are a step behind.
func TestMemcachedWithTheWrongProfile(t *testing.T) {
	addr := memcached(t)
	run, err := execute(t, Local{}, Plan{Target: addr, Clients: 5, Requests: 500, Sets: 0.5})
	if err == nil {
		t.Errorf("%+v, want an error: memcached does not speak lite", run.Requests)
	}
}

func BenchmarkMemcached(b *testing.B) {
	addr := memcached(b)
	for _, clients := range []int{50, 1024} {
		for _, depth := range []int{1, 16} {
			b.Run(fmt.Sprintf("%d-clients/depth-%d", clients, depth), func(b *testing.B) {
				run, err := Local{Loops: 1}.Execute(b.Context(), Plan{Target: addr, Profile: "memcached", Clients: clients, Pipeline: depth,
					Sets: 0.1, Keys: 10_000, Preload: true, Requests: int64(max(b.N, clients))})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(run.Generator.CPU*1e6/float64(run.Requests.Recorded), "cpu-s/Mop")
			})
		}
	}
}

// With memcached itself, over TLS, and with two of it at once: the reports say what they counted.
func TestMemcachedOverTLS(t *testing.T) {
	a := newAuthority(t)
	a.pair("memlite.test")
	if err := errors.Join(os.Chmod(a.folder, 0o755), os.Chmod(filepath.Dir(a.folder), 0o755), os.Chmod(a.file("memlite.test.key"), 0o644), os.Chmod(a.file("memlite.test.pem"), 0o644)); err != nil {
		t.Fatal(err) // memcached reads them as nobody
	}
	addr := memcached(t, "-Z", "-o", "ssl_chain_cert="+a.file("memlite.test.pem")+",ssl_key="+a.file("memlite.test.key"))
	secure := &TLS{CA: a.file("ca.pem"), ServerName: "memlite.test"}
	r, err := Local{}.Execute(t.Context(), Plan{Target: addr, TLS: secure, Profile: "memcached", Clients: 10, Keys: 200, Preload: true, Requests: 5000, Sets: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	if q := r.Requests; q.Recorded != 5000 || q.Errors > 0 || r.Total().Misses > 0 || r.Connections.Lost > 0 {
		t.Errorf("%+v, %+v; %v", q, r.Connections, r.Warnings)
	}
	_, err = Local{}.Execute(t.Context(), Plan{Target: addr, Profile: "memcached", Requests: 100, Timeout: time.Second})
	if err == nil {
		t.Error("it was asked without TLS and answered")
	}
}

func TestTwoMemcached(t *testing.T) {
	addrs := []string{memcached(t), memcached(t)}
	r, err := Local{}.Execute(t.Context(), Plan{Target: strings.Join(addrs, ","), Profile: "memcached", Clients: 10, Keys: 2000, Preload: true, Requests: 20_000, Sets: 0.1, Pipeline: 4})
	if err != nil {
		t.Fatal(err)
	}
	if r.Requests.Recorded != 20_000 || r.Total().Misses > 0 {
		t.Errorf("%+v; %v", r.Requests, r.Warnings)
	}
	keys := int64(0)
	for i, addr := range addrs {
		n := stat(t, addr, "curr_items")
		keys += n
		if got, want := stat(t, addr, "cmd_get", "cmd_set"), r.Servers[i].Total().Count+n; got != want {
			t.Errorf("memcached %d counted %d requests, the report has %d with its preloaded keys", i, got, want)
		}
	}
	if keys != 2000 {
		t.Errorf("%d keys are there", keys)
	}
}
