package netloop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fileLimitServer is what TestFileLimit runs in a process of its own: an echo server that may open few files. It
// ends when its input does.
func fileLimitServer(kind string) error {
	log := slog.New(slog.NewTextHandler(os.Stdout, nil))
	g, err := New(Config{Loops: 2, Portable: kind == "portable", Logger: log})
	if err != nil {
		return err
	}
	defer g.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	const more = 20
	limit := uint64(descriptors() + more)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		return err
	}
	if err := g.Serve(ln, func(*Loop) Handler { return &calls{} }); err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	in := bufio.NewReader(os.Stdin)
	if _, err := in.ReadString('\n'); err != nil { // the limit is reached now
		return err
	}
	failed := make(chan error, 1)
	g.Loop(0).Post(func() {
		g.Loop(0).Dial("tcp", ln.Addr().String(), &calls{closed: func(_ *Conn, err error) { failed <- err }}, nil)
	})
	if err := <-failed; !errors.Is(err, syscall.EMFILE) {
		return fmt.Errorf("dial at the limit: %v, want EMFILE", err)
	}
	fmt.Println("used", cpuTime().Milliseconds())
	_, _ = io.Copy(io.Discard, in)
	return nil
}

func TestMain(m *testing.M) {
	if kind := os.Getenv("NETLOOP_FILE_LIMIT"); kind != "" {
		if err := fileLimitServer(kind); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestFileLimit: with all files used up, those connected are served, the log is not flooded, the loop does not
// spin, and who waits is let in when somebody leaves.
func TestFileLimit(t *testing.T) {
	for _, kind := range []string{"epoll", "portable"} {
		t.Run(kind, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^$")
			cmd.Env = append(os.Environ(), "NETLOOP_FILE_LIMIT="+kind)
			stdin, err := cmd.StdinPipe()
			check(t, err)
			stdout, err := cmd.StdoutPipe()
			check(t, err)
			check(t, cmd.Start())
			defer func() {
				stdin.Close()
				if err := cmd.Wait(); err != nil {
					t.Errorf("server: %v", err)
				}
			}()
			stop := time.AfterFunc(2*patience, func() { _ = cmd.Process.Kill() })
			defer stop.Stop()
			lines := bufio.NewScanner(stdout)
			if !lines.Scan() {
				t.Fatal("no address")
			}
			addr := lines.Text()

			const clients = 40
			var conns []net.Conn
			echo := func(nc net.Conn) error {
				if _, err := io.WriteString(nc, "x"); err != nil {
					return err
				}
				_, err := io.ReadFull(nc, make([]byte, 1))
				return err
			}
			for range clients {
				conns = append(conns, connect(t, "tcp", addr)) // the kernel completes them all
			}
			time.Sleep(400 * time.Millisecond) // some tries to accept
			check(t, echo(conns[0]))
			io.WriteString(stdin, "\n")
			warnings := 0
			for lines.Scan() && !strings.HasPrefix(lines.Text(), "used") {
				if !strings.Contains(lines.Text(), "cannot accept for now") || !strings.Contains(lines.Text(), "too many open files") {
					t.Errorf("server says %q", lines.Text())
				}
				warnings++
			}
			var used int
			if _, err := fmt.Sscanf(lines.Text(), "used %d", &used); err != nil || used > 250 {
				t.Errorf("processor time after 400 ms at the limit: %q, want little", lines.Text())
			}
			if warnings != 1 {
				t.Errorf("%d warnings, want 1", warnings)
			}
			for _, nc := range conns { // each leaves when served, and lets another in
				check(t, echo(nc))
				nc.Close()
			}
		})
	}
}
