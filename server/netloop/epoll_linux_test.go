package netloop

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestNoSpin puts a loop into each state in which epoll goes on to announce something that nobody wants now, and
// wants the loop to be asleep. A spin would use the whole time; the processor time of others does not count.
func TestNoSpin(t *testing.T) {
	pause := func(c *Conn) { c.Pause() }
	leave := func(nc net.Conn) { nc.Close() }
	for _, state := range []struct {
		name, network string
		open          func(*Conn)
		peer          func(nc net.Conn)
	}{
		{"idle", "tcp", nil, func(net.Conn) {}},
		{"half closed", "tcp", nil, func(nc net.Conn) { nc.(*net.TCPConn).CloseWrite() }},
		{"peer gone", "unix", nil, leave},
		{"paused, input waits", "tcp", pause, func(nc net.Conn) { io.WriteString(nc, "x") }},
		{"paused, peer gone", "tcp", pause, leave},
		{"paused, peer of a Unix socket gone", "unix", pause, func(nc net.Conn) { io.WriteString(nc, "x"); nc.Close() }},
		{"full, input waits", "tcp", func(c *Conn) { c.Write(make([]byte, 64<<20)) }, func(nc net.Conn) { io.WriteString(nc, "x") }},
		{"closing", "tcp", func(c *Conn) { c.Close() }, func(net.Conn) {}},
	} {
		t.Run(state.name, func(t *testing.T) {
			open := make(chan *Conn, 1)
			h := &calls{end: func(*Conn) {}, open: func(c *Conn) {
				c.Loop().NewTimer(func() {}).Reset(Now() + time.Hour)
				if state.open != nil {
					state.open(c)
				}
				open <- c
			}}
			g := group(t, Config{Loops: 1, Linger: time.Hour})
			ln, err := net.Listen(state.network, map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")}[state.network])
			check(t, err)
			check(t, g.Serve(ln, func(*Loop) Handler { return h }))
			nc := connect(t, state.network, ln.Addr().String())
			c := within(t, "Open", open)
			time.Sleep(10 * time.Millisecond) // past the work of Open
			state.peer(nc)
			time.Sleep(10 * time.Millisecond)
			start := cpuTime()
			time.Sleep(100 * time.Millisecond)
			if used := cpuTime() - start; used > 70*time.Millisecond {
				t.Errorf("%v of 100 ms used", used)
			}
			if h.closes.Load() != 0 {
				t.Error("Closed")
			}
			if state.name == "paused, peer of a Unix socket gone" { // and it comes back from there
				got := make(chan string, 1)
				h.data = func(_ *Conn, in []byte) int { got <- string(in); return len(in) }
				h.end = func(c *Conn) { c.Close(); got <- "end" }
				on(t, g.Loop(0), c.Resume)
				if in, end := within(t, "Data", got), within(t, "End", got); in != "x" || end != "end" {
					t.Errorf("got %q, %q", in, end)
				}
			}
		})
	}
}

// TestFullUnixListener dials a Unix listener whose queue holds one.
func TestFullUnixListener(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		path := filepath.Join(t.TempDir(), "s")
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		check(t, err)
		check(t, unix.Bind(fd, &unix.SockaddrUnix{Name: path}))
		check(t, unix.Listen(fd, 1))
		f := os.NewFile(uintptr(fd), path)
		ln, err := net.FileListener(f)
		check(t, err)
		check(t, f.Close())
		defer ln.Close()
		g := group(t, cfg)
		const n = 10
		opened := make(chan struct{}, n)
		h := &calls{
			open:   func(c *Conn) { opened <- struct{}{} },
			closed: func(_ *Conn, err error) { check(t, err) },
		}
		on(t, g.Loop(0), func() {
			for range n {
				g.Loop(0).Dial("unix", path, h, nil)
			}
		})
		aborted := make(chan error, 1)
		on(t, g.Loop(0), func() {
			c := g.Loop(0).Dial("unix", path, &calls{closed: func(_ *Conn, err error) { aborted <- err }}, nil)
			g.Loop(0).NewTimer(c.Abort).Reset(Now() + 3*time.Millisecond)
		})
		check(t, within(t, "end of an attempt that was given up", aborted))
		for range n {
			nc, err := ln.Accept()
			check(t, err)
			defer nc.Close()
			within(t, "Open", opened)
		}
	})
}

func TestConnectedToItself(t *testing.T) {
	for _, addr := range []unix.Sockaddr{&unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}, &unix.SockaddrInet6{Addr: [16]byte{15: 1}}} {
		family := unix.AF_INET
		if _, six := addr.(*unix.SockaddrInet6); six {
			family = unix.AF_INET6
		}
		fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		check(t, err)
		defer unix.Close(fd)
		if err := unix.Bind(fd, addr); err != nil && family == unix.AF_INET6 {
			t.Logf("no IPv6 here: %v", err)
			continue
		}
		own, err := unix.Getsockname(fd)
		check(t, err)
		check(t, unix.Connect(fd, own))
		if !connectedToItself(fd) {
			t.Errorf("%v is connected to itself and it is not seen", addressText(own))
		}
	}
}

func TestNoDelay(t *testing.T) {
	delay := make(chan int, 2)
	h := &calls{open: func(c *Conn) {
		on, err := unix.GetsockoptInt(int(c.fd), unix.IPPROTO_TCP, unix.TCP_NODELAY)
		if err != nil {
			t.Error(err)
		}
		delay <- on
	}}
	g, addr := serve(t, Config{}, h)
	g.Loop(0).Post(func() { g.Loop(0).Dial("tcp", addr, h, nil) })
	if a, b := within(t, "Open", delay), within(t, "Open", delay); a == 0 || b == 0 {
		t.Errorf("TCP_NODELAY is %d and %d", a, b)
	}
}

// TestPlacesBeforeArrivals: who has left is told of before who has come, also when the news came the other way
// round in one turn, so that a handler that counts places refuses nobody for a place that is free.
func TestPlacesBeforeArrivals(t *testing.T) {
	told := make(chan string, 10)
	h := &calls{open: func(*Conn) { told <- "open" }, closed: func(*Conn, error) { told <- "closed" }}
	g, addr := serve(t, Config{Loops: 1}, h)
	first := connect(t, "tcp", addr)
	within(t, "Open", told)
	on(t, g.Loop(0), func() {
		connect(t, "tcp", addr)
		first.Close()
		time.Sleep(5 * time.Millisecond)
	})
	if a, b := within(t, "first", told), within(t, "second", told); a != "closed" || b != "open" {
		t.Errorf("%s, then %s", a, b)
	}
}

// TestConnSize: ten thousand idle connections are to be cheap.
func TestConnSize(t *testing.T) {
	if size := unsafe.Sizeof(Conn{}); size > 176 {
		t.Errorf("a Conn has %d bytes", size)
	}
}

// TestAddressText compares with what package net writes.
func TestAddressText(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:5001", "[::1]:5001", "[fe80::1%1]:80"} {
		sa, _, err := sockaddr("tcp", addr)
		check(t, err)
		if got := addressText(sa); got != addr {
			t.Errorf("%q became %q", addr, got)
		}
	}
	if _, _, err := sockaddr("tcp", "[fe80::1%no-such-interface]:80"); err == nil {
		t.Error("an unknown zone is accepted")
	}
}
