package wire

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"memlite/reports"
)

// What a Transcript keeps: the head of each event, the first events and the last ones. The numbers bound it to some
// 160 KiB whatever the other side sends; the failure is at the end and its cause usually just before it.
const (
	KeepBytes = 1 << 10 // of each event
	KeepFirst = 40      // events
	KeepLast  = 120     // events

	briefEvents = 24
	briefBytes  = 160
)

// A Transcript is the record of what all clients of one rule sent and received. Its methods may be called from any
// goroutine.
type Transcript struct {
	mu       sync.Mutex
	start    time.Time
	first    []reports.Event
	last     []reports.Event // a ring once it is full
	next     int             // where the ring is written next
	dropped  int
	clients  int
	received int64
}

// NewTranscript starts an empty record; the time of its events counts from now.
func NewTranscript() *Transcript { return &Transcript{start: time.Now()} }

// Note adds a remark of client (0: of the rule itself).
func (t *Transcript) Note(client int, text string) { t.add(client, "note", nil, text) }

// Received returns the number of bytes received so far, kept or not.
func (t *Transcript) Received() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.received
}

// Events returns the record; a note stands where events were left out.
func (t *Transcript) Events() []reports.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := append([]reports.Event(nil), t.first...)
	last := append(append([]reports.Event(nil), t.last[t.next:]...), t.last[:t.next]...)
	if t.dropped > 0 {
		out = append(out, reports.Event{At: last[0].At, Kind: "note", Note: fmt.Sprintf("%d events left out here", t.dropped)})
	}
	return append(out, last...)
}

// Brief returns the beginning of the record, for rules that passed: enough to see what was asked.
func (t *Transcript) Brief() []reports.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(len(t.first), briefEvents)
	out := append([]reports.Event(nil), t.first[:n]...)
	for i := range out {
		out[i].Bytes = out[i].Bytes[:min(len(out[i].Bytes), briefBytes)]
	}
	if more := len(t.first) - n + len(t.last) + t.dropped; more > 0 {
		out = append(out, reports.Event{At: out[n-1].At, Kind: "note", Note: fmt.Sprintf("%d events more", more)})
	}
	return out
}

func (t *Transcript) client() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clients++
	return t.clients
}

func (t *Transcript) add(client int, kind string, p []byte, note string) {
	e := reports.Event{Client: client, Kind: kind, Length: len(p), Note: note}
	if len(p) > 0 {
		e.Bytes = bytes.Clone(p[:min(len(p), KeepBytes)])
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	e.At = time.Since(t.start)
	if kind == "receive" {
		t.received += int64(len(p))
	}
	switch {
	case len(t.first) < KeepFirst:
		t.first = append(t.first, e)
	case len(t.last) < KeepLast:
		t.last = append(t.last, e)
	default:
		t.last[t.next] = e
		t.next = (t.next + 1) % KeepLast
		t.dropped++
	}
}
