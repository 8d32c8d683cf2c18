package netloop

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

func (e *epoll) dial(c *Conn, network, addr string, secure *tls.Config) error {
	if secure != nil {
		return errors.New("TLS needs the portable engine")
	}
	sa, family, err := sockaddr(network, addr)
	if err != nil {
		return err
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	c.fd, c.armed = int32(fd), parked
	if family != unix.AF_UNIX {
		noDelay(fd)
	}
	return e.connect(c, sa)
}

func (e *epoll) connect(c *Conn, sa unix.Sockaddr) error {
	switch err := unix.Connect(int(c.fd), sa); err {
	case nil, unix.EINPROGRESS:
		return e.add(c, unix.EPOLLOUT) // also if it is up already: Open must not come before Dial has returned
	case unix.EAGAIN:
		// The queue of a Unix listener is full. TCP would try again by itself.
		if c.timer == nil {
			c.timer = e.l.NewTimer(func() {
				if err := e.connect(c, sa); err != nil {
					c.drop(dialError(c.remote, err))
				}
			})
		}
		c.timer.Reset(Now() + redial)
		return nil
	default:
		return err
	}
}

// connected ends a dial.
func (e *epoll) connected(c *Conn) {
	err := socketError(c, nil)
	if err == nil && connectedToItself(int(c.fd)) {
		err = unix.ECONNREFUSED
	}
	if err != nil {
		c.drop(dialError(c.remote, err))
		return
	}
	c.open()
}

// connectedToItself tells of an accident of TCP: a dial to a free port of this machine can be given that very port
// as its own, and then meets itself.
func connectedToItself(fd int) bool {
	local, err := unix.Getsockname(fd)
	if err != nil {
		return false
	}
	remote, err := unix.Getpeername(fd)
	if err != nil {
		return false
	}
	switch l := local.(type) {
	case *unix.SockaddrInet4:
		r, ok := remote.(*unix.SockaddrInet4)
		return ok && l.Port == r.Port && l.Addr == r.Addr
	case *unix.SockaddrInet6:
		r, ok := remote.(*unix.SockaddrInet6)
		return ok && l.Port == r.Port && l.Addr == r.Addr && l.ZoneId == r.ZoneId
	}
	return false
}

func noDelay(fd int) { _ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) }

func sockaddr(network, addr string) (sa unix.Sockaddr, family int, err error) {
	switch network {
	case "unix":
		return &unix.SockaddrUnix{Name: addr}, unix.AF_UNIX, nil
	case "tcp":
	default:
		return nil, 0, net.UnknownNetworkError(network)
	}
	ap, err := literal(addr)
	if err != nil {
		return nil, 0, err
	}
	ip := ap.Addr().Unmap()
	if ip.Is4() {
		return &unix.SockaddrInet4{Port: int(ap.Port()), Addr: ip.As4()}, unix.AF_INET, nil
	}
	sa6 := &unix.SockaddrInet6{Port: int(ap.Port()), Addr: ip.As16()}
	if zone := ip.Zone(); zone != "" {
		if n, err := strconv.Atoi(zone); err == nil {
			sa6.ZoneId = uint32(n)
		} else if nic, err := net.InterfaceByName(zone); err == nil {
			sa6.ZoneId = uint32(nic.Index)
		} else {
			return nil, 0, err
		}
	}
	return sa6, unix.AF_INET6, nil
}

// addressText writes an address as package net does.
func addressText(sa unix.Sockaddr) string {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)).String()
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(a.Addr).Unmap()
		if a.ZoneId != 0 {
			ip = ip.WithZone(strconv.FormatUint(uint64(a.ZoneId), 10))
		}
		return netip.AddrPortFrom(ip, uint16(a.Port)).String()
	case *unix.SockaddrUnix:
		return a.Name
	}
	return ""
}
