package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"memlite/loadgen"
	"memlite/server/netloop"
)

const (
	// coordinatorSilence is how long a coordinator may say nothing. With a beat, a round trip and the end of what is in flight the agent has then
	// stopped within five seconds of its death.
	coordinatorSilence = 3 * time.Second
	// shutTime is how long an agent that ends waits for what is in flight.
	shutTime = 5 * time.Second
)

// errTold is why an agent stops that the coordinator has told to.
var errTold = errors.New("the coordinator said so")

// ownReason is why an agent stops by itself.
type ownReason string

func (r ownReason) Error() string { return string(r) }

// job is an agent's part of one run, from the claim to the release.
type job struct {
	agent *agent
	run   string
	from  string // whose it is
	log   *logbook
	beats chan *nats.Msg // of the coordinator
	sub   *nats.Subscription

	ctx    context.Context // of the execution
	cancel context.CancelCauseFunc
	left   context.Context // cancelled when nobody wants to know of the run any more
	leave  context.CancelCauseFunc
	over   chan struct{} // closed when the agent is idle again

	started chan startRequest

	mu       sync.Mutex
	state    state
	at       time.Duration // of the start, once it is known
	executed chan struct{} // nil: not prepared; closed when the execution is over
}

func newJob(a *agent, m claimRequest) (*job, error) {
	j := &job{agent: a, run: m.Run, from: clean(m.From), log: newLogbook(), beats: make(chan *nats.Msg, 64), over: make(chan struct{}),
		started: make(chan startRequest, 1), state: claimed}
	var err error
	if j.sub, err = a.nc.ChanSubscribe(coordinatorOf(m.Run), j.beats); err != nil {
		return nil, err
	}
	j.ctx, j.cancel = context.WithCancelCause(context.Background())
	j.left, j.leave = context.WithCancelCause(context.Background())
	go j.watch()
	return j, nil
}

// done is closed when there is no execution that goes on.
func (j *job) done() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.executed == nil {
		none := make(chan struct{})
		close(none)
		return none
	}
	return j.executed
}

// watch is with the job from its begin to its end: it says twice a second how things are, and finds out when nobody wants to know any more.
func (j *job) watch() {
	tick := time.NewTicker(beat / 2)
	defer tick.Stop()
	heard := netloop.Now()
	looked := heard
	for n := 0; j.left.Err() == nil; n++ {
		// A process that has stood still would now send all that was due meanwhile, and is not counted any more.
		if still := netloop.Now() - looked; still > coordinatorSilence {
			j.giveUp(fmt.Sprintf("this process stood still for %s", still.Round(100*time.Millisecond)))
		}
		looked = netloop.Now()
		select {
		case <-j.left.Done():
		case m := <-j.beats:
			b, err := decode[coordinatorBeat](m.Data, maxMessage)
			if err != nil || b.Run != j.run {
				continue
			}
			heard = netloop.Now()
			taken, counted := b.Taken[j.agent.id]
			if !counted {
				j.giveUp("the coordinator does not count this agent any more")
			}
			j.log.taken(taken)
		case <-tick.C:
			if n%2 == 0 {
				j.tell()
			}
			if down := j.agent.link.down(); down > j.agent.Grace {
				j.giveUp(fmt.Sprintf("no NATS for %s", down.Round(time.Second)))
			}
			silent := func() bool { return j.agent.link.silence(heard) > coordinatorSilence+j.agent.slack }
			if silent() && j.agent.link.trip() && silent() && len(j.beats) == 0 {
				j.giveUp(fmt.Sprintf("its coordinator has been silent for %s", j.agent.link.silence(heard).Round(100*time.Millisecond)))
			}
		}
	}
	j.cancel(context.Cause(j.left))
	<-j.done()
	_ = j.sub.Unsubscribe() // fails where NATS is gone, which ends it as well
	j.agent.mu.Lock()
	if j.agent.job = nil; !errors.Is(context.Cause(j.left), errTold) {
		j.agent.keep(j)
	}
	j.agent.mu.Unlock()
	close(j.over)
}

// giveUp ends a job of which nobody wants to know any more.
func (j *job) giveUp(why string) {
	j.agent.Log(fmt.Sprintf("run %s of %s: stopped: %s", j.run, j.from, why))
	j.leave(ownReason(why))
}

// tell sends a beat.
func (j *job) tell() {
	j.mu.Lock()
	if j.state == waiting && j.at != 0 && netloop.Now() >= j.at {
		j.state = running
	}
	b := agentBeat{Run: j.run, State: j.state, Last: j.log.last()}
	j.mu.Unlock()
	_ = j.agent.nc.Publish(beatsFrom(j.run, j.agent.id), encode(b)) // while NATS is gone nobody hears it
}

func (j *job) become(s state) {
	j.mu.Lock()
	j.state = s
	j.mu.Unlock()
	j.tell()
}

// prepare begins the execution. Asked again, because the answer was lost, it does nothing.
func (j *job) prepare(m prepareRequest) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.executed != nil {
		return nil
	}
	if err := j.ctx.Err(); err != nil {
		return context.Cause(j.ctx)
	}
	plan := m.Plan
	if err := locate(&plan, j.agent.Files); err != nil {
		j.agent.Log(fmt.Sprintf("refused a run of %s: %s", j.from, shorten(clean(err.Error()))))
		return err
	}
	j.executed, j.state = make(chan struct{}), preparing
	j.agent.Log(fmt.Sprintf("run %s of %s: share %d of %d of the load to %s", j.run, j.from, m.Index+1, m.Count, shorten(clean(plan.Target))))
	go j.execute(m, plan)
	return nil
}

// start passes the start on to the execution that waits for it.
func (j *job) start(m startRequest) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.at != 0 {
		return nil // asked again
	}
	if j.state != waiting {
		return fmt.Errorf("it is not ready to start: %s", j.state)
	}
	j.at = m.At
	j.started <- m
	return nil
}

// execute carries the share out, and has each of its records on its way as soon as it is known.
func (j *job) execute(m prepareRequest, plan loadgen.Plan) {
	defer close(j.executed)
	local := loadgen.Local{Loops: m.Loops, Allow: j.agent.allowed.Check, Share: &loadgen.Share{
		Segment: loadgen.Segment{Index: m.Index, Count: m.Count},
		Run:     m.Number,
		Ready: func(ctx context.Context, preloaded bool) (loadgen.Start, error) {
			j.become(waiting)
			if err := j.record(record{Ready: &ready{Preloaded: preloaded}}); err != nil {
				return loadgen.Start{}, err
			}
			select {
			case <-ctx.Done():
				return loadgen.Start{}, context.Cause(ctx)
			case s := <-j.started:
				return loadgen.Start{At: s.At, Preloaded: s.Preloaded}, nil
			}
		},
		Sample: func(s *loadgen.Sample) error { return j.record(record{Sample: s}) },
	}}
	run, err := local.Execute(j.ctx, plan)
	var own ownReason
	e := end{}
	switch cause := context.Cause(j.ctx); {
	case errors.As(cause, &own):
		e.Own = shorten(string(own))
	case run == nil && cause == nil:
		e.Error = shorten(clean(err.Error()))
	}
	switch {
	case e.Error != "":
		j.agent.Log(fmt.Sprintf("run %s of %s: could not be run: %s", j.run, j.from, e.Error))
	case run != nil:
		j.agent.Log(fmt.Sprintf("run %s of %s: ended after %s, %d requests answered", j.run, j.from, run.Elapsed.Round(time.Millisecond), run.Requests.Recorded))
		if j.agent.Save != "" && len(run.Intervals) > 0 {
			j.agent.save(j.run, run)
		}
	}
	_ = j.record(record{End: &e}) // always has room
	j.become(ended)
}

// record numbers a record, keeps it and sends it. One that is too long for a message is fetched in pieces.
func (j *job) record(r record) error {
	r.Run = j.run
	b, err := j.log.add(r)
	if err != nil {
		return err
	}
	if int64(len(b)) <= j.agent.nc.MaxPayload() {
		_ = j.agent.nc.Publish(recordsFrom(j.run, j.agent.id), b) // what does not arrive is fetched
	} else {
		j.tell()
	}
	return nil
}
