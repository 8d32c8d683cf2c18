package fleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// claim takes as many of the agents as wanted, the first of the list if they will.
func (f *Fleet) claim(ctx context.Context, run string, from []*found, want int) []*member {
	var (
		mu      sync.Mutex
		members []*member
	)
	claiming, end := context.WithCancel(ctx)
	defer end()
	go f.reassure(claiming, run, from)
	for len(members) < want && len(from) > 0 {
		batch := from[:min(len(from), want-len(members))]
		from = from[len(batch):]
		var asked sync.WaitGroup
		for _, a := range batch {
			asked.Go(func() {
				try, cancel := context.WithTimeout(ctx, askTime)
				defer cancel()
				reply, err := ask[claimReply](try, f.nc, a.id, claimOf, claimRequest{Run: run, Protocol: protocol, Version: f.Version, From: f.host})
				mu.Lock()
				defer mu.Unlock()
				refused := a.refused
				switch {
				case err != nil:
					a.refused, a.busy = "it does not answer", true // it may yet
				case reply.Refused != "":
					a.refused, a.busy = clean(reply.Refused), reply.Busy
				default:
					a.refused, a.busy = "", false
					members = append(members, &member{found: *a, fleet: f, run: run, environment: reply.Environment})
				}
				if a.refused != "" && refused != a.refused {
					f.said.that(fmt.Sprintf("agent %s: %s", a.name, a.refused))
				}
				a.again = time.Now().Add(callEvery)
			})
		}
		asked.Wait()
	}
	slices.SortFunc(members, func(a, b *member) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	})
	return members
}

// reassure tells those that are being claimed that their coordinator is there while others do not answer.
func (f *Fleet) reassure(ctx context.Context, run string, all []*found) {
	b := coordinatorBeat{Run: run, Taken: map[string]int64{}}
	for _, a := range all {
		b.Taken[a.id] = 0
	}
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = f.nc.Publish(coordinatorOf(run), encode(b)) // while NATS is gone nobody hears it
		}
	}
}

// release lets agents go. Those that do not answer find out by the silence.
func (f *Fleet) release(members []*member) {
	var asked sync.WaitGroup
	for _, m := range members {
		asked.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), askTime)
			defer cancel()
			_, _ = ask[answer](ctx, f.nc, m.id, releaseOf, releaseRequest{Run: m.run})
		})
	}
	asked.Wait()
}

// ask makes a request of an agent and reads its answer.
func ask[T any, M interface {
	*T
	message
}](ctx context.Context, nc *nats.Conn, agent, verb string, request any) (T, error) {
	var none T
	m, err := nc.RequestWithContext(ctx, endpoint(agent, verb), encode(request))
	if err != nil {
		return none, err
	}
	if text := m.Header.Get(micro.ErrorHeader); text != "" {
		return none, fmt.Errorf("%s", shorten(clean(text)))
	}
	return decode[T, M](m.Data, maxMessage)
}
