package fleet

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

const (
	callEvery = 250 * time.Millisecond // agents that have just started are found by the next call
	window    = time.Second            // in which all answer that are there
	askTime   = time.Second            // for an answer of an agent
	maxInfo   = 64 << 10               // bytes
)

// found is an agent that has answered.
type found struct {
	id, name, version, protocol string
	refused                     string // why it will not do; "" if nothing is known against it
	busy                        bool   // it is refused for now
	again                       time.Time
}

// muster claims as many agents as there are to be, or all that answer. Either all of them are claimed or none: two coordinators that want the
// same agents must not wait for each other with half of them each.
func (f *Fleet) muster(ctx context.Context, run string) ([]*member, error) {
	inbox, answers := nats.NewInbox(), make(chan *nats.Msg, 4*maxAgents)
	sub, err := f.nc.ChanSubscribe(inbox, answers)
	if err != nil {
		return nil, f.Connect.explain(err)
	}
	defer func() { _ = sub.Unsubscribe() }() // fails where the connection has ended, which ends it as well
	known := map[string]*found{}
	began, said := time.Now(), 0
	for {
		f.call(inbox)
		if f.gather(ctx, known, answers); ctx.Err() != nil {
			return nil, ctx.Err()
		}
		free, hopeful := usable(known)
		over := time.Since(began) >= window
		switch {
		case f.Agents == 0 && !over:
			continue
		case f.Agents == 0 && len(free) == 0, over && len(known) >= f.Agents && hopeful < f.Agents:
			return nil, f.tooFew(known, len(free))
		case len(free) >= f.Agents:
			want := cmp.Or(f.Agents, len(free))
			members := f.claim(ctx, run, free, want)
			if len(members) == want || f.Agents == 0 && len(members) > 0 {
				if f.Agents == 0 {
					f.Notices(fmt.Sprintf("of the agents that answer, %d can be had, and take part", len(members)))
				}
				f.Agents = len(members) // of a search all trials have the same
				return members, nil
			}
			f.release(members)
			time.Sleep(rand.N(callEvery)) // or two coordinators would go on taking half each
		case len(free) != said:
			said = len(free)
			f.Notices(fmt.Sprintf("%d of %d agents are there", said, f.Agents))
		}
		if time.Since(began) > f.Wait {
			free, _ := usable(known)
			return nil, f.tooFew(known, len(free))
		}
	}
}

// gather takes the answers to a call: for some time, or until there are enough.
func (f *Fleet) gather(ctx context.Context, known map[string]*found, answers <-chan *nats.Msg) {
	late := time.NewTimer(callEvery)
	defer late.Stop()
	for {
		if free, _ := usable(known); f.Agents > 0 && len(free) >= f.Agents {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-late.C:
			return
		case m := <-answers:
			f.meet(known, m)
		}
	}
}

// call asks all agents who they are.
func (f *Fleet) call(inbox string) {
	subject, _ := micro.ControlSubject(micro.InfoVerb, service, "")
	_ = f.nc.PublishRequest(subject, inbox, nil) // while NATS is gone nobody hears it
}

// meet takes an agent's answer.
func (f *Fleet) meet(known map[string]*found, m *nats.Msg) {
	var of micro.Info
	if len(m.Data) > maxInfo || json.Unmarshal(m.Data, &of) != nil || of.Name != service || !validID(of.ID) || known[of.ID] != nil || len(known) >= maxAgents {
		return
	}
	field := func(name, without string) string {
		text := clean(of.Metadata[name])
		if text == "" || len(text) > maxName {
			return without
		}
		return text
	}
	a := &found{id: of.ID, name: field("name", "agent "+of.ID), version: field("version", "?"), protocol: field("protocol", "?")}
	if a.protocol != protocol {
		a.refused = fmt.Sprintf("it speaks fleet protocol %s, and this memlite %s: start it from the same release", a.protocol, protocol)
		f.said.that(fmt.Sprintf("agent %s (memlite %s) is left out: %s", a.name, a.version, a.refused))
	}
	known[of.ID] = a
}

// usable are the agents that can be claimed now, by name, and how many there are with those that are busy.
func usable(known map[string]*found) (free []*found, hopeful int) {
	for _, a := range known {
		if a.refused == "" || a.busy {
			hopeful++
		}
		if a.refused == "" || a.busy && time.Now().After(a.again) {
			free = append(free, a)
		}
	}
	slices.SortFunc(free, func(a, b *found) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	})
	return free, hopeful
}

// tooFew is the error of a fleet that did not come together.
func (f *Fleet) tooFew(known map[string]*found, have int) error {
	if err := f.denied.Load(); err != nil && have == 0 {
		return f.Connect.explain(*err)
	}
	var names, others []string
	for _, a := range known {
		if a.refused == "" {
			names = append(names, a.name)
		} else {
			others = append(others, a.name+": "+a.refused)
		}
	}
	slices.Sort(names)
	slices.Sort(others)
	if _, up := f.link.upSince(); !up {
		return fmt.Errorf("the connection to NATS at %s is down", f.Connect)
	}
	const most = 10
	list := func(all []string, sep string) string {
		if len(all) > most {
			all = append(all[:most:most], fmt.Sprintf("and %d more", len(all)-most))
		}
		return strings.Join(all, sep)
	}
	text := "no agent is there"
	switch {
	case f.Agents > 0 && len(names) > 0:
		text = fmt.Sprintf("%d of %d agents can be had (%s)", have, f.Agents, list(names, ", "))
	case f.Agents > 0:
		text = fmt.Sprintf("%d of %d agents can be had", have, f.Agents)
	case len(others) > 0:
		text = "no agent can be had"
	}
	if len(others) > 0 {
		return fmt.Errorf("%s on NATS at %s: %s", text, f.Connect, list(others, "; "))
	}
	return fmt.Errorf("%s on NATS at %s: start them with memlite agent --nats %s", text, f.Connect, f.Connect)
}
