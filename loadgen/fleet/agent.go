package fleet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"

	"memlite/reports"
)

// DefaultGrace is how long an agent or a coordinator goes on without NATS.
const DefaultGrace = 15 * time.Second

// AgentOptions are what an agent is started with.
type AgentOptions struct {
	Connect Connect
	// Name is what reports call it, 100 bytes at most; "" is the host's.
	Name string
	// Version is memlite's own, for reports and to be compared with the coordinator's.
	Version string
	// Allow is where it may make load to, see ParseAllowed; nil is this machine.
	Allow []string
	// Files is the folder of the files that plans name: a relative name is one in it, an absolute one must lead there. "" has such plans refused.
	Files string
	// Save is a folder that gets a report in JSON of the agent's own part of each run; "" is none.
	Save string
	// Grace is how long it goes on while its own connection to NATS is down; 0 is DefaultGrace.
	Grace time.Duration
	// Ready takes the line that says as whom it waits for work, once it can be found; nil is Log.
	Ready func(string)
	// Log takes what else it has to say, a line each, from any goroutine; nil is nobody.
	Log func(string)

	slack time.Duration // as Fleet's, with the coordinator
}

// Validate says what is wrong with the options.
func (o AgentOptions) Validate() error {
	_, err := ParseAllowed(o.Allow)
	problems := []error{o.Connect.Validate(), err}
	if len(o.Name) > maxName || clean(o.Name) != o.Name || !utf8.ValidString(o.Name) {
		problems = append(problems, fmt.Errorf("name %q: want printable text of %d bytes at most", o.Name, maxName))
	}
	if o.Grace < 0 {
		problems = append(problems, fmt.Errorf("grace %s: want no negative time", o.Grace))
	}
	for _, dir := range []string{o.Files, o.Save} {
		if dir == "" {
			continue
		}
		if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, fmt.Errorf("there is no folder %s: make it first (mkdir -p)", dir))
		} else if err != nil {
			problems = append(problems, err)
		} else if !info.IsDir() {
			problems = append(problems, fmt.Errorf("%s is no folder", dir))
		}
	}
	return errors.Join(problems...)
}

// agent is one that serves. It has one job at a time.
type agent struct {
	AgentOptions
	allowed     Allowed
	environment reports.Environment
	id          string
	nc          *nats.Conn
	link        *link

	mu   sync.Mutex
	job  *job // nil: idle
	past *job // the last one that ended without its coordinator, which may come back for its records
}

// Serve is an agent: it waits for work on NATS and does it until ctx is cancelled. A run that goes on then ends early, and the coordinator is
// told. A NATS that is not there is waited for; an error says that it does not let the agent in.
func Serve(ctx context.Context, o AgentOptions) error {
	if err := o.Validate(); err != nil {
		return err
	}
	a := &agent{AgentOptions: o, environment: reports.ThisEnvironment(o.Version)}
	a.allowed, _ = ParseAllowed(o.Allow)
	if a.Grace == 0 {
		a.Grace = DefaultGrace
	}
	if a.Name == "" {
		a.Name = shortName(a.environment.Host)
	}
	a.Log = func(text string) {
		if o.Log != nil {
			o.Log(shorten(text)) // what a coordinator names can be megabytes
		}
	}
	if a.Ready == nil {
		a.Ready = a.Log
	}
	return a.serve(ctx)
}

func shortName(host string) string {
	if host = clean(host); host == "" || len(host) > maxName {
		return "agent"
	}
	return host
}

func (a *agent) serve(ctx context.Context) error {
	gone := make(chan error, 1)
	nc, err := a.Connect.open("memlite agent "+a.Name, true, a.Log, func(err error) {
		select {
		case gone <- err:
		default: // the first is why it ends
		}
	})
	if err != nil {
		return err
	}
	defer nc.Close()
	for !nc.IsConnected() {
		select {
		case <-ctx.Done():
			return nil
		case err := <-gone:
			return a.Connect.ended(err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	a.nc, a.link = nc, newLink(nc)
	a.link.report(a.Connect, a.Grace, a.Log)
	watching, stop := context.WithCancel(context.Background())
	var links sync.WaitGroup
	links.Go(func() { a.link.watch(watching) })
	defer links.Wait()
	defer stop()
	s, err := a.register()
	if err != nil {
		return fmt.Errorf("NATS at %s: %w", a.Connect, err)
	}
	select { // what NATS does not allow it says a moment later
	case err := <-gone:
		return a.Connect.ended(err)
	case <-time.After(beat / 5):
	}
	a.Ready(fmt.Sprintf("%s waits for work on %s; it makes load to %s", a.Name, a.Connect, a.allowed))
	select {
	case <-ctx.Done():
		_ = s.Stop() // nobody is to find it any more
		a.shutDown("the agent was told to end")
		return nil
	case err := <-gone:
		a.shutDown("NATS has closed the agent's connection")
		return a.Connect.ended(err)
	}
}

// shutDown ends the job, if there is one, and gives its last record time to go out.
func (a *agent) shutDown(why string) {
	a.mu.Lock()
	j := a.job
	a.mu.Unlock()
	if j == nil {
		return
	}
	j.cancel(ownReason(why))
	select {
	case <-j.done():
	case <-time.After(shutTime):
	}
	_ = a.nc.FlushTimeout(tripTime)
	j.leave(ownReason(why))
	<-j.over
}
