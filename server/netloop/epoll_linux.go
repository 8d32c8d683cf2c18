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
		l.runTimers()
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
		if woken {
			// Before the look at stop: Close's own post wakes nobody if it comes in behind another.
			l.runPosts()
			if l.group.stop.Load() {
				break
			}
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
