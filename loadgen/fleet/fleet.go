package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"memlite/loadgen"
	"memlite/reports"
)

// What Options.OnLoss may be.
const (
	StopOnLoss     = "stop"
	ContinueOnLoss = "continue"
)

// DefaultWait is how long the agents of a fleet are waited for.
const DefaultWait = 10 * time.Second

// Options say which agents make a fleet, and what holds for its runs.
type Options struct {
	Connect Connect
	// Version is memlite's own. An agent of another one is a warning; it is the protocol that has to be the same.
	Version string
	// Agents is how many there are to be; 0 is all that answer within a second, in the first run, and as many in the others.
	Agents int
	// Wait is how long so many are waited for; 0 is DefaultWait.
	Wait time.Duration
	// OnLoss says what becomes of a run that loses an agent: it ends (StopOnLoss, which is "") or goes on without it (ContinueOnLoss).
	OnLoss string
	// Grace is how long a run goes on while this process's connection to NATS is down; 0 is DefaultGrace.
	Grace time.Duration
	// Loops is each agent's loadgen.Local.Loops.
	Loops int
	// SameMachine says that the agents run on this one: the files that a plan names are then those that this process would open.
	SameMachine bool
	// Notices takes what a person who waits wants to know, a line each, from any goroutine; nil is nobody.
	Notices func(string)
}

// Validate says what is wrong with the options.
func (o Options) Validate() error {
	problems := []error{o.Connect.Validate()}
	check := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	check(o.Agents >= 0 && o.Agents <= maxAgents, "agents %d: want 1 to %d", o.Agents, maxAgents)
	check(o.Wait >= 0, "agent wait %s: want no negative time", o.Wait)
	check(o.Grace >= 0, "grace %s: want no negative time", o.Grace)
	check(o.OnLoss == "" || o.OnLoss == StopOnLoss || o.OnLoss == ContinueOnLoss, "on agent loss %q: want stop or continue", o.OnLoss)
	return errors.Join(problems...)
}

// Fleet is an Executor whose plans are carried out by agents, each its share. It executes one at a time.
type Fleet struct {
	Options
	host  string
	said  *once         // of what is the same in every run
	slack time.Duration // more patience with agents, for tests that share their cores with the race detector
	nc    *nats.Conn
	link  *link
	end   context.CancelFunc // of what watches the link
	links sync.WaitGroup

	denied atomic.Pointer[error] // what NATS has not let us do

	running sync.Mutex // held by Execute
}

var _ loadgen.Executor = (*Fleet)(nil)

// Dial connects to NATS. The agents are looked for when there is something for them to do.
func Dial(ctx context.Context, o Options) (*Fleet, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Wait == 0 {
		o.Wait = DefaultWait
	}
	if o.Grace == 0 {
		o.Grace = DefaultGrace
	}
	if o.Notices == nil {
		o.Notices = func(string) {}
	}
	host, _ := os.Hostname() // for logs only
	f := &Fleet{Options: o, host: host, said: &once{say: o.Notices}}
	nc, err := o.Connect.open("memlite load", false, o.Notices, func(err error) {
		if err != nil {
			f.denied.CompareAndSwap(nil, &err)
		}
	})
	if err != nil {
		return nil, err
	}
	f.nc, f.link = nc, newLink(nc)
	f.link.report(o.Connect, o.Grace, o.Notices)
	watching, end := context.WithCancel(context.Background())
	f.end = end
	f.links.Go(func() { f.link.watch(watching) })
	if err := ctx.Err(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Close ends the connection. The agents are free since the last Execute ended.
func (f *Fleet) Close() error {
	f.end()
	f.links.Wait()
	f.nc.Close()
	return nil
}

// interrupted is why a run was cut short whose context was cancelled.
const interrupted = "interrupted"

// Execute implements loadgen.Executor: it claims the agents, has them make the load together, and lets them go.
func (f *Fleet) Execute(ctx context.Context, p loadgen.Plan, sinks ...reports.Sink) (*reports.Run, error) {
	f.running.Lock()
	defer f.running.Unlock()
	if err := p.Validate(); err != nil {
		return nil, errors.Join(err, closeAll(sinks))
	}
	id := rand.Text()
	members, err := f.muster(ctx, id)
	switch {
	case ctx.Err() != nil:
		f.release(members)
		t := loadgen.NewTally(p, sinks)
		t.Cut(interrupted)
		return t.Run()
	case err != nil:
		return nil, errors.Join(err, closeAll(sinks))
	}
	r, err := newRun(f, id, p, members, sinks)
	if err != nil {
		f.release(members)
		return nil, errors.Join(err, closeAll(sinks))
	}
	run, err := r.execute(ctx)
	if run != nil && f.OnLoss == ContinueOnLoss { // the next one, of a search or scan, goes on with those that are left
		f.Agents = max(1, f.Agents-len(run.Lost()))
	}
	return run, err
}

func closeAll(sinks []reports.Sink) (err error) {
	for _, s := range sinks {
		err = errors.Join(err, s.Close())
	}
	return err
}
