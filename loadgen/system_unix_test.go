//go:build unix

package loadgen

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A full file limit ends the run before it begins, with a line that names the limit.
func TestFileLimit(t *testing.T) {
	// The server takes no descriptors of this process: connections wait in the listener's queue.
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	low := was
	low.Cur = 64
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &was)
	engines(t, func(t *testing.T, l Local) {
		began := time.Now()
		run, err := execute(t, l, Plan{Target: ln.Addr().String(), Clients: 100})
		if run != nil || err == nil || !strings.Contains(fmt.Sprint(err), "limit of 64 open files") {
			t.Errorf("%v, %v; want no run and an error that names the limit", run, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %s to say so", took)
		}
	})
}

func TestCPUTime(t *testing.T) {
	before, ok := cpuTime()
	for x, end := 0, time.Now().Add(30*time.Millisecond); time.Now().Before(end); x++ {
	}
	after, _ := cpuTime()
	if !ok || after <= before {
		t.Errorf("processor time went from %s to %s", before, after)
	}
}
