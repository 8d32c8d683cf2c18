package store

import (
	"reflect"
	"testing"
)

func TestRecord(t *testing.T) {
	for _, item := range []Item{
		{Value: []byte{}, Stamp: 1},
		{Value: []byte("v"), Stamp: 1<<62 + 3},
		{Value: []byte("v"), Stamp: 7, Flags: 1<<32 - 1},
		{Value: []byte{}, Stamp: 7, Expires: -5},
		{Value: []byte("value"), Stamp: 7, Flags: 3, Expires: 1 << 60},
	} {
		record := make([]byte, recordSize(&item))
		putRecord(record, &item)
		if got, err := parseRecord(record); err != nil || !reflect.DeepEqual(got, item) {
			t.Errorf("want %+v, got %+v, %v", item, got, err)
		}
	}
	for _, bad := range [][]byte{nil, {1, 0, 0, 0, 0, 0, 0, 0}, {2, 0, 0, 0, 0, 0, 0, 0, 1, 0}, {3, 0, 0, 0, 0, 0, 0, 0, 1, 'v'}} {
		if item, err := parseRecord(bad); err == nil {
			t.Errorf("%v is taken for %+v", bad, item)
		}
	}
}
