package fleet

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	reference "memlite/server"
)

// The tests wait for silences and seconds, and compute next to nothing: more of them at a time than there are cores. Under the race detector, which
// is what -short is for, they compute enough.
func TestMain(m *testing.M) {
	flag.Parse()
	if !testing.Short() {
		if err := flag.Set("test.parallel", "4"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// slack is more patience where the race detector takes the cores.
func slack() time.Duration {
	if testing.Short() {
		return 20 * time.Second
	}
	return 0
}

// long leaves a test out with -short that needs the machine to keep up with it second by second.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short")
	}
}

// startNATS starts a nats-server in this process.
func startNATS(t testing.TB, change func(*server.Options)) *server.Server {
	t.Helper()
	o := &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true}
	if change != nil {
		change(o)
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the nats-server does not get ready")
	}
	return s
}

// serveReference starts a reference server and returns its address.
func serveReference(t testing.TB) string {
	t.Helper()
	s, err := reference.New(reference.Config{Loops: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.Shutdown(ctx)
		<-done
	})
	return ln.Addr().String()
}

// lines keeps what was said.
type lines struct {
	t    testing.TB
	name string
	mu   sync.Mutex
	all  []string
}

func (l *lines) add(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, text)
	l.t.Logf("%s: %s", l.name, text)
}

func (l *lines) has(part string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(strings.Join(l.all, "\n"), part)
}

// waitFor waits until a line has come.
func (l *lines) waitFor(part string) {
	l.t.Helper()
	for range 1000 {
		if l.has(part) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	l.t.Fatalf("%s has not said %q within 10 s", l.name, part)
}

// startAgent runs an agent in this process until the test ends, or stop is called, which returns what it came to.
func startAgent(t testing.TB, url, name string, change func(*AgentOptions)) (said *lines, stop func() error) {
	t.Helper()
	said = &lines{t: t, name: name}
	o := AgentOptions{Connect: Connect{URL: url}, Name: name, Version: "v1", slack: slack(), Log: said.add}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error, 1)
	go func() { result <- Serve(ctx, o) }()
	stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-result:
			return err
		case <-time.After(15 * time.Second):
			t.Errorf("agent %s does not end", name)
			return nil
		}
	})
	t.Cleanup(func() { _ = stop() })
	return said, stop
}

// dial makes a fleet's coordinator.
func dial(t testing.TB, url string, o Options) (*Fleet, *lines) {
	t.Helper()
	said := &lines{t: t, name: "coordinator"}
	o.Connect.URL, o.Version, o.Notices = url, "v1", said.add
	f, err := Dial(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	f.slack = slack()
	t.Cleanup(func() { _ = f.Close() })
	return f, said
}
