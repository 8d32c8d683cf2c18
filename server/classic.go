package server

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"time"

	"memlite/server/store"
)

const (
	// maxBlock is the largest size that memcached takes for one; what is larger has no block.
	maxBlock = math.MaxInt32 - 2
	// relative is the largest exptime that is a distance from now, in seconds; a larger one is a Unix time.
	relative = 30 * 24 * 60 * 60
)

const (
	badFormat = "CLIENT_ERROR bad command line format\r\n"
	badChunk  = "CLIENT_ERROR bad data chunk\r\n"
	badUsage  = "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n"
	tooLong   = "CLIENT_ERROR line too long\r\n"
	tooLarge  = "SERVER_ERROR object too large for cache\r\n"
	noMemory  = "SERVER_ERROR out of memory storing object\r\n"
	failed    = "SERVER_ERROR the store has failed\r\n"
)

// classic is one client's end of the classic dialect: the part of memcached's text protocol that PROTOCOL.md names.
type classic struct {
	core
	state   classicState
	skip    int64 // bytes of a refused block that are still to come
	flags   uint32
	exptime int64
	quiet   bool // the request said noreply
	cas     bool // the get is a gets
	delete  bool // what the store is working on is a delete, not a set
}

// classicState is what comes next in a stream.
type classicState uint8

const (
	inLine classicState = iota
	inKeys              // of a get
	inBlock
	inSkip
)

func newClassic(c core) parser { return &classic{core: c} }

// feed leaves an incomplete line, an incomplete key of a get, and what may be half of the line end of a block.
func (c *classic) feed(in, out []byte) (used int, _ []byte, then next) {
	for cap(out)-len(out) >= minRoom {
		var n int
		switch c.state {
		case inLine:
			n, out, then = c.readLine(in[used:], out)
		case inKeys:
			n, out, then = c.readKey(in[used:], out)
		case inBlock:
			n, out, then = c.readBlock(in[used:], out)
		case inSkip:
			n = int(min(c.skip, int64(len(in)-used)))
			if c.skip -= int64(n); c.skip == 0 {
				c.state = inLine
			}
		}
		used += n
		if n == 0 || then != readOn {
			break
		}
	}
	return used, out, then
}

func (c *classic) large() (value, end []byte) { return c.takeValue(), crlf }

func (c *classic) settle(err error, out []byte) []byte {
	reply := failed
	switch {
	case c.delete && err == nil:
		c.tally[deleteHit]++
		reply = "DELETED\r\n"
	case c.delete && errors.Is(err, store.ErrNotFound):
		c.tally[deleteMiss]++
		reply = "NOT_FOUND\r\n"
	case c.delete:
		c.tally[deleteFailed]++
	default:
		c.stored(err)
		if err == nil {
			reply = "STORED\r\n"
		} else if errors.Is(err, store.ErrOutOfMemory) {
			reply = noMemory
		}
	}
	return c.reply(out, reply)
}

// reply appends a reply, unless the client has said that it wants none.
func (c *classic) reply(out []byte, text string) []byte {
	if c.quiet {
		return out
	}
	return append(out, text...)
}

// refuse counts a request that makes no sense and appends the reply to it.
func (c *classic) refuse(out []byte, text string) []byte {
	c.tally[badRequest]++
	return c.reply(out, text)
}

// readLine reads one command line, if it is whole. Of a get it uses the command alone, and readKey the rest.
func (c *classic) readLine(in, out []byte) (int, []byte, next) {
	c.quiet = false
	eol := bytes.IndexByte(in[:min(len(in), maxLine)], '\n')
	if eol < 0 {
		if len(in) < maxLine {
			return 0, out, readOn
		}
		// A get of hundreds of keys is the one line that may be longer: the keys are answered as they come.
		if n := c.isGet(in[:maxLine]); n > 0 && n < maxLine {
			c.state = inKeys
			return n, out, readOn
		}
		return len(in), c.refuse(out, tooLong), hangUp
	}
	line := in[:eol]
	if eol > 0 && in[eol-1] == '\r' {
		line = in[:eol-1]
	}
	if n := c.isGet(line); n > 0 {
		switch keys, good := countKeys(line[n:]); {
		case keys == 0:
			return eol + 1, c.refuse(out, "ERROR\r\n"), readOn
		case !good:
			return eol + 1, c.refuse(out, badFormat), readOn
		}
		c.state = inKeys
		return n, out, readOn
	}
	token, tokens := splitClassic(line)
	switch name := token[0]; string(name) {
	case "set", "add", "replace", "append", "prepend", "cas":
		most := 6
		if name[0] == 'c' {
			most = 7
		}
		if tokens == most-1 || tokens == most {
			return eol + 1, c.set(&token, tokens == most, out), readOn
		}
	case "delete":
		if tokens >= 2 && tokens <= 4 {
			out, then := c.remove(token[1:tokens], out)
			return eol + 1, out, then
		}
	case "version":
		return eol + 1, append(append(append(out, "VERSION "...), c.version...), crlf...), readOn
	case "quit":
		return len(in), out, hangUp
	}
	return eol + 1, c.refuse(out, "ERROR\r\n"), readOn
}

// isGet returns the length of the command at the start of a line if it is get or gets, which it notes, else 0.
func (c *classic) isGet(line []byte) int {
	start := 0
	for start < len(line) && line[start] == ' ' {
		start++
	}
	rest := line[start:]
	if len(rest) < 3 || string(rest[:3]) != "get" {
		return 0
	}
	n := 3
	if c.cas = len(rest) > 3 && rest[3] == 's'; c.cas {
		n = 4
	}
	if len(rest) > n && rest[n] != ' ' {
		return 0
	}
	return start + n
}

// countKeys returns the number of keys in the rest of a line, and whether all are valid.
func countKeys(rest []byte) (keys int, good bool) {
	for {
		key, used := firstToken(rest)
		if len(key) == 0 {
			return keys, true
		}
		keys++
		if !validKey(key) {
			return keys, false
		}
		rest = rest[used:]
	}
}

// firstToken returns the first token of a line, empty if there is none, and how many bytes it takes with the spaces before.
func firstToken(line []byte) (token []byte, used int) {
	for used < len(line) && line[used] == ' ' {
		used++
	}
	start := used
	for used < len(line) && line[used] != ' ' {
		used++
	}
	return line[start:used], used
}

// readKey answers the next key of a get, or its end. It counts on being in a line whose keys are valid, or in one that is
// longer than maxLine: then it judges them itself.
func (c *classic) readKey(in, out []byte) (int, []byte, next) {
	start := 0
	for start < len(in) && in[start] == ' ' {
		start++
	}
	// A key, a CR and a LF, or else too long.
	rest := in[start:min(len(in), start+maxKey+2)]
	end := 0
	for end < len(rest) && rest[end] != ' ' && rest[end] != '\n' {
		end++
	}
	switch {
	case end == len(rest) && end < maxKey+2:
		return start, out, readOn
	case end < len(rest) && rest[end] == '\n' && (end == 0 || end == 1 && rest[0] == '\r'):
		c.state = inLine
		return start + end + 1, append(out, "END\r\n"...), readOn
	}
	key := rest[:end]
	if end < len(rest) && rest[end] == '\n' && rest[end-1] == '\r' {
		key = rest[:end-1]
	}
	if !validKey(key) {
		return len(in), c.refuse(out, badFormat), hangUp // replies have gone out: the client cannot tell which
	}
	used := start + len(key)
	item, ok := c.store.Get(key)
	if !ok {
		c.tally[getMiss]++
		return used, out, readOn
	}
	c.tally[getHit]++
	out = append(out, "VALUE "...)
	out = append(out, key...)
	out = append(out, ' ')
	out = strconv.AppendUint(out, uint64(item.Flags), 10)
	out = append(out, ' ')
	out = strconv.AppendInt(out, int64(len(item.Value)), 10)
	if c.cas {
		out = append(out, ' ')
		out = strconv.AppendInt(out, item.Stamp, 10)
	}
	out = append(out, "\r\n"...)
	if len(item.Value)+len(crlf) > cap(out)-len(out) {
		c.value = item.Value
		return used, out, sendValue
	}
	out = append(out, item.Value...)
	return used, append(out, crlf...), readOn
}

// set reads the line of a set, or of a storage command that is not known: then its block is thrown away, since it would
// be taken for commands. So is the block of a refused set, wherever its size can be read.
func (c *classic) set(token *[8][]byte, last bool, out []byte) []byte {
	if last {
		at := 5
		if token[0][0] == 'c' {
			at = 6
		}
		c.quiet = string(token[at]) == "noreply"
	}
	size, ok := parseSize(token[4])
	if !ok || size > maxBlock {
		return c.refuse(out, badFormat)
	}
	flags, okFlags := parseSize(token[2])
	exptime, okTime := parseExptime(token[3])
	c.size, c.flags, c.exptime = size, uint32(flags), exptime
	switch {
	case string(token[0]) != "set":
		out = c.refuse(out, "ERROR\r\n")
	case !validKey(token[1]), !okFlags, flags > math.MaxUint32, !okTime:
		out = c.refuse(out, badFormat)
	case size > int64(c.maxValue):
		c.tally[setRefused]++
		out = c.reply(out, tooLarge)
	default:
		c.key = append(c.key[:0], token[1]...)
		c.state = inBlock
		return out
	}
	c.state, c.skip = inSkip, size+int64(len(crlf))
	return out
}

// readBlock reads what in holds of a data block, and when the block and two bytes more are there, carries out its set.
func (c *classic) readBlock(in, out []byte) (int, []byte, next) {
	used := int(min(c.size-int64(len(c.value)), int64(len(in))))
	if used > 0 {
		c.take(in[:used])
	}
	if len(in)-used < len(crlf) {
		return used, out, readOn
	}
	c.state = inLine
	end := in[used : used+len(crlf)]
	used += len(crlf)
	value := c.takeValue() // the store's from here on
	if !bytes.Equal(end, crlf) {
		// Where the block really ends nobody can say. Like memcached: the line goes on here.
		c.tally[setRefused]++
		return used, c.reply(out, badChunk), readOn
	}
	c.delete = false
	item := store.Item{Value: value, Flags: c.flags, Expires: c.expires()}
	done, err := c.store.Set(c.key, item, c.waiter)
	if !done {
		return used, out, awaitStore
	}
	return used, c.settle(err, out), readOn
}

// expires returns the Unix time in nanoseconds that the exptime of a set means.
func (c *classic) expires() int64 {
	switch t := c.exptime; {
	case t == 0:
		return 0
	case t < 0:
		return 1
	case t <= relative:
		return c.store.Now() + t*int64(time.Second)
	default:
		return min(t, math.MaxInt64/int64(time.Second)) * int64(time.Second)
	}
}

// remove carries out a delete. A 0 behind the key, as old clients send it, means nothing.
func (c *classic) remove(args [][]byte, out []byte) ([]byte, next) {
	key, options := args[0], args[1:]
	c.quiet = len(options) > 0 && string(options[len(options)-1]) == "noreply"
	if c.quiet {
		options = options[:len(options)-1]
	}
	switch {
	case len(options) > 1, len(options) == 1 && string(options[0]) != "0":
		return c.refuse(out, badUsage), readOn
	case !validKey(key):
		return c.refuse(out, badFormat), readOn
	}
	c.delete = true
	done, err := c.store.Delete(key, c.waiter)
	if !done {
		return out, awaitStore
	}
	return c.settle(err, out), readOn
}

// splitClassic returns the tokens of a command line and their number; eight stands for any number above seven.
func splitClassic(line []byte) (token [8][]byte, tokens int) {
	for tokens < len(token) {
		t, used := firstToken(line)
		if len(t) == 0 {
			break
		}
		token[tokens] = t
		tokens++
		line = line[used:]
	}
	return token, tokens
}

// parseExptime reads a decimal number of up to 10 digits with or without a minus sign.
func parseExptime(token []byte) (seconds int64, ok bool) {
	if len(token) > 0 && token[0] == '-' {
		seconds, ok = parseSize(token[1:])
		return -seconds, ok
	}
	return parseSize(token)
}
