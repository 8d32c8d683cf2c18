package fleet

import (
	"encoding/json"
	"fmt"
	"sync"
)

// maxLogbook bounds what an agent keeps for a coordinator that takes nothing: hours of an ordinary run's samples.
const maxLogbook = 256 << 20

// logbook has the records of a run that the coordinator has not said it took, encoded, by their number.
type logbook struct {
	mu    sync.Mutex
	first int64 // number of the first that is kept
	kept  [][]byte
	bytes int
}

func newLogbook() *logbook { return &logbook{first: 1} }

// add numbers a record, and returns it as it is sent. There is always room for the last one.
func (l *logbook) add(r record) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Number = l.first + int64(len(l.kept))
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("measurements that have no JSON: %w", err)
	}
	if r.End == nil && (len(b) > maxRecord || l.bytes+len(b) > maxLogbook) {
		return nil, fmt.Errorf("%d bytes of measurements are more than a fleet carries", l.bytes+len(b))
	}
	l.kept, l.bytes = append(l.kept, b), l.bytes+len(b)
	return b, nil
}

// last is the number of the newest record; 0 if there is none.
func (l *logbook) last() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first + int64(len(l.kept)) - 1
}

// get returns a record that is kept, or nil.
func (l *logbook) get(number int64) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := number - l.first; i >= 0 && i < int64(len(l.kept)) {
		return l.kept[i]
	}
	return nil
}

// taken forgets the records up to a number.
func (l *logbook) taken(number int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.kept) > 0 && l.first <= number {
		l.bytes -= len(l.kept[0])
		l.kept[0] = nil
		l.kept, l.first = l.kept[1:], l.first+1
	}
}
