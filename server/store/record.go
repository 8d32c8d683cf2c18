package store

import (
	"encoding/binary"
	"fmt"
)

// What a key has on disk: a format byte, the timestamp in 8 bytes, big endian, with formatMeta the flags in 4 and the
// expiry time in 8, and the value. The format byte is what lets other kinds of record come later.
const (
	formatPlain = 1
	formatMeta  = 2

	plainHead = 1 + 8
	metaHead  = plainHead + 4 + 8
)

// recordSize returns the size of the record of item, in bytes.
func recordSize(item *Item) int {
	if item.Flags == 0 && item.Expires == 0 {
		return plainHead + len(item.Value)
	}
	return metaHead + len(item.Value)
}

// putRecord writes the record of item into to, which has recordSize bytes.
func putRecord(to []byte, item *Item) {
	binary.BigEndian.PutUint64(to[1:], uint64(item.Stamp))
	if len(to) == plainHead+len(item.Value) {
		to[0] = formatPlain
		copy(to[plainHead:], item.Value)
		return
	}
	to[0] = formatMeta
	binary.BigEndian.PutUint32(to[plainHead:], item.Flags)
	binary.BigEndian.PutUint64(to[plainHead+4:], uint64(item.Expires))
	copy(to[metaHead:], item.Value)
}

// parseRecord returns what putRecord has written. The value is a part of record.
func parseRecord(record []byte) (item Item, err error) {
	if len(record) < plainHead {
		return Item{}, fmt.Errorf("a record of %d bytes, fewer than the %d of its head", len(record), plainHead)
	}
	item.Stamp = int64(binary.BigEndian.Uint64(record[1:]))
	switch record[0] {
	case formatPlain:
		item.Value = record[plainHead:]
	case formatMeta:
		if len(record) < metaHead {
			return Item{}, fmt.Errorf("a record of %d bytes, fewer than the %d of its head", len(record), metaHead)
		}
		item.Flags = binary.BigEndian.Uint32(record[plainHead:])
		item.Expires = int64(binary.BigEndian.Uint64(record[plainHead+4:]))
		item.Value = record[metaHead:]
	default:
		return Item{}, fmt.Errorf("a record of format %d, which this memlite does not know", record[0])
	}
	return item, nil
}
