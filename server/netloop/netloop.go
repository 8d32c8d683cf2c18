package netloop

import (
	"log/slog"
	"time"
)

// A Handler is told what happens to the connections of one Loop. Its methods are called one at a time and must
// not block.
type Handler interface {
	// Open is called once, when c is connected: accepted, or dialled with success.
	Open(c *Conn)
	// Data offers the bytes of c that are not used yet and returns how many of them it has used. What it leaves
	// is offered again with more behind it, so only an incomplete message should be left, and whoever calls must
	// bound how long that can get. Data is called again at once if it used some bytes and left others. A handler
	// stops early when c.Full() says so, whatever it has used: it is called again, after others had their turn,
	// when half of that has been sent. in is valid during the call only.
	Data(c *Conn, in []byte) (used int)
	// End is called once when the peer has shut its sending side and all it sent has been offered. The usual
	// answer is c.Close(). It does not come after Close or Abort.
	End(c *Conn)
	// Closed is the last call for c, made once for each Conn that Open or Dial made known. err is nil when
	// this side closed it or the peer did in order; a failed Dial ends here without an Open. The system's error
	// can be asked for: errors.Is(err, syscall.ECONNRESET).
	Closed(c *Conn, err error)
}

// Config says how a Group is made. The zero value is usable.
type Config struct {
	// Loops is the number of loops; 0 means one per available core (GOMAXPROCS).
	Loops int
	// Portable asks for the engine over package net where epoll would be the default.
	Portable bool
	// HighWater is the number of unsent bytes from which Conn.Full is true and nothing more is read; 0 means
	// 256 KiB. Who sends requests and bounds them by other means sets it higher than all that can be on the way:
	// two sides that both hold back would wait for each other.
	HighWater int
	// Linger bounds how long Conn.Close waits for the peer to close too, once it has been sent all that was queued;
	// 0 means 1 s. A peer that is behind in reading may take ten times as long over each part of it.
	Linger time.Duration
	// Logger is told of trouble that belongs to no connection (accept failing because the file limit is
	// reached); nil means slog.Default().
	Logger *slog.Logger
}
