package rules

import (
	"fmt"
	"sync"
	"time"

	"github.com/onsi/gomega"

	"memlite/conformance/wire"
	"memlite/reports"
)

// clientLimitRules are about how many clients are served at once.
func clientLimitRules() []Rule {
	return []Rule{
		{
			ID: "LIM-10", Level: Must, Source: "R; decision 9", Alone: true, Needs: []Trait{Persistent},
			Title: "1024 clients are served at once",
			Text: `1024 clients are connected at the same time, and every one of them stores and gets a value. The profile says
				how many may be missing (memcached started with -c 1024 serves 998: its listeners count). Places of clients
				that have just left may need a moment, so a client that is refused tries again for a second.`,
			Example: `
				- 1023 clients have connected and stay
				A> "set k 3\r\nabc\r\n"
				A< "STORED\r\n"
				- each of the others, while all are there:
				B> "get k\r\n"
				B< "VALUE k 3\r\nabc\r\nEND\r\n"`,
			Pitfall: `select() ends at 1024 descriptors, and in C writes past its set beyond that; ulimit -n is often 1024, and the
				listener and the log count too; a pool has 8 or 100 threads; listen(1) turns away a burst. Raise the limit at the
				start (setrlimit), use poll, epoll, kqueue or what the language brings, and give listen a long queue.`,
			Check: func(t *T) {
				most := t.Profile.Clients
				t.NeedDescriptors(most)
				h := t.hold(most, time.Second)
				t.That(fmt.Sprintf("clients served at once (%s)", h.why()), len(h.served), gomega.BeNumerically(">=", most-t.Profile.Tolerance))
				h.askAll("%d clients had connected", len(h.served))
			},
		},
		{
			ID: "LIM-11", Level: Should, Source: "decision 9", Alone: true, Needs: []Trait{Persistent},
			Title: "the client over the limit is refused and nobody else notices",
			Text: `A client too many is refused in a way that it can tell: ERROR, or silence until the connection is closed, or a reset.
				All others are served as before. Where more than twice 1024 clients are served, the limit is not reached
				and the rule is not run.`,
			Example: `
				- A is the last of 1024 clients that are connected
				A> "get k\r\n"
				A< "NOT-FOUND\r\n"
				B> "get k\r\n"
				B< "ERROR\r\n"
				B< FIN
				A> "get k\r\n"
				A< "NOT-FOUND\r\n"`,
			Pitfall: `A server that just stops accepting leaves the client too many connected, for the kernel has done that, and without
				an answer for ever. Where accept fails for want of descriptors the loop ends, or spins. Accept, say ERROR, close;
				after an accept that failed wait a moment and go on.`,
			Check: func(t *T) {
				// Some of those who have a place have not said a word yet.
				silent := []*Client{t.Dial(), t.Dial(), t.Dial()}
				h := t.holdLimit()
				for refused := 0; refused < t.Times(5, 1); {
					var c *Client
					if f := t.attempt(func() { c = t.Dial() }); f != nil && f.status == reports.Failed {
						refused++ // before it was connected: that can be told, too
						continue
					} else if f != nil {
						panic(f)
					}
					c.Step("client %d of a server that serves %d", len(h.served)+1, len(h.served))
					// It is told whether it has asked anything or not. A place that has become free only now is seen by asking.
					asks := refused%2 == 0
					if asks {
						c.Send(t.SetRequest(t.Key(), "abc"))
					}
					line, err := c.wire.ReadLine(longestLine)
					if !asks && wire.KindOf(err) == wire.Timeout && len(line) == 0 {
						c.InStep()
						h.served = append(h.served, c)
						continue
					}
					served, stored := t.Profile.match(string(line), Stored)
					refusal, busy := t.Profile.match(string(line), Busy)
					switch {
					case err == nil && stored:
						c.follow(t.Profile.want(Stored), served, string(line))
						// A place of a client of an earlier rule has become free only now.
						h.served = append(h.served, c)
						t.That("clients served although one was refused before", len(h.served), gomega.BeNumerically("<=", 2*t.Profile.Clients))
						continue
					case err == nil && !busy:
						c.wrong(t.Profile.want(Busy)+", or the connection to be closed", string(line))
					case err == nil:
						c.follow(t.Profile.want(Busy), refusal, string(line))
					case wire.KindOf(err) == wire.Timeout:
						c.lost(err, line, t.Profile.want(Busy)+", or the connection to be closed")
					}
					c.ExpectEnd()
					refused++
				}
				h.askAll("a client too many had been refused")
				for _, c := range silent {
					c.Step("a client too many had been refused, and this one had been silent until then")
					c.InStep()
				}
			},
		},
		{
			ID: "LIM-12", Level: Should, Source: "decision 9", Alone: true, Needs: []Trait{Persistent},
			Title: "a place that becomes free can be taken within 100 ms",
			Text: `With all places taken one client leaves, by the leave command, by closing or by a reset; within 100 ms another
				can take its place. (The best of several tries counts, because the machine may be busy.) Not run where the limit
				is not reached.`,
			Example: `
				- A is the last of 1024 clients that are connected
				A> "get k\r\n"
				A< "NOT-FOUND\r\n"
				A> "end\r\n"
				A< FIN
				B> "get k\r\n"
				B< "NOT-FOUND\r\n"`,
			Pitfall: `The count goes down on end and not when a client closes, is reset or runs into an exception, so places get lost one
				by one; or a sweep gives them back every other second. Give the place back where the connection ends, for whatever
				reason: finally, defer, a destructor.`,
			Check: func(t *T) {
				h := t.holdLimit()
				const within = 100 * time.Millisecond
				for how, leave := range []func(*Client){(*Client).Leave, (*Client).Close, (*Client).Abort} {
					how := []string{"left", "closed", "was reset"}[how]
					best := t.wait
					for range 5 {
						leave(h.served[0])
						h.served = h.served[1:]
						freed := time.Now()
						h.served = append(h.served, t.place(freed, "a client "+how))
						best = min(best, time.Since(freed))
						if best <= within {
							break
						}
					}
					t.Within(fmt.Sprintf("the time until the place of a client that %s could be taken", how), best, within+4*t.target.slowest)
				}
				h.askAll("places had been freed and taken")
			},
		},
	}
}

// held is a crowd of clients, each of which has been served.
type held struct {
	t      *T
	served []*Client
	last   *finding // why not more
}

func (h *held) why() string {
	if h.last == nil {
		return "none was refused"
	}
	return "one more: " + h.last.reason
}

// hold connects n clients and has each of them served, some at a time. Those that are refused try again until none
// has been served for the time of patience: places of clients that have left may need a moment.
func (t *T) hold(n int, patience time.Duration) *held {
	abreast := 32 // a server's queue of connections not yet accepted may be short
	if t.target.RoundTrip > 50*time.Millisecond {
		abreast = 256
	}
	h := &held{t: t}
	var mu sync.Mutex
	progress := time.Now()
	for len(h.served) < n {
		refused := false
		t.Together(min(n-len(h.served), abreast), func(int) {
			c, f := t.tryClient()
			mu.Lock()
			defer mu.Unlock()
			if f != nil {
				refused, h.last = true, f
				return
			}
			h.served = append(h.served, c)
			progress = time.Now()
		})
		if refused {
			if time.Since(progress) > patience {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	t.NeedDescriptors(4) // or this side was the limit
	if len(h.served) == 0 {
		panic(h.last)
	}
	return h
}

// place waits until one more client is served.
func (t *T) place(freed time.Time, who string) *Client {
	for {
		c, f := t.tryClient()
		if f == nil {
			return c
		}
		if time.Since(freed) > t.wait {
			t.Wrong(state, "a free place within 100ms", "none for "+t.wait.String(), "%s, and its place was not free after %v: %s", who, t.wait, f.reason)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// holdLimit takes all places that there are; it ends the check where there are too many.
func (t *T) holdLimit() *held {
	most := 2 * t.Profile.Clients
	t.NeedDescriptors(t.Profile.Clients + 16)
	if have := descriptors(); have < most+16 {
		most = have - 16
	}
	h := t.hold(most, 100*time.Millisecond)
	if len(h.served) >= most {
		h.askAll("%d clients had connected", most) // or some of them lost their place to others
		t.NotRun("the endpoint serves %d clients and more; its limit was not reached", most)
	}
	return h
}

// askAll has every client served once more, all at once.
func (h *held) askAll(format string, args ...any) {
	h.t.Together(len(h.served), func(i int) {
		c := h.served[i]
		c.step = fmt.Sprintf(format, args...)
		c.InStep()
	})
}

// tryClient connects a client and has it served; where it is not, it says why.
func (t *T) tryClient() (c *Client, f *finding) {
	f = t.attempt(func() {
		c = t.Dial()
		c.InStep()
	})
	if f != nil && c != nil {
		c.Close()
	}
	if f != nil && f.status != reports.Failed {
		panic(f)
	}
	return c, f
}

// NeedDescriptors ends the check, inconclusively, unless this process may open n more files.
func (t *T) NeedDescriptors(n int) {
	if have := descriptors(); have < n {
		t.Inconclusive("this process may open only %d more files and %d are needed: raise its limit (ulimit -n)", have, n)
	}
}
