package netloop

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"sync"
	"syscall"
	"time"
)

// portable is the engine over package net. Goroutines wait for the sockets; whichever has news takes a turn under
// the loop's lock, so the loop's calls come one at a time here too. Nothing that may block is done under the lock.
type portable struct {
	l      *Loop
	mu     sync.Mutex
	wakeup chan struct{}
	alarm  *time.Timer
	conns  map[*Conn]struct{}
	entry  time.Duration // when this turn got the lock
}

func newPortable(l *Loop) *portable {
	e := &portable{l: l, wakeup: make(chan struct{}, 1), alarm: time.NewTimer(time.Hour), conns: map[*Conn]struct{}{}}
	e.alarm.Stop()
	return e
}

func (e *portable) wake() {
	select {
	case e.wakeup <- struct{}{}:
	default: // a turn is due as it is
	}
}

// enter begins a turn.
func (e *portable) enter() {
	e.mu.Lock()
	e.begin()
}

func (e *portable) begin() {
	e.entry = Now()
	e.l.now = e.entry
}

// leave ends a turn.
func (e *portable) leave() {
	if e.l.settle() {
		e.wake()
	}
	now := Now()
	if at, ok := e.l.timers.next(); ok {
		e.alarm.Reset(max(0, at-now))
	} else {
		e.alarm.Stop()
	}
	e.l.busy.Add(int64(now - e.entry))
	e.mu.Unlock()
}

// run takes the turns of timers and posts.
func (e *portable) run() {
	l := e.l
	defer e.alarm.Stop()
	for {
		select {
		case <-e.wakeup:
		case <-e.alarm.C:
		}
		e.enter()
		l.runTimers()
		// Before the look at stop: Close's own post wakes nobody if it comes in behind another.
		l.runPosts()
		if l.group.stop.Load() {
			l.shutdown(maps.Keys(e.conns))
			e.mu.Unlock()
			return
		}
		e.leave()
	}
}

func (e *portable) serve(ln net.Listener, handlers []Handler) (stop func(), err error) {
	g := e.l.group
	ctx, cancel := context.WithCancel(context.Background())
	g.wg.Go(func() {
		defer cancel()
		var logAfter time.Duration
		for {
			nc, err := ln.Accept()
			switch {
			case err == nil:
				l := g.lightest()
				l.engine.(*portable).accepted(nc, handlers[l.index])
				continue
			case errors.Is(err, net.ErrClosed) || ctx.Err() != nil:
				return
			}
			if now := Now(); now >= logAfter {
				logAfter = now + acceptLogEvery
				g.cfg.Logger.Warn("cannot accept for now, trying again", "addr", ln.Addr().String(), "err", err)
			}
			select {
			case <-time.After(acceptPause):
			case <-ctx.Done():
			}
		}
	})
	return func() { cancel(); _ = ln.Close() }, nil
}

func (e *portable) accepted(nc net.Conn, h Handler) {
	e.enter()
	if e.l.stopping {
		e.l.load.Add(-1)
		_ = nc.Close()
	} else {
		e.attach(&Conn{loop: e.l, handler: h}, nc)
	}
	e.leave()
}

func (e *portable) dial(c *Conn, network, addr string, secure *tls.Config) error {
	switch network {
	case "tcp":
		if _, err := literal(addr); err != nil {
			return err
		}
	case "unix":
	default:
		return net.UnknownNetworkError(network)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.stream = &stream{cancel: cancel}
	e.conns[c] = struct{}{}
	e.l.group.wg.Go(func() {
		defer cancel()
		nc, err := new(net.Dialer).DialContext(ctx, network, addr)
		for network == "unix" && errors.Is(err, syscall.EAGAIN) && ctx.Err() == nil { // its queue is full
			time.Sleep(redial)
			nc, err = new(net.Dialer).DialContext(ctx, network, addr)
		}
		if err == nil && secure != nil {
			nc, err = shakeHands(ctx, nc, secure)
		}
		e.enter()
		defer e.leave()
		switch {
		case c.flags&dead != 0:
			if err == nil {
				_ = nc.Close()
			}
		case err != nil:
			c.drop(dialError(addr, err))
		default:
			e.attach(c, nc)
		}
	})
	return nil
}

func (e *portable) release(c *Conn) {
	delete(e.conns, c)
	s := c.stream
	if s == nil {
		return
	}
	if s.cancel != nil {
		s.cancel()
	}
	if s.nc != nil {
		nc := plain(s.nc) // to close TLS in order can block
		if tcp, ok := nc.(*net.TCPConn); ok && c.flags&reset != 0 {
			_ = tcp.SetLinger(0)
		}
		_ = nc.Close()
		s.mayRead.Broadcast()
	}
}

func (e *portable) peer(c *Conn) string {
	if c.stream == nil || c.stream.nc == nil || c.flags&dead != 0 {
		return ""
	}
	return c.stream.nc.RemoteAddr().String()
}
