package loadgen

import (
	"testing"
	"time"

	"memlite/reports"
)

// tardy is a sink that takes its time over every interval, as a coordinator does that a busy machine lets wait.
type tardy time.Duration

func (s tardy) Interval(*reports.Interval) error { time.Sleep(time.Duration(s)); return nil }
func (tardy) Close() error                       { return nil }

// Loops that have done a whole stage while nobody looked have not done it in no time: 2,105,573 requests/s were once reported of 1,000/s.
func TestStageOverBeforeAnybodyLooked(t *testing.T) {
	t.Parallel()
	const length = 100 * time.Millisecond
	s := serve(t, stopping(0, 0), nil)
	run, err := execute(t, Local{Loops: 1}, Plan{Target: s.addr, Clients: 4, Rate: 1000, Warmup: 2 * length, Duration: length}, tardy(3*length))
	if err != nil {
		t.Fatal(err)
	}
	if got := run.Recorded(); got < length {
		t.Errorf("%d requests in a stage of %v, which took %v by the report", run.Requests.Recorded, length, got)
	}
}
