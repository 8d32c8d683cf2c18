package loadgen

import (
	"testing"
	"time"
)

// What two recorders hold, added, is what one would hold that had recorded it all.
func TestRecordersAddUp(t *testing.T) {
	whole, a, b := newRecorder(true), newRecorder(true), newRecorder(true)
	rng := newRand(1, 1, 0)
	for i := range 20_000 {
		f := &flight{kind: Kind(i % 2), intended: time.Duration(rng.Int64N(1e6)), sent: 1e6}
		o := Outcome(rng.IntN(int(outcomes)))
		now := 1e6 + time.Duration(rng.ExpFloat64()*1e7)
		part := a
		if i%3 == 0 {
			part = b
		}
		for _, r := range []*Recorder{whole, part} {
			r.done(f, o, now)
			r.ops[f.kind].sent += 10
			r.ops[f.kind].received += 20
			r.lag.Record(now)
		}
	}
	whole.dropped, a.dropped, b.dropped = 5, 2, 3
	a.add(b)
	if a.dropped != whole.dropped || a.lag.TotalCount() != whole.lag.TotalCount() {
		t.Errorf("dropped %d and %d lags, want %d and %d", a.dropped, a.lag.TotalCount(), whole.dropped, whole.lag.TotalCount())
	}
	for k := range whole.ops {
		got, want := &a.ops[k], &whole.ops[k]
		if got.outcomes != want.outcomes || got.sent != want.sent || got.received != want.received {
			t.Errorf("%s: %+v, want %+v", Kind(k), got, want)
		}
		if *got.response.Percentiles() != *want.response.Percentiles() || *got.service.Percentiles() != *want.service.Percentiles() {
			t.Errorf("%s: other percentiles after adding", Kind(k))
		}
	}
	a.reset()
	if ops := a.operations(); len(ops) != 0 || a.dropped != 0 || a.lag.TotalCount() != 0 {
		t.Errorf("after reset: %+v", a)
	}
}

func TestOperations(t *testing.T) {
	r := newRecorder(false)
	for _, o := range []Outcome{Hit, Hit, Miss, Timeout, Garbage, Garbage} {
		r.done(&flight{kind: Get}, o, time.Millisecond)
	}
	ops := r.operations()
	if len(ops) != 1 {
		t.Fatalf("%d operations, want get alone: no set was made", len(ops))
	}
	op := ops[0]
	if op.Name != "get" || op.Count != 3 || op.Hits != 2 || op.Misses != 1 || op.Errors != 3 || op.Outcomes["garbage"] != 2 || op.Outcomes["timeout"] != 1 {
		t.Errorf("%+v", op)
	}
	if op.Response.TotalCount() != op.Count || op.Service != nil {
		t.Errorf("%d response times for %d answers; a closed loop has no service times of its own", op.Response.TotalCount(), op.Count)
	}
}

func BenchmarkRecorder(b *testing.B) {
	r, f := newRecorder(true), &flight{}
	b.ReportAllocs()
	for b.Loop() {
		r.done(f, Hit, 12345)
	}
}
