package loadgen

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"testing"

	"go.uber.org/goleak"

	reference "memlite/server"
)

// serveVariable makes the test binary the reference server instead, for tests that need it in a process of its own.
const serveVariable = "LOADGEN_TEST_SERVES"

func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) != "" {
		if err := beServer(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// beServer serves on a free port, which it prints, until its standard input ends: it does not outlive the tests.
func beServer() error {
	s, err := reference.New(reference.Config{Loops: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return s.Serve(ln)
}
