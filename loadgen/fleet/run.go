package fleet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"memlite/loadgen"
	"memlite/reports"
	"memlite/server/netloop"
)

const (
	tellTime  = 2 * time.Second // for something that an agent is told to be heard
	endTime   = 5 * time.Second // beside Plan.Drain, for agents to end when they are told to
	early     = time.Second     // that a clock may be wrong by, and no sample may be ahead of it by more
	noteEvery = 5 * time.Second // of those who are waited for
)

// run is one Execute, from the agents' being claimed to their release. One goroutine has it, and one for each member tells it what is new.
type run struct {
	*Fleet
	id      string
	number  uint64       // for the marks of Plan.Verify
	plan    loadgen.Plan // as the agents get it
	times   times
	members []*member
	tally   *loadgen.Tally
	events  chan event
	workers sync.WaitGroup

	claimed time.Duration // when it began, on netloop.Now, with the claim
	start   atomic.Int64  // on netloop.Now; 0 while it is not agreed
	begun   bool          // agents have been told when to start
	failed  error         // why there is no run
	cut     string        // why it is ended early
	endBy   time.Duration
	counts  sync.Map // *member: those that are counted
}

func newRun(f *Fleet, id string, p loadgen.Plan, members []*member, sinks []reports.Sink) (*run, error) {
	if err := p.ValidateShares(len(members)); err != nil {
		return nil, err
	}
	r := &run{Fleet: f, id: id, number: 1 + rand.Uint64N(1<<36-1), plan: p, times: timesOf(p), members: members, events: make(chan event, 4*len(members)),
		claimed: netloop.Now()}
	if f.SameMachine {
		if err := absolute(&r.plan); err != nil {
			return nil, err
		}
	}
	var agents []*reports.Agent
	names := map[string]int{}
	for i, m := range members {
		m.index = i
		if names[m.name]++; names[m.name] > 1 {
			m.name = fmt.Sprintf("%s (%d)", m.name, names[m.name])
		}
		m.agent = &reports.Agent{Name: m.name, ID: m.id, Environment: m.environment}
		m.agent.Clients, m.agent.Share = p.Share(loadgen.Segment{Index: i, Count: len(members)})
		agents = append(agents, m.agent)
		r.counts.Store(m, true)
	}
	r.tally = loadgen.NewTally(p, sinks, agents...)
	return r, nil
}

// execute has the agents prepare, start together, and measure until all have ended.
func (r *run) execute(ctx context.Context) (*reports.Run, error) {
	following, stop := context.WithCancel(context.Background())
	defer r.workers.Wait()
	defer stop()
	for _, m := range r.members {
		quiet, err := m.listen()
		if err != nil {
			r.failed = r.Connect.explain(err)
			break
		}
		defer quiet()
	}
	if r.failed == nil {
		r.workers.Go(func() { r.beats(following) })
		for _, m := range r.members {
			r.workers.Go(func() { m.follow(following, r) })
			r.workers.Go(func() { r.prepare(following, m) })
		}
		r.loop(ctx, following)
	}
	r.release(r.members)
	report, err := r.tally.Run()
	if r.failed != nil {
		return nil, r.failed
	}
	for _, m := range r.members {
		if m.environment.Version != r.Version {
			report.Warnings = append(report.Warnings, fmt.Sprintf("agent %s is memlite %s, and this is %s", m.name, clean(m.environment.Version), r.Version))
		}
	}
	return report, err
}

// loop goes on until no member has anything more to say.
func (r *run) loop(ctx, following context.Context) {
	cancelled := ctx.Done()
	tick := time.NewTicker(beat / 5)
	defer tick.Stop()
	noted := netloop.Now()
	for r.failed == nil && r.left() > 0 {
		select {
		case <-cancelled:
			cancelled = nil
			r.end(following, interrupted)
		case e := <-r.events:
			r.take(following, e)
		case <-tick.C:
			now := netloop.Now()
			if down := r.link.down(); down > r.Grace {
				r.giveUp(fmt.Sprintf("this machine had no NATS for %s", down.Round(time.Second)))
			}
			if r.endBy != 0 && now > r.endBy {
				r.giveUp("it did not end when it was told to")
			}
			if !r.begun && now-noted > noteEvery {
				noted = now
				r.note()
			}
		}
		if !r.begun && r.cut == "" && r.failed == nil && r.allReady() {
			r.begin(ctx, following)
		}
	}
}

func (r *run) left() (n int) {
	for _, m := range r.members {
		if !m.over {
			n++
		}
	}
	return n
}

func (r *run) allReady() bool {
	for _, m := range r.members {
		if !m.ready {
			return false
		}
	}
	return true
}

// note says who is waited for.
func (r *run) note() {
	waiting, name := 0, ""
	for _, m := range r.members {
		if !m.ready {
			waiting, name = waiting+1, m.name
		}
	}
	if waiting == 1 {
		r.Notices(fmt.Sprintf("agent %s is not ready yet: it opens its connections, or preloads its keys", name))
	} else if waiting > 1 {
		r.Notices(fmt.Sprintf("%d agents are not ready yet: they open their connections, or preload their keys", waiting))
	}
}

// tell is called by members' goroutines.
func (r *run) tell(ctx context.Context, e event) {
	select {
	case <-ctx.Done():
	case r.events <- e:
	}
}

// take judges an event.
func (r *run) take(following context.Context, e event) {
	m := e.member
	if m.over {
		return
	}
	if e.record == nil {
		if !r.begun && r.cut == "" {
			e.lost = "it was lost before the run began, and nothing was measured: " + e.lost
		}
		r.lose(following, m, e.lost)
		return
	}
	switch rec := e.record; {
	case rec.Ready != nil:
		if m.ready {
			r.lose(following, m, "it was ready a second time")
			return
		}
		m.ready, m.preloaded = true, rec.Ready.Preloaded
	case rec.Sample != nil:
		if r.ahead(rec.Sample) {
			r.lose(following, m, "it sent the figures of a time that has not come")
			return
		}
		if err := r.tally.Add(m.index, rec.Sample); err != nil {
			r.lose(following, m, "it sent "+err.Error())
		}
	case rec.End.Own != "":
		r.lose(following, m, rec.End.Own)
	case rec.End.Error != "":
		r.lose(following, m, rec.End.Error)
	case !r.begun && r.cut == "":
		r.lose(following, m, "it ended before the run began")
	default:
		m.over = true
		if r.tally.End(m.index); m.agent.Loss != nil { // it has given its part up
			r.lost(following, m, m.agent.Loss.Reason)
		}
	}
}

// ahead says whether a sample is of a time that has not come. The tally would keep it until the others are there: any number of such.
func (r *run) ahead(s *loadgen.Sample) bool {
	since := r.claimed
	if s.Stage >= 0 && r.begun {
		since = r.startedAt()
	}
	now := netloop.Now() - since
	return max(s.Start, s.Start+s.Length) > now+early+now/1000 // clocks drift; the sum may be beyond all numbers
}

// lose does without a member. Before the start there is then no run.
func (r *run) lose(following context.Context, m *member, reason string) {
	m.over = true
	r.counts.Delete(m)
	reason = shorten(clean(reason))
	if !r.begun && r.cut == "" {
		r.failed = fmt.Errorf("agent %s: %s", m.name, reason)
		return
	}
	r.tally.Lose(m.index, reason)
	r.lost(following, m, reason)
}

// lost says that a run goes on without a member, or ends for it.
func (r *run) lost(following context.Context, m *member, reason string) {
	r.Notices(fmt.Sprintf("agent %s is lost: %s", m.name, reason))
	if r.OnLoss != ContinueOnLoss {
		r.end(following, fmt.Sprintf("agent %s was lost", m.name))
	}
}

// giveUp does without all that are left.
func (r *run) giveUp(reason string) {
	if !r.begun && r.cut == "" {
		r.failed = fmt.Errorf("%s", reason)
		return
	}
	if r.cut == "" {
		r.cut = reason
		r.tally.Cut(reason)
	}
	for _, m := range r.members {
		if !m.over {
			m.over = true
			r.counts.Delete(m)
			r.tally.Lose(m.index, reason)
		}
	}
}

// end has all members end early.
func (r *run) end(following context.Context, why string) {
	if r.cut != "" {
		return
	}
	r.cut = why
	r.tally.Cut(why)
	r.endBy = netloop.Now() + r.times.drain + endTime
	for _, m := range r.members {
		if !m.over {
			r.workers.Go(func() { _ = r.insist(following, m, stopOf, stopRequest{Run: r.id}) }) // one that does not hear of it is given up
		}
	}
}
