package diff

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"memlite/conformance/rules"
	"memlite/conformance/wire"
)

// Step is what one client sent, and what either endpoint answered to it.
type Step struct {
	Client  int    // from 0
	Words   string // what it is; "" at the end, when no more than the probe was sent
	Request string // to A; to B the same, with other keys where both have one store
	Whole   bool   // not only the beginning of a request: there are answers
	A, B    Answer
}

// match is what two endpoints are compared by.
type match struct {
	ends    [2]*endpoint
	profile rules.Profile
	// byOutcome has replies that the profile counts as the same outcome be the same.
	byOutcome bool
	// shared says that what is stored at one endpoint is seen at the other, so that each needs keys of its own.
	shared bool
	token  string
	tries  int // so many; each has keys of its own
	asked  int // requests, of all tries
}

// names is the number that the keys of the last try go by at one of the endpoints, or of a try before it.
func (m *match) names(side, before int) int {
	if m.shared {
		return 2*(m.tries-before) + side
	}
	return m.tries - before
}

// connection is one client's, to each endpoint.
type connection [2]*wire.Client

// play sends a sequence to both endpoints, in step, until they differ. It returns what was sent and answered; the last step is the one in
// which they differ, if they do. An error means that this side could not go on.
func (m *match) play(ctx context.Context, seq rules.Sequence, w waits) (steps []Step, differ bool, err error) {
	m.tries++
	if m.shared {
		seq = seq.Recognizable()
	}
	clients := map[int]*connection{}
	defer func() {
		for _, c := range clients {
			m.drop(c, true)
		}
	}()
	begun := false // a request whose rest is still to come
	theirs := seq.Sends(m.profile, m.token, m.names(1, 0))
	for i, s := range seq.Sends(m.profile, m.token, m.names(0, 0)) {
		pieces := [2][]string{s.Pieces, theirs[i].Pieces}
		m.asked += len(s.Requests)
		if begun {
			time.Sleep(time.Millisecond) // so that it has been read
		}
		c := clients[s.Client]
		if c == nil {
			if c, steps, err = m.dial(ctx, steps, s, w); c == nil {
				return steps, err == nil, err
			}
			clients[s.Client] = c
		}
		if begun = len(s.Requests) == 0; begun {
			for side := range c {
				_ = c[side].Send([]byte(strings.Join(pieces[side], "")))
			}
			steps = append(steps, Step{Client: s.Client, Words: s.Words(), Request: strings.Join(s.Pieces, "")})
			continue
		}
		step := m.exchange(ctx, c, pieces, s.Requests[len(s.Requests)-1].Leaves, w)
		step.B.Text = rules.Rename(step.B.Text, m.token, m.names(1, 0), m.names(0, 0))
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		step.Client, step.Words, step.Request, step.Whole = s.Client, s.Words(), strings.Join(s.Pieces, ""), true
		steps = append(steps, step)
		// In classic, what follows a refused set is not specified.
		unspecified := m.byOutcome && m.profile.Dialect == rules.Classic && s.Requests[0].Alone
		if !m.same(step.A, step.B, unspecified) {
			return steps, true, nil
		}
		if step.A.How == Silent {
			return steps, false, nil // what either has done in the end is not known
		}
		if step.A.How != Answered || step.B.How != Answered || unspecified {
			m.drop(c, false)
			delete(clients, s.Client)
		}
	}
	for _, client := range slices.Sorted(maps.Keys(clients)) {
		step := m.exchange(ctx, clients[client], [2][]string{}, false, w)
		step.B.Text = rules.Rename(step.B.Text, m.token, m.names(1, 0), m.names(0, 0))
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		step.Client = client
		if steps = append(steps, step); !m.same(step.A, step.B, false) {
			return steps, true, nil
		}
	}
	return steps, false, nil
}

// connecting are the Words of a step that could not begin.
const connecting = "connecting"

const dialWait = 5 * time.Second

// dial connects one more client to both. If one of them takes no connection, that is the last step, and the client nil.
func (m *match) dial(ctx context.Context, steps []Step, s rules.Send, w waits) (*connection, []Step, error) {
	var (
		c    connection
		step = Step{Client: s.Client, Words: connecting}
		gone bool
	)
	for i, e := range m.ends {
		// With patience always: an endpoint that is busy is not gone.
		side, err := wire.Dial(ctx, e.addr, dialWait+w.late, wire.NewTranscript())
		switch wire.KindOf(err) {
		case "":
			c[i] = side
		case wire.Local:
			m.drop(&c, false)
			return nil, nil, err
		default:
			*[2]*Answer{&step.A, &step.B}[i] = Answer{How: Gone}
			gone = true
		}
	}
	if gone {
		m.drop(&c, false)
		return nil, append(steps, step), nil
	}
	return &c, steps, nil
}

// exchange sends the same to both and waits for both.
func (m *match) exchange(ctx context.Context, c *connection, pieces [2][]string, leaves bool, w waits) Step {
	stop := context.AfterFunc(ctx, func() { m.drop(c, false) })
	defer stop()
	var (
		both    sync.WaitGroup
		answers [2]Answer
		settled = [2]chan bool{make(chan bool), make(chan bool)}
	)
	for i, e := range m.ends {
		both.Go(func() {
			answers[i] = e.ask(c[i], pieces[i], leaves, w, settled[1-i])
			if answers[i].How != Silent {
				close(settled[i])
			}
		})
	}
	both.Wait()
	return Step{A: answers[0], B: answers[1]}
}

// drop closes a client's connections.
func (m *match) drop(c *connection, politely bool) {
	for i, side := range c {
		switch {
		case side == nil:
		case politely:
			m.ends[i].bid(side)
		default:
			side.Close()
		}
	}
}

// same compares two answers; of unspecified ones only the first line.
func (m *match) same(a, b Answer, unspecified bool) bool {
	if unspecified {
		a.Text, _, _ = strings.Cut(a.Text, "\n")
		b.Text, _, _ = strings.Cut(b.Text, "\n")
		return m.profile.Same(a.Text+"\n", b.Text+"\n")
	}
	return a.How == b.How && (a.Text == b.Text || m.byOutcome && m.profile.Same(a.Text, b.Text))
}
