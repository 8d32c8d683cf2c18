package loadgen

import "math/bits"

// history is what one loop knows of its own sets, key by key: which versions are overwritten for certain.
//
// A loop's sets are counted in the order in which they are sent, but sets that are in flight at the same time may be done by the
// server in either order, so a lower count alone is no older version. Set v is overwritten for certain by set u of the same key
// when v was answered before u was sent, and u is answered. So with each set the count of the first set of its key is noted that
// is still in flight (the set itself, if none is): when it is answered, all versions below that floor are gone. A read that is sent
// after that and brings one of them is stale, on any server whose replies say when a thing is done, however many others set the key
// too. A set that was never answered may be done at any later time, and bars only its own version from being called stale.
//
// It is a table of 24 bytes for each key that the loop has set, and a third more, and never more than maxHistory of them; it is as
// large as it gets from the beginning, and what is not used is not in memory.
type history struct {
	slots  []slot
	places []inFlight // for each place of requests in flight
	count  uint64     // sets made
	lost   []uint64
	blind  bool  // too many sets were lost to know
	untold int64 // sets of keys that found no room
}

const (
	maxHistory = 1 << 21 // keys
	maxProbe   = 64      // slots looked at for a key
	maxLost    = 1 << 16
)

type slot struct {
	key   uint64 // hash; 0 is none
	floor uint64 // versions below it are overwritten; 0: no set has been answered
	first int32  // place of the first set in flight, counted from 1; the others follow in a ring
}

// inFlight is what is kept of a request in flight.
type inFlight struct {
	floor      uint64 // a get's: its key's when it was sent; a set's: its key's when it is answered
	count      uint64 // of a set
	next, prev int32  // sets of the same key in flight
	slot       int32  // -1: none
}

func newHistory(keys, places int) *history {
	n := maxHistory
	if keys < maxHistory*3/4 {
		n = keys*4/3 + maxProbe
	}
	return &history{slots: make([]slot, n), places: make([]inFlight, places)}
}

// find returns the place of a key's slot, -1 if it has none. With add it gets one, if there is room.
func (h *history) find(key uint64, add bool) int32 {
	key = max(key, 1)
	at, _ := bits.Mul64(key, uint64(len(h.slots)))
	for range maxProbe {
		s := &h.slots[at]
		if s.key == key {
			return int32(at)
		}
		if s.key == 0 {
			if !add {
				return -1
			}
			s.key = key
			return int32(at)
		}
		if at++; at == uint64(len(h.slots)) {
			at = 0
		}
	}
	return -1
}

// asked notes a get that is sent now.
func (h *history) asked(at int, key uint64) {
	p := &h.places[at]
	p.floor = 0
	if i := h.find(key, false); i >= 0 {
		p.floor = h.slots[i].floor
	}
}

// sent notes a set that is sent now and returns its count.
func (h *history) sent(at int, key uint64) uint64 {
	h.count++
	p := &h.places[at]
	*p = inFlight{count: h.count, floor: h.count, slot: h.find(key, true), next: int32(at), prev: int32(at)}
	if p.slot < 0 {
		h.untold++
		return h.count
	}
	s := &h.slots[p.slot]
	if s.first == 0 {
		s.first = int32(at) + 1
		return h.count
	}
	first := &h.places[s.first-1]
	p.floor = first.count
	p.next, p.prev = s.first-1, first.prev
	h.places[first.prev].next = int32(at)
	first.prev = int32(at)
	return h.count
}

// ended notes that the set at a place is no longer in flight.
func (h *history) ended(at int, stored bool) {
	p := &h.places[at]
	if !stored && !h.blind {
		h.lost = append(h.lost, p.count)
		h.blind = len(h.lost) > maxLost
	}
	if p.slot < 0 {
		return
	}
	s := &h.slots[p.slot]
	if stored {
		s.floor = max(s.floor, p.floor)
	}
	switch {
	case p.next == int32(at):
		s.first = 0
	case s.first == int32(at)+1:
		s.first = p.next + 1
		fallthrough
	default:
		h.places[p.prev].next, h.places[p.next].prev = p.next, p.prev
	}
}

// stale says whether a get was answered with a version that had been overwritten when it was sent.
func (h *history) stale(at int, count uint64) bool {
	if h.blind || count >= h.places[at].floor {
		return false
	}
	for _, l := range h.lost {
		if l == count {
			return false
		}
	}
	return true
}
