package server

import (
	"bytes"
	"strconv"

	"memlite/server/store"
)

var valueEnd = []byte("\r\nEND\r\n")

// lite is one client's end of the lite dialect.
type lite struct {
	core

	// The set whose data block is being read.
	inBlock bool
	bareLF  bool // its command line ended in a bare LF, so the block does too
	refused bool // the block is thrown away as it comes
}

func newLite(c core) parser { return &lite{core: c} }

// feed leaves an incomplete line, and a CR that may be half of a CRLF.
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

func (l *lite) large() (value, end []byte) { return l.takeValue(), valueEnd }

func (l *lite) settle(err error, out []byte) []byte {
	l.stored(err)
	if err != nil {
		return append(out, "ERROR\r\n"...)
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
		l.tally[badRequest]++
		return len(in), append(out, "ERROR\r\n"...), hangUp
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
	l.tally[badRequest]++
	return eol + 1, append(out, "ERROR\r\n"...), readOn
}

// get appends the reply to a get of key, all of it or up to the value.
func (l *lite) get(key, out []byte) ([]byte, next) {
	item, ok := l.store.Get(key)
	if !ok {
		l.tally[getMiss]++
		return append(out, "NOT-FOUND\r\n"...), readOn
	}
	l.tally[getHit]++
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
		l.tally[setRefused]++
		return used, append(out, "ERROR\r\n"...), readOn
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
