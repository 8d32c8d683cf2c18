package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"memlite/reports"
)

// These benchmarks measure the reference server beside another endpoint: both on core 0, the load on core 1, the same load
// on each in turn, round after round, so that a machine whose speed drifts slows both down alike. What they print are
// medians of ratios, ours divided by the other's; a single absolute figure of a shared machine says little.
//
//	go test -run '^$' -bench . -benchtime 1x -timeout 30m ./cmd/memlite
//
// load-cpu-s/Mop are the CPU seconds, user and system, that `memlite load` spends on a million requests to the reference
// server; load-MiB is its peak memory. Where load-busy is near 1 the load generator was the limit: the throughput
// ratio is then lower than the server's, and ×cpu/op says more.
const rounds = 5

// BenchmarkMemcached is the reference server beside stock memcached with one thread.
func BenchmarkMemcached(b *testing.B) {
	memcached := needForBench(b, "memcached")
	bin := buildForBench(b)
	ours := startOurs(b, bin, "--memory")
	theirs := startPinned(b, memcached, "-u", "nobody", "-t", "1", "-c", "4096", "-l", "127.0.0.1", "-p")
	for _, clients := range []int{50, 1024} {
		for _, depth := range []int{1, 16} {
			b.Run(fmt.Sprintf("clients=%d/depth=%d", clients, depth), func(b *testing.B) {
				d := demand{clients: clients, depth: depth, sets: "10%", preload: true}
				compare(b, bin, d, ours, "report", theirs, "memcached")
			})
		}
	}
}

// BenchmarkCanned is gets only, beside a server in C that parses nothing and answers with canned bytes: the ceiling.
func BenchmarkCanned(b *testing.B) {
	cc := needForBench(b, "cc")
	canned := filepath.Join(b.TempDir(), "canned")
	if msg, err := exec.Command(cc, "-O2", "-o", canned, "testdata/bench/canned.c").CombinedOutput(); err != nil {
		b.Fatalf("cc: %v\n%s", err, msg)
	}
	bin := buildForBench(b)
	ours := startOurs(b, bin, "--memory")
	one := demand{clients: 1, depth: 1, sets: "100%", keys: 1}
	measure(b, bin, ours, "report", one) // the one key has a value
	theirs := startPinned(b, canned, cannedPort)
	for _, clients := range []int{50, 1024} {
		b.Run(fmt.Sprintf("clients=%d/depth=1", clients), func(b *testing.B) {
			compare(b, bin, demand{clients: clients, depth: 1, sets: "0%", keys: 1}, ours, "report", theirs, "report")
		})
	}
}

// BenchmarkDisk is the disk store beside the memory store, at 1024 clients.
func BenchmarkDisk(b *testing.B) {
	bin := buildForBench(b)
	memory := startOurs(b, bin, "--memory")
	for _, sync := range []string{"always", "never"} {
		disk := startOurs(b, bin, "--data", filepath.Join(b.TempDir(), sync), "--sync", sync)
		for _, sets := range []string{"10%", "100%"} {
			b.Run("sync="+sync+"/sets="+sets, func(b *testing.B) {
				compare(b, bin, demand{clients: 1024, depth: 1, sets: sets, preload: true}, disk, "report", memory, "report")
			})
		}
	}
}

// BenchmarkIdle is how much more memory idle clients cost the server.
func BenchmarkIdle(b *testing.B) {
	bin := buildForBench(b)
	for _, clients := range []int{1024, 10_000} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			for b.Loop() {
				s := startOurs(b, bin, "--memory", "--max-clients", strconv.Itoa(clients))
				before := resident(b, s.pid)
				conns := make([]net.Conn, clients)
				for i := range conns {
					c, err := net.Dial("tcp", s.addr)
					if err != nil {
						b.Fatal(err)
					}
					if _, err := fmt.Fprintf(c, "get idle-%d\r\n", i); err != nil {
						b.Fatal(err)
					}
					if _, err := io.ReadFull(c, make([]byte, len("NOT-FOUND\r\n"))); err != nil {
						b.Fatal(err)
					}
					conns[i] = c
				}
				b.ReportMetric(resident(b, s.pid)-before, "more-MiB")
				b.ReportMetric(0, "ns/op")
				for _, c := range conns {
					c.Close()
				}
			}
		})
	}
}

// BenchmarkRestart is how long the server takes to serve again with a million keys of 100 bytes on its disk.
func BenchmarkRestart(b *testing.B) {
	bin := buildForBench(b)
	data := filepath.Join(b.TempDir(), "data")
	s := startOurs(b, bin, "--data", data, "--sync", "never")
	fill := exec.Command(bin, "load", s.addr, "--clients", "256", "--keys", "1M", "--preload", "--requests", "1", "--timeout", "60s")
	if msg, err := fill.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", fill.Args, err, msg)
	}
	for b.Loop() {
		s.stop()
		begin := time.Now()
		s = startOurs(b, bin, "--data", data, "--sync", "never")
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			b.Fatal(err)
		}
		fmt.Fprint(c, "get "+loadKey+"\r\n")
		if line, err := bufio.NewReader(c).ReadString('\n'); !strings.HasPrefix(line, "VALUE ") {
			b.Fatalf("after the restart: %q, %v", line, err)
		}
		b.ReportMetric(time.Since(begin).Seconds(), "s/restart")
		b.ReportMetric(0, "ns/op")
		c.Close()
	}
}

// demand is the load that is put on both.
type demand struct {
	clients, depth int
	sets           string
	keys           int // 0: 10,000
	preload        bool
}

// compare prints ours divided by theirs.
func compare(b *testing.B, bin string, d demand, ours pinned, profile string, theirs pinned, theirProfile string) {
	for b.Loop() {
		var throughput, cpu, loadCPU, loadMiB, busy []float64
		for range rounds {
			o := measure(b, bin, ours, profile, d)
			t := measure(b, bin, theirs, theirProfile, d)
			throughput = append(throughput, o.rate/t.rate)
			cpu = append(cpu, o.serverCPU/t.serverCPU)
			loadCPU = append(loadCPU, o.loadCPU)
			loadMiB = append(loadMiB, o.loadMiB)
			busy = append(busy, o.busy)
		}
		b.ReportMetric(0, "ns/op") // the time of the whole loop means nothing here
		b.ReportMetric(median(throughput), "×throughput")
		b.ReportMetric(median(cpu), "×cpu/op")
		b.ReportMetric(median(loadCPU), "load-cpu-s/Mop")
		b.ReportMetric(median(loadMiB), "load-MiB")
		b.ReportMetric(median(busy), "load-busy")
	}
}

type figures struct {
	rate      float64 // requests per second
	serverCPU float64 // CPU seconds of the server per request
	loadCPU   float64 // CPU seconds of the load generator per million requests
	loadMiB   float64 // its peak resident memory
	busy      float64 // share of the time that it was not waiting
}

// measure runs one load of two seconds on s and reads what it cost on both sides.
func measure(b *testing.B, bin string, s pinned, profile string, d demand) figures {
	b.Helper()
	out := filepath.Join(b.TempDir(), "run.json")
	before := processCPU(b, s.pid)
	args := []string{"-c", "1", bin, "load", s.addr, "--profile", profile, "--loops", "1",
		"--clients", strconv.Itoa(d.clients), "--pipeline", strconv.Itoa(d.depth), "--duration", "2s", "--sets", d.sets,
		"--keys", strconv.Itoa(cmp.Or(d.keys, 10_000)), "--value-size", "100", "--report", "json=" + out}
	if d.preload {
		args = append(args, "--preload")
	}
	load := exec.Command("taskset", args...)
	if msg, err := load.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", load.Args, err, msg)
	}
	server := processCPU(b, s.pid) - before
	report, err := reports.Read(out)
	if err != nil {
		b.Fatal(err)
	}
	run := report.Runs[0]
	total := run.Total()
	if total.Errors > 0 {
		b.Fatalf("%d errors at %s", total.Errors, s.addr)
	}
	everything := float64(run.Requests.Preloaded + run.Requests.WarmUp + run.Requests.Recorded)
	usage := load.ProcessState.SysUsage().(*syscall.Rusage)
	return figures{
		rate:      float64(total.Count) / run.Recorded().Seconds(),
		serverCPU: server.Seconds() / everything,
		loadCPU:   run.Generator.CPU / float64(total.Count) * 1e6,
		loadMiB:   float64(usage.Maxrss) / 1024,
		busy:      run.Generator.Busy,
	}
}

type pinned struct {
	addr string
	pid  int
	stop func()
}

// startOurs starts the reference server, with one loop.
func startOurs(b *testing.B, bin string, args ...string) pinned {
	b.Helper()
	args = append([]string{"serve", "--loops", "1", "--max-clients", "2048"}, args...)
	return startPinned(b, bin, append(args, "--addr")...)
}

// loadKey is the first key of memlite load.
const loadKey = "memlite:000000000000000000000000"

// cannedPort stands for the arguments of the canned server: a port, and the key of memlite load --keys 1.
const cannedPort = "canned"

// startPinned starts a server on core 0 with a free port behind its last argument and waits until it listens.
func startPinned(b *testing.B, name string, args ...string) pinned {
	b.Helper()
	needForBench(b, "taskset")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	_, port, _ := net.SplitHostPort(addr)
	switch args[len(args)-1] {
	case "-p":
		args = append(args, port)
	case cannedPort:
		args = []string{port, loadKey}
	default:
		args = append(args, addr)
	}
	cmd := exec.Command("taskset", append([]string{"-c", "0", name}, args...)...)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	stop := sync.OnceFunc(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
	b.Cleanup(stop)
	for range 2000 {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return pinned{addr, cmd.Process.Pid, stop} // taskset execs: the process is the server
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.Fatalf("%s does not listen on %s", name, addr)
	panic("unreachable")
}

// resident reads the resident memory of a process, in MiB.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		b.Fatal(err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(statm), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return float64(pages) * float64(os.Getpagesize()) / (1 << 20)
}

// processCPU reads the user and system time of a process from /proc/PID/stat (fields 14 and 15, in clock ticks of
// 10 ms; see proc(5)).
func processCPU(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	scan := bufio.NewScanner(strings.NewReader(rest))
	scan.Split(bufio.ScanWords)
	var ticks int64
	for field := 3; scan.Scan(); field++ {
		if field == 14 || field == 15 {
			n, err := strconv.ParseInt(scan.Text(), 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

func needForBench(b *testing.B, name string) string {
	b.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		b.Skipf("%s is not on this machine: %v", name, err)
	}
	return path
}

func buildForBench(b *testing.B) string {
	b.Helper()
	bin := filepath.Join(b.TempDir(), "memlite")
	if msg, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, msg)
	}
	return bin
}

func median(v []float64) float64 {
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}
