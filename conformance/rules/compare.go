package rules

import (
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// Sequences returns the generator of sequences of a few clients that speak as the profile says, with every form of request that there
// is, also those for which nothing says what is right. They are for comparing two endpoints.
func Sequences(p Profile) *rapid.Generator[Sequence] {
	return shape{t: &T{Profile: p}, level: anything, clients: 2, bursts: 8, ops: 8}.draws()
}

// Sends gives the keys names that no other try has, and returns the sequence as it is to be sent. What the names begin with must be
// new to the endpoints.
func (s Sequence) Sends(p Profile, begin string, try int) []Send {
	return s.sends(&T{Profile: p}, begin, try)
}

// Recognizable returns the sequence with no key so short that its name may be a part of something else.
func (s Sequence) Recognizable() Sequence {
	s = s.clone()
	for i, k := range s.keys {
		if k.length < 50 {
			s.keys[i].length = 0
		}
	}
	return s
}

// Rename gives the keys in a reply to one try of a Recognizable sequence the names that they have in another.
func Rename(text, begin string, from, to int) string {
	return strings.ReplaceAll(text, nonce(begin, from), nonce(begin, to))
}

// Words says what is sent, without naming the client: there may be only one.
func (s Send) Words() string {
	if len(s.Requests) == 0 {
		return "the beginning of a request"
	}
	var list []string
	for _, r := range s.Requests {
		list = append(list, r.Words)
	}
	return strings.Join(list, ", ")
}

// Sample returns the requests to store a value, to get it and to leave, the last "" where there is no command for that.
func (p *Profile) Sample(key, value string) (set, get, leave string) {
	t := &T{Profile: *p}
	if t.Has(Leaving) {
		leave = t.LeaveLine()
	}
	return p.setRequest(key, value), p.getRequest(key), leave
}

// Same reports whether two replies say the same in the profile's words: line by line, each pair is equal or counts as the same outcome.
func (p *Profile) Same(a, b string) bool {
	if a == b {
		return true
	}
	as, bs := strings.SplitAfter(a, "\n"), strings.SplitAfter(b, "\n")
	return len(as) == len(bs) && slices.EqualFunc(as, bs, p.sameLine)
}

func (p *Profile) sameLine(a, b string) bool {
	if p.TrailingSpace {
		a, b = strings.Replace(a, " \r\n", "\r\n", 1), strings.Replace(b, " \r\n", "\r\n", 1)
	}
	if a == b {
		return true
	}
	for o := range p.Replies {
		if p.means(a, Outcome(o)) && p.means(b, Outcome(o)) {
			return true
		}
	}
	return false
}
