package detect

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"memlite/conformance/rules"
)

// writes looks whether line and block may also be cut the other way.
func (s *survey) writes() error {
	f := s.form
	if f.oneLine() || f.writes == rules.TwoWrites || !f.back {
		return nil
	}
	apart := *f
	apart.writes = rules.TwoWrites
	if err := s.try(&apart, 13); err != nil {
		return s.fatal(err)
	}
	if !apart.back {
		f.writes = rules.OneWrite
	}
	return nil
}

// refusals asks for what is no command.
func (s *survey) refusals() error {
	var quiet, shut []string
	for _, line := range []string{"nonsense", "get", "set"} {
		t := s.talk()
		a, err := t.ask(line + s.form.lineEnd)
		t.close()
		if err != nil {
			return s.fatal(err)
		}
		s.mix(a.text)
		word := strings.Join(a.lines(), "\n")
		switch {
		case a.text == "" && a.closed && !s.closes:
			shut = append(shut, "`"+line+"`")
		case a.text == "":
			quiet = append(quiet, "`"+line+"`")
		case !isRefusal(word):
			s.note("`%s` is answered %s, which is no refusal.", line, quote(word))
		default:
			s.bad = add(s.bad, general(word, line))
		}
	}
	if len(quiet) > 0 {
		s.note("It answers nothing to %s.", strings.Join(quiet, ", "))
	}
	if len(shut) > 0 {
		s.note("It closes the connection at %s.", strings.Join(shut, ", "))
	}
	return nil
}

// general is a refusal without what it repeats of the line that it refuses.
func general(word, line string) string {
	if strings.Contains(word, line) && word != line {
		return strings.Replace(word, line, "…", 1)
	}
	return word
}

func add(list []string, word string) []string {
	if slices.Contains(list, word) {
		return list
	}
	return append(list, word)
}

// mismatches sends a block that is too short and one that is too long.
func (s *survey) mismatches() error {
	f := s.form
	if !strings.Contains(f.set, "{size}") || !f.back {
		return nil
	}
	for _, by := range []int{-3, 4} {
		t := s.talk()
		a, err := t.ask(f.request(s.key(), 10, s.value(10+by))...)
		t.close()
		if err != nil {
			return s.fatal(err)
		}
		word := strings.Join(a.lines(), "\n")
		if s.classic() {
			word = a.first() // what stands behind may be run as commands, as memcached does
		}
		switch {
		case a.text == "" && by < 0 && s.classic(): // it takes what is missing from what follows
		case a.text == "" && by < 0:
			s.policy = rules.Wait
		case a.text == "":
			s.note("It answers nothing to a block that is longer than announced.")
		case isRefusal(word):
			s.mismatch = add(s.mismatch, word)
		case s.policy == rules.Wait: // what it read of the block is not what it is about
		case len(s.stored) > 0 && firstLine(word) == firstLine(s.stored[0]):
			s.policy = rules.Truncate
		default:
			s.note("A block of the wrong size is answered %s.", quote(a.text))
		}
	}
	return nil
}

// connection looks whether requests may share a packet.
func (s *survey) connection() error {
	if s.closes || !s.form.back {
		return nil
	}
	t := s.talk()
	defer t.close()
	first, one, err := s.present(t)
	if err != nil {
		return s.fatal(err)
	}
	second, other, err := s.present(t)
	if err != nil {
		return s.fatal(err)
	}
	a, err := t.ask(s.get(first) + s.get(second))
	s.together = err == nil && holds(a, one) && holds(a, other)
	return s.fatal(err)
}

// leaving tries the words that people end a connection with.
func (s *survey) leaving() error {
	if s.closes {
		s.leave = "end" // whatever is said, it closes
		return nil
	}
	words := []string{"end", "quit", "exit", "close"}
	if s.classic() {
		words = []string{"quit", "end", "exit", "close"}
	}
	for _, word := range words {
		t := s.talk()
		a, err := t.ask(word + s.form.lineEnd)
		t.close()
		if err != nil {
			return s.fatal(err)
		}
		if a.closed {
			s.leave = word
			return nil
		}
	}
	return nil
}

// characters looks what a size counts, and whether a value on a line may have spaces.
func (s *survey) characters() error {
	f := s.form
	if !f.back {
		return nil
	}
	ask := func(value string, size int) (bool, answer, error) {
		t := s.talk()
		defer t.close()
		key := s.key()
		a, err := t.ask(f.request(key, size, value)...)
		if err != nil {
			return false, a, err
		}
		if a.text == "" {
			t.close()
		}
		a, err = t.ask(s.get(key))
		return holds(a, value), a, err
	}
	if f.oneLine() {
		value := "two words"
		ok, _, err := ask(value, len(value))
		if err != nil {
			return s.fatal(err)
		}
		s.words = !ok
	}
	if !strings.Contains(f.set, "{size}") {
		return nil
	}
	value := "naïve-日本"
	inBytes, a, err := ask(value, len(value))
	if err != nil {
		return s.fatal(err)
	}
	if inBytes {
		if head, characters := a.first(), strconv.Itoa(utf8.RuneCountInString(value)); s.seen && strings.Contains(head+" ", " "+characters+" ") {
			s.note("It takes sizes in bytes and gives them in characters.")
		}
		return nil
	}
	inCharacters, _, err := ask(value, utf8.RuneCountInString(value))
	s.letters = inCharacters
	if err == nil && !inCharacters {
		s.note("A value with letters beyond ASCII does not come back, whether its size counts bytes or characters.")
	}
	return s.fatal(err)
}
