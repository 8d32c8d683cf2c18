package loadgen

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// scripted is a server that speaks the lite dialect, or the memcached one, and misbehaves as told. It is written
// over package net, so that it shares nothing with what it tests.
type scripted struct {
	addr  string
	gets  atomic.Int64
	sets  atomic.Int64
	conns atomic.Int64

	ln     net.Listener
	wg     sync.WaitGroup
	mu     sync.Mutex
	open   map[net.Conn]bool
	most   int // connections at once
	values sync.Map
}

// request is what the server has read. n counts the connection's requests from 0, conn the connections from 0.
type request struct {
	set   bool
	key   string
	value []byte
	n     int
	conn  int64
	c     net.Conn
	good  string // the answer that is right
}

// serve starts a server on a free port. reply returns the bytes to answer with; io.EOF closes the connection after
// them. A nil reply answers right. greet, if any, is called first and may keep the connection to itself.
func serve(t testing.TB, reply func(request) (string, error), greet func(net.Conn) error) *scripted {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, ln, reply, greet)
}

func serveOn(t testing.TB, ln net.Listener, reply func(request) (string, error), greet func(net.Conn) error) *scripted {
	t.Helper()
	s := &scripted{addr: ln.Addr().String(), ln: ln, open: map[net.Conn]bool{}}
	s.wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.open[c] = true
			s.most = max(s.most, len(s.open))
			s.mu.Unlock()
			number := s.conns.Add(1) - 1
			s.wg.Go(func() {
				defer func() {
					s.mu.Lock()
					delete(s.open, c)
					s.mu.Unlock()
					c.Close()
				}()
				if greet != nil && greet(c) != nil {
					return
				}
				s.talk(c, number, reply)
			})
		}
	})
	t.Cleanup(s.stop)
	return s
}

func (s *scripted) stop() {
	s.ln.Close()
	s.mu.Lock()
	for c := range s.open {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *scripted) talk(c net.Conn, number int64, reply func(request) (string, error)) {
	in := bufio.NewReaderSize(c, 64<<10)
	out := bufio.NewWriter(c)
	for n := 0; ; n++ {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		r := request{n: n, conn: number, c: c}
		words := strings.Fields(line)
		if len(words) < 2 {
			return
		}
		r.key = words[1]
		switch classic := len(words) == 5; {
		case words[0] == "set":
			size, _ := strconv.Atoi(words[len(words)-1])
			r.set, r.value = true, make([]byte, size+2)
			if _, err := io.ReadFull(in, r.value); err != nil || !bytes.HasSuffix(r.value, []byte("\r\n")) || (!classic && len(words) != 3) {
				return
			}
			s.sets.Add(1)
			s.values.Store(r.key, r.value)
			r.good = "STORED\r\n"
		default:
			s.gets.Add(1)
			r.good = "NOT-FOUND\r\n"
			if v, ok := s.values.Load(r.key); ok {
				r.good = fmt.Sprintf("VALUE %s %d\r\n%sEND\r\n", r.key, len(v.([]byte))-2, v)
			}
		}
		answer, end := r.good, error(nil)
		if reply != nil {
			answer, end = reply(r)
		}
		out.WriteString(answer)
		if in.Buffered() == 0 || end != nil {
			if out.Flush() != nil {
				return
			}
		}
		if end != nil {
			return
		}
	}
}

// total is the number of requests that the server has read whole.
func (s *scripted) total() int64 { return s.gets.Load() + s.sets.Load() }

// reads waits until the server has read as many requests, and says whether it has read no more. What was abandoned may still be
// on its way when a run is over.
func (s *scripted) reads(n int64) bool {
	for range 500 {
		if s.total() >= n {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return s.total() == n
}

// reset has the system answer with a reset when c is closed.
func reset(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }

// engines runs a test on both engines of netloop.
func engines(t *testing.T, test func(*testing.T, Local)) {
	t.Run("default", func(t *testing.T) { test(t, Local{Loops: 2}) })
	t.Run("portable", func(t *testing.T) { test(t, Local{Loops: 2, Portable: true}) })
}
