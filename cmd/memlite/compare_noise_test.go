package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var comparisons = flag.Int("comparisons", 0, "judge compare's false alarms by so many comparisons, and half as many of what it is to find (make bench-compare: 40)")

// slow is a server each of whose replies takes as long as it draws from a lognormal distribution with a known median. Every
// get is a miss.
type slow struct {
	addr   string
	median time.Duration
	met    atomic.Int64 // clients that have come
	mu     sync.Mutex
	rng    *rand.Rand
}

// shape of the distribution: the p99 is 3.2 times the median.
const shape = 0.5

func startSlow(t *testing.T, median time.Duration) *slow {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &slow{addr: ln.Addr().String(), median: median, rng: rand.New(rand.NewPCG(uint64(median), 1))}
	var talks sync.WaitGroup
	talks.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.met.Add(1)
			talks.Go(func() { defer c.Close(); s.talk(c) })
		}
	})
	t.Cleanup(func() { ln.Close(); talks.Wait() })
	return s
}

func (s *slow) talk(c net.Conn) {
	for in := bufio.NewReader(c); ; {
		line, err := in.ReadString('\n')
		reply := "NOT-FOUND\r\n"
		if err == nil && strings.HasPrefix(line, "set ") {
			reply = "STORED\r\n"
			_, err = in.ReadString('\n') // the value: letters and digits
		}
		if err != nil {
			return
		}
		time.Sleep(s.draw())
		if _, err := c.Write([]byte(reply)); err != nil {
			return
		}
	}
}

func (s *slow) draw() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(float64(s.median) * math.Exp(shape*s.rng.NormFloat64()))
}

// TestCompareByExperiment measures what compare's answer is worth: how often it blames one of two servers that are alike, and how
// often it finds the one whose every delay is 20 % longer. As a test, one of each shows that the experiment works, and what
// came of it is not judged: that is up to the machine's other work. make bench-compare does judge:
//
//	go test -count=1 -v -timeout 40m -run '^TestCompareByExperiment$' ./cmd/memlite -args -comparisons 40
func TestCompareByExperiment(t *testing.T) {
	if testing.Short() {
		t.Skip("about time, which the race detector spends otherwise")
	}
	const median = 5 * time.Millisecond
	base, alike, slower := startSlow(t, median), startSlow(t, median), startSlow(t, median*12/10)
	e := experiment{T: t, length: "1s", rounds: 6}
	if *comparisons == 0 {
		t.Parallel()
		e.length, e.rounds = "200ms", 4
		e.compare("alike", base, alike, 1)
		e.compare("20 % more delay", base, slower, 1)
		return
	}
	began := time.Now()
	if n := *comparisons; e.compare("alike", base, alike, n) > n/20 {
		t.Errorf("more than 1 false alarm in 20")
	}
	if n := (*comparisons + 1) / 2; e.compare("20 % more delay", base, slower, n) < n-n/20 {
		t.Errorf("found fewer than 19 in 20")
	}
	fmt.Printf("took %s\n", time.Since(began).Round(time.Second))
}

type experiment struct {
	*testing.T
	length string
	rounds int
}

// compare makes n comparisons and returns how many found a regression.
func (e experiment) compare(what string, base, head *slow, n int) int {
	e.Helper()
	statuses := map[int]int{}
	for i := range n {
		status, said := e.once(base, head)
		if statuses[status]++; status != exitHeld && status != exitFinding && *comparisons > 0 {
			fmt.Printf("%s, comparison %d: status %d\n%s\n", what, i+1, status, said)
		}
	}
	found := statuses[exitFinding]
	fmt.Printf("%s: %d comparisons of %d rounds of %s: p99>+10%% found in %d, not in %d, inconclusive in %d\n",
		what, n, e.rounds, e.length, found, statuses[exitHeld], statuses[exitInconclusive])
	return found
}

// once is one comparison as people make it: by the program, in a process of its own.
func (e experiment) once(base, head *slow) (status int, said string) {
	e.Helper()
	ctx, cancel := context.WithTimeout(e.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "memlite", "compare", "--run", base.addr, head.addr, "--rounds", fmt.Sprint(e.rounds), "--duration", e.length,
		"--warmup", "100ms", "--clients", "24", "--fail", "p99>+10%")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		e.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	if status = cmd.ProcessState.ExitCode(); status != exitHeld && status != exitFinding && status != exitInconclusive {
		e.Fatalf("%v: status %d\n%s", cmd.Args, status, out)
	}
	return status, string(out)
}
