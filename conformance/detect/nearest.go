package detect

import (
	"slices"
	"strings"

	"memlite/conformance/rules"
)

// nearest is the built-in profile that least has to be changed in, changed.
func (s *survey) nearest() rules.Profile {
	var best rules.Profile
	least := -1
	for _, base := range rules.Profiles() {
		if (base.Dialect == rules.Classic) != s.classic() {
			continue
		}
		p := s.applied(base)
		if n := len(p.Differences()); least < 0 || n < least {
			best, least = p, n
		}
	}
	if least == 0 {
		p, _ := rules.ProfileByName(best.Base)
		return p
	}
	return best
}

// applied is base with what was seen otherwise. What base allows anyway is left as it is there.
func (s *survey) applied(base rules.Profile) rules.Profile {
	p := base
	p.Name, p.Base, p.Detected = "auto", base.Name, true
	p.Summary = "what --profile auto has found, starting from " + base.Name
	f := s.form
	p.Set, p.Get, p.LineEnd, p.BlockEnd, p.Writes = f.set, base.Get, f.lineEnd, f.blockEnd, f.writes
	if f.oneLine() {
		p.BlockEnd = base.BlockEnd
	}
	p.Words, p.Characters = s.words, s.letters
	p.ReplyEnd = s.ends
	p.Greeting = s.greeting

	allow := func(o rules.Outcome, keep bool, words []string) {
		fresh := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return says(&base, w, o) })
		switch {
		case len(fresh) == 0:
		case keep:
			// What begins as a fresh one would leave open how many lines there are.
			p.Replies[o] = append(fresh, slices.DeleteFunc(slices.Clone(base.Replies[o]), func(w string) bool {
				return slices.ContainsFunc(fresh, func(f string) bool { return firstLine(f) == w })
			})...)
		default:
			p.Replies[o] = words
		}
	}
	allow(rules.Stored, false, s.stored)
	allow(rules.Missing, false, s.missing)
	if s.silent {
		p.Replies[rules.Missing] = nil
	}
	allow(rules.Mismatch, true, s.mismatch)
	allow(rules.BadCommand, true, s.bad)
	both := slices.Clone(s.bad)
	for _, w := range s.mismatch {
		both = add(both, w)
	}
	allow(rules.BadKey, true, both)
	allow(rules.TooLarge, true, both)
	if slices.ContainsFunc(s.bad, func(w string) bool { return strings.Contains(w, "\n") }) {
		allow(rules.Busy, true, s.bad)
	}

	if s.seen {
		if !slices.Equal(s.values, base.Values) && !(base.TrailingSpace && slices.Equal(trimmed(s.values), base.Values)) {
			p.Values = s.values
		}
		if !slices.Equal(s.after, base.ValueEnd) {
			p.ValueEnd = s.after
		}
		p.TrailingSpace = base.TrailingSpace || s.space
	}
	p.Leave = s.leave
	if s.closes {
		p.Leave = base.Leave
	}
	p.Mismatch = s.policy
	p.OneRequest = s.closes
	p.OneAtATime = !s.together && !s.closes
	return p
}

// says reports whether the profile takes a reply, its lines joined by \n, for o.
func says(p *rules.Profile, reply string, o rules.Outcome) bool {
	first, _, more := strings.Cut(reply, "\n")
	return !more && p.Means(first+p.ReplyEnd, o)
}

func trimmed(list []string) (out []string) {
	for _, s := range list {
		out = append(out, strings.TrimSuffix(s, " "))
	}
	return out
}
