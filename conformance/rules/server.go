package rules

import (
	"context"
	"fmt"
	"strings"
	"time"

	"memlite/conformance/wire"
	"memlite/reports"
)

// What is known of a server that the suite has started itself.
const (
	lastWords = 10                     // lines of its output, with a failed rule
	dying     = 200 * time.Millisecond // from the end of its connections to the end of its process
)

// Exit is an end of the server that nobody had asked for.
type Exit struct {
	Rule string // that was being asked, or had been asked last
	Late bool   // noticed only after the rule had ended, and maybe had passed
	How  string // "exited with status 1"
}

// Exits returns the ends so far, in order.
func (g *Target) Exits() []Exit {
	g.life.Lock()
	defer g.life.Unlock()
	g.notice()
	return append([]Exit(nil), g.exits...)
}

// Dismiss says that the rules are through: what becomes of the server from now on is none of their doing. It returns how often it has
// ended so far.
func (g *Target) Dismiss() (ends int) {
	if g.Server != nil {
		g.Server.AwaitEnd(dying) // of the last one's clients
	}
	g.life.Lock()
	defer g.life.Unlock()
	g.notice()
	g.counted = true
	return len(g.exits)
}

// Endpoint is where the endpoint listens: a server that the suite has started may have moved.
func (g *Target) Endpoint() string {
	if g.Server != nil {
		return g.Server.Addr()
	}
	return g.Addr
}

// notice enters an end that no rule has noticed.
func (g *Target) notice() {
	if g.Server == nil || g.counted {
		return
	}
	if how, ended := g.Server.Ended(); ended {
		g.exits = append(g.exits, Exit{Rule: g.last, Late: true, How: how})
		g.counted = true
	}
}

// revive has a server that has ended run again before rule is asked, so that the rules behind a crash are asked too. It says what it
// had to do, and where the server's output was then. A server that does not start on its data any more gets an empty folder; one that does not start at all is left alone, and the
// rules fail because nobody listens.
func (g *Target) revive(ctx context.Context, rule Rule) (did string, said int64) {
	if g.Server == nil {
		return "", 0
	}
	g.life.Lock()
	defer g.life.Unlock()
	if g.last == "" {
		g.last = rule.ID // or the first requests, before any rule
	}
	g.notice()
	after := g.last
	g.last = rule.ID
	said = g.Server.Mark()
	if g.Server.Running() || g.lost != "" {
		return g.lost, said
	}
	_ = g.Server.Kill() // what it has left behind
	g.mu.Lock()
	g.sown = nil // that it may have gone with the server is not for CON-11 to find
	g.mu.Unlock()
	err := g.restart(ctx)
	if err != nil && ctx.Err() == nil {
		if g.Server.Renew(true) == nil && g.Server.Start(ctx) == nil {
			g.counted = false
			return fmt.Sprintf("the server did not start again on its data after %s, and was given an empty folder: %v", after, err), said
		}
		g.lost = fmt.Sprintf("the server did not start again after %s: %v", after, err)
		return g.lost, said
	}
	return "the server had ended and was started again", said
}

// restart starts the server on its data: on its port or, where that is still taken from the last time, on another. That the port is free again
// is a rule of its own.
func (g *Target) restart(ctx context.Context) error {
	if g.taken != "" {
		_ = g.Server.Renew(false)
	}
	err := g.Server.Start(ctx)
	if err != nil && g.taken == "" && ctx.Err() == nil {
		if e := g.Server.Renew(false); e != nil {
			return err
		}
		if e := g.Server.Start(ctx); e != nil {
			return err
		}
		g.taken, err = why(err), nil
	}
	if err == nil {
		g.counted = false
	}
	return err
}

// why is what a failed start says behind the command.
func why(err error) string {
	_, text, _ := strings.Cut(err.Error(), `": `)
	return text
}

// attended asks a rule and sees to the server: how it ended, if it did, and whose fault that is. Where a rule got not one byte of answer, the
// server may have gone with the clients of the rule before; so it is asked again of a new one.
func (g *Target) attended(ctx context.Context, rule Rule) asked {
	g.life.Lock()
	before := g.last
	g.life.Unlock()
	a := g.once(ctx, rule)
	if a.end == "" {
		return a
	}
	exit := Exit{Rule: rule.ID, How: a.end}
	if before != "" && a.t.log.Received() == 0 {
		if again := g.once(ctx, rule); again.end == "" && ctx.Err() == nil {
			a, exit = again, Exit{Rule: before, Late: true, How: a.end}
		}
	}
	g.life.Lock()
	defer g.life.Unlock()
	g.exits = append(g.exits, exit)
	return a
}

// fate adds to what a rule found what has become of the server.
func (g *Target) fate(ctx context.Context, a *asked) {
	if g.Server == nil || ctx.Err() != nil {
		return
	}
	lost := a.f != nil && a.f.status == reports.Failed && (a.f.kind == silence || a.f.kind == closed || a.f.kind == connect)
	if lost {
		g.Server.AwaitEnd(dying)
	}
	g.life.Lock()
	defer g.life.Unlock()
	how, ended := g.Server.Ended()
	if !ended && lost && g.Server.Running() && !g.silent() && !g.answers(ctx, a.t.rule) && ctx.Err() == nil {
		// One that is ending closes its connections first.
		g.Server.AwaitEnd(5 * dying)
		if how, ended = g.Server.Ended(); !ended {
			_ = g.Server.Kill()
			how, ended, g.counted = "did not answer anybody any more and was killed", true, false
		}
	}
	if !ended || g.counted {
		return
	}
	g.counted, a.end = true, how
	a.t.log.Note(0, "the server "+how)
	if a.f == nil || a.f.status != reports.Failed {
		a.f = &finding{status: reports.Failed, kind: closed, want: "the server to go on", got: "it " + how, reason: "the server " + how + " in this rule"}
		return
	}
	a.f.reason = fmt.Sprintf("the server %s in this rule: %s", how, a.f.reason)
}

// silent reports whether nothing has ever been received.
func (g *Target) silent() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mute
}

// answers reports whether a new client is answered at all.
func (g *Target) answers(ctx context.Context, rule Rule) bool {
	wait, _ := g.wait()
	if rule.Alone {
		wait = max(wait, recovery)
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	c, err := g.open(ctx, wait, wire.NewTranscript())
	return err == nil && g.ask(c, 1) == nil
}

// quoteServer puts what the server wrote since mark into the transcript of a rule that failed.
func (g *Target) quoteServer(t *T, mark int64) {
	if g.Server == nil {
		return
	}
	for _, line := range g.Server.Since(mark, lastWords) {
		t.log.Note(0, "the server wrote: "+line)
	}
}

// Warnings says what became of the endpoint during the run: a sentence each.
func (g *Target) Warnings() (list []string) {
	where, hows := map[string][]string{}, []string{}
	for _, e := range g.Exits() {
		if where[e.How] == nil {
			hows = append(hows, e.How)
		}
		when := "during " + e.Rule
		if e.Late {
			when = "after " + e.Rule
		}
		where[e.How] = append(where[e.How], when)
	}
	for _, how := range hows {
		times := where[how]
		if more := len(times) - 6; more > 0 {
			times = append(times[:6:6], fmt.Sprintf("and %d more", more))
		}
		list = append(list, fmt.Sprintf("the server %s %s", how, strings.Join(times, ", ")))
	}
	g.life.Lock()
	defer g.life.Unlock()
	if g.lost != "" {
		list = append(list, g.lost)
	}
	if g.taken != "" {
		list = append(list, "the server could not be started again on its port, and was given others (DUR-08 is about that): "+g.taken)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gone && g.Server == nil {
		list = append(list, "nobody has listened since "+g.answered)
	}
	return list
}
