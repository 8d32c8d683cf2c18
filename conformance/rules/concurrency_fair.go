package rules

import (
	"fmt"
	"strings"
	"time"
)

// fairness is what one client may wait because of its neighbours. A server that turns to each connection in time answers in
// well under a millisecond; one that gives every silent client a fixed time, or serves another to its end first, is far above.
const fairness = 100 * time.Millisecond

func fairnessRules() []Rule {
	return []Rule{
		{
			ID: "CON-10", Level: Should, Source: "R; decision 9", Alone: true,
			Title: "no client waits more than 100 ms for its neighbours",
			Text: `Beside clients that say nothing, stop in the middle of a request, send theirs a byte at a time, or ask without a pause, a
				client that has just connected gets its replies as it would alone, but for 100 ms and three round trips. The median of
				several tries counts, because the machine may be busy.`,
			Example: `
				A> "s"
				B> "set k 3\r\nab"
				- and others that say nothing, or ask without a pause
				C> "get x\r\n"
				C< "NOT-FOUND\r\n"
				- C waits no longer than it would alone, but for 100 ms`,
			Pitfall: `One loop that gives each client in turn a read with a timeout, a sleep of 50 ms where nothing came, or one lock for
				all that is held while a reply is sent: each neighbour adds its share, and forty of them make a second. Wait for all
				sockets at once (select, poll, epoll, an event loop) or give each a thread, and after some requests of one client
				turn to the next.`,
			Check: func(t *T) {
				big, large := t.Key(), t.Text(t.UpTo(20_000))
				t.Dial().Set(big, large)
				for _, n := range neighbours(t, big, large) {
					stop := n.arrive()
					t.fair(n.who)
					stop()
				}
				t.Dial().InStep()
			},
		},
	}
}

// neighbour is a kind of clients that others should not notice.
type neighbour struct {
	who    string
	arrive func() (leave func())
}

func neighbours(t *T, big, large string) []neighbour {
	const crowd = 20
	// each connects one client after the other and lets it begin something.
	each := func(n int, begin func(*Client)) func() func() {
		return func() func() {
			clients := make([]*Client, n)
			for i := range clients {
				clients[i] = t.Dial()
				begin(clients[i])
			}
			t.Pause()
			return func() {
				for _, c := range clients {
					t.forget(c)
				}
			}
		}
	}
	// busy connects a client that is kept busy until it leaves.
	busy := func(work func(c *Client, left <-chan bool)) func() func() {
		return func() func() {
			c, left, done := t.Dial(), make(chan bool), make(chan bool)
			go func() {
				defer close(done)
				_ = t.attempt(func() { work(c, left) }) // whether it is served well is another rule's business
			}()
			t.Pause()
			return func() { close(left); <-done; t.forget(c) }
		}
	}
	return []neighbour{
		{fmt.Sprintf("%d clients that say nothing", crowd), each(crowd, func(*Client) {})},
		{fmt.Sprintf("%d clients that stopped in the middle of a command line", crowd), each(crowd, func(c *Client) { c.Send("get " + t.Key()) })},
		{fmt.Sprintf("%d clients that stopped in the middle of a block", crowd), each(crowd, func(c *Client) {
			c.Send(t.unfinished(t.Key(), t.UpTo(3000), t.Text(t.UpTo(1000)-1)))
		})},
		{"a client that sends a request byte by byte, slowly", busy(func(c *Client, left <-chan bool) {
			for _, b := range []byte(t.SetRequest(t.Key(), strings.Repeat("slow ", 200))) {
				select {
				case <-left:
					return
				case <-time.After(5 * time.Millisecond):
					c.Continue(string(b))
				}
			}
		})},
		{"a client that asks for much without a pause", busy(func(c *Client, left <-chan bool) {
			depth := 50
			if !t.Has(Pipelining) {
				depth = 1
			}
			for {
				select {
				case <-left:
					return
				default:
				}
				c.Send(strings.Repeat(t.GetRequest(big), depth))
				for range depth {
					c.ExpectValue(big, large)
				}
			}
		})},
	}
}

// fair measures how long a new client waits for its replies beside neighbours.
func (t *T) fair(who string) {
	alone := max(t.target.slowest, t.target.RoundTrip)
	bound := fairness + 3*alone
	var waits []time.Duration
	for range t.Times(7, 3) {
		began := time.Now()
		c := t.Dial()
		c.Step("beside %s", who)
		c.Miss(t.Key())
		waits = append(waits, time.Since(began))
		c.InStep()
		t.forget(c)
	}
	t.Within("the wait of a client beside "+who, median(waits), bound)
}
