package loadgen

import (
	"testing"

	"memlite/reports"
)

// sinkFunc is a sink that only looks.
type sinkFunc func(*reports.Interval)

func (f sinkFunc) Interval(i *reports.Interval) error { f(i); return nil }
func (f sinkFunc) Close() error                       { return nil }

// A sink sees how many connections are open, and the send lag of the interval, which add up to the run's; a run that is
// over has them no more.
func TestSinksSeeWhatIsLive(t *testing.T) {
	t.Parallel()
	for _, open := range []bool{true, false} {
		s := serve(t, nil, nil)
		plan := Plan{Target: s.addr, Clients: 3, Requests: 100}
		if open {
			plan.Rate = 1000
		}
		lags := int64(0)
		run, err := execute(t, Local{Loops: 2}, plan, sinkFunc(func(i *reports.Interval) {
			if i.Live == nil || i.Live.Connections != 3 || (i.Live.SendLag != nil) != open {
				t.Errorf("open %t: %+v", open, i.Live)
				return
			}
			lags += i.Live.SendLag.TotalCount()
		}))
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int64{true: 100, false: 0}[open]; lags != want || run.Generator.SendLag.TotalCount() != want {
			t.Errorf("open %t: lags of %d and %d requests", open, lags, run.Generator.SendLag.TotalCount())
		}
		for _, i := range run.Intervals {
			if i.Live != nil {
				t.Error("kept after the run")
			}
		}
		s.stop()
	}
}
