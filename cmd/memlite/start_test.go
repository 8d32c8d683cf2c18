//go:build unix

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The reference server keeps every rule that stops, kills and restarts it, in both ways to write.
func TestReferenceIsDurable(t *testing.T) {
	if testing.Short() {
		t.Skip("two runs of the whole suite; its races are looked for where its own tests are")
	}
	for _, sync := range []string{"always", "never"} {
		t.Run(sync, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			out, err := exec.CommandContext(ctx, "memlite", "conform", "--start", "memlite serve {port} --data {data} --sync "+sync,
				"--level", "may", "--label-filter", "durability").CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// Ctrl-C in the middle: the result so far is there, and nothing of the server.
func TestConformInterruptedWithServer(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	file := filepath.Join(folder, "pid")
	suite := start(t, "conform", "--start", "echo $$ > "+file+"; exec memlite serve {port} --data {data}", "--report", "json="+filepath.Join(folder, "suite.json"))
	pid := 0
	for began := time.Now(); pid == 0; time.Sleep(5 * time.Millisecond) {
		if text, _ := os.ReadFile(file); strings.HasSuffix(string(text), "\n") {
			pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		if time.Since(began) > patience {
			t.Fatal("the server was not started")
		}
	}
	time.Sleep(300 * time.Millisecond) // in the middle of something, whatever that is
	_ = suite.Process.Signal(os.Interrupt)
	if status := suite.end(t); status != exitInconclusive && status != exitNotRun {
		t.Errorf("status %d: %s", status, suite.stderr.String())
	}
	if syscall.Kill(pid, 0) == nil {
		t.Error("the server still runs")
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "memlite-conform-*")); len(left) > 0 {
		t.Errorf("left behind: %s", left)
	}
}
