package server

import "memlite/server/netloop"

// state is where a session is in its life.
type state int

const (
	waiting state = iota // for a place among the clients that are served
	serving
	pending // as serving, but nothing is read until the store has finished a set
	leaving // its place is another's; its connection may still be handing over the last replies
)

// A session is one client: a parser, its connection, and its place among the clients that are served.
type session struct {
	parser
	state   state
	conn    *netloop.Conn
	handler *handler

	finish func() // the method finished, made a value once: Done allocates nothing
	result error  // of the pending set; written before Post, read after it

	tries  int  // for a place
	over   bool // counts in places.over
	quiet  int  // sweeps of a shutdown, or rounds of dropIdle, since something of it was read
	unsent int  // when dropIdle last looked
}

// data offers in to the parser and does what it asks for. What the parser leaves, netloop offers again.
func (s *session) data(in []byte) (used int) {
	s.quiet = 0
	used, out, then := s.feed(in, s.conn.AvailableBuffer())
	s.handler.received += int64(used)
	s.send(out)
	s.handler.tellFull()
	switch then {
	case sendValue:
		value, end := s.large()
		s.send(value)
		s.send(end)
	case awaitStore:
		s.state = pending
		s.conn.Pause()
	case hangUp:
		s.leave()
	}
	return used
}

// send queues a reply and counts it.
func (s *session) send(p []byte) {
	s.handler.sent += int64(len(p))
	s.conn.Write(p)
}

// Done is told by the store, from any goroutine, that the pending set is finished. That may be before the call of Set
// has returned; Post puts it in order.
func (s *session) Done(err error) {
	s.result = err
	s.handler.loop.Post(s.finish)
}

// finished answers the pending set and lets the requests behind it go on.
func (s *session) finished() {
	if s.state != pending {
		return // the client has gone; what it set stays
	}
	s.state, s.quiet = serving, 0
	s.send(s.settle(s.result, s.conn.AvailableBuffer()))
	s.conn.Resume()
}

// leave closes the connection once its replies are out. The place is free at once: the next client need not wait
// until this one has read its last reply.
func (s *session) leave() {
	s.vacate()
	s.conn.Close()
}

// vacate gives the place back, if there is one to give.
func (s *session) vacate() {
	if s.state == serving || s.state == pending {
		s.handler.server.places.free()
	}
	s.state = leaving
}
