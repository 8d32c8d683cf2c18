package fleet

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"memlite/loadgen"
)

// wire is a way to NATS that can be cut: what is sent then waits, and nobody is told.
type wire struct {
	url string
	cut sync.RWMutex // held for writing: cut
}

func stretch(t *testing.T, to string) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{url: "nats://" + ln.Addr().String()}
	var ends sync.WaitGroup
	pass := func(to, from net.Conn) {
		defer to.Close()
		b := make([]byte, 64<<10)
		for {
			n, err := from.Read(b)
			w.cut.RLock()
			_, failed := to.Write(b[:n])
			w.cut.RUnlock()
			if err != nil || failed != nil {
				return
			}
		}
	}
	var mu sync.Mutex
	var all []io.Closer
	ends.Go(func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", strings.TrimPrefix(to, "nats://"))
			if err != nil {
				_ = near.Close()
				continue
			}
			mu.Lock()
			all = append(all, near, far)
			mu.Unlock()
			ends.Go(func() { pass(far, near) })
			ends.Go(func() { pass(near, far) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		mu.Lock()
		for _, c := range all {
			_ = c.Close()
		}
		mu.Unlock()
		ends.Wait()
	})
	return w
}

// A coordinator that is cut off for longer than agents bear its silence gets what they had measured until they stopped.
func TestCoordinatorComesBack(t *testing.T) {
	long(t)
	t.Parallel()
	addr, url := serveReference(t), startNATS(t, nil).ClientURL()
	started(t, url, nil, "a", "b")
	w := stretch(t, url)
	f, _ := dial(t, w.url, Options{Agents: 2, Loops: 1})
	run, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Clients: 8, Rate: 1000, Duration: 20 * time.Second}, &after{time.Second, func() {
		w.cut.Lock()
		time.AfterFunc(6*time.Second, w.cut.Unlock)
	}})
	if err != nil || !run.CutShort || len(run.Lost()) != 2 || run.Requests.Recorded < 3500 {
		t.Fatalf("%v: %+v", err, run)
	}
	for _, a := range run.Lost() {
		if !strings.Contains(a.Loss.Reason, "its coordinator has been silent for 3") || a.Loss.At < 3500*time.Millisecond || a.Loss.At > 9*time.Second {
			t.Errorf("%s: %+v", a.Name, a.Loss)
		}
	}
}

// One that is cut off for a moment misses nothing, and neither does anybody else.
func TestShortCut(t *testing.T) {
	long(t)
	t.Parallel()
	addr, url := serveReference(t), startNATS(t, nil).ClientURL()
	started(t, url, nil, "a")
	agents, coordinators := stretch(t, url), stretch(t, url)
	started(t, agents.url, nil, "b")
	f, _ := dial(t, coordinators.url, Options{Agents: 2, Loops: 1})
	cut := func(w *wire, d time.Duration) {
		w.cut.Lock()
		time.AfterFunc(d, w.cut.Unlock)
	}
	run, err := f.Execute(t.Context(), loadgen.Plan{Target: addr, Clients: 8, Rate: 1000, Duration: 6 * time.Second}, &after{time.Second, func() {
		cut(coordinators, time.Second)
		time.AfterFunc(2*time.Second, func() { cut(agents, 900*time.Millisecond) })
	}})
	if err != nil || run.CutShort || len(run.Lost()) > 0 || run.Requests.Recorded != 6000 {
		t.Errorf("%v: %+v", err, run)
	}
}
