package server

import (
	"bytes"
	"strconv"

	"memlite/server/store"
)

// Limits of the lite dialect (PROTOCOL.md, decisions 2, 4 and 7), in bytes.
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

var (
	crlf       = []byte("\r\n")
	errorReply = []byte("ERROR\r\n")
	valueEnd   = []byte("\r\nEND\r\n")
)

// next is what a parser asks of its connection.
type next int

const (
	readOn     next = iota // offer the rest of these bytes, with more behind it
	sendValue              // send the field value, then valueEnd, and read on: it is too large to be copied twice
	awaitStore             // offer nothing until settle has been called
	hangUp                 // send the replies and close; nothing that follows counts
)

// lite is one client's end of the lite dialect. It is pure over bytes: how a stream is cut into calls of feed makes
// no difference to the replies.
type lite struct {
	store    store.Store
	waiter   store.Waiter
	maxValue int

	// The set whose data block is being read.
	inBlock bool
	bareLF  bool // its command line ended in a bare LF, so the block does too
	refused bool // the block is thrown away as it comes
	size    int64
	key     []byte

	value []byte // what has come of the block; after sendValue, what is to be sent
}

// feed reads requests from in, appends their replies to out and returns how many bytes of in it has used. It leaves
// an incomplete line (fewer than maxLine bytes), a CR that may be half of a CRLF, and whole requests for whose
// replies out has no room: it is to be called again, with at least minRoom, while it uses anything. It never makes
// out larger, so what a client asks for at one time is bounded by what it has read.
func (l *lite) feed(in, out []byte) (used int, _ []byte, then next) {
	for cap(out)-len(out) >= minRoom {
		var n int
		if l.inBlock {
			n, out, then = l.readBlock(in[used:], out)
		} else {
			n, out, then = l.readLine(in[used:], out)
		}
		used += n
		if n == 0 || then != readOn {
			break
		}
	}
	return used, out, then
}

// settle answers the set that feed left with awaitStore.
func (l *lite) settle(err error, out []byte) []byte {
	if err != nil {
		return append(out, errorReply...)
	}
	return append(out, "STORED\r\n"...)
}

// readLine reads one command line, if it is whole.
func (l *lite) readLine(in, out []byte) (int, []byte, next) {
	eol := bytes.IndexByte(in[:min(len(in), maxLine)], '\n')
	if eol < 0 {
		if len(in) < maxLine {
			return 0, out, readOn
		}
		// Where the line ends, and so where the next command begins, is not worth waiting for.
		return len(in), append(out, errorReply...), hangUp
	}
	line, bareLF := in[:eol], true
	if eol > 0 && in[eol-1] == '\r' {
		line, bareLF = in[:eol-1], false
	}
	token, tokens := split(line)
	switch string(token[0]) {
	case "get":
		if tokens == 2 && validKey(token[1]) {
			out, then := l.get(token[1], out)
			return eol + 1, out, then
		}
	case "set":
		// Count and size are judged before the key: they alone say whether a block follows.
		if size, ok := parseSize(token[2]); tokens == 3 && ok {
			l.inBlock, l.bareLF, l.size = true, bareLF, size
			l.refused = size > int64(l.maxValue) || !validKey(token[1])
			if !l.refused {
				l.key = append(l.key[:0], token[1]...)
			}
			return eol + 1, out, readOn
		}
	case "end":
		if tokens == 1 {
			return len(in), out, hangUp
		}
	}
	return eol + 1, append(out, errorReply...), readOn
}

// get appends the reply to a get of key, all of it or up to the value.
func (l *lite) get(key, out []byte) ([]byte, next) {
	item, ok := l.store.Get(key)
	if !ok {
		return append(out, "NOT-FOUND\r\n"...), readOn
	}
	value := item.Value
	out = append(out, "VALUE "...)
	out = append(out, key...)
	out = append(out, ' ')
	out = strconv.AppendInt(out, int64(len(value)), 10)
	out = append(out, "\r\n"...)
	if len(value)+len(valueEnd) > cap(out)-len(out) {
		l.value = value
		return out, sendValue
	}
	out = append(out, value...)
	return append(out, valueEnd...), readOn
}

// readBlock reads what in holds of a data block, and when the block is whole, carries out its set.
func (l *lite) readBlock(in, out []byte) (int, []byte, next) {
	part, used, whole := l.cutBlock(in)
	length := int64(len(l.value)) + int64(len(part))
	if length > l.size || whole && length < l.size {
		l.refused, l.value = true, nil
	}
	if !l.refused {
		l.take(part)
	}
	if !whole {
		return used, out, readOn
	}
	l.inBlock = false
	if l.refused {
		return used, append(out, errorReply...), readOn
	}
	value := l.value
	l.value = nil // the store's from here on
	done, err := l.store.Set(l.key, store.Item{Value: value}, l.waiter)
	if !done {
		return used, out, awaitStore
	}
	return used, l.settle(err, out), readOn
}

// cutBlock returns the bytes at the start of in that belong to the data block, how many are used with its line end, and
// whether that line end is there.
func (l *lite) cutBlock(in []byte) (part []byte, used int, whole bool) {
	if l.bareLF {
		if i := bytes.IndexByte(in, '\n'); i >= 0 {
			return in[:i], i + 1, true
		}
		return in, len(in), false
	}
	if i := bytes.Index(in, crlf); i >= 0 {
		return in[:i], i + 2, true
	}
	if n := len(in); n > 0 && in[n-1] == '\r' {
		in = in[:n-1] // data or half of a line end: the next byte will tell
	}
	return in, len(in), false
}

// take adds part to the value. A value that comes whole takes one allocation, of its size.
func (l *lite) take(part []byte) {
	have, need := len(l.value), len(l.value)+len(part)
	if need > cap(l.value) {
		grown := make([]byte, have, min(l.size, int64(max(need, 2*cap(l.value), firstPart))))
		copy(grown, l.value)
		l.value = grown
	}
	l.value = append(l.value, part...)
}

// split returns the tokens of a command line, which one or more spaces separate, and their number. Four stands for
// any number above three, for no command has more.
func split(line []byte) (token [4][]byte, tokens int) {
	for i := 0; tokens < len(token); tokens++ {
		for i < len(line) && line[i] == ' ' {
			i++
		}
		if i == len(line) {
			break
		}
		start := i
		for i < len(line) && line[i] != ' ' {
			i++
		}
		token[tokens] = line[start:i]
	}
	return token, tokens
}

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
