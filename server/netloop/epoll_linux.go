package netloop

import (
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

const readSize = 64 << 10 // of the one read buffer

// What an event is about stands in the upper half of its user data, the lower half says which one.
const (
	aboutConn     = iota // file descriptor
	aboutListener        // index
	aboutWake
	aboutAlarm
)

// epoll is the engine of Linux. Sockets do not block and are watched level-triggered: what one read leaves in the
// kernel is announced again.
type epoll struct {
	l         *Loop
	fd        int
	wakeup    int // eventfd that interrupts the wait
	clock     alarmClock
	many      bool           // the last look brought several events
	conns     []*Conn        // by descriptor
	listeners []*listener    // by index in the user data
	buf       [readSize]byte // all Conns of the loop read into this
	events    [turnEvents]unix.EpollEvent
}

func newEpoll(l *Loop) (engine, error) {
	e := &epoll{l: l, fd: -1, wakeup: -1, clock: alarmClock{fd: -1}}
	var err error
	if e.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if e.wakeup, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		e.close()
		return nil, os.NewSyscallError("eventfd", err)
	}
	// Edge-triggered, so that nobody has to read the counter: each write is an edge.
	if err = e.ctl(unix.EPOLL_CTL_ADD, e.wakeup, unix.EPOLLIN|unix.EPOLLET, aboutWake, 0); err != nil {
		e.close()
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	if e.clock, err = newAlarmClock(e); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *epoll) close() {
	for _, fd := range []int{e.fd, e.wakeup, e.clock.fd} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

func (e *epoll) ctl(op, fd int, events uint32, about, which int) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(which), Pad: int32(about)}
	return unix.EpollCtl(e.fd, op, fd, &ev)
}

func (e *epoll) wake() {
	// One, in the byte order of the machine: the counter is never read, so it must not fill up, which a 1 in the
	// wrong byte brings about after 255 wake-ups.
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(e.wakeup, one[:]) // cannot fail before 2^64 of them
}

func (e *epoll) run() {
	l := e.l
	defer e.close()
	more := false
	start := Now()
	for {
		now := Now()
		l.busy.Add(int64(now - start))
		n := e.wait(now, !more)
		start = Now()
		l.now = start
		woken := false
		for i := range e.events[:n] {
			ev := &e.events[i]
			switch ev.Pad {
			case aboutConn:
				// A dead Conn keeps its descriptor, and its place, until the end of the turn.
				if c := e.conns[ev.Fd]; c != nil && c.flags&dead == 0 {
					e.ready(c, ev.Events)
					l.flush()
				}
			case aboutListener:
				e.listeners[ev.Fd].waiting = true
			case aboutWake:
				woken = true
			}
		}
		l.runTimers()
		if woken {
			if l.group.stop.Load() {
				break
			}
			l.runPosts()
		}
		more = l.settle()
		// After the dead have been buried, because that may have made room for the new.
		for _, ln := range e.listeners {
			if ln.waiting {
				ln.waiting = false
				ln.accept()
				more = l.settle() || more
			}
		}
	}
	l.shutdown(func(yield func(*Conn) bool) {
		for _, c := range e.conns {
			if c != nil && !yield(c) {
				return
			}
		}
	})
}

// ready handles what epoll says about c.
func (e *epoll) ready(c *Conn, ev uint32) {
	const trouble = unix.EPOLLERR | unix.EPOLLHUP
	if c.flags&dialing != 0 {
		e.connected(c)
		return
	}
	if c.flags&blocked != 0 && ev&(unix.EPOLLOUT|trouble) != 0 {
		c.flags &^= blocked
		e.sync(c)
	}
	switch {
	case ev&(unix.EPOLLIN|trouble) == 0 || c.flags&dead != 0:
	case c.reading():
		e.read(c)
	case ev&unix.EPOLLERR != 0: // a reset is news also for who does not read
		c.drop(systemError("read", socketError(c, unix.ECONNRESET)))
	case ev&unix.EPOLLHUP != 0:
		// The peer of a Unix socket has closed, and epoll will say so for ever although nobody reads now. Out
		// of the set with it, until something is wanted from it again.
		_ = e.ctl(unix.EPOLL_CTL_DEL, int(c.fd), 0, 0, 0)
		c.armed = parked
	default:
		e.watch(c, c.armed&^unix.EPOLLIN)
	}
}

// parked is the armed of a Conn that is not in the epoll set.
const parked = ^uint32(0)

func (e *epoll) read(c *Conn) {
	n, errno := recv(c.fd, &e.buf)
	switch {
	case n > 0:
		c.input(e.buf[:n])
	case errno == 0:
		c.eof()
	case errno == unix.EAGAIN || errno == unix.EINTR: // announced again when there is something
	default:
		c.drop(systemError("read", errno))
	}
}

// sync sends, shuts and sets what is watched.
func (e *epoll) sync(c *Conn) {
	if c.flags&blocked == 0 && c.unsent > 0 {
		n, errno := send(c.fd, c.out[len(c.out)-c.unsent:])
		if errno != 0 && errno != unix.EAGAIN && errno != unix.EINTR {
			c.drop(systemError("write", errno))
			return
		}
		if c.unsent -= n; c.unsent > 0 {
			c.flags |= blocked
		}
	}
	if c.unsent == 0 && c.out != nil {
		e.l.pool.put(c.out)
		c.out = nil
	}
	c.weigh()
	if c.flags&closing != 0 && !e.finish(c) {
		return
	}
	// What is not wanted any more is withdrawn only when it is announced in vain, but for EPOLLOUT, which would be
	// at once: a Pause that is over before the peer sends costs no system call.
	var want uint32
	if c.reading() || c.armed != parked && c.armed&unix.EPOLLIN != 0 {
		want = unix.EPOLLIN
	}
	if c.flags&blocked != 0 {
		want |= unix.EPOLLOUT
	}
	e.watch(c, want)
}

// finish goes on with Close. It returns false when the connection is over.
func (e *epoll) finish(c *Conn) bool {
	if c.unsent == 0 {
		if c.flags&ended != 0 {
			c.drop(nil)
			return false
		}
		if c.flags&shut == 0 {
			c.flags |= shut
			_ = unix.Shutdown(int(c.fd), unix.SHUT_WR) // if it fails the connection is broken, which read will say
		}
	}
	c.waitForPeer()
	return true
}

func (e *epoll) watch(c *Conn, want uint32) {
	if want == c.armed || want == 0 && c.armed == parked {
		return
	}
	op := unix.EPOLL_CTL_MOD
	if c.armed == parked {
		op = unix.EPOLL_CTL_ADD
	}
	if err := e.ctl(op, int(c.fd), want, aboutConn, int(c.fd)); err != nil {
		c.drop(os.NewSyscallError("epoll_ctl", err))
		return
	}
	c.armed = want
}

// add makes c, with its descriptor, one of the loop's.
func (e *epoll) add(c *Conn, events uint32) error {
	if err := e.ctl(unix.EPOLL_CTL_ADD, int(c.fd), events, aboutConn, int(c.fd)); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	c.armed = events
	if n := int(c.fd) + 1; n > len(e.conns) {
		e.conns = append(e.conns, make([]*Conn, n-len(e.conns))...)
	}
	e.conns[c.fd] = c
	return nil
}

func (e *epoll) release(c *Conn) {
	if c.fd < 0 {
		return
	}
	if c.flags&reset != 0 {
		_ = unix.SetsockoptLinger(int(c.fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	// close alone would leave the socket in the epoll set while a child process, between fork and exec, still
	// holds a copy of it, and its events would reach whoever has the number next.
	if c.armed != parked {
		_ = e.ctl(unix.EPOLL_CTL_DEL, int(c.fd), 0, 0, 0)
	}
	if int(c.fd) < len(e.conns) {
		e.conns[c.fd] = nil
	}
	unix.Close(int(c.fd))
	c.fd = -1
}

func (e *epoll) peer(c *Conn) string {
	if c.fd < 0 {
		return ""
	}
	sa, err := unix.Getpeername(int(c.fd))
	if err != nil {
		return ""
	}
	return addressText(sa)
}

// socketError takes the error that waits in the socket of c, or is otherwise.
func socketError(c *Conn, otherwise error) error {
	errno, err := unix.GetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && errno != 0 {
		return unix.Errno(errno)
	}
	return otherwise
}
