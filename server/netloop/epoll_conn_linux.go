package netloop

import (
	"os"

	"golang.org/x/sys/unix"
)

// ready handles what epoll says about c.
func (e *epoll) ready(c *Conn, ev uint32) {
	const trouble = unix.EPOLLERR | unix.EPOLLHUP
	if c.flags&dialing != 0 {
		e.connected(c)
		return
	}
	if c.flags&blocked != 0 && ev&(unix.EPOLLOUT|trouble) != 0 {
		c.flags &^= blocked
		c.sync()
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
		e.arm(c, c.armed&^unix.EPOLLIN)
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

func (e *epoll) send(c *Conn) {
	if c.flags&blocked != 0 || c.unsent == 0 {
		return
	}
	n, errno := send(c.fd, c.out[len(c.out)-c.unsent:])
	if errno != 0 && errno != unix.EAGAIN && errno != unix.EINTR {
		c.drop(systemError("write", errno))
		return
	}
	if c.unsent -= n; c.unsent > 0 {
		c.flags |= blocked
	}
}

// watch withdraws EPOLLOUT when it is not wanted any more, since it would be announced at once, but leaves EPOLLIN
// until it has been announced in vain: a Pause that is over before the peer sends costs no system call.
func (e *epoll) watch(c *Conn) {
	var want uint32
	if c.reading() || c.armed != parked && c.armed&unix.EPOLLIN != 0 {
		want = unix.EPOLLIN
	}
	if c.flags&blocked != 0 {
		want |= unix.EPOLLOUT
	}
	e.arm(c, want)
}

func (e *epoll) shut(c *Conn) {
	_ = unix.Shutdown(int(c.fd), unix.SHUT_WR) // if it fails the connection is broken, which read will say
}

// arm sets what epoll announces of c.
func (e *epoll) arm(c *Conn, want uint32) {
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
