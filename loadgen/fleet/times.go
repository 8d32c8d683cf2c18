package fleet

import (
	"cmp"
	"time"

	"memlite/loadgen"
)

// times are how long the parts of a plan take.
type times struct {
	ready  time.Duration // that its preparation may go on without a sample: names are looked up, connections opened
	length time.Duration // that there is a sample every second; 0: nobody knows, it ends by requests or with a trace
	drain  time.Duration // that there may be none at its end
}

func timesOf(p loadgen.Plan) times {
	timeout := cmp.Or(p.Timeout, 10*time.Second)
	t := times{length: p.Length(), drain: cmp.Or(p.Drain, time.Second)}
	if p.Replay != "" {
		t.length = 0 // the trace may end before
	}
	t.ready = 3*timeout + t.drain
	if p.ConnectRate > 0 {
		t.ready += time.Duration(float64(max(p.Clients, 50)) / p.ConnectRate * float64(time.Second))
	}
	return t
}
