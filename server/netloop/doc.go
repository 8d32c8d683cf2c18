// Package netloop is an event loop for stream sockets. It knows no protocol: it moves bytes, keeps time and
// counts how busy it is. The server accepts through it, the load generator dials through it.
//
// A Group owns a fixed number of Loops. Each Conn belongs to one Loop for its whole life, and every call that a
// Loop makes (handler methods, timers, posted functions) comes one at a time, so what belongs to a Loop needs no
// lock. Methods of Conn, Timer and Loop are called only from inside such a call, except Loop.Post and what says so.
//
// There are two engines behind the one interface. On Linux it is epoll: one thread of control and one read buffer
// per Loop, no buffer held by an idle Conn, one write per wake-up and Conn. Elsewhere (and on request, for tests
// and later for TLS) it is a goroutine per Conn over package net; the same tests run on both.
//
// It may import golang.org/x/sys and the standard library, nothing of this module.
//
// Rejected: one goroutine per client everywhere (25 to 40 % less throughput and 4.5 times the memory at 1024
// clients; Go's own netpoller and timers round to about a millisecond, which ruins an open-loop schedule);
// cloudwego/netpoll (no faster than the standard library for this work); gnet and its like (not to be had, and
// none has a timer with nanoseconds).
package netloop
