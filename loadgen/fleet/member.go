package fleet

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"memlite/reports"
	"memlite/server/netloop"
)

const (
	agentSilence = 2 * time.Second // with a round trip and a beat it is noticed within three
	notStarted   = 2 * time.Second // after the others
	noProgress   = 3 * time.Second // without a second's sample
	pieceSize    = 512 << 10       // bytes of a record that are asked for at once; an agent gives what its NATS has room for
)

// member is an agent of a run, as the coordinator sees it.
type member struct {
	found
	fleet       *Fleet
	run         string
	environment reports.Environment
	index       int // of its share
	agent       *reports.Agent

	inbox chan *nats.Msg
	taken atomic.Int64 // records

	// Of the run's goroutine:
	ready     bool
	preloaded bool
	over      bool // it has ended, or is lost

	// Of follow:
	done       bool  // the last record has been handed on
	next       int64 // number of the record that is due
	last       int64 // of the newest that is known
	state      state
	heard      time.Duration
	probed     time.Duration
	progressed time.Duration
}

// event is news of a member: a record, or why it is lost.
type event struct {
	*member
	record *record
	lost   string
}

// listen subscribes to what the agent says of the run, before it is told to say anything.
func (m *member) listen() (stop func(), err error) {
	m.inbox, m.next = make(chan *nats.Msg, 64), 1 // more are dropped, and their records fetched
	sub, err := m.fleet.nc.ChanSubscribe(allFrom(m.run, m.id), m.inbox)
	if err != nil {
		return nil, err
	}
	return func() { _ = sub.Unsubscribe() }, nil // fails where the connection has ended, which ends it as well
}

// follow hands on the agent's records in their order, fetches those that did not arrive, and finds out when there is no more to be expected
// of it.
func (m *member) follow(ctx context.Context, r *run) {
	m.heard = netloop.Now()
	m.progressed = m.heard
	tick := time.NewTicker(beat / 5)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case msg := <-m.inbox:
			err = m.hear(ctx, msg, r)
		case <-tick.C:
			err = m.judge(r)
		}
		// One that says nothing any more may have ended while this side was cut off, and have kept what it had to say.
		up, _ := m.fleet.link.upSince()
		probe := m.probed < max(m.heard, up) && m.fleet.link.silence(m.heard) > agentSilence/2
		if probe {
			m.probed = netloop.Now()
		}
		for err == nil && !m.done && (probe || m.last >= m.next) {
			var b []byte
			if b, err = m.fetch(ctx, r); b == nil {
				break // lost, or there is a next tick
			}
			m.heard = netloop.Now() // and not by a piece: there may be no end of them
			err = m.take(ctx, b, r)
		}
		if err != nil {
			r.tell(ctx, event{member: m, lost: err.Error()})
		}
		if err != nil || m.done {
			return
		}
	}
}

// hear takes a message of the agent. The error is why it is lost.
func (m *member) hear(ctx context.Context, msg *nats.Msg, r *run) error {
	if msg.Subject == recordsFrom(m.run, m.id) {
		m.heard = netloop.Now()
		return m.take(ctx, msg.Data, r)
	}
	b, err := decode[agentBeat](msg.Data, maxMessage)
	if err != nil || b.Run != m.run {
		return nil // it is as if nothing had been said
	}
	m.heard, m.state, m.last = netloop.Now(), b.State, max(m.last, b.Last)
	return nil
}

// take hands a record on if it is the next.
func (m *member) take(ctx context.Context, b []byte, r *run) error {
	rec, err := decode[record](b, maxRecord)
	switch {
	case err != nil:
		return fmt.Errorf("it sent %w", err)
	case rec.Run != m.run || rec.Number < m.next:
		return nil
	case rec.Number > m.next:
		m.last = max(m.last, rec.Number)
		return nil
	}
	m.next, m.last, m.progressed, m.done = m.next+1, max(m.last, rec.Number), netloop.Now(), rec.End != nil
	m.taken.Store(rec.Number)
	r.tell(ctx, event{member: m, record: &rec})
	return nil
}

// fetch asks for the record that is due, piece by piece. It returns nil if it cannot be had now; the error is why the agent is lost.
func (m *member) fetch(ctx context.Context, r *run) (whole []byte, err error) {
	for {
		try, end := context.WithTimeout(ctx, askTime)
		reply, err := ask[recordsReply](try, m.fleet.nc, m.id, recordsOf, recordsRequest{Run: m.run, Number: m.next, Offset: len(whole), Most: pieceSize})
		end()
		if err != nil || reply.Run != m.run || reply.Number != m.next || reply.Offset != len(whole) || len(reply.Bytes) == 0 {
			return nil, m.judge(r)
		}
		if whole = append(whole, reply.Bytes...); len(whole) >= reply.Size {
			return whole, nil
		}
		if err := m.judge(r); err != nil { // pieces may be small, and many
			return nil, err
		}
	}
}

// judge says why there is no more to be expected of the agent, if that is so.
func (m *member) judge(r *run) error {
	link := m.fleet.link
	silent := func() bool { return link.silence(m.heard) > agentSilence+m.fleet.slack && len(m.inbox) == 0 }
	if silent() && link.trip() && silent() {
		return fmt.Errorf("it has been silent for %s", link.silence(m.heard).Round(100*time.Millisecond))
	}
	up, ok := link.upSince()
	if !ok {
		return nil
	}
	if start := r.startedAt(); start != 0 && m.state != running && m.state != ended && netloop.Now()-max(start, up) > notStarted+m.fleet.slack {
		return fmt.Errorf("it had not started %s after the others", notStarted)
	}
	if patience, since := r.patience(m.state); patience > 0 && netloop.Now()-max(m.progressed, since, up) > patience {
		return fmt.Errorf("it has measured nothing for %s", patience)
	}
	return nil
}
