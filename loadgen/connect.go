package loadgen

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"memlite/server/netloop"
)

const (
	// maxDialing bounds the connections that a loop has under way, so that thousands do not overflow the
	// server's queue of new connections, where a lost SYN costs a second.
	maxDialing = 128
	firstRetry = 10 * time.Millisecond
	lastRetry  = time.Second
)

// counts is what the coordinator wants to know of a worker.
type counts struct {
	open, opened, failed, lost int64
	missing                    int64 // clients of servers that cannot be reached, where there are others
	renewed                    int64 // closed because they had made Plan.Churn requests
	answered, errors           int64
	unasked                    int64 // connections that brought bytes nobody had asked for
	fatal                      error // no use in going on
	dialError                  error // the last one
	example                    string
}

func (c *counts) add(o counts) {
	c.open += o.open
	c.opened += o.opened
	c.failed += o.failed
	c.lost += o.lost
	c.missing += o.missing
	c.renewed += o.renewed
	c.answered += o.answered
	c.errors += o.errors
	c.unasked += o.unasked
	if c.fatal == nil {
		c.fatal = o.fatal
	}
	if c.dialError == nil {
		c.dialError = o.dialError
	}
	if c.example == "" {
		c.example = o.example
	}
}

// connect starts to open all connections.
func (w *worker) connect() {
	w.connecting = true
	if r := w.plan.ConnectRate; r > 0 {
		w.ramp = Constant{Rate: r}.Pacer(w.segment, 0)
		w.rampBegin = netloop.Now()
		w.nextJoin, _ = w.ramp.Next()
		w.sweep()
		return
	}
	for i := len(w.clients) - 1; i >= 0; i-- {
		w.down = append(w.down, int32(i))
	}
	w.joined = len(w.clients)
	w.sweep()
}

// join has clients dial whose turn it is on the ramp of connections.
func (w *worker) join(now time.Duration) {
	for w.joined < len(w.clients) && w.rampBegin+w.nextJoin <= now {
		w.down = append(w.down, int32(w.joined))
		w.joined++
		w.nextJoin, _ = w.ramp.Next()
	}
}

// dialMore dials clients that are down and whose time has come.
func (w *worker) dialMore(now time.Duration) {
	for i := len(w.down) - 1; i >= 0 && w.dialing < maxDialing; i-- {
		c := &w.clients[w.down[i]]
		if c.since > now {
			continue
		}
		w.down[i] = w.down[len(w.down)-1]
		w.down = w.down[:len(w.down)-1]
		c.state, c.since = dialing, now
		w.dialing++
		if s := &w.servers[c.server]; s.secure != nil {
			c.conn = w.loop.DialTLS(s.target.network, s.target.dial, s.secure, w, c)
		} else {
			c.conn = w.loop.Dial(s.target.network, s.target.dial, w, c)
		}
	}
}

// retry queues c up for another connection: at once after one that brought answers, later and later after others.
func (w *worker) retry(c *client, now time.Duration) {
	c.conn, c.state, c.since, c.reply = nil, down, now, reply{proof: c.reply.proof}
	if c.fails > 0 {
		c.since += min(firstRetry<<min(c.fails-1, 10), lastRetry)
	}
	if c.fails < 255 {
		c.fails++
	}
	if w.leaving {
		return
	}
	w.down = append(w.down, c.index)
	w.sweepBy(c.since)
}

// sweepBy has sweep called at the time at, or earlier if it was to be.
func (w *worker) sweepBy(at time.Duration) {
	if at < w.sweepAt {
		w.sweepAt = at
		w.sweeper.Reset(at)
	}
}

// Open is called when a connection is up.
func (w *worker) Open(conn *netloop.Conn) {
	c, ok := conn.State.(*client)
	if !ok {
		return
	}
	now := netloop.Now()
	c.state, c.since, c.rest = open, now, uint32(max(w.plan.Churn, 1))
	w.dialing--
	w.counts.open++
	w.counts.opened++
	w.reached(c)
	if w.connecting && w.counts.open+w.missing() == int64(len(w.clients)) {
		w.wake()
	}
	w.dialMore(now)
	if w.stage != nil {
		w.fill(c, now)
		w.serve(now)
	}
}

// End is called when the server has shut its sending side: no reply can come any more.
func (w *worker) End(conn *netloop.Conn) {
	if c, ok := conn.State.(*client); ok {
		w.lose(c, Ended, netloop.Now())
	}
}

// Closed is called when a connection has ended by itself, could not be opened, or was given up.
func (w *worker) Closed(conn *netloop.Conn, err error) {
	c, ok := conn.State.(*client)
	if !ok {
		if w.parting > 0 {
			w.parting--
			w.checkGone()
		}
		return
	}
	now := netloop.Now()
	switch c.state {
	case dialing:
		w.dialFailed(c, err, now)
		w.dialMore(now)
		return
	case renewing:
		w.retry(c, now)
		return
	}
	if w.continuum == nil && w.counts.answered == 0 && alerted(err) {
		w.counts.fatal = w.plan.TLS.explain(fmt.Errorf("%s: %w", w.servers[0].target.dial, err))
		w.wake()
	}
	kind := Ended
	if isReset(err) {
		kind = Reset
	}
	w.lose(c, kind, now)
}

// lose gives a connection up. What is in flight on it ends as o.
func (w *worker) lose(c *client, o Outcome, now time.Duration) {
	for c.n > 0 {
		w.finish(c, o, now)
	}
	c.conn.State = nil // its Closed is no news
	c.conn.Abort()
	w.counts.open--
	w.counts.lost++
	s := &w.servers[c.server]
	s.open--
	s.Lost++
	w.retry(c, now)
	if w.stage != nil {
		w.checkIdle()
	}
	if w.counts.answered == 0 {
		w.wake() // it may never be any better
	}
}

// reopen closes a connection that has made all of its requests and has every reply. It is closed in order, without a
// command for it: not every dialect has one, and a server has to bear clients that just go. It is opened again when the
// server has closed its side, or Config.Linger is over: a server that is full with Plan.Clients connections would refuse one more.
func (w *worker) reopen(c *client) {
	c.state = renewing
	c.conn.Close()
	w.counts.open--
	w.counts.renewed++
	s := &w.servers[c.server]
	s.open--
	s.Renewed++
}

func (w *worker) dialFailed(c *client, err error, now time.Duration) {
	err = w.plan.TLS.explain(err)
	w.dialing--
	w.counts.failed++
	w.counts.dialError = err
	w.unreached(c, err, now)
	// Where not even the first connection can be made, there is nothing to wait for, but for a queue that is full.
	hopeless := w.continuum == nil && w.counts.opened == 0 && !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, context.DeadlineExceeded)
	if w.connecting && (hopeless || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.EADDRNOTAVAIL)) {
		w.counts.fatal = err
		w.wake()
	}
	w.retry(c, now)
}

// sweep looks for what has taken too long, and dials those whose time has come.
func (w *worker) sweep() {
	if w.leaving {
		return
	}
	now := netloop.Now()
	w.turn(now)
	period := min(max(w.plan.Timeout/10, 5*time.Millisecond), 500*time.Millisecond)
	if now >= w.scanAt {
		w.scanAt = now + period
		for i := range w.clients {
			c := &w.clients[i]
			switch {
			case c.state == dialing && now-c.since > w.plan.Timeout:
				c.conn.State = nil
				c.conn.Abort()
				w.dialFailed(c, fmt.Errorf("dial %s: %w", w.servers[c.server].target.dial, context.DeadlineExceeded), now)
			case c.state == open && c.n > 0 && now-w.oldest(c).sent > w.plan.Timeout:
				w.lose(c, Timeout, now)
			}
		}
	}
	w.join(now)
	w.dialMore(now)
	if w.stage != nil {
		w.serve(now)
	}
	w.sweepAt = forever
	w.sweepBy(w.scanAt)
	if w.joined < len(w.clients) {
		w.sweepBy(w.rampBegin + w.nextJoin)
	}
	if len(w.down) > 0 {
		w.sweepBy(now + firstRetry)
	}
}

// finishUp gives up what is still in flight and returns how much of it belongs to recorded stages. The run is over
// then, and the replies may come yet: nobody is to take them for bytes too many.
func (w *worker) finishUp() (abandoned int64) {
	for i := range w.clients {
		c := &w.clients[i]
		if c.n == 0 {
			continue
		}
		for ; c.n > 0; w.pop(c) {
			if w.stages[w.oldest(c).stage].recorded {
				abandoned++
			}
			w.settle(c, Timeout)
		}
		w.part(c)
	}
	w.flying = 0
	return abandoned
}

// leave closes all connections in order.
func (w *worker) leave() {
	w.leaving = true
	w.timer.Stop()
	w.sweeper.Stop()
	for i := range w.clients {
		w.part(&w.clients[i])
	}
	w.checkGone()
}

// part closes a connection in order and forgets it.
func (w *worker) part(c *client) {
	if c.conn != nil {
		c.conn.State = nil
		c.conn.Close()
		c.conn, c.state = nil, down
		w.parting++
	}
}

func (w *worker) checkGone() {
	if w.leaving && w.parting == 0 {
		w.wake()
	}
}
