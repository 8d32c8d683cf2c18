package rules

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/onsi/gomega/types"

	"memlite/conformance/wire"
	"memlite/reports"
)

// T is what a check works with. Its methods end the check at the first thing that is wrong. They may be called from
// any goroutine that Together started; Rand is for the check's own goroutine alone (each Client has another).
type T struct {
	Profile Profile
	Rand    *rand.Rand // from the run's seed and the rule's ID

	target *Target
	rule   Rule
	log    *wire.Transcript
	wait   time.Duration
	ctx    context.Context
	cancel context.CancelFunc

	probed  atomic.Bool // there was a sync probe
	sampled atomic.Bool // less was asked than of an endpoint that answers at once

	attachments []reports.Attachment

	mu      sync.Mutex
	clients []*Client
	keys    int
}

func newT(ctx context.Context, g *Target, rule Rule, wait time.Duration) *T {
	t := &T{Profile: g.Profile, Rand: g.random(rule.ID, 0), target: g, rule: rule, log: wire.NewTranscript(), wait: wait}
	t.ctx, t.cancel = context.WithCancel(ctx)
	return t
}

// close leaves no connection behind. Many at once are asked to leave, so that the side of the server closes first:
// otherwise a few runs would fill this machine's table of recently used ports.
func (t *T) close() {
	t.mu.Lock()
	clients := t.clients
	t.mu.Unlock()
	if len(clients) > 100 && t.ctx.Err() == nil && t.Has(Leaving) {
		polite := time.Now().Add(300 * time.Millisecond)
		for _, c := range clients {
			_ = c.wire.Send([]byte(t.LeaveLine()))
		}
		for _, c := range clients {
			c.wire.Wait = max(time.Until(polite), time.Millisecond)
			_, _, _ = c.wire.ReadToEnd(1 << 10)
		}
	}
	t.cancel()
	for _, c := range clients {
		c.wire.Close()
	}
}

// Dial connects one more client.
func (t *T) Dial() *Client {
	c := &Client{t: t}
	c.connect()
	c.Rand = t.target.random(t.rule.ID, uint64(c.wire.Number))
	t.mu.Lock()
	t.clients = append(t.clients, c)
	t.mu.Unlock()
	return c
}

// Each connects n clients and runs fn for all of them at once.
func (t *T) Each(n int, fn func(i int, c *Client)) {
	clients := make([]*Client, n)
	for i := range clients {
		clients[i] = t.Dial()
	}
	t.Together(n, func(i int) { fn(i, clients[i]) })
}

// Together runs fn(0) to fn(n-1) at once and waits for all. The first finding ends the others by closing the check's
// connections, and then the check.
func (t *T) Together(n int, fn func(i int)) {
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first *finding
	)
	for i := range n {
		wg.Go(func() {
			if f := t.attempt(func() { fn(i) }); f != nil {
				once.Do(func() { first = f; t.log.Fail(f.client); t.cancel() })
			}
		})
	}
	wg.Wait()
	if first != nil {
		panic(first)
	}
}

// Key returns a key that nobody has used, of one of the plain forms that people use.
func (t *T) Key() string {
	t.mu.Lock()
	t.keys++
	n := t.keys
	t.mu.Unlock()
	id := fmt.Sprintf("%s.%d", strings.ToLower(strings.ReplaceAll(t.rule.ID, "-", "")), n)
	switch n % 5 {
	case 0:
		return "user:" + t.target.token + ":" + id
	case 1:
		return "k-" + t.target.token + "-" + id
	case 2:
		return t.target.token + "_" + id + "_Name"
	case 3:
		return id + "." + t.target.token
	}
	return "session-" + strings.Repeat("0", n%40) + "-" + t.target.token + "-" + id
}

// KeyOf returns a fresh key of n bytes. Below 24 it may not be fresh to the endpoint, only to this rule's run.
func (t *T) KeyOf(n int) string {
	key := t.Key()
	if n < 24 {
		key = text(t.Rand, n, keyBytes)
	}
	return (key + strings.Repeat("k", max(0, n-len(key))))[:n]
}

// Text returns n random printable bytes, neither the first nor the last a space.
func (t *T) Text(n int) string { return t.text(t.Rand, n) }

func (t *T) text(r *rand.Rand, n int) string {
	if t.Profile.Words {
		return text(r, n, plainBytes)
	}
	return printable(r, n)
}

// UpTo is n, or the largest value that the endpoint is said to take.
func (t *T) UpTo(n int) int { return min(n, t.Profile.MaxValue) }

// Bytes returns n random bytes that the dialect allows in a value.
func (t *T) Bytes(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(t.Rand.Uint32())
		if i > 0 && b[i-1] == '\r' && b[i] == '\n' && t.Profile.Dialect == Lite {
			b[i] = 0
		}
	}
	return string(b)
}

// Times returns how often to repeat something: want on an endpoint that answers at once, fewer on a slow one, but
// never less than least, below which the rule would say nothing.
func (t *T) Times(want, least int) int {
	if t.target.quickest <= 0 {
		return want
	}
	budget := time.Second
	if t.target.quickest < 20*time.Millisecond {
		budget = 3 * time.Second // nobody sleeps on purpose that shortly: the machine is busy, and that is no reason to ask less
	}
	n := min(want, max(least, int(budget/t.target.quickest)))
	if n < want {
		t.sampled.Store(true)
	}
	return n
}

// Volume is Times for requests that are sent without waiting: their number is what must not fit into the kernel's buffers, so
// only an endpoint that sleeps on purpose is spared, not one on a busy machine.
func (t *T) Volume(want, least int) int {
	if t.target.RoundTrip < 100*time.Millisecond {
		return want
	}
	return t.Times(want, least)
}

// Some returns all of list in order on an endpoint that answers at once, and a sample drawn from the seed on a slow one.
func Some[E any](t *T, list []E, least int) []E {
	n := t.Times(len(list), min(least, len(list)))
	if n == len(list) {
		return list
	}
	chosen := t.Rand.Perm(len(list))[:n]
	slices.Sort(chosen)
	out := make([]E, n)
	for i, j := range chosen {
		out[i] = list[j]
	}
	return out
}

// That fails the check unless actual is as the matcher wants it; what says what actual is.
func (t *T) That(what string, actual any, matcher types.GomegaMatcher) {
	ok, err := matcher.Match(actual)
	if err != nil {
		panic(&finding{status: reports.Inconclusive, reason: fmt.Sprintf("%s: %v", what, err)})
	}
	if !ok {
		// Gomega's message is "Expected\n    <int>: 3\nto be >=\n    <int>: 4".
		message := strings.Join(strings.Fields(gomegaType.ReplaceAllString(matcher.FailureMessage(actual), "")), " ")
		got, want, _ := strings.Cut(strings.TrimPrefix(message, "Expected "), " to ")
		t.Wrong(state, "to "+want, got, "%s: %s, and that had %s", what, got, "to "+want)
	}
}

// Within fails the check if something took longer than it may; what says what it was.
func (t *T) Within(what string, took, bound time.Duration) {
	if took > bound {
		took, bound = took.Round(100*time.Microsecond), bound.Round(100*time.Microsecond)
		t.Wrong(state, fmt.Sprintf("at most %v", bound), took.String(), "%s was %v, and may be at most %v", what, took, bound)
	}
}

var gomegaType = regexp.MustCompile(`<[^ >]*>: `)

// Wrong fails the check with a finding of the given kind.
func (t *T) Wrong(kind, want, got, format string, args ...any) {
	panic(&finding{status: reports.Failed, kind: kind, want: want, got: got, reason: fmt.Sprintf(format, args...)})
}

// Attach adds a document to what is reported of the rule, unless it is larger than a report may hold. It is for the check's
// own goroutine, before the check fails.
func (t *T) Attach(name, mediaType string, content []byte) {
	if len(content) <= reports.MaxAttachment {
		t.attachments = append(t.attachments, reports.Attachment{Name: name, MediaType: mediaType, Content: content})
	}
}

// NotRun ends the check because the endpoint cannot be asked.
func (t *T) NotRun(format string, args ...any) {
	panic(&finding{status: reports.NotRun, reason: fmt.Sprintf(format, args...)})
}

// Inconclusive ends the check because it could not be decided; that is never a pass.
func (t *T) Inconclusive(format string, args ...any) {
	panic(&finding{status: reports.Inconclusive, reason: fmt.Sprintf(format, args...)})
}

// forget closes a client for good, so that a check with thousands of them does not keep them all.
func (t *T) forget(c *Client) {
	c.wire.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.clients, c); i >= 0 {
		t.clients = slices.Delete(t.clients, i, i+1)
	}
}
