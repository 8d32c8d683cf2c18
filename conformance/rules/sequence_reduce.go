package rules

import "slices"

// Reduce returns a sequence that still fails and is smaller: every part that can be left out or made plainer alone is. Rapid knows
// what was drawn and not what it means, so it leaves a request standing whose removal would change what the next draw is taken for.
func (s Sequence) Reduce(fails func(Sequence) bool) Sequence {
	for changed := true; changed; {
		changed = false
		try := func(change func(*Sequence)) bool {
			c := s.clone()
			change(&c)
			if c.String() == s.String() || !fails(c) {
				return false
			}
			s, changed = c, true
			return true
		}
		leaveOut(func() int { return len(s.bursts) }, func(at, n int) bool {
			return n < len(s.bursts) && try(func(c *Sequence) { c.bursts = slices.Delete(c.bursts, at, at+n) })
		})
		for i := 0; i < len(s.bursts); i++ {
			leaveOut(func() int { return len(s.bursts[i].ops) }, func(at, n int) bool {
				return n < len(s.bursts[i].ops) && try(func(c *Sequence) { c.bursts[i].ops = slices.Delete(c.bursts[i].ops, at, at+n) })
			})
		}
		try((*Sequence).join)
		try(func(c *Sequence) {
			for i := range c.bursts {
				c.bursts[i].client = 0
			}
			c.join()
		})
		for i := range s.keys {
			try(func(c *Sequence) { c.keys[i].length = 0 })
			try(func(c *Sequence) { c.keys[i].alphabet = 0 })
		}
		for i := range s.bursts {
			try(func(c *Sequence) { c.bursts[i].client = 0 })
			try(func(c *Sequence) { c.bursts[i].cuts = nil })
			try(func(c *Sequence) { c.bursts[i].held = 0 })
			try(func(c *Sequence) { c.bursts[i].apart = false })
			for j := range s.bursts[i].ops {
				try(func(c *Sequence) { c.bursts[i].ops[j].key = 0 })
				try(func(c *Sequence) { c.bursts[i].ops[j].n = 0 })
				try(func(c *Sequence) { c.bursts[i].ops[j].value.first = 0 })
				for _, plain := range []valueShape{{}, {n: 1}, {n: 2}} {
					if s.bursts[i].ops[j].value == plain || try(func(c *Sequence) { c.bursts[i].ops[j].value = plain }) {
						break // in this order, or it would never end
					}
				}
				try(func(c *Sequence) { c.bursts[i].ops[j] = op{key: c.bursts[i].ops[j].key} })
			}
		}
	}
	return s
}

// leaveOut leaves out as many of several things as can be, large parts first.
func leaveOut(count func() int, without func(at, n int) bool) {
	for n := count() / 2; n > 0; n /= 2 {
		for at := 0; at+n <= count(); {
			if !without(at, n) {
				at += n
			}
		}
	}
}

// join makes one burst of those of a client that follow each other, sent at once.
func (s *Sequence) join() {
	var list []burst
	for _, b := range s.bursts {
		if last := len(list) - 1; last >= 0 && list[last].client == b.client {
			list[last].ops = append(list[last].ops, b.ops...)
			list[last].held = b.held
			continue
		}
		b.apart, b.cuts = false, nil
		list = append(list, b)
	}
	s.bursts = list
}

func (s Sequence) clone() Sequence {
	s.keys = slices.Clone(s.keys)
	s.bursts = slices.Clone(s.bursts)
	for i := range s.bursts {
		s.bursts[i].ops = slices.Clone(s.bursts[i].ops)
	}
	return s
}
