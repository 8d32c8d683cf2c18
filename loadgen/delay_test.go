package loadgen

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"memlite/reports"
)

// delaying is a server that answers gets at once and sets after a delay that it draws, and writes down how long it
// took over each.
type delaying struct {
	ln   net.Listener
	wg   sync.WaitGroup
	mu   sync.Mutex
	rng  *rand.Rand
	draw func(*rand.Rand) time.Duration
	took []time.Duration
}

func startDelaying(t *testing.T, draw func(*rand.Rand) time.Duration) *delaying {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &delaying{ln: ln, rng: rand.New(rand.NewPCG(5, 6)), draw: draw}
	d.wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			d.wg.Go(func() { defer c.Close(); d.talk(c) })
		}
	})
	t.Cleanup(func() { ln.Close(); d.wg.Wait() })
	return d
}

func (d *delaying) talk(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		read := time.Now()
		if strings.HasPrefix(line, "get ") {
			if _, err := c.Write([]byte("NOT-FOUND\r\n")); err != nil {
				return
			}
			continue
		}
		if _, err := in.ReadString('\n'); err != nil {
			return
		}
		d.mu.Lock()
		delay := d.draw(d.rng)
		d.mu.Unlock()
		time.Sleep(delay)
		d.mu.Lock()
		d.took = append(d.took, time.Since(read)) // before the reply: who has it may look
		d.mu.Unlock()
		if _, err := c.Write([]byte("STORED\r\n")); err != nil {
			return
		}
	}
}

// The known-delay test: percentiles are those of what the server wrote down, within 3 % and the floor, which is what the gets
// of the same run took that the server did not delay: a busy machine makes it higher by as much as it disturbs the rest.
func TestKnownDelays(t *testing.T) {
	if testing.Short() {
		t.Skip("about time, which the race detector spends otherwise")
	}
	t.Parallel()
	for _, c := range []struct {
		name string
		draw func(*rand.Rand) time.Duration
	}{
		{"fixed 2 ms", func(*rand.Rand) time.Duration { return 2 * time.Millisecond }},
		{"1 or 50 ms", func(rng *rand.Rand) time.Duration {
			if rng.Float64() < 0.95 {
				return time.Millisecond
			}
			return 50 * time.Millisecond
		}},
		{"lognormal", func(rng *rand.Rand) time.Duration {
			return time.Duration(float64(3*time.Millisecond) * math.Exp(0.7*rng.NormFloat64()))
		}},
	} {
		for try := 1; ; try++ {
			d := startDelaying(t, c.draw)
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			run, err := Local{Loops: 1}.Execute(ctx, Plan{Target: d.ln.Addr().String(), Clients: 20, Requests: 8000, Sets: 0.5})
			cancel()
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			checkRun(t, run)
			get, set := run.Totals[0].Response, run.Totals[1].Response
			d.mu.Lock()
			took := slices.Clone(d.took)
			d.mu.Unlock()
			if int64(len(took)) != set.TotalCount() {
				t.Fatalf("%s: %d sets answered, %d reported", c.name, len(took), set.TotalCount())
			}
			slices.Sort(took)
			tooMuch := judgeDelays(t, c.name, took, get, set)
			floor := time.Duration(get.ValueAtQuantile(99.9))
			switch {
			case tooMuch == "":
			case try < 3: // what is counted wrong is so each time
				continue
			case floor < 5*time.Millisecond:
				t.Errorf("%s, on a machine that was not busy: %s", c.name, tooMuch)
			default:
				t.Logf("%s: not judged, since gets took up to %s: %s", c.name, floor, tooMuch)
			}
			break
		}
	}
}

// judgeDelays fails the test for what is too short, which no machine excuses, and returns what is too long.
func judgeDelays(t *testing.T, name string, took []time.Duration, get, set *reports.Histogram) (tooMuch string) {
	t.Helper()
	for _, q := range []float64{50, 90, 99, 99.9} {
		did := took[max(int(math.Round(q/100*float64(len(took)))), 1)-1]
		reported := time.Duration(set.ValueAtQuantile(q))
		// Of two causes that add up, the q-th percentile of the sum is not above the sum of their (1+q)/2-th.
		floor := time.Duration(get.ValueAtQuantile(50 + q/2))
		text := fmt.Sprintf("p%v is reported as %s; the server took %s, and what is not its delay %s", q, reported, did, floor)
		t.Logf("%s: %s", name, text)
		if float64(reported) < 0.97*float64(did) {
			t.Errorf("%s: %s", name, text)
		}
		if float64(reported) > 1.03*float64(did)+float64(floor) {
			tooMuch = text
		}
	}
	return tooMuch
}
