package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"memlite/reports"
	"memlite/server/netloop"
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
		if info, err := os.Stat(dir); err != nil {
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
	nc, err := a.Connect.open("memlite agent "+a.Name, true, a.Log, func(err error) { gone <- err })
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
	nc.SetDisconnectErrHandler(func(*nats.Conn, error) { a.link.lost() })
	watching, stop := context.WithCancel(context.Background())
	var links sync.WaitGroup
	links.Go(func() { a.link.watch(watching) })
	defer links.Wait()
	defer stop()
	s, err := a.register()
	if err != nil {
		return fmt.Errorf("NATS at %s: %w", a.Connect, err)
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

// register makes the agent known. Its endpoints are its own, so requests of one kind come one after the other. They are in no queue group: when
// its link was cut and it has connected anew, the NATS still has its old connection, and would give every other request to that.
func (a *agent) register() (micro.Service, error) {
	s, err := micro.AddService(a.nc, micro.Config{
		Name: service, Version: "1.0.0", Description: "makes load when a memlite load tells it to",
		QueueGroupDisabled: true,
		Metadata: map[string]string{"name": a.Name, "host": a.environment.Host, "version": a.Version, "protocol": protocol,
			"cpus": strconv.Itoa(a.environment.CPUs), "allow": a.allowed.String()},
	})
	if err != nil {
		return nil, err
	}
	a.id = s.Info().ID
	for verb, handler := range map[string]micro.Handler{
		clockOf:   handler(a.clock),
		claimOf:   handler(a.claim),
		prepareOf: handler(a.prepare),
		startOf:   handler(a.start),
		stopOf:    handler(a.stop),
		recordsOf: handler(a.records),
		releaseOf: handler(a.release),
	} {
		if err := s.AddEndpoint(verb, handler, micro.WithEndpointSubject(endpoint(a.id, verb))); err != nil {
			return nil, errors.Join(err, s.Stop())
		}
	}
	return s, a.nc.Flush()
}

// handler decodes a request and sends what becomes of it.
func handler[T any, M interface {
	*T
	message
}](do func(T) any) micro.Handler {
	return micro.HandlerFunc(func(r micro.Request) {
		m, err := decode[T, M](r.Data(), maxMessage)
		if err != nil {
			_ = r.Error("400", shorten(clean(err.Error())), nil) // who cannot be told does not wait
			return
		}
		_ = r.Respond(encode(do(m)))
	})
}

func (a *agent) clock(m clockRequest) any {
	return clockReply{Run: m.Run, Now: netloop.Now(), Wall: time.Now().UnixNano()}
}

func (a *agent) claim(m claimRequest) any {
	reply := claimReply{Run: m.Run, Environment: a.environment}
	if m.Protocol != protocol {
		reply.Refused = fmt.Sprintf("it speaks fleet protocol %s, and this memlite %s", protocol, clean(m.Protocol))
		a.Log(fmt.Sprintf("refused a run of %s (memlite %s): it speaks fleet protocol %s, and this agent %s", clean(m.From), clean(m.Version), clean(m.Protocol), protocol))
		return reply
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if j := a.job; j != nil {
		if j.run != m.Run {
			reply.Busy, reply.Refused = true, shorten("it is busy with a run of "+j.from)
		}
		return reply
	}
	j, err := newJob(a, m)
	if err != nil {
		reply.Refused = shorten(err.Error())
		return reply
	}
	a.job, a.past = j, nil
	return reply
}

// on has the job of a run do something, and says so if there is none.
func (a *agent) on(run string, do func(*job) error) answer {
	a.mu.Lock()
	jobs := []*job{a.job, a.past}
	a.mu.Unlock()
	reply := answer{Run: run}
	for _, j := range jobs {
		if j != nil && j.run == run {
			if err := do(j); err != nil {
				reply.Refused = shorten(clean(err.Error()))
			}
			return reply
		}
	}
	reply.Refused = "it has no such run"
	return reply
}

// keep has the records of a job for as long as a coordinator may be without NATS.
func (a *agent) keep(j *job) {
	a.past = j
	time.AfterFunc(a.Grace, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.past == j {
			a.past = nil
		}
	})
}

func (a *agent) prepare(m prepareRequest) any {
	return a.on(m.Run, func(j *job) error { return j.prepare(m) })
}

func (a *agent) start(m startRequest) any {
	return a.on(m.Run, func(j *job) error { return j.start(m) })
}

func (a *agent) stop(m stopRequest) any {
	return a.on(m.Run, func(j *job) error { j.cancel(errTold); return nil })
}

func (a *agent) release(m releaseRequest) any {
	a.mu.Lock()
	j := a.job
	a.mu.Unlock()
	if j != nil && j.run == m.Run {
		j.leave(errTold)
		// What is over is over at once: the same coordinator's next run begins with this answer.
		select {
		case <-j.over:
		case <-time.After(beat):
		}
	}
	return answer{Run: m.Run}
}

func (a *agent) records(m recordsRequest) any {
	reply := recordsReply{Run: m.Run, Number: m.Number, Offset: m.Offset}
	a.on(m.Run, func(j *job) error {
		b := j.log.get(m.Number)
		reply.Size = len(b)
		if m.Offset < len(b) {
			b = b[m.Offset:]
			reply.Bytes = b[:min(len(b), m.Most, a.piece())]
		}
		return nil
	})
	if reply.Offset > reply.Size {
		reply.Offset = reply.Size
	}
	return reply
}

// piece is how many bytes of a record go into one message, in base64 and with room for the rest of it.
func (a *agent) piece() int { return max(1, (int(a.nc.MaxPayload())-1024)/2) }

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
