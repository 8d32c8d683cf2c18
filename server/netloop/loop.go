package netloop

import (
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// turnEvents bounds the events that a turn handles, and the Conns it writes to before it sends. More would make a
// system call no cheaper per event that counts, and a timer that falls due waits for the rest of the turn: a
// request served costs some 10 µs.
const turnEvents = 64

// Loop is one event loop.
type Loop struct {
	group  *Group
	index  int
	engine engine

	// What follows belongs to the loop's own calls.
	now      time.Duration // when this turn began
	timers   alarms
	pool     buffers
	dirty    []*Conn // whose socket is behind what its handler asked for
	again    []*Conn // whose kept input is to be offered once more
	dead     []death // who are to be told Closed
	stopping bool

	posts posts
	busy  atomic.Int64 // nanoseconds
	load  atomic.Int64 // connections, also those on their way
}

// An engine waits for sockets and moves their bytes. Everything else, above all when a Handler is called, is
// common to both engines: see Loop.settle, Conn.input and Conn.sync.
type engine interface {
	// run takes turns until the Group is stopped.
	run()
	// wake makes run take a turn. Any goroutine may call it that knows that run has not ended.
	wake()
	// serve accepts connections from ln and gives them to the Group's loops. Any goroutine may call it. The
	// function it returns closes ln.
	serve(ln net.Listener, handlers []Handler) (stop func(), err error)
	// dial starts to connect c, and to speak TLS over it if secure is not nil.
	dial(c *Conn, network, addr string, secure *tls.Config) error
	// send sends c.out, as much as goes now, and has the rest sent when it goes.
	send(c *Conn)
	// watch reads from the socket, or does not, as Conn.reading says.
	watch(c *Conn)
	// shut shuts the sending side.
	shut(c *Conn)
	// release closes the socket of a dead Conn.
	release(c *Conn)
	// peer asks for the address of the other side.
	peer(c *Conn) string
}

// death is a Conn that is to be told Closed.
type death struct {
	c   *Conn
	err error
}

// posts are the functions that wait to be called by the loop.
type posts struct {
	mu           sync.Mutex
	queue, spare []func()
	closed       bool
}

// Index returns the loop's place in its Group.
func (l *Loop) Index() int { return l.index }

// Busy returns how long the loop has been doing something other than waiting. Any goroutine may call it.
func (l *Loop) Busy() time.Duration { return time.Duration(l.busy.Load()) }

// Post has fn called by the loop soon. It may be called from any goroutine. It returns false when the loop is
// ending and fn will never be called.
func (l *Loop) Post(fn func()) bool {
	p := &l.posts
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	if p.queue = append(p.queue, fn); len(p.queue) == 1 { // whoever is first wakes the loop for all
		l.engine.wake() // under the lock: a loop that has ended has no descriptor to write to
	}
	return true
}

// Dial starts a connection to addr ("host:port", ":port" for this machine, or "unix:///path"; network is "tcp" or
// "unix") and hands it to h: Open when it is up, or Closed with the error, both after Dial has returned. state
// becomes Conn.State. A host name is to be resolved before; addr holds a literal address. There is no time limit
// but the system's: Abort ends the attempt.
func (l *Loop) Dial(network, addr string, h Handler, state any) *Conn {
	return l.dial(network, addr, nil, h, state)
}

// DialTLS is Dial for a connection that speaks TLS: Open comes when both sides have shaken hands, and a handshake that
// fails is a Dial that does, with the error of crypto/tls. It needs the portable engine: there is no TLS that
// works on bytes that are there already, without a goroutine that waits for more. secure is not changed.
func (l *Loop) DialTLS(network, addr string, secure *tls.Config, h Handler, state any) *Conn {
	return l.dial(network, addr, secure, h, state)
}

func (l *Loop) dial(network, addr string, secure *tls.Config, h Handler, state any) *Conn {
	network, addr = target(network, addr)
	c := &Conn{State: state, loop: l, handler: h, remote: addr, fd: -1, flags: dialing}
	l.load.Add(1)
	err := net.ErrClosed
	if !l.stopping {
		err = l.engine.dial(c, network, addr, secure)
	}
	if err != nil {
		c.drop(dialError(addr, err))
	}
	return c
}

// runPosts calls what was posted.
func (l *Loop) runPosts() {
	p := &l.posts
	p.mu.Lock()
	fns := p.queue
	p.queue, p.spare = p.spare[:0], nil
	p.mu.Unlock()
	for i, fn := range fns {
		fns[i] = nil
		fn()
		if len(l.dirty) >= turnEvents { // each holds a buffer
			l.flush()
		}
	}
	l.flush()
	p.mu.Lock()
	p.spare = fns
	p.mu.Unlock()
}

// runTimers calls what is due, and sends after each: what comes due together was meant to go out at that time,
// not when the last has been called.
func (l *Loop) runTimers() {
	for len(l.timers) > 0 && l.timers[0].at <= l.now {
		l.timers.remove(0).fn()
		l.flush()
	}
}

// flush brings the sockets in line with what the callbacks asked for. It calls no Handler.
func (l *Loop) flush() {
	for i, c := range l.dirty {
		l.dirty[i] = nil
		c.flags &^= dirty
		if c.flags&(dead|dialing) == 0 {
			c.sync() // touches no Conn, so dirty stays as it is
		}
	}
	l.dirty = l.dirty[:0]
}

// settle ends a turn: it sends, offers input that was held back and tells of the dead. It reports whether there
// is more of that to do in another turn; one turn does a bounded amount, whatever the callbacks do.
func (l *Loop) settle() (more bool) {
	l.flush()
	if n := len(l.again); n > 0 {
		for i := range n {
			c := l.again[i]
			c.flags &^= again
			c.reoffer()
			l.flush()
		}
		l.again = shift(l.again, n)
	}
	if n := len(l.dead); n > 0 {
		for i := range n {
			l.bury(l.dead[i])
		}
		l.dead = shift(l.dead, n)
		l.flush()
	}
	return len(l.again)+len(l.dead) > 0
}

// shift drops the first n elements and keeps the array.
func shift[T any](s []T, n int) []T {
	rest := copy(s, s[n:])
	clear(s[rest:])
	return s[:rest]
}

// bury closes a dead Conn's socket and makes its last call. It happens at the end of a turn: never inside another
// call for the same Conn, and not before all events of the turn have been looked at, so that none of them can
// reach a new socket that was given the old one's number.
func (l *Loop) bury(d death) {
	c := d.c
	l.engine.release(c)
	l.load.Add(-1)
	c.dropBuffers()
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	c.handler.Closed(c, d.err)
}

// shutdown ends the loop's connections. Handlers may still write and dial; it leads nowhere.
func (l *Loop) shutdown(conns func(yield func(*Conn) bool)) {
	l.stopping = true
	l.posts.mu.Lock()
	l.posts.closed = true
	l.posts.mu.Unlock()
	l.runPosts()
	for c := range conns {
		c.Abort()
	}
	// A handler that dials anew in each Closed would go on for ever.
	for range 64 {
		if !l.settle() {
			break
		}
	}
}
