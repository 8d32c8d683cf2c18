package fleet

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/micro"

	"memlite/server/netloop"
)

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
