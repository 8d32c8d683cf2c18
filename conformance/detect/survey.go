package detect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"memlite/conformance/rules"
)

// survey is what was seen of an endpoint that takes a form of set.
type survey struct {
	*prober
	form *form

	stored   []string // the reply to a set, its lines joined by \n; nil where it is no way to say so
	values   []string // the form of the line before a value
	seen     bool     // a value came back, so that values and after are known
	after    []string // the lines after it
	space    bool     // a space ends the value's line
	ends     string   // of the lines that came, mixed: ""
	missing  []string
	silent   bool // a miss is answered with nothing
	bad      []string
	mismatch []string
	policy   string
	leave    string
	closes   bool // after each request
	together bool // requests that share a packet are answered
	letters  bool // sizes count characters
	words    bool // values have no spaces
	notes    []string
}

func (s *survey) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// classic says that the set line is memcached's.
func (s *survey) classic() bool { return strings.Contains(s.form.set, " 0 0 ") }

// survey finds out the rest, given a form of set, and chooses the built-in profile that is nearest.
func (d *prober) survey(f *form) Found {
	s := &survey{prober: d, form: f, together: true, policy: rules.Refuse, ends: "\r\n"}
	for _, step := range []func() error{s.block, s.replies, s.misses, s.writes, s.refusals, s.mismatches, s.connection, s.leaving, s.characters} {
		if err := step(); err != nil {
			s.note("The detection ended before it was through: %s.", d.why(err))
			break
		}
	}
	if !f.back {
		s.note("A set is answered %s, but the value did not come back: the get was answered %s.", quote(f.stored.text), quote(f.found.text))
	}
	p := s.nearest()
	found := Found{Profile: p, Understood: true, Observed: []string{as(&p)}}
	if differs := p.Differences(); len(differs) > 0 {
		found.Observed[0] = fmt.Sprintf("It speaks nearly as the profile %s says, but %s.", p.Base, strings.Join(differs, "; "))
	}
	if f.back && len(p.Differences()) > 0 {
		if what, _ := d.trial(p); what != "" && d.ctx.Err() == nil {
			s.note("Asked again so, it is not as was found: %s.", strings.TrimSuffix(what, "."))
		}
	}
	found.Observed = append(found.Observed, s.notes...)
	return found
}

// block looks whether the line end behind a block is taken for a command of its own.
func (s *survey) block() error {
	f := s.form
	lines := f.stored.lines()
	if f.oneLine() || f.blockEnd == "" || len(lines) < 2 || !isRefusal(lines[len(lines)-1]) {
		return nil
	}
	bare := *f
	bare.blockEnd = ""
	if err := s.try(&bare, 13); err != nil {
		return s.fatal(err)
	}
	if bare.back && len(bare.stored.lines()) < len(lines) {
		s.form = &bare
	}
	return nil
}

// replies takes the words from two sets and gets of different sizes.
func (s *survey) replies() error {
	first, second := s.form, *s.form
	if err := s.try(&second, 27); err != nil {
		return s.fatal(err)
	}
	s.closes = first.stored.closed && second.stored.closed
	if text, ok := same(first.stored, second.stored); ok && isStored(text) {
		s.stored = []string{text}
	}
	s.ends = ends(first.stored.text + first.found.text + second.stored.text + second.found.text)
	if !first.back || !second.back {
		return nil
	}
	before, after, space, ok := frame(first.found, first.value)
	before2, after2, space2, ok2 := frame(second.found, second.value)
	if !ok || !ok2 || before != before2 || !slices.Equal(after, after2) || slices.ContainsFunc(after, isRefusal) || len(after) > 3 {
		s.note("A get is answered %s, in which the suite knows only the value.", quote(first.found.text))
		return nil
	}
	s.seen, s.after, s.space = true, after, space || space2
	if before != "" {
		s.values = []string{before}
	}
	return nil
}

// same joins two answers to what they have in common, if they are the same but for what was asked.
func same(a, b answer) (string, bool) {
	one, other := a.lines(), b.lines()
	if len(one) == 0 || len(one) != len(other) || len(one) > 4 {
		return "", false
	}
	for i, line := range one {
		if line == other[i] {
			continue
		}
		head, _, _ := strings.Cut(line, " ")
		if with, _, _ := strings.Cut(other[i], " "); with != head || len(head) < 2 {
			return "", false
		}
		one[i] = head + " …"
	}
	return strings.Join(one, "\n"), true
}

// frame takes apart the reply to a get: the form of the line before the value, the lines after it, and whether a space ends the value's
// line. It is not ok where the reply has another shape.
func frame(a answer, value string) (before string, after []string, space, ok bool) {
	lines := a.lines()
	at := slices.IndexFunc(lines, func(l string) bool { return strings.TrimRight(l, " ") == value })
	if at < 0 || at > 1 || len(lines) > at+4 {
		return "", nil, false, false
	}
	space = lines[at] != value
	if at == 1 {
		words := strings.Split(lines[0], " ")
		sized := false
		for i := len(words) - 1; i >= 0; i-- {
			switch w := words[i]; {
			case strings.HasPrefix(w, "probe"):
				words[i] = "{key}"
			case w == strconv.Itoa(len(value)) && !sized:
				words[i], sized = "{size}", true
			case w == "0" && i > 0:
				words[i] = "{flags}"
			}
		}
		before = strings.Join(words, " ")
		if !sized || !plain(before) || strings.Contains(before, "…") {
			return "", nil, false, false
		}
	}
	after = lines[at+1:]
	return before, after, space, plain(strings.Join(after, "\n"))
}

// ends says what ends the lines of a text: CRLF, LF, or now this and now that.
func ends(text string) string {
	all := strings.Count(text, "\n")
	switch strings.Count(text, "\r\n") {
	case all:
		return "\r\n"
	case 0:
		return "\n"
	}
	return ""
}

// present sets a value of its own, for what is asked about it.
func (s *survey) present(t *talk) (key, value string, err error) {
	key, value = s.key(), s.value(13)
	_, err = t.ask(s.form.request(key, len(value), value)...)
	return key, value, err
}

func (s *survey) get(key string) string { return "get " + key + s.form.lineEnd }

// misses asks for keys that are not there, with one that is behind them.
func (s *survey) misses() error {
	t := s.talk()
	defer t.close()
	key, value, err := s.present(t)
	if err != nil {
		return s.fatal(err)
	}
	var words []string
	quiet := false
	for range 3 {
		absent := s.key()
		a, err := t.ask(s.get(absent))
		if err != nil {
			return s.fatal(err)
		}
		words = append(words, strings.ReplaceAll(strings.Join(a.lines(), "\n"), absent, "…"))
		s.mix(a.text)
		if quiet = quiet || a.text == ""; quiet {
			break // three silences would be long
		}
	}
	if quiet { // nothing, which is only an answer if the connection goes on
		a, err := t.ask(s.get(key))
		s.silent = err == nil && s.form.back && holds(a, value)
		if !s.silent {
			s.note("A get of a key that is not there is answered with nothing, and then nothing is.")
		}
		return s.fatal(err)
	}
	slices.Sort(words)
	words = slices.Compact(words)
	for _, w := range words {
		if !isMiss(w) || len(s.stored) > 0 && firstLine(w) == firstLine(s.stored[0]) {
			s.note("A get of a key that is not there is answered %s, which does not say that.", quote(w))
			return nil
		}
	}
	s.missing = words
	return nil
}

// mix adds the line ends of one more answer.
func (s *survey) mix(text string) {
	if text != "" && strings.Contains(text, "\n") && ends(text) != s.ends {
		s.ends = ""
	}
}
