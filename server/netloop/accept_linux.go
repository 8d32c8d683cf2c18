package netloop

import (
	"errors"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const acceptsPerTurn = 64 // the loop has connections to look after as well

// listener is a listening socket in a loop's epoll set. The net.Listener keeps the descriptor. All use of it goes
// through the RawConn, so closing the listener at any time, from any goroutine, cannot hit a socket that has the
// number next.
type listener struct {
	e        *epoll
	ln       net.Listener
	raw      syscall.RawConn
	handlers []Handler
	index    int
	waiting  bool // epoll has announced connections
	retry    *Timer
	logAfter time.Duration
}

func (e *epoll) serve(ln net.Listener, handlers []Handler) (stop func(), err error) {
	sc, ok := ln.(syscall.Conn)
	if !ok {
		return nil, errors.New("listener has no descriptor")
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	s := &listener{e: e, ln: ln, raw: raw, handlers: handlers}
	s.retry = e.l.NewTimer(func() { s.watch(unix.EPOLL_CTL_MOD, unix.EPOLLIN) })
	e.l.Post(func() {
		s.index = len(e.listeners)
		e.listeners = append(e.listeners, s)
		s.watch(unix.EPOLL_CTL_ADD, unix.EPOLLIN)
	})
	return s.close, nil
}

// watch sets what epoll waits for. It is quiet about a listener that has been closed meanwhile.
func (s *listener) watch(op int, events uint32) {
	_ = s.raw.Control(func(fd uintptr) {
		if err := s.e.ctl(op, int(fd), events, aboutListener, s.index); err != nil {
			s.e.l.group.cfg.Logger.Error("cannot accept", "addr", s.ln.Addr().String(), "err", err)
		}
	})
}

// close may come from any goroutine.
func (s *listener) close() {
	_ = s.raw.Control(func(fd uintptr) { _ = s.e.ctl(unix.EPOLL_CTL_DEL, int(fd), 0, 0, 0) }) // see release
	_ = s.ln.Close()
}

func (s *listener) accept() {
	for range acceptsPerTurn {
		fd, errno := -1, unix.Errno(0)
		if err := s.raw.Control(func(listening uintptr) {
			var err error
			if fd, _, err = unix.Accept4(int(listening), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC); err != nil {
				errno = err.(unix.Errno)
			}
		}); err != nil {
			return // closed meanwhile
		}
		switch errno {
		case 0:
			s.give(fd)
		case unix.EAGAIN:
			return
		case unix.EINTR, unix.ECONNABORTED, unix.EPROTO, unix.EPERM: // of this one connection
		default:
			s.pause(errno)
			return
		}
	}
}

// pause leaves the connections waiting for a while: the file limit, or memory, is used up, and the event would
// come again at once.
func (s *listener) pause(errno unix.Errno) {
	l := s.e.l
	s.watch(unix.EPOLL_CTL_MOD, 0)
	s.retry.Reset(l.now + acceptPause)
	if l.now >= s.logAfter {
		s.logAfter = l.now + acceptLogEvery
		l.group.cfg.Logger.Warn("cannot accept for now, trying again", "addr", s.ln.Addr().String(), "err", errno)
	}
}

// give hands a new socket to a loop.
func (s *listener) give(fd int) {
	if s.ln.Addr().Network() == "tcp" {
		noDelay(fd)
	}
	l := s.e.l.group.lightest()
	if l == s.e.l {
		s.e.accepted(fd, s.handlers[l.index])
		return
	}
	if !l.Post(func() { l.engine.(*epoll).accepted(fd, s.handlers[l.index]) }) {
		unix.Close(fd)
	}
}

func (e *epoll) accepted(fd int, h Handler) {
	c := &Conn{loop: e.l, handler: h, fd: int32(fd), armed: parked}
	if e.l.stopping {
		e.l.load.Add(-1)
		unix.Close(fd)
		return
	}
	if err := e.add(c, unix.EPOLLIN); err != nil {
		e.l.group.cfg.Logger.Error("cannot accept", "err", err)
		e.l.load.Add(-1)
		unix.Close(fd)
		return
	}
	c.open()
	e.l.flush()
}
