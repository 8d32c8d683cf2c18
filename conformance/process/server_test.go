//go:build unix

package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// This program is also what the tests start: a listener that does as the variable says, and a parent that is killed.
const behaviour = "MEMLITE_TEST_PROCESS"

func TestMain(m *testing.M) {
	switch how := os.Getenv(behaviour); how {
	case "":
		os.Exit(m.Run())
	case "parent":
		beParent()
	default:
		beListener(how)
	}
}

// beListener listens on the port that it is given, and ends with status 7 when a client says so.
func beListener(how string) {
	if how == "deaf" {
		signal.Ignore(syscall.SIGTERM)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		buf := make([]byte, 1)
		if n, _ := c.Read(buf); n == 1 && buf[0] == '7' {
			fmt.Println("told to end")
			os.Exit(7)
		}
		c.Close()
	}
}

// beParent starts a server, says where everything is, and waits to be killed.
func beParent() {
	s, err := New(Config{Command: listener("plain")})
	if err == nil {
		err = s.Start(context.Background())
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(s.life().group.leader, s.Folder())
	select {}
}

// listener is a command that listens.
func listener(how string) string { return behaviour + "=" + how + " " + quote(os.Args[0]) + " {port}" }

func newServer(t *testing.T, cfg Config) *Server {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func started(t *testing.T, cfg Config) *Server {
	t.Helper()
	s := newServer(t, cfg)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// dead waits until a process is no more. One that nobody has waited for is dead too.
func dead(t *testing.T, pid int) {
	t.Helper()
	for began := time.Now(); syscall.Kill(pid, 0) == nil; time.Sleep(5 * time.Millisecond) {
		if runtime.GOOS == "linux" {
			if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err != nil || strings.Contains(string(text), ") Z ") {
				return
			}
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("process %d still runs", pid)
		}
	}
}

// number reads the process number that a command has left in a file.
func number(t *testing.T, path string) int {
	t.Helper()
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
		text, _ := os.ReadFile(path)
		if n, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && strings.HasSuffix(string(text), "\n") {
			return n
		}
	}
	t.Fatalf("%s: no process number", path)
	return 0
}

func TestStartKillStart(t *testing.T) {
	s := started(t, Config{Command: "echo up >> {data}/log; " + listener("plain")})
	addr, data := s.Addr(), s.Data()
	if !dials(addr) || !s.Running() || s.StartTime() <= 0 {
		t.Fatalf("%s: running %v, start time %v", addr, s.Running(), s.StartTime())
	}
	for _, end := range []func() error{s.Kill, func() error { err := s.Terminate(); s.Gone(t.Context(), 20*time.Second); return err }} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if _, ended := s.Ended(); ended || s.Running() || dials(addr) {
			t.Fatalf("ended by itself: %v, running: %v, listens: %v", ended, s.Running(), dials(addr))
		}
		if err := s.Start(t.Context()); err != nil || s.Addr() != addr {
			t.Fatalf("again: %v, %s", err, s.Addr())
		}
	}
	if text, _ := os.ReadFile(filepath.Join(data, "log")); string(text) != "up\nup\nup\n" {
		t.Errorf("the folder has %q", text)
	}
	if err := errors.Join(s.Kill(), s.Renew(true)); err != nil || s.Data() == data {
		t.Errorf("renewed: %v, %s", err, s.Data())
	}
	if err := errors.Join(s.Start(t.Context()), s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.Folder()); !errors.Is(err, os.ErrNotExist) || dials(s.Addr()) {
		t.Errorf("after Close: %v, listens: %v", err, dials(s.Addr()))
	}
}

// A command that does not do what it should is told in one line, with what it said, and nothing of it is left.
func TestBadCommands(t *testing.T) {
	for _, c := range []struct {
		name, command string
		want          []string
	}{
		{"never listens", "echo thinking; echo $$ > PID; exec sleep 1000", []string{"did not listen on 127.0.0.1:", "within 2s", "thinking"}},
		{"says nothing", "echo $$ > PID; exec sleep 1000", []string{"it said nothing"}},
		{"exits at once", "echo $$ > PID; echo cannot open the file >&2; exit 3", []string{"exited with status 3 before it listened", "cannot open the file"}},
		{"is not there", "echo $$ > PID; /no/such/program {port}", []string{"exited with status 127", "/no/such/program"}},
		{"crashes", "echo $$ > PID; kill -SEGV $$", []string{"was ended by a signal (segmentation fault"}},
		{"a child crashes", "echo $$ > PID; sh -c 'kill -ABRT $$'; exit $?", []string{"exited with status 134 (aborted)"}},
		{"leaves a child", "sleep 1000 & echo $! > PID; exit 0", []string{"exited with status 0 and left a process running in the background", "foreground"}},
		{"goes into the background", listener("plain") + " & echo $! > PID", []string{"left a process running in the background"}},
		{"has a child, and never listens", "sleep 1000 & echo $! > PID; wait", []string{"did not listen"}},
		{"writes to the terminal", `echo $$ > PID; printf '\033[2J\a\n\n  red\tgreen\0  \n'; exit 1`, []string{"last output: [2J | red green"}},
		{"a line without an end", `echo $$ > PID; head -c 1000000 /dev/zero | tr '\0' x; exit 1`, []string{"xxx…"}},
		{"many lines", `echo $$ > PID; seq 1 100000; exit 1`, []string{"last output: 99998 | 99999 | 100000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pid := filepath.Join(t.TempDir(), "pid")
			s, err := New(Config{Command: "true {port} {data}; " + strings.ReplaceAll(c.command, "PID", pid), Within: 2 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			err = s.Start(t.Context())
			if err == nil || strings.Contains(err.Error(), "\n") || time.Since(began) > 30*time.Second {
				t.Fatalf("%v after %v", err, time.Since(began))
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if _, ended := s.Ended(); ended {
				t.Error("its end was told, and counts as another")
			}
			dead(t, number(t, pid))
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(s.Folder()); !errors.Is(err, os.ErrNotExist) {
				t.Error(err)
			}
		})
	}
}

// A child that has left the group is found by its mark.
func TestStrayIsKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux shows the environment of other processes")
	}
	pid := filepath.Join(t.TempDir(), "pid")
	s := started(t, Config{Command: "setsid sh -c 'echo $$ > " + pid + "; exec sleep 1000' & " + listener("plain")})
	stray := number(t, pid)
	if !s.life().group.alive() {
		t.Error("not alive")
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	dead(t, stray)
}

func TestEndedByItself(t *testing.T) {
	s := started(t, Config{Command: listener("plain")})
	if how, ended := s.Ended(); ended {
		t.Fatalf("ended: %s", how)
	}
	mark := s.Mark()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(c, "7")
	c.Close()
	s.AwaitEnd(20 * time.Second)
	if how, ended := s.Ended(); !ended || how != "exited with status 7" {
		t.Errorf("%q %v", how, ended)
	}
	if err := s.Kill(); err != nil {
		t.Error(err)
	}
	if how, ended := s.Ended(); !ended || how != "exited with status 7" {
		t.Errorf("after Kill: %q %v", how, ended)
	}
	if said := s.Since(mark, 5); len(said) != 1 || said[0] != "told to end" {
		t.Errorf("said %q", said)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Error(err)
	}
	if _, ended := s.Ended(); ended {
		t.Error("ended")
	}
}

func TestDeafToSIGTERM(t *testing.T) {
	s := started(t, Config{Command: listener("deaf")})
	if err := s.Terminate(); err != nil {
		t.Fatal(err)
	}
	if s.Gone(t.Context(), 100*time.Millisecond) {
		t.Error("gone")
	}
	if err := s.Kill(); err != nil || !s.Gone(t.Context(), 0) {
		t.Error(err)
	}
}

// Ctrl-C while the command starts: the start is given up and nothing is left.
func TestCancelledStart(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	s := newServer(t, Config{Command: "true {port}; sleep 1000 & echo $! > " + pid + "; wait"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Start(ctx) }()
	child := number(t, pid)
	cancel()
	if err := <-done; err == nil {
		t.Error("started")
	}
	dead(t, child)
}

// What a server writes is read, or it would block, and not kept.
func TestOutputIsBounded(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := started(t, Config{Command: "(head -c 1073741824 /dev/zero; echo that was all) & " + listener("plain")})
	for began := time.Now(); s.Mark() < 1<<30+13; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 2*time.Minute {
			t.Fatalf("only %d bytes were read", s.Mark())
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	if said := s.Since(0, 10); len(said) != 1 || said[0] != "that was all" {
		t.Errorf("%.300q", said)
	}
}

// The process that has started everything is killed: what it started goes with it, and the folder too.
func TestGuard(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), behaviour+"=parent")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	defer parent.Process.Kill()
	var child int
	var folder string
	if _, err := fmt.Fscan(out, &child, &folder); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); err != nil || syscall.Kill(child, 0) != nil {
		t.Fatalf("not there to begin with: %v", err)
	}
	_ = parent.Process.Kill()
	_ = parent.Wait()
	dead(t, child)
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("%s is still there", folder)
		}
	}
}

func TestAddrAndPort(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, Config{Command: listener("plain"), Addr: ln.Addr().String()})
	if err := s.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "something listens on "+ln.Addr().String()+" already") {
		t.Errorf("%v", err)
	}
	ln.Close()
	if err := s.Start(t.Context()); err != nil || s.Addr() != ln.Addr().String() {
		t.Errorf("%v, %s", err, s.Addr())
	}
	_ = s.Kill()
	if err := s.Renew(false); err != nil || s.Addr() != ln.Addr().String() {
		t.Errorf("moved to %s, %v", s.Addr(), err)
	}
	for range 20 {
		addr, err := freeAddr()
		_, number, _ := net.SplitHostPort(addr)
		if n, _ := strconv.Atoi(number); err != nil || n < lowestPort || n > highestPort {
			t.Errorf("%s %v", addr, err)
		}
	}
}

// A folder with spaces and quotes in its path arrives as one word.
func TestQuotedData(t *testing.T) {
	odd := filepath.Join(t.TempDir(), "it's a folder")
	if err := os.Mkdir(odd, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", odd)
	s, err := New(Config{Command: "echo {data} $WHO > {data}/log; " + listener("plain"), Env: []string{"WHO=me"}, Dir: odd})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(s.Data(), "log")); string(text) != s.Data()+" me\n" || !strings.HasPrefix(s.Data(), odd) || s.Dir() != odd {
		t.Errorf("%q %v", text, err)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string
	}{
		{Config{Command: "server {port} {data}"}, ""},
		{Config{Command: "server", Addr: "127.0.0.1:5001"}, ""},
		{Config{Command: "server {port}", Addr: ":5001"}, ""},
		{Config{Command: "server", Addr: "unix:///tmp/s"}, ""},
		{Config{Command: " "}, "no command"},
		{Config{Command: "server"}, "put {port}"},
		{Config{Command: "server", Addr: "nowhere"}, "want host:port"},
		{Config{Command: "server {port}", Addr: "unix:///tmp/s"}, "no port"},
	} {
		if err := c.cfg.Validate(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.cfg, err, c.want)
		}
	}
	if _, err := New(Config{Command: "server"}); err == nil {
		t.Error("New takes what Validate does not")
	}
}

func TestUsage(t *testing.T) {
	s := started(t, Config{Command: "(while :; do :; done) & " + listener("plain")})
	u, known := s.Usage()
	if runtime.GOOS != "linux" {
		if known {
			t.Errorf("%+v", u)
		}
		return
	}
	for began := time.Now(); u.CPU < 50*time.Millisecond || len(u.Awake) == 0; u, known = s.Usage() {
		if time.Since(began) > 30*time.Second || !known {
			t.Fatalf("%+v %v of a process that never sleeps", u, known)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
