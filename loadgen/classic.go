package loadgen

import (
	"bytes"
	"strconv"
)

// classic is memcached's text dialect: set <key> <flags> <exptime> <bytes>, VALUE <key> <flags> <bytes>. Flags are
// sent as 0, and so is exptime but in a replay.
type classic struct{}

func (classic) appendRequest(b []byte, op *Op, value []byte) []byte {
	if op.Kind == Get {
		return appendGet(b, op.Key)
	}
	b = append(b, "set "...)
	b = append(b, op.Key...)
	b = append(b, " 0 "...)
	b = strconv.AppendUint(b, uint64(op.TTL), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(len(value)), 10)
	return appendBlock(b, value)
}

func (classic) value(line []byte) (key []byte, size int64, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte("VALUE "))
	space := bytes.IndexByte(rest, ' ')
	if !ok || space < 1 {
		return nil, 0, false
	}
	key, rest = rest[:space], rest[space+1:]
	space = bytes.IndexByte(rest, ' ')
	if space < 1 {
		return nil, 0, false
	}
	if _, ok = decimal(rest[:space]); !ok {
		return nil, 0, false
	}
	size, ok = decimal(rest[space+1:])
	return key, size, ok
}
