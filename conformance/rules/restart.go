package rules

import (
	"errors"
	"fmt"
	"time"

	"memlite/conformance/process"
)

// How long a server may take to end when it is told to: to write down what it has not yet, not to wait until clients leave.
const stopWithin = 10 * time.Second

// server is the endpoint's own, or the end of the check: where the suite was only given an address it cannot stop anything.
func (t *T) server() *process.Server {
	if t.target.Server == nil {
		t.NotRun("%s", NeedsStart)
	}
	return t.target.Server
}

// NeedsStart is why a rule that Restarts is not run.
const NeedsStart = "needs --start 'COMMAND': the suite has to stop the server and to start it again"

// An ending is a way in which a server ends.
type ending struct {
	name string // what became of the server, behind "after"
	do   func(*T)
}

// endings are a stop and a kill, in this order.
func endings() []ending {
	return []ending{
		{"the server was told to stop (SIGTERM) and started again", (*T).stop},
		{"the server was killed (SIGKILL) and started again", (*T).kill},
	}
}

// kill ends the server without a chance to do anything.
func (t *T) kill() {
	t.log.Note(0, "the server is killed with SIGKILL")
	t.clear()
}

// clear leaves nothing of the server running.
func (t *T) clear() {
	if err := t.server().Kill(); err != nil {
		t.Inconclusive("%v", err)
	}
}

// stop tells the server to end and waits until it has. One that does not end in time is killed: that it ends is a rule of its own.
func (t *T) stop() {
	took, ended := t.terminate()
	if !ended {
		t.log.Note(0, "it has not ended")
		t.kill()
		return
	}
	t.log.Note(0, fmt.Sprintf("it has ended after %v", took.Round(time.Millisecond)))
	t.clear()
}

// terminate tells the server to end, and says how long that took.
func (t *T) terminate() (took time.Duration, ended bool) {
	s := t.server()
	t.log.Note(0, "the server is told to stop with SIGTERM")
	began := time.Now()
	if err := s.Terminate(); errors.Is(err, errors.ErrUnsupported) {
		return 0, false
	}
	within := t.stopWithin()
	t.target.life.Lock()
	if t.target.stubborn {
		within = impatience
	}
	t.target.life.Unlock()
	ended = s.Gone(t.ctx, within)
	if !ended && t.ctx.Err() == nil {
		t.target.life.Lock()
		t.target.stubborn = true
		t.target.life.Unlock()
	}
	return time.Since(began), ended
}

func (t *T) stopWithin() time.Duration { return stopWithin + multiple*t.target.slowest }

// restart has the server listen again, on the same data.
func (t *T) restart() {
	t.target.life.Lock()
	defer t.target.life.Unlock()
	began := time.Now()
	if err := t.target.restart(t.ctx); err != nil {
		t.startFailed(err)
	}
	t.log.Note(0, fmt.Sprintf("the server listens on %s again after %v", t.target.Endpoint(), time.Since(began).Round(time.Millisecond)))
}

// startFailed is the finding that the server does not start any more.
func (t *T) startFailed(err error) {
	if t.ctx.Err() != nil {
		t.Inconclusive("%v", t.ctx.Err())
	}
	t.Wrong(state, fmt.Sprintf("the server to listen again within %v", t.server().Within().Round(time.Second)), why(err), "the server does not start again on its data: %s", why(err))
}

// Rounds is how often to restart the server: want where it starts and answers quickly, fewer where it takes its time, but not less than
// least.
func (t *T) Rounds(want, least int) int {
	const budget, requests = time.Second, 5 // at least so many to see what a restart has left
	return min(want, max(least, int(budget/max(t.server().StartTime()+requests*t.target.quickest, time.Millisecond))))
}
