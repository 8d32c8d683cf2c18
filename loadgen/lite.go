package loadgen

import (
	"bytes"
	"strconv"
)

// lite is the report's dialect: set <key> <size>, VALUE <key> <size>.
type lite struct{}

func (lite) appendRequest(b []byte, op *Op, value []byte) []byte {
	if op.Kind == Get {
		return appendGet(b, op.Key)
	}
	b = append(b, "set "...)
	b = append(b, op.Key...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(len(value)), 10)
	return appendBlock(b, value)
}

func (lite) value(line []byte) (key []byte, size int64, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte("VALUE "))
	space := bytes.IndexByte(rest, ' ')
	if !ok || space < 1 {
		return nil, 0, false
	}
	size, ok = decimal(rest[space+1:])
	return rest[:space], size, ok
}

func appendGet(b, key []byte) []byte {
	b = append(b, "get "...)
	b = append(b, key...)
	return append(b, "\r\n"...)
}

func appendBlock(b, value []byte) []byte {
	b = append(b, "\r\n"...)
	b = append(b, value...)
	return append(b, "\r\n"...)
}

// decimal reads 1 to 10 decimal digits and nothing else.
func decimal(text []byte) (n int64, ok bool) {
	if len(text) == 0 || len(text) > 10 {
		return 0, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
