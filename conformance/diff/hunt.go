package diff

import (
	"cmp"
	"context"
	"fmt"
	"sort"
	"time"

	"memlite/conformance/rules"
)

// hunt is the search for a sequence that differs every time.
type hunt struct {
	*match
	ctx   context.Context
	res   *Result
	found []found // the smallest last
	maybe *found  // the last that differed, while it is not known whether it does every time
	gone  string  // the address of the endpoint that takes no more connections
	over  bool
	err   error
}

// found is a sequence that differed, and how.
type found struct {
	seq   rules.Sequence
	steps []Step
}

func (h *hunt) rtt() time.Duration { return max(h.ends[0].rtt, h.ends[1].rtt) }

// play plays once, and ends the hunt if that cannot be.
func (h *hunt) play(seq rules.Sequence, w waits) ([]Step, bool) {
	steps, differ, err := h.match.play(h.ctx, seq, w)
	if err != nil {
		h.over, h.err = true, err
		return nil, false
	}
	if last := len(steps) - 1; differ && (steps[last].A.How == Gone || steps[last].B.How == Gone) {
		h.over = true
		switch {
		case steps[last].A.How == steps[last].B.How:
			h.err = fmt.Errorf("neither endpoint takes connections any more, after %d sequences", h.res.Sequences)
		case steps[last].A.How == Gone:
			h.gone = h.ends[0].addr
		default:
			h.gone = h.ends[1].addr
		}
	}
	return steps, differ
}

// try reports whether the endpoints differ on a sequence.
func (h *hunt) try(seq rules.Sequence) bool {
	if h.found != nil {
		steps, differ := h.play(seq, hasty(h.rtt()))
		if differ && !h.over {
			h.found = append(h.found, found{seq, steps})
		}
		return differ && !h.over
	}
	h.res.Sequences++
	steps, differ := h.play(seq, hasty(h.rtt()))
	if !differ {
		return false
	}
	h.maybe = &found{seq, steps}
	if h.over {
		return false
	}
	for range repeats {
		more, again := h.play(seq, patient(h.rtt()))
		if again && !h.over {
			h.maybe.steps = more
		}
		switch end := steps[len(steps)-1]; {
		case h.over:
			return false
		case !again && (hurried(end.A) || hurried(end.B)):
			return false // it was our haste
		case !again:
			h.steady(seq)
			h.res.Once = cmp.Or(h.res.Once, h.difference(seq, steps))
			return false
		}
	}
	if !h.steady(seq) {
		return false
	}
	h.found = append(h.found, *h.maybe)
	return true
}

// steady reports whether each endpoint answers a sequence as it did before; if not, the hunt is over.
func (h *hunt) steady(seq rules.Sequence) bool {
	seq = seq.Recognizable()
	before, _ := h.play(seq, patient(h.rtt()))
	after, _ := h.play(seq, patient(h.rtt()))
	for side := range h.ends {
		if u := h.unsteady(side, seq, before, after); u != nil {
			h.res.Unsteady, h.over = u, true
			return false
		}
	}
	return !h.over
}

// conclude tries the smallest of what was found again, with patience. If it does not differ then, an endpoint was only slow, some time
// on the way: the way is gone again from the last sequence that does differ, more slowly.
func (h *hunt) conclude() {
	if h.gone != "" {
		last := h.maybe
		if h.found != nil {
			last = &h.found[len(h.found)-1]
		}
		h.res.Difference, h.res.Once = h.difference(last.seq, last.steps), nil
		h.res.Difference.Gone = h.gone
	}
	if h.over || h.ctx.Err() != nil {
		return
	}
	confirmed := func(seq rules.Sequence) bool {
		steps, differ := h.play(seq, patient(h.rtt()))
		if differ {
			h.res.Difference, h.res.Once = h.difference(seq, steps), nil
		}
		return differ
	}
	last := len(h.found) - 1
	if last < 0 || confirmed(h.found[last].seq) {
		return
	}
	// Whether they differ is not lost and found again on the way, or not often.
	at := sort.Search(last, func(i int) bool { return !confirmed(h.found[i].seq) }) - 1
	if at < 0 {
		return
	}
	deadline := time.Now().Add(shrinkTime)
	smallest := h.found[at].seq.Reduce(func(seq rules.Sequence) bool {
		return h.ctx.Err() == nil && time.Now().Before(deadline) && h.differs(seq)
	})
	confirmed(smallest)
}

// differs reports whether the endpoints differ on a sequence, whatever haste makes of it.
func (h *hunt) differs(seq rules.Sequence) bool {
	steps, differ := h.play(seq, hasty(h.rtt()))
	if !differ || h.over {
		return false
	}
	if end := steps[len(steps)-1]; hurried(end.A) || hurried(end.B) {
		_, differ = h.play(seq, patient(h.rtt()))
	}
	return differ
}

func (h *hunt) difference(seq rules.Sequence, steps []Step) *Difference {
	return &Difference{Steps: steps, PasteA: rules.Paste(h.sent(seq, steps, 0), h.ends[0].addr), PasteB: rules.Paste(h.sent(seq, steps, 1), h.ends[1].addr)}
}

// sent is what steps have sent to one endpoint, of the sequence that was played last.
func (h *hunt) sent(seq rules.Sequence, steps []Step, side int) []rules.Send {
	all := seq.Sends(h.profile, h.token, h.names(side, 0))
	n := len(steps)
	if n > 0 && steps[n-1].Words == connecting {
		n--
	}
	return all[:min(len(all), n)]
}

// unsteady compares what one endpoint has answered the last two times, and returns how it differs from itself, nil if it does not.
func (h *hunt) unsteady(side int, seq rules.Sequence, before, after []Step) *Unsteady {
	for i := range min(len(before), len(after)) {
		first, then := before[i].answer(side), after[i].answer(side)
		first.Text = rules.Rename(first.Text, h.token, h.names(0, 1), h.names(0, 0))
		if hurried(first) || hurried(then) || first == then {
			continue
		}
		u := &Unsteady{Addr: h.ends[side].addr, Steps: after[:i+1], First: first, Then: then}
		u.Paste = rules.Paste(h.sent(seq, u.Steps, 0), u.Addr)
		return h.smaller(side, seq, u)
	}
	return nil
}

// smaller compares an endpoint with itself, at once, and tells of the smallest sequence on which that differs, of what is known already if
// it does not.
func (h *hunt) smaller(side int, seq rules.Sequence, known *Unsteady) *Unsteady {
	e := *h.ends[side]
	alone := &hunt{ctx: h.ctx, res: &Result{}, match: &match{ends: [2]*endpoint{&e, h.ends[side]}, profile: h.profile, shared: true, token: h.token + "u"}}
	deadline := time.Now().Add(shrinkTime)
	u := known
	seq.Reduce(func(seq rules.Sequence) bool {
		if time.Now().After(deadline) || alone.over || h.ctx.Err() != nil {
			return false
		}
		for range repeats {
			steps, differ := alone.play(seq, hasty(alone.rtt()))
			if !differ || alone.over {
				continue
			}
			if last := steps[len(steps)-1]; !hurried(last.A) && !hurried(last.B) {
				u = &Unsteady{Addr: e.addr, Steps: steps, First: last.A, Then: last.B, Paste: rules.Paste(alone.sent(seq, steps, 0), e.addr)}
				return true
			}
		}
		return false
	})
	return u
}

// hurried reports whether an answer may be what it is because we did not wait long enough.
func hurried(a Answer) bool { return a.How == Silent || a.How == Waits }

func (s Step) answer(side int) Answer { return [2]Answer{s.A, s.B}[side] }
