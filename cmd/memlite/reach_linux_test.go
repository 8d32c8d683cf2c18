package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"memlite/reports"
)

// BenchmarkReach prints what `memlite load` is to cost and what it costs here, row by row. memcached with one thread is on
// core 0, the load on core 1. Beside it, in turn, a client in C that writes and reads canned bytes, and memtier_benchmark
// where it is installed; processor times are medians of ratios, so a busy machine spoils them less than figures by themselves.
//
//	go test -run '^$' -bench Reach -benchtime 1x -timeout 30m ./cmd/memlite
func BenchmarkReach(b *testing.B) {
	r := &reach{B: b, bin: buildForBench(b), client: filepath.Join(b.TempDir(), "client")}
	cc := needForBench(b, "cc")
	if msg, err := exec.Command(cc, "-O2", "-o", r.client, "testdata/bench/client.c").CombinedOutput(); err != nil {
		b.Fatalf("cc: %v\n%s", err, msg)
	}
	r.server = startPinned(b, needForBench(b, "memcached"), "-u", "nobody", "-t", "1", "-c", "11000", "-l", "127.0.0.1", "-p")
	r.load("0,1", "--clients", "1", "--requests", "1", "--sets", "100%", "--keys", "1") // the one key has a value
	r.memtier, _ = exec.LookPath("memtier_benchmark")
	for b.Loop() {
		fmt.Printf("\n%-62s %-10s %-10s\n", "measure", "reach", "seen")
		r.processor()
		r.openLoop()
		r.recording()
		r.memory()
		r.connect()
		r.row("runs whose requests are not memcached's cmd_get + cmd_set", 0, float64(r.unequal), fmt.Sprintf(" of %d", r.runs))
		if r.memtier == "" {
			fmt.Println("memtier_benchmark is not installed: nothing is compared with it")
		}
		b.ReportMetric(float64(r.missed), "missed")
		b.ReportMetric(0, "ns/op")
	}
}

type reach struct {
	*testing.B
	bin, client, memtier string
	server               pinned
	runs, unequal        int
	missed               int
}

// row prints one line of the table. A reach is held by what is not above it.
func (r *reach) row(measure string, want, seen float64, unit string) {
	verdict := ""
	if seen > want || math.IsNaN(seen) {
		verdict = "  missed"
		r.missed++
	}
	fmt.Printf("%-62s ≤ %-8.4g %.4g%s%s\n", measure, want, seen, unit, verdict)
}

// load runs memlite load on a set of cores and compares what it reports with what memcached has counted.
func (r *reach) load(cores string, args ...string) (run *reports.Run, peakMiB float64) {
	r.Helper()
	out := filepath.Join(r.TempDir(), "run.json")
	before := r.counted()
	all := append([]string{"-c", cores, r.bin, "load", r.server.addr, "--profile", "memcached", "--value-size", "100", "--report", "json=" + out}, args...)
	cmd := exec.Command("taskset", all...)
	var msg bytes.Buffer
	cmd.Stdout, cmd.Stderr = &msg, &msg
	if err := cmd.Start(); err != nil {
		r.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for running := true; running; {
		select {
		case err := <-ended:
			if running = false; err != nil {
				r.Fatalf("%v: %v\n%s", cmd.Args, err, &msg)
			}
		case <-time.After(20 * time.Millisecond):
			peakMiB = max(peakMiB, highWater(cmd.Process.Pid))
		}
	}
	report, err := reports.Read(out)
	if err != nil {
		r.Fatal(err)
	}
	run = report.Runs[0]
	q := run.Requests
	r.runs++
	if q.Preloaded+q.WarmUp+q.Recorded+q.Errors+q.Abandoned != r.counted()-before {
		r.unequal++
	}
	return run, peakMiB
}

// highWater is the most memory that a process has had resident, in MiB; 0 when it has ended. getrusage's figure is of no use: a
// process begins with its parent's.
func highWater(pid int) float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == "VmHWM:" {
			kib, _ := strconv.ParseFloat(words[1], 64)
			return kib / 1024
		}
	}
	return 0
}

// counted asks memcached how many requests it has answered.
func (r *reach) counted() (n int64) {
	c, err := net.DialTimeout("tcp", r.server.addr, 5*time.Second)
	if err != nil {
		r.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = io.WriteString(c, "stats\r\nquit\r\n")
	for lines := bufio.NewScanner(c); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) == 3 && (words[1] == "cmd_get" || words[1] == "cmd_set") {
			k, err := strconv.ParseInt(words[2], 10, 64)
			if err != nil {
				r.Fatal(err)
			}
			n += k
		}
	}
	return n
}

// processor compares CPU seconds, user and system, per million operations.
func (r *reach) processor() {
	perMillion := func(run *reports.Run) float64 { return run.Generator.CPU / float64(run.Requests.Recorded) * 1e6 }
	for _, c := range []struct {
		clients, depth int
		canned         float64
		memtier        float64 // 0: not compared
	}{{50, 1, 1.25, 0.85}, {1024, 1, 1.25, 0.5}, {50, 16, 1.6, 0}} {
		args := []string{"--clients", strconv.Itoa(c.clients), "--pipeline", strconv.Itoa(c.depth), "--duration", "2s", "--sets", "0%", "--keys", "1"}
		var ours, canned, toCanned, toMemtier []float64
		for range rounds {
			run, _ := r.load("1", append(args, "--loops", "1")...)
			o, floor := perMillion(run), r.canned(c.clients, c.depth)
			ours, canned, toCanned = append(ours, o), append(canned, floor), append(toCanned, o/floor)
			if r.memtier != "" && c.memtier > 0 {
				toMemtier = append(toMemtier, o/r.others(c.clients))
			}
		}
		name := fmt.Sprintf("CPU per operation, %d clients, depth %d: × the C client", c.clients, c.depth)
		r.row(name, c.canned, median(toCanned), fmt.Sprintf(" (%.2f and %.2f s per million)", median(ours), median(canned)))
		if len(toMemtier) > 0 {
			r.row(fmt.Sprintf("CPU per operation, %d clients, depth %d: × memtier", c.clients, c.depth), c.memtier, median(toMemtier), "")
		}
	}
	var ratio []float64
	for range rounds {
		args := []string{"--clients", "50", "--duration", "2s", "--sets", "0%", "--keys", "1", "--loops"}
		two, _ := r.load("0,1", append(args, "2")...)
		one, _ := r.load("0,1", append(args, "1")...)
		ratio = append(ratio, perMillion(two)/perMillion(one))
	}
	r.row("CPU per operation, two loops: × one loop", 1.1, median(ratio), "")
}

// canned runs the client in C.
func (r *reach) canned(clients, depth int) (perMillion float64) {
	_, port, _ := net.SplitHostPort(r.server.addr)
	cmd := exec.Command("taskset", "-c", "1", r.client, port, loadKey, strconv.Itoa(clients), strconv.Itoa(depth), "2")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		r.Fatalf("%v: %v", cmd.Args, err)
	}
	var n int64
	var cpu float64
	if _, err := fmt.Sscan(string(out), &n, &cpu); err != nil || n == 0 {
		r.Fatalf("%v: %q, %v", cmd.Args, out, err)
	}
	return cpu / float64(n) * 1e6
}

// others runs memtier_benchmark for as many operations as take it a second or two.
func (r *reach) others(clients int) (perMillion float64) {
	_, port, _ := net.SplitHostPort(r.server.addr)
	each := 100_000 / clients
	cmd := exec.Command("taskset", "-c", "1", r.memtier, "-s", "127.0.0.1", "-p", port, "-P", "memcache_text", "-t", "1", "-c", strconv.Itoa(clients),
		"-n", strconv.Itoa(each), "--ratio", "0:1", "--key-maximum", "1", "--hide-histogram")
	if msg, err := cmd.CombinedOutput(); err != nil {
		r.Fatalf("%v: %v\n%s", cmd.Args, err, msg)
	}
	u := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9 / float64(each*clients) * 1e6
}

// openLoop looks at the rate and at when requests are sent.
func (r *reach) openLoop() {
	for _, rate := range []int{1000, 5000, 20_000} {
		var off, lag, p50 []float64
		for range 3 {
			run, _ := r.load("1", "--clients", "50", "--rate", fmt.Sprintf("%d/s", rate), "--duration", "2s", "--sets", "0%", "--keys", "1", "--loops", "1")
			off = append(off, 100*math.Abs(float64(run.Requests.Recorded)/run.Recorded().Seconds()/float64(rate)-1))
			lag = append(lag, float64(run.Generator.SendLag.ValueAtQuantile(99))/1e3)
			p50 = append(p50, float64(run.Total().Percentiles.P50)/1e3)
		}
		r.row(fmt.Sprintf("rate of %d/s: off by", rate), 0.2, median(off), " %")
		switch rate {
		case 1000:
			r.row("send lag at 1000/s over 50 clients, p99", 150, median(lag), " µs")
		case 20_000:
			r.row("response time at 20,000/s over 50 clients, p50", 150, median(p50), " µs")
		}
	}
}

// recording is what two histograms cost of the processor time at depth 16: a request is recorded in one of them in a closed
// loop, in two and the send lag in an open one.
func (r *reach) recording() {
	h, at := reports.NewHistogram(), 0
	const n = 5_000_000
	begin := time.Now()
	for range n {
		at = (at*1103515245 + 12345) & 0xfffff
		h.Record(time.Duration(at))
	}
	each := time.Since(begin).Seconds() / n
	run, _ := r.load("1", "--clients", "50", "--pipeline", "16", "--duration", "2s", "--sets", "0%", "--keys", "1", "--loops", "1")
	perRequest := run.Generator.CPU / float64(run.Requests.Recorded)
	r.row("two histograms, of the processor time at depth 16", 5, 100*2*each/perRequest, " %")
}

// memory is how much more of it many clients take.
func (r *reach) memory() {
	peak := func(clients string) float64 {
		_, peak := r.load("1", "--clients", clients, "--duration", "2s", "--sets", "0%", "--keys", "1", "--loops", "1")
		return peak
	}
	one := peak("1")
	r.row("resident memory of 1024 clients, above 1 client", 16, peak("1024")-one, " MiB")
	r.row("resident memory of 10,000 clients, above 1 client", 48, peak("10000")-one, " MiB")
}

// connect takes the whole life of a command that opens 1024 connections and sends a request over each, which is more.
func (r *reach) connect() {
	var took []float64
	for range 3 {
		begin := time.Now()
		r.load("1", "--clients", "1024", "--requests", "1024", "--sets", "0%", "--keys", "1", "--loops", "1")
		took = append(took, time.Since(begin).Seconds())
	}
	r.row("1024 clients connect, send one request each and leave", 0.5, median(took), " s")
}
