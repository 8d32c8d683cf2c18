// Package netloop is an event loop for stream sockets. It knows no protocol: it moves bytes, keeps time and
// counts how busy it is. The server accepts through it, the load generator dials through it.
//
// A Group owns a fixed number of Loops. Each Conn belongs to one Loop for its whole life, and every call that a
// Loop makes (handler methods, timers, posted functions) comes one at a time, so what belongs to a Loop needs no
// lock. Methods of Conn, Timer and Loop are called only from inside such a call, except Loop.Post and what says so.
//
// There are two engines behind the one interface. On Linux it is epoll: one thread of control and one read buffer
// per Loop, no buffer held by an idle Conn (which costs some 200 bytes), one read, one write and a share of an
// epoll_wait per request. Elsewhere (and on request, for tests and for TLS, see Loop.DialTLS) it is a goroutine per Conn over
// package net, whose turns a lock per Loop puts in order; the same tests run on both.
//
// How to read it: loop.go is what a turn of a Loop is made of and what an engine has to do; conn.go is the Conn as
// its users see it, input.go and output.go are the two directions, timer.go and buffer.go stand alone. All that is
// common to both engines and calls no system. epoll_linux.go is the loop proper, epoll_conn_linux.go one socket of
// it, beside them wait, dial, accept and the raw calls; portable.go and stream.go are the other engine.
//
// It may import golang.org/x/sys and the standard library, nothing of this module.
//
// Decided, and why:
//   - Sockets are closed only at the end of a turn. So no event that was already fetched can reach a new socket
//     with the old one's number, and Closed is never called from inside another call.
//   - Reading stops when a Conn has much output unsent (Full), not when it has any: two peers that each wait for
//     the other to read would wait for ever.
//   - A Conn that is Full lets the others have their turn, even if the kernel takes all it has.
//   - Timers wait by a timerfd in the epoll set. epoll_pwait2 has nanoseconds too, but the kernel adds the timer
//     slack of the thread, 50 µs (median lag 55 to 110 µs, with timerfd 25 to 60 µs), and to set that a loop must
//     be locked to its thread, which costs 5 % more processor time per request.
//   - The calls that cannot wait are raw, and a busy loop looks for events before it waits for them: 5 to 10 %
//     less processor time per request.
//
// Rejected: one goroutine per client everywhere (25 to 40 % less throughput and many times the memory at 1024
// clients; Go's own netpoller and timers round to about a millisecond, which ruins an open-loop schedule);
// edge-triggered epoll (a read more per request, to see the socket empty); cloudwego/netpoll (no faster than the
// standard library for this work); gnet and its like (not to be had, and none has a timer with nanoseconds).
package netloop
