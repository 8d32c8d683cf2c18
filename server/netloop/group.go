package netloop

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	acceptPause    = 100 * time.Millisecond // after an error that is not of one connection
	acceptLogEvery = 5 * time.Second
)

// Group is a set of loops.
type Group struct {
	cfg   Config
	loops []*Loop
	wg    sync.WaitGroup // loops, and the goroutines of the portable engine
	stop  atomic.Bool    // loops are to end

	mu     sync.Mutex
	closed bool
	stops  []func() // of listeners
	served int
}

// New makes a Group and starts its loops. Close ends them.
func New(cfg Config) (*Group, error) {
	if cfg.Loops < 0 || cfg.HighWater < 0 || cfg.Linger < 0 {
		return nil, fmt.Errorf("netloop: negative setting in %+v", cfg)
	}
	cfg.Loops = cmp.Or(cfg.Loops, runtime.GOMAXPROCS(0))
	cfg.HighWater = cmp.Or(cfg.HighWater, 256<<10)
	cfg.Linger = cmp.Or(cfg.Linger, time.Second)
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	g := &Group{cfg: cfg}
	for i := range cfg.Loops {
		l := &Loop{group: g, index: i, now: Now()}
		e, err := newEngine(l)
		if err != nil {
			g.Close() // the loops made before run, as below
			return nil, fmt.Errorf("netloop: %w", err)
		}
		l.engine = e
		g.loops = append(g.loops, l)
		g.wg.Go(e.run)
	}
	return g, nil
}

// Len returns the number of loops.
func (g *Group) Len() int { return len(g.loops) }

// Loop returns loop i, 0 <= i < Len.
func (g *Group) Loop(i int) *Loop { return g.loops[i] }

// Serve accepts connections from ln and spreads them over the loops; handler is called once per loop, before
// Serve returns, for the Handler of that loop's connections. Serve does not wait; the Group owns ln from here on,
// also if there is an error: ln has no descriptor to wait for (a listener of package net has), or the Group is
// closed.
func (g *Group) Serve(ln net.Listener, handler func(*Loop) Handler) error {
	handlers := make([]Handler, len(g.loops))
	for i, l := range g.loops {
		handlers[i] = handler(l)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return errors.Join(net.ErrClosed, ln.Close())
	}
	l := g.loops[g.served%len(g.loops)]
	stop, err := l.engine.serve(ln, handlers)
	if err != nil {
		return errors.Join(fmt.Errorf("netloop: serve %s: %w", ln.Addr(), err), ln.Close())
	}
	g.served++
	g.stops = append(g.stops, stop)
	return nil
}

// StopAccepting closes the listeners given to Serve. Connections go on.
func (g *Group) StopAccepting() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, stop := range g.stops {
		stop()
	}
	g.stops = nil
}

// Close aborts every connection (each gets its Closed call), stops the loops and waits until they have ended. It
// must not be called by a loop. The error is always nil.
func (g *Group) Close() error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.StopAccepting()
	g.stop.Store(true)
	for _, l := range g.loops {
		l.Post(func() {}) // to wake it
	}
	g.wg.Wait()
	return nil
}

// lightest returns the loop with the fewest connections and counts one more for it, so that a burst is spread.
func (g *Group) lightest() *Loop {
	best := g.loops[0]
	for _, l := range g.loops[1:] {
		if l.load.Load() < best.load.Load() {
			best = l
		}
	}
	best.load.Add(1)
	return best
}
