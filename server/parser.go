package server

import (
	"errors"

	"memlite/server/store"
)

// Limits that both dialects have (PROTOCOL.md, decisions 2, 4 and 7), in bytes.
const (
	maxLine   = 8192 // the first so many bytes of a command line hold a LF
	maxKey    = 250
	maxDigits = 10 // of a size
)

// minRoom is the spare capacity that feed wants for a reply: every one fits, but for the value itself.
const minRoom = 512

// firstPart is what is set aside when a block begins, unless more of it has arrived. The rest grows with what arrives:
// 1024 clients that announce 1 MiB each and send nothing cost 4 MiB, not 1 GiB.
const firstPart = 4 << 10

var crlf = []byte("\r\n")

// A parser is one client's end of a dialect. It is pure over bytes: how a stream is cut into calls of feed makes no
// difference to the replies.
type parser interface {
	// feed reads requests from in, appends their replies to out and returns how many bytes of in it has used. It leaves
	// what is incomplete (fewer than maxLine bytes), and whole requests for whose replies out has no room: it is to be
	// called again, with at least minRoom, while it uses anything. It never makes out larger, so what a client asks for
	// at one time is bounded by what it has read.
	feed(in, out []byte) (used int, _ []byte, then next)
	// large returns what is to be sent after feed has said sendValue.
	large() (value, end []byte)
	// settle answers the request that feed has left with awaitStore.
	settle(err error, out []byte) []byte
}

// next is what a parser asks of its connection.
type next int

const (
	readOn     next = iota // offer the rest of these bytes, with more behind it
	sendValue              // send what large returns, and read on: the value is too large to be copied twice
	awaitStore             // offer nothing until settle has been called
	hangUp                 // send the replies and close; nothing that follows counts
)

// A dialect is a grammar on the wire.
type dialect struct {
	name string
	new  func(core) parser
	busy string // what a client is told for whom there is no place
}

// dialects are those that the server speaks; the first is the default.
var dialects = []dialect{
	{"lite", newLite, "ERROR\r\n"},
	{"classic", newClassic, "ERROR Too many open connections\r\n"},
}

func dialectNames() (names []string) {
	for _, d := range dialects {
		names = append(names, d.name)
	}
	return names
}

// A core is what the parsers of all dialects have.
type core struct {
	store    store.Store
	waiter   store.Waiter
	maxValue int
	version  string
	tally    *tally
	key      []byte // of the set whose data block is being read
	block
}

// stored counts what has become of a set.
func (c *core) stored(err error) {
	switch {
	case err == nil:
		c.tally[setStored]++
	case errors.Is(err, store.ErrOutOfMemory):
		c.tally[setFull]++
	default:
		c.tally[setFailed]++
	}
}

// takeValue gives the value away.
func (c *core) takeValue() []byte {
	value := c.value
	c.value = nil
	return value
}

// A block is the data block of a set, as it comes.
type block struct {
	size  int64
	value []byte // what has come of it; after sendValue, what is to be sent
}

// take adds part to the value. A value that comes whole takes one allocation, of its size.
func (b *block) take(part []byte) {
	have, need := len(b.value), len(b.value)+len(part)
	if need > cap(b.value) {
		grown := make([]byte, have, min(b.size, int64(max(need, 2*cap(b.value), firstPart))))
		copy(grown, b.value)
		b.value = grown
	}
	b.value = append(b.value, part...)
}

// An outcome is what has become of a request.
type outcome int

const (
	getHit outcome = iota
	getMiss
	setStored
	setRefused // by what it said: its key, its size
	setFull    // by the limit of memory
	setFailed  // by the store
	deleteHit
	deleteMiss
	deleteFailed
	badRequest // no command, or no arguments that make sense
	outcomes
)

// A tally counts outcomes. It belongs to one loop: a plain addition per request is what counting costs.
type tally [outcomes]uint64

// parseSize reads 1 to 10 decimal digits and nothing else.
func parseSize(token []byte) (size int64, ok bool) {
	if len(token) == 0 || len(token) > maxDigits {
		return 0, false
	}
	for _, b := range token {
		if b < '0' || b > '9' {
			return 0, false
		}
		size = size*10 + int64(b-'0')
	}
	return size, true
}

// validKey reports whether key has 1 to 250 bytes and no space or control byte among them.
func validKey(key []byte) bool {
	for _, b := range key {
		if b <= ' ' || b == 0x7f {
			return false
		}
	}
	return len(key) > 0 && len(key) <= maxKey
}
