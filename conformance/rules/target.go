package rules

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"memlite/conformance/process"
	"memlite/conformance/wire"
	"memlite/reports"
)

// Deadlines. A wait is never shorter than floor, because the machine may be loaded and the endpoint innocent; a
// multiple of the round trip lets servers that sleep on purpose pass.
const (
	floor        = 2 * time.Second
	multiple     = 20
	impatience   = 250 * time.Millisecond // when the endpoint has shown itself dead
	deadRules    = 3                      // so many rules in a row without one byte of answer show it
	firstWait    = 8 * time.Second        // for the very first answer, when no round trip is known
	measureFor   = time.Second
	measureLeast = 6 // samples; more of them where they come quickly
	measureMost  = 40
	leastApart   = 20 * time.Millisecond // between two writes that must not meet
	mostApart    = 2 * time.Second
	recovery     = 10 * time.Second // for the endpoint to see off the clients of a rule that had many
)

// Target is the endpoint of one run with what is known about it. Rules that are not Alone may be run side by side.
type Target struct {
	Addr    string
	Profile Profile
	Seed    int64
	// RoundTrip is the median of the measured ones; 0 when nothing was answered.
	RoundTrip time.Duration
	// Server is the endpoint's server where the suite has started it itself; nil where it was given an address only.
	Server *process.Server

	token string // part of every key, so that a run does not meet the keys of another
	// Of the measured round trips. A deadline comes from the slowest; how much is asked comes from the quickest, which is the endpoint's
	// own where the machine is busy.
	slowest, quickest time.Duration
	sown              *sown // nil if nothing could be stored at the beginning

	mu      sync.Mutex // guards what the rules before have shown
	mute    bool       // nothing has ever been received
	dead    int        // rules in a row that failed without receiving a byte
	crowded bool       // the rule before had many clients
	sampled []string   // rules that asked less than they would have asked a quicker endpoint

	answered string // the last rule that got an answer
	gone     bool   // since then, nobody has listened

	life     sync.Mutex // guards what is known of Server's ends; taken before mu
	exits    []Exit
	counted  bool   // the last end is among them
	last     string // the rule that was asked last
	taken    string // why it could not listen on its port again, once that has happened
	stubborn bool   // it does not end when it is told to
	lost     string // why it cannot be started any more
}

// NewTarget describes an endpoint; nothing is sent yet.
func NewTarget(addr string, profile Profile, seed int64) *Target {
	// Not from the seed: the same seed again, on the same endpoint, must find fresh keys again.
	token := strconv.FormatUint(uint64(time.Now().UnixNano())%(36*36*36*36*36*36*36), 36)
	return &Target{Addr: addr, Profile: profile, Seed: seed, token: token}
}

// Measure takes the endpoint's round trip from a few sets and gets of fresh keys, waiting at most first for the
// first answer (0 means 8 s). What is answered does not matter here, nor whether anything is; an error means that
// there is nobody to connect to.
func (g *Target) Measure(ctx context.Context, first time.Duration) error {
	if first <= 0 || first > firstWait {
		first = firstWait
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	log := wire.NewTranscript()
	c, err := g.open(ctx, first, log)
	switch wire.KindOf(err) {
	case "":
	case wire.Reset:
		g.mute = true
		return nil
	default:
		return err
	}

	var samples []time.Duration
	for began := time.Now(); len(samples) < measureMost && (len(samples) < measureLeast || time.Since(began) < measureFor/20) && time.Since(began) < measureFor; {
		if len(samples) > 0 && g.Profile.OneRequest {
			if c, err = g.open(ctx, c.Wait, log); err != nil {
				break
			}
		}
		sent := time.Now()
		if g.ask(c, len(samples)) != nil {
			break
		}
		samples = append(samples, time.Since(sent))
		c.Wait = floor + multiple*samples[0]
	}
	g.mute = log.Received() == 0
	if len(samples) > 0 {
		g.RoundTrip = median(samples)
		g.quickest, g.slowest = samples[0], samples[len(samples)-1]
	}
	return nil
}

// ask sends the nth request that is only there to be answered, and reads the answer: sets and gets in turn, or only sets
// where a miss is not answered, and where a set takes longer because it needs two writes.
func (g *Target) ask(c *wire.Client, n int) error {
	p, key, outcome := &g.Profile, fmt.Sprintf("rtt-%s-%d", g.token, n), Missing
	request := p.getRequest(key)
	if p.silent(Missing) || p.Writes == TwoWrites || n%2 == 0 {
		request, outcome = p.setRequest(key+"x", "abc"), Stored
	}
	var pieces [][]byte
	for _, piece := range p.pieces(request) {
		pieces = append(pieces, []byte(piece))
	}
	if err := c.SendApart(pieces, g.apart()); err != nil {
		return err
	}
	for range strings.Split(p.Replies[outcome][0], "\n") {
		if _, err := c.ReadLine(64 << 10); err != nil {
			return err
		}
	}
	return nil
}

// open connects and reads over the greeting. The connection is closed when ctx ends.
func (g *Target) open(ctx context.Context, wait time.Duration, log *wire.Transcript) (*wire.Client, error) {
	c, err := wire.Dial(ctx, g.Endpoint(), wait, log)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, c.Close)
	for range g.Profile.Greeting {
		if _, err := c.ReadLine(64 << 10); err != nil {
			break // the answers tell
		}
	}
	return c, nil
}

// apart is how long the endpoint is given between the writes of one request that it wants in several: with less, a busy one finds both
// in what it takes for the first.
func (g *Target) apart() time.Duration {
	return min(max(leastApart, 2*g.slowest), mostApart)
}

// wait returns the deadline of every wait of the next rule, and why it is short where it is.
func (g *Target) wait() (time.Duration, string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.mute:
		return impatience, fmt.Sprintf("the endpoint has not sent a byte yet, so waits are cut to %v", impatience)
	case g.dead >= deadRules:
		short := impatience + 2*g.slowest
		return short, fmt.Sprintf("%d rules in a row got no byte of answer, so waits are cut to %v", g.dead, short.Round(time.Millisecond))
	}
	return max(floor+multiple*g.slowest, g.Profile.Patience), ""
}

// Run checks one rule. It returns when the check has ended and its connections are closed; ctx cuts it short, and
// the rule is then inconclusive.
func (g *Target) Run(ctx context.Context, rule Rule) *reports.Rule {
	out := rule.Report()
	began := time.Now()
	a := g.attended(ctx, rule)
	t, f := a.t, a.f
	out.Elapsed = time.Since(began)

	switch {
	case f == nil && !t.probed.Load():
		out.Status, out.Reason = reports.Inconclusive, "fault in the suite: the rule has no sync probe"
	case f == nil:
		out.Status = reports.Passed
	case f.status != reports.NotRun && a.interrupted:
		out.Status, out.Reason = reports.Inconclusive, CutShort(ctx)
	default:
		out.Status, out.Kind, out.Want, out.Got, out.Reason, out.Client = f.status, f.kind, f.want, f.got, f.reason, f.client
		if f.kind == silence && a.short != "" {
			out.Reason += " (" + a.short + ")"
		}
		if f.status == reports.Failed {
			out.Attachments = t.attachments
			out.Known = g.Profile.Known[rule.ID]
		}
	}
	switch out.Status {
	case reports.Failed, reports.Inconclusive:
		g.quoteServer(t, a.said)
		out.Transcript = t.log.Events()
	case reports.Passed:
		out.Transcript = t.log.Brief()
	}
	g.observe(out, t.log.Received())
	if t.sampled.Load() {
		g.mu.Lock()
		g.sampled = append(g.sampled, rule.ID)
		g.mu.Unlock()
	}
	return out
}

// asked is what came of asking a rule once.
type asked struct {
	t           *T
	f           *finding // nil if the rule held
	short       string   // why its waits were cut
	interrupted bool
	said        int64  // where the server's output was before
	end         string // how the server ended or failed meanwhile, "" if it did not
}

func (g *Target) once(ctx context.Context, rule Rule) asked {
	did, said := g.revive(ctx, rule)
	if g.crowd(rule) {
		g.recover(ctx)
	}
	wait, short := g.wait()
	a := asked{t: newT(ctx, g, rule, wait), short: short, said: said}
	if did != "" {
		a.t.log.Note(0, did)
	}
	a.f = a.t.attempt(func() { rule.Check(a.t) })
	a.interrupted = ctx.Err() != nil
	a.t.close()
	g.fate(ctx, &a)
	return a
}

// recover waits until the endpoint answers a new client: one with a thread for each client needs time to see two thousand of them
// off, and that must not be held against it in the rules that follow. One that nobody can connect to is not waited for.
func (g *Target) recover(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, recovery)
	defer cancel()
	for ctx.Err() == nil {
		c, err := g.open(ctx, recovery, wire.NewTranscript())
		switch wire.KindOf(err) {
		case "":
		case wire.Reset:
			time.Sleep(impatience)
			continue
		default:
			return
		}
		err = g.ask(c, 1)
		c.Close()
		if err == nil {
			return
		}
		time.Sleep(impatience)
	}
}

// crowd notes whether rule may leave many clients behind, and reports whether the rule before it may have, and should be
// recovered from.
func (g *Target) crowd(rule Rule) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	before := g.crowded
	g.crowded = rule.Alone
	return before && !g.mute
}

// Sampled lists the rules that asked the endpoint less than they ask one that answers at once, in the order in which they were run.
func (g *Target) Sampled() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.sampled)
}

func (g *Target) observe(r *reports.Rule, received int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case received > 0 || r.Status == reports.Passed:
		g.mute, g.dead = false, 0
		g.answered, g.gone = r.ID, false
	case r.Status == reports.Failed:
		g.dead++
		g.gone = g.gone || r.Kind == connect
	}
}

// TimeRanOut is what CutShort says of a run that nobody ended.
const TimeRanOut = "time ran out"

// CutShort says in words why ctx has ended.
func CutShort(ctx context.Context) string {
	if ctx.Err() == context.DeadlineExceeded {
		return TimeRanOut
	}
	return "the run was cut short"
}

// attempt runs fn and returns the finding that ended it, if one did.
func (t *T) attempt(fn func()) (f *finding) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *finding:
			f = p
		default:
			// A fault of the suite, or of Gomega on an odd value. It must not take the run with it, nor pass.
			f = &finding{status: reports.Inconclusive, reason: fmt.Sprintf("fault in the suite: %v", p)}
			t.log.Note(0, string(debug.Stack()))
		}
	}()
	fn()
	return nil
}

func (g *Target) random(id string, stream uint64) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", id, stream)
	return rand.New(rand.NewPCG(uint64(g.Seed), h.Sum64()))
}
