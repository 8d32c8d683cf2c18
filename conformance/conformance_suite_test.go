package conformance_test

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"os"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/extensions/globals"

	"memlite/conformance"
	"memlite/conformance/mutant"
	"memlite/server"
)

// The suite as Ginkgo and go test run it:
//
//	ginkgo ./conformance -- --addr=127.0.0.1:5001
//	go test ./conformance -args --addr=127.0.0.1:5001
//
// Ginkgo's own flags (--label-filter, -v, --junit-report) do what they always do. Without --addr the reference server
// is started in this process, and the tests of the suite itself run too.
var (
	addr    = flag.String("addr", "", "endpoint to test: host:port, :port or unix:///path")
	command = flag.String("start", "", "shell command that runs the server, with {port} and {data}; instead of -addr, or to listen there")
	profile = flag.String("profile", "report", "which replies count as right")
	level   = flag.String("level", "should", "run rules up to this level: must, should or may")
	seed    = flag.Int64("seed", 1, "start of every random choice")
	timeout = flag.Duration("timeout", conformance.DefaultTimeout, "of the whole run")
)

func TestMain(m *testing.M) {
	mutant.Main() // this program is also what mutants run in that are to be killed
	flag.Parse()
	if *burn > 0 {
		spin(*burn)
		return
	}
	if *addr+*command != "" {
		// Who asks about an endpoint does not ask about the suite.
		if err := flag.Set("test.run", "^TestConformance$"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func TestConformance(t *testing.T) {
	lvl, err := conformance.ParseLevel(*level)
	if err != nil {
		t.Fatal(err)
	}
	target := *addr
	if target+*command == "" {
		target = reference(t)
	}
	globals.Reset()
	suite, reporter := ginkgo.GinkgoConfiguration()
	session, err := conformance.Open(context.Background(), conformance.Config{
		Addr: target, Start: *command, Profile: *profile, Level: lvl, Seed: *seed, Timeout: *timeout, LabelFilter: suite.LabelFilter,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	session.Register()
	suite.FailOnEmpty = true
	ginkgo.RunSpecs(t, "memlite conformance", suite, reporter)
}

// reference starts the reference server and returns its address.
func reference(t *testing.T) string {
	t.Helper()
	addr, _ := start(t, server.Config{})
	return addr
}

// start starts a server; stop ends it, connections and all.
func start(t *testing.T, cfg server.Config) (addr string, stop func()) {
	t.Helper()
	cfg.Logger = slog.New(slog.DiscardHandler)
	srv, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	stop = func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
		<-done
		done <- nil
	}
	t.Cleanup(stop)
	return ln.Addr().String(), stop
}
