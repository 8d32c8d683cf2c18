package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"memlite/server/netloop"
)

// prepare has a member open its connections and preload its keys.
func (r *run) prepare(following context.Context, m *member) {
	ctx, cancel := context.WithTimeout(following, tellTime)
	defer cancel()
	err := r.insist(ctx, m, prepareOf, prepareRequest{Run: r.id, Plan: r.plan, Index: m.index, Count: len(r.members), Number: r.number, Loops: r.Loops})
	if err != nil {
		r.tell(following, event{member: m, lost: err.Error()})
	}
}

// begin agrees on the start.
func (r *run) begin(ctx, following context.Context) {
	readings := make([]reading, len(r.members))
	errs := make([]error, len(r.members))
	var asked sync.WaitGroup
	few := make(chan struct{}, 8) // or they would wait for each other, and their clocks be known the worse
	for i, m := range r.members {
		asked.Go(func() {
			few <- struct{}{}
			defer func() { <-few }()
			try, cancel := context.WithTimeout(ctx, tellTime)
			defer cancel()
			readings[i], errs[i] = readClock(try, func(ctx context.Context) (clockReply, error) {
				return ask[clockReply](ctx, r.nc, m.id, clockOf, clockRequest{Run: r.id})
			})
		})
	}
	asked.Wait()
	if ctx.Err() != nil {
		return // the loop sees it
	}
	preloaded, worst := true, time.Duration(0)
	for i, m := range r.members {
		if errs[i] != nil {
			r.lose(following, m, "its clock cannot be read: "+errs[i].Error())
			return
		}
		m.agent.ClockOffset, m.agent.ClockError = readings[i].wall, readings[i].give
		preloaded, worst = preloaded && m.preloaded, max(worst, readings[i].give)
	}
	start := netloop.Now() + 200*time.Millisecond + 8*worst + time.Duration(len(r.members))*2*time.Millisecond
	r.begun = true
	r.start.Store(int64(start))
	r.tally.Begin(time.Now().Add(start - netloop.Now()))
	for i, m := range r.members {
		r.workers.Go(func() {
			// One that does not hear of it does not start, and is lost for it.
			_ = r.insist(following, m, startOf, startRequest{Run: r.id, At: start + readings[i].steady, Preloaded: preloaded})
		})
	}
}

// insist tells a member something until it has answered. All that it is told may be told twice.
func (r *run) insist(ctx context.Context, m *member, verb string, request any) error {
	for {
		try, cancel := context.WithTimeout(ctx, askTime)
		reply, err := ask[answer](try, r.nc, m.id, verb, request)
		cancel()
		switch {
		case err == nil && reply.Refused != "":
			return fmt.Errorf("%s", clean(reply.Refused))
		case err == nil:
			return nil
		case errors.Is(err, nats.ErrMaxPayload):
			return fmt.Errorf("the plan is longer than a message of this NATS may be: %w", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		case <-time.After(beat / 5):
		}
	}
}

// beats says twice a second that the coordinator is there, and whom it counts.
func (r *run) beats(following context.Context) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		b := coordinatorBeat{Run: r.id, Taken: map[string]int64{}}
		r.counts.Range(func(k, _ any) bool {
			m := k.(*member)
			b.Taken[m.id] = m.taken.Load()
			return true
		})
		_ = r.nc.Publish(coordinatorOf(r.id), encode(b)) // while NATS is gone nobody hears it
		select {
		case <-following.Done():
			return
		case <-tick.C:
		}
	}
}

func (r *run) startedAt() time.Duration { return time.Duration(r.start.Load()) }

// patience is how long an agent in a state may have nothing to say, counted from since at the earliest; 0 is for ever.
func (r *run) patience(s state) (d, since time.Duration) {
	switch start := r.startedAt(); {
	case start == 0 && s == waiting:
		return 0, 0
	case start == 0:
		return r.times.ready, 0
	case netloop.Now() < start+r.times.length:
		return noProgress + r.slack, start
	default: // it may be waiting for the last replies
		return noProgress + r.times.drain + r.slack, start
	}
}
