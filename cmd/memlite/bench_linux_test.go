package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"memlite/reports"
)

// BenchmarkMemcached measures the reference server beside stock memcached: both on core 0, the load on core 1, the
// same load on each in turn, round after round, so that a machine whose speed drifts slows both down alike. What it
// prints are ratios of medians; a single absolute figure of a shared machine says little.
//
//	go test -run '^$' -bench Memcached -benchtime 1x ./cmd/memlite
//
// Columns: ×throughput and ×cpu/op are memlite divided by memcached; load-cpu-s/Mop are the CPU seconds, user and
// system, that `memlite load` spends on a million requests to the reference server; load-MiB is its peak memory.
func BenchmarkMemcached(b *testing.B) {
	memcached := needForBench(b, "memcached")
	needForBench(b, "taskset")
	bin := buildForBench(b)

	ours := startPinned(b, bin, "serve", "--memory", "--loops", "1", "--max-clients", "2048", "--addr")
	theirs := startPinned(b, memcached, "-u", "nobody", "-t", "1", "-c", "4096", "-l", "127.0.0.1", "-p")

	for _, clients := range []int{50, 1024} {
		for _, depth := range []int{1, 16} {
			b.Run(fmt.Sprintf("clients=%d/depth=%d", clients, depth), func(b *testing.B) {
				const rounds = 5
				for b.Loop() {
					var throughput, cpu, loadCPU, loadMiB []float64
					for range rounds {
						o := measure(b, bin, ours, "report", clients, depth)
						t := measure(b, bin, theirs, "memcached", clients, depth)
						throughput = append(throughput, o.rate/t.rate)
						cpu = append(cpu, o.serverCPU/t.serverCPU)
						loadCPU = append(loadCPU, o.loadCPU)
						loadMiB = append(loadMiB, o.loadMiB)
					}
					b.ReportMetric(0, "ns/op") // the time of the whole loop means nothing here
					b.ReportMetric(median(throughput), "×throughput")
					b.ReportMetric(median(cpu), "×cpu/op")
					b.ReportMetric(median(loadCPU), "load-cpu-s/Mop")
					b.ReportMetric(median(loadMiB), "load-MiB")
				}
			})
		}
	}
}

type figures struct {
	rate      float64 // requests per second
	serverCPU float64 // CPU seconds of the server per request
	loadCPU   float64 // CPU seconds of the load generator per million requests
	loadMiB   float64 // its peak resident memory
}

// measure runs one load of two seconds on s and reads what it cost on both sides.
func measure(b *testing.B, bin string, s pinned, profile string, clients, depth int) figures {
	b.Helper()
	out := filepath.Join(b.TempDir(), "run.json")
	before := processCPU(b, s.pid)
	load := exec.Command("taskset", "-c", "1", bin, "load", s.addr, "--profile", profile, "--loops", "1",
		"--clients", strconv.Itoa(clients), "--pipeline", strconv.Itoa(depth), "--duration", "2s", "--sets", "10%",
		"--keys", "10k", "--value-size", "100", "--preload", "--report", "json="+out)
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
		rate:      float64(total.Count) / recorded(run).Seconds(),
		serverCPU: server.Seconds() / everything,
		loadCPU:   run.Generator.CPU / float64(total.Count) * 1e6,
		loadMiB:   float64(usage.Maxrss) / 1024,
	}
}

func recorded(run *reports.Run) (d time.Duration) {
	for _, i := range run.Intervals {
		if i.Recorded {
			d += i.Length
		}
	}
	return d
}

type pinned struct {
	addr string
	pid  int
}

// startPinned starts a server on core 0 with a free port behind its last argument and waits until it listens.
func startPinned(b *testing.B, name string, args ...string) pinned {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	last := addr
	if args[len(args)-1] == "-p" {
		_, last, _ = net.SplitHostPort(addr)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "taskset", append([]string{"-c", "0", name}, append(args, last)...)...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cancel(); _ = cmd.Wait() })
	for range 100 {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return pinned{addr, cmd.Process.Pid} // taskset execs: the process is the server
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.Fatalf("%s does not listen on %s", name, addr)
	panic("unreachable")
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
