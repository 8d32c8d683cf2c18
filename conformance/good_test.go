package conformance_test

import (
	"flag"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	"memlite/conformance"
	"memlite/reports"
	"memlite/server"
	"memlite/server/store"
)

var (
	runs = flag.Int("runs", 1, "how often TestNoFalseFailures runs the suite on good servers, half of the times beside a busy process")
	burn = flag.Duration("burn", 0, "do nothing but use up the processors for that long")
)

// A suite that fails good servers is not believed when it fails bad ones. With -runs it is asked as often as one likes.
func TestNoFalseFailures(t *testing.T) {
	if testing.Short() {
		t.Skip("no code that the other tests do not run: of no use to the race detector, which -short is for")
	}
	disk, err := store.OpenDisk(store.DiskConfig{Dir: t.TempDir(), Sync: store.SyncAlways})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { disk.Close() })
	type good struct {
		name   string
		config conformance.Config
	}
	memory, _ := start(t, server.Config{})
	kept, _ := start(t, server.Config{Store: disk})
	classic, _ := start(t, server.Config{Dialect: "classic"})
	servers := []good{
		{"reference, memory", conformance.Config{Addr: memory, Level: conformance.May}},
		{"reference, disk", conformance.Config{Addr: kept, Level: conformance.May}},
		{"reference, classic", conformance.Config{Addr: classic, Level: conformance.May, Profile: "memcached"}},
	}
	if _, err := exec.LookPath("memcached"); err == nil { // TestMemcached says so where it is missing
		servers = append(servers, good{"memcached", conformance.Config{Addr: memcached(t, 4096), Level: conformance.May, Profile: "memcached"}})
	}
	for i := range *runs {
		server := servers[i%len(servers)]
		beside, stop := "alone", func() {}
		if (i+i/len(servers))%2 == 1 { // each server alone and not, in turn
			beside, stop = "beside a busy process", busy(t)
		}
		server.config.Seed = int64(i)
		began := time.Now()
		suite := run(t, server.config, 3*time.Minute)
		stop()
		failed := 0
		for _, r := range suite.Rules {
			if r.Status == reports.Inconclusive || r.Status == reports.Failed && r.Known == "" {
				failed++
				t.Errorf("%s, %s, seed %d: %s %s: %s", server.name, beside, i, r.ID, r.Status, r.Reason)
			}
		}
		t.Logf("run %3d of %d on %s, %s: %d false failures, %v", i+1, *runs, server.name, beside, failed, time.Since(began).Round(time.Millisecond))
	}
}

// busy has another process use up all processors until stop is called.
func busy(t *testing.T) (stop func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-burn=3m")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
}

// spin is what the busy process does.
func spin(d time.Duration) {
	for range runtime.NumCPU() {
		go func() {
			for n := 0; ; n++ {
				_ = strconv.Itoa(n)
			}
		}()
	}
	time.Sleep(d)
}
