package reports

import "time"

// Excerpt returns at most n events that show best how the rule ended, in their order, with a note where some were left
// out: those of the client whose reply failed it, then what happened just before. How connections were opened and
// closed around it tells the least.
func (r *Rule) Excerpt(n int) []Event {
	events := r.Transcript
	if len(events) <= n {
		return events
	}
	keep := make([]bool, len(events))
	left := n
	take := func(from, most int, want func(i int) bool) {
		for i := from; i >= 0 && most > 0 && left > 0; i-- {
			if !keep[i] && want(i) {
				keep[i] = true
				most--
				left--
			}
		}
	}
	last := len(events) - 1
	if r.Client > 0 {
		own := func(i int) bool { return events[i].Client == r.Client && telling(events[i]) }
		take(last, n*2/3, own)
		for last > 0 && !own(last) {
			last--
		}
		if !own(last) {
			last = len(events) - 1
		}
	}
	take(last, n, func(i int) bool { return telling(events[i]) })
	take(len(events)-1, n, func(int) bool { return true })
	return withGaps(events, keep)
}

// withGaps keeps events, and says between them how many telling ones are missing.
func withGaps(events []Event, keep []bool) []Event {
	var list []Event
	missing := 0
	note := func(at time.Duration) {
		if missing > 0 {
			list = append(list, Event{At: at, Kind: "note", Note: plural(int64(missing), "event") + " left out here"})
			missing = 0
		}
	}
	for i, e := range events {
		switch {
		case keep[i]:
			note(e.At)
			list = append(list, e)
		case telling(e):
			missing++
		}
	}
	note(events[len(events)-1].At)
	return list
}

// telling events are what was sent, received, remarked, and how a connection ended. How it was opened and closed from
// this side tells little.
func telling(e Event) bool { return e.Kind != "open" && e.Kind != "close" }
