package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"memlite/conformance/mutant"
	"memlite/server"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "agent" { // --fleet local:N starts its agents from the program that it is itself
		if text := os.Getenv(brokenAgent); text != "" {
			fmt.Fprintln(os.Stderr, text)
			os.Exit(7)
		}
		main()
	}
	testscript.Main(m, map[string]func(){"memlite": main, "gate-server": gateServer})
}

// brokenAgent is a variable that has the agents of a fleet on this machine say its value and end.
const brokenAgent = "BROKEN_AGENT"

var update = flag.Bool("update", false, "write the expected outputs in testdata/script again")

// TestScripts runs testdata/script: the program as people run it, with what it prints and the status it ends with.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":   status,
			"endpoint": endpoint,
			"crlf":     crlf,
		},
		Condition: func(name string) (bool, error) {
			if name == "root" { // who may write everywhere
				return os.Geteuid() == 0 || runtime.GOOS == "windows", nil
			}
			return false, errors.New("unknown condition " + name)
		},
		// A server that starts where it should refuse would run until the test binary's own limit. All scripts together have this long, on a
		// busy machine and under the race detector too.
		Deadline:            time.Now().Add(5 * time.Minute),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// status runs a program that must end with a certain exit status: status N PROGRAM [ARGUMENT…].
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N PROGRAM [ARGUMENT…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("status %d, want %d", got, want)
	}
}

// crlf ends the lines of a file as the protocol does: crlf FILE.
func crlf(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: crlf FILE")
	}
	wire := strings.ReplaceAll(ts.ReadFile(args[0]), "\n", "\r\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(wire), 0o666))
}

// endpoint starts something that listens until the script ends and puts its address into a variable: endpoint KIND NAME.
func endpoint(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: endpoint KIND NAME")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[1], ln.Addr().String())
	if dialect, ok := map[string]string{"reference": "lite", "classic": "classic"}[args[0]]; ok {
		s, err := server.New(server.Config{Dialect: dialect, Logger: slog.New(slog.DiscardHandler)})
		ts.Check(err)
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ln) }()
		ts.Defer(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			ts.Check(errors.Join(s.Shutdown(ctx), <-ended))
		})
		return
	}
	if name, ok := strings.CutPrefix(args[0], "odd:"); ok {
		i := slices.IndexFunc(mutant.Variants(), func(v mutant.Variant) bool { return v.Name == name })
		ended := make(chan error, 1)
		go func() { ended <- mutant.Variants()[i].Mutant().Serve(ln) }()
		ts.Defer(func() { ln.Close(); ts.Check(<-ended) })
		return
	}
	if args[0] == "closed" { // was there once
		ts.Check(ln.Close())
		return
	}
	speak, ok := halfDead[args[0]]
	if !ok {
		ts.Fatalf("there is no endpoint of kind %s", args[0])
	}
	ts.Defer(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				speak(conn)
			}()
		}
	}()
}

// halfDead are endpoints that listen and then do no good.
var halfDead = map[string]func(net.Conn){
	"silent": func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
	"closer": func(net.Conn) {},
	"garbage": func(c net.Conn) {
		answerLines(c, "\x00\xff\x1b[31m%%%\r\n")
	},
	"http": func(c net.Conn) {
		answerLines(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
	},
	"stutter": func(c net.Conn) { // a VALUE that never becomes whole
		answerLines(c, "VALUE k 10\r\nabc")
	},
}

func answerLines(c net.Conn, answer string) {
	for in := bufio.NewScanner(c); in.Scan(); {
		if _, err := io.WriteString(c, answer); err != nil {
			return
		}
	}
}
