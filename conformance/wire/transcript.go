package wire

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"memlite/reports"
)

// What a Transcript keeps: the head of each event, the first events, the last ones, and the last few of each client that
// is still there. The numbers bound it to some 160 KiB and 4 KiB for each client, whatever the other side sends; the
// failure is at the end and its cause usually just before it.
const (
	KeepBytes = 1 << 10 // of each event
	KeepFirst = 40      // events
	KeepLast  = 120     // events
	KeepOwn   = 4       // events of each client

	briefEvents = 24
	briefBytes  = 160
)

// A Transcript is the record of what all clients of one rule sent and received. Its methods may be called from any
// goroutine.
type Transcript struct {
	mu       sync.Mutex
	start    time.Time
	first    []entry
	last     []entry // a ring once it is full
	next     int     // where the ring is written next
	own      map[int][]entry
	count    int // of entries made
	alike    int // how many clients the newest entry stands for
	clients  int
	received int64

	failed  bool // Fail was called, for client culprit
	culprit int
	after   int // events of others since then
}

// entry is an event with its place among all, kept or not.
type entry struct {
	reports.Event
	place int
}

// NewTranscript starts an empty record; the time of its events counts from now.
func NewTranscript() *Transcript { return &Transcript{start: time.Now(), own: map[int][]entry{}} }

// Note adds a remark of client (0: of the rule itself).
func (t *Transcript) Note(client int, text string) { t.add(client, "note", nil, text) }

// Fail says that it went wrong, and with which client (0: no single one). How the others are stopped then is not kept:
// of hundreds it would be all that is.
func (t *Transcript) Fail(client int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.failed {
		t.failed, t.culprit = true, client
	}
}

// Received returns the number of bytes received so far, kept or not.
func (t *Transcript) Received() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.received
}

// Events returns the record; notes stand where events were left out.
func (t *Transcript) Events() []reports.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := append([]entry(nil), t.first...)
	last := append(append([]entry(nil), t.last[t.next:]...), t.last[:t.next]...)
	if len(last) > 0 {
		// What the client that failed did last may be long ago: it waited, and the others went on.
		for _, e := range t.own[t.culprit] {
			if e.place > list[len(list)-1].place && e.place < last[0].place {
				list = append(list, e)
			}
		}
	}
	list = append(list, last...)
	var out []reports.Event
	for i, e := range list {
		if i > 0 {
			if left := e.place - list[i-1].place - 1; left > 0 {
				out = append(out, reports.Event{At: e.At, Kind: "note", Note: fmt.Sprintf("%d events left out here", left)})
			}
		}
		out = append(out, e.Event)
	}
	if t.after > 0 && len(out) > 0 {
		out = append(out, reports.Event{At: out[len(out)-1].At, Kind: "note", Note: "the other clients were stopped"})
	}
	return out
}

// Brief returns the beginning of the record, for rules that passed: enough to see what was asked.
func (t *Transcript) Brief() []reports.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []reports.Event
	for _, e := range t.first[:min(len(t.first), briefEvents)] {
		e.Bytes = e.Bytes[:min(len(e.Bytes), briefBytes)]
		out = append(out, e.Event)
	}
	if more := t.count - len(out); more > 0 {
		out = append(out, reports.Event{At: out[len(out)-1].At, Kind: "note", Note: fmt.Sprintf("%d events more", more)})
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
	e := entry{Event: reports.Event{Client: client, Kind: kind, Length: len(p), Note: note}}
	if len(p) > 0 {
		e.Bytes = bytes.Clone(p[:min(len(p), KeepBytes)])
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	e.At = time.Since(t.start)
	if kind == "receive" {
		t.received += int64(len(p))
	}
	if t.failed && client != t.culprit {
		t.after++
		return
	}
	if t.joins(&e.Event) {
		return
	}
	e.place = t.count
	t.count++
	t.alike = 1
	t.remember(e)
	switch {
	case len(t.first) < KeepFirst:
		t.first = append(t.first, e)
	case len(t.last) < KeepLast:
		t.last = append(t.last, e)
	default:
		t.last[t.next] = e
		t.next = (t.next + 1) % KeepLast
	}
}

// joins counts one more client that comes or goes like the one before it: a thousand of them are one line.
func (t *Transcript) joins(e *reports.Event) bool {
	if t.count == 0 || e.Note != "" || e.Kind != "open" && e.Kind != "close" {
		return false
	}
	newest := &t.first[len(t.first)-1]
	if n := len(t.last); n > 0 {
		newest = &t.last[(t.next+n-1)%n]
	}
	if newest.Kind != e.Kind || newest.Note != "" && t.alike == 1 {
		return false
	}
	t.remember(entry{Event: *e})
	t.alike++
	newest.Client, newest.Note = 0, fmt.Sprintf("%d clients", t.alike)
	return true
}

// remember keeps what a client did last, as long as it is there.
func (t *Transcript) remember(e entry) {
	switch e.Kind {
	case "close":
		if !t.failed || e.Client != t.culprit {
			delete(t.own, e.Client)
		}
	case "send", "receive":
		own := t.own[e.Client]
		if len(own) == KeepOwn {
			own = own[1:]
		}
		t.own[e.Client] = append(own, e)
	}
}
