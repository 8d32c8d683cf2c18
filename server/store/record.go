package store

import (
	"encoding/binary"
	"fmt"
)

// What a key has on disk: a format byte, the timestamp in 8 bytes, big endian, and the value. The format byte is
// what lets another kind of record (with flags, an expiry time, or none of the value) come later.
const (
	formatPlain = 1
	recordHead  = 1 + 8
)

// putRecord writes the record of value into to, which has recordHead+len(value) bytes.
func putRecord(to, value []byte, stamp int64) {
	to[0] = formatPlain
	binary.BigEndian.PutUint64(to[1:], uint64(stamp))
	copy(to[recordHead:], value)
}

// parseRecord returns what putRecord has written. The value is a part of record.
func parseRecord(record []byte) (value []byte, stamp int64, err error) {
	if len(record) < recordHead {
		return nil, 0, fmt.Errorf("a record of %d bytes, fewer than the %d of its head", len(record), recordHead)
	}
	if record[0] != formatPlain {
		return nil, 0, fmt.Errorf("a record of format %d, which this memlite does not know", record[0])
	}
	return record[recordHead:], int64(binary.BigEndian.Uint64(record[1:])), nil
}
