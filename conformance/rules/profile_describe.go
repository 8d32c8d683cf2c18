package rules

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Differences says in words how the profile is otherwise than the built-in one that it starts from: clauses whose subject is the
// endpoint. What a profile allows is no failure any more, so that it has to be said.
func (p *Profile) Differences() (list []string) {
	base, err := ProfileByName(p.Base)
	if err != nil {
		return nil
	}
	say := func(differs bool, clause string, args ...any) {
		if differs {
			list = append(list, fmt.Sprintf(clause, args...))
		}
	}
	how := "`" + exampleOf(p.Set) + "`"
	if p.oneLine() {
		say(p.Set != base.Set, "takes the one-line set %s", how)
	} else {
		say(p.Set != base.Set, "takes a set as %s and a block", how)
	}
	say(p.Get != base.Get, "takes a get as `%s`", exampleOf(p.Get))
	say(p.Words != base.Words, "takes values without spaces only")
	say(p.LineEnd != base.LineEnd, "wants command lines to end in %s", endName(p.LineEnd))
	say(p.BlockEnd != base.BlockEnd && !p.oneLine(), "wants blocks to end in %s", endName(p.BlockEnd))
	say(p.Writes != base.Writes, "wants a set's line and block in %s", p.Writes)
	say(p.Characters != base.Characters, "counts sizes in characters")
	say(len(p.Greeting) > 0 && !slices.Equal(p.Greeting, base.Greeting), "greets with %s", spell(p.Greeting))
	for o, replies := range p.Replies {
		if clause := p.spelled(Outcome(o), &base); clause != "" && !slices.Contains(list, clause) && !slices.Equal(replies, base.Replies[o]) {
			list = append(list, clause)
		}
	}
	switch {
	case len(p.Values) == 0:
		say(len(base.Values) > 0, "sends a value without a line before it")
	default:
		say(!slices.Equal(p.Values, base.Values), "sends %s before a value", spellForms(p.Values))
	}
	switch {
	case len(p.ValueEnd) == 0:
		say(len(base.ValueEnd) > 0, "sends nothing after a value")
	default:
		say(!slices.Equal(p.ValueEnd, base.ValueEnd), "sends %s after a value", spell([]string{strings.Join(p.ValueEnd, "\n")}))
	}
	say(p.ReplyEnd != base.ReplyEnd, "ends its lines in %s", map[string]string{"\n": "LF alone", "": "CRLF or LF alone", "\r\n": "CRLF"}[p.ReplyEnd])
	say(p.TrailingSpace && !base.TrailingSpace, "may end a VALUE line and a value in a space")
	say(p.Leave != base.Leave && p.Leave != "", "is left by `%s`", p.Leave)
	say(p.Leave != base.Leave && p.Leave == "", "can be left by closing only")
	say(p.Mismatch != base.Mismatch, "%s", map[string]string{
		Refuse: "refuses a block of another size than announced", Wait: "waits for the bytes that a block lacks",
		Truncate: "stores a block of another size than announced"}[p.Mismatch])
	say(p.OneAtATime != base.OneAtATime, "does not answer every request of a packet")
	say(p.OneRequest != base.OneRequest, "serves one request a connection")
	limits := func(p *Profile) []any {
		return []any{p.MaxKey, p.MaxValue, p.TooLarge, p.Clients, p.Tolerance, p.Patience}
	}
	say(!reflect.DeepEqual(limits(p), limits(&base)), "has limits of its own (a key of %d bytes, a value of %d, %d clients)", p.MaxKey, p.MaxValue, p.Clients-p.Tolerance)
	return list
}

// spelled says how an outcome is told, "" where that says nothing new.
func (p *Profile) spelled(o Outcome, base *Profile) string {
	to := []string{"a set", "a block of the wrong size", "what is no command", "a bad key", "a value that is too large", "a miss", "a client too many"}[o]
	replies := p.Replies[o]
	if len(replies) == 0 {
		return "answers nothing to " + to
	}
	if first, rest, more := strings.Cut(replies[0], "\n"); more && len(replies) == 1 && slices.Contains(base.Replies[o], first) {
		return fmt.Sprintf("sends %s after %s", spell([]string{rest}), first)
	}
	fresh := slices.DeleteFunc(slices.Clone(replies), func(s string) bool { return slices.Contains(base.Replies[o], s) })
	// Refusals have one cause: said of each outcome, a word would be said four times.
	if o != BadCommand && o > Mismatch && o != Missing {
		for _, told := range []Outcome{Mismatch, BadCommand} {
			fresh = slices.DeleteFunc(fresh, func(s string) bool { return slices.Contains(p.Replies[told], s) })
		}
	}
	if len(fresh) == 0 {
		return ""
	}
	return fmt.Sprintf("answers %s with %s", to, spell(fresh))
}

// exampleOf is a request's form as people write it.
func exampleOf(form string) string {
	return strings.NewReplacer("{key}", "k", "{size}", "n", "{value}", "v").Replace(form)
}

func spellForms(forms []string) string {
	var list []string
	for _, f := range forms {
		list = append(list, strings.NewReplacer("{flags}", "0").Replace(exampleOf(f)))
	}
	return spell(list)
}

// spell lists replies as a reader needs them: plain where they are words, quoted where that would hide something.
func spell(replies []string) string {
	var list []string
	for _, r := range replies {
		switch {
		case r == "":
			r = "an empty line"
		case strings.TrimSpace(r) != r || strings.ContainsFunc(r, func(c rune) bool { return !strconv.IsPrint(c) || c == ' ' }):
			r = strconv.QuoteToGraphic(r)
		}
		list = append(list, r)
	}
	return strings.Join(list, " or ")
}

func endName(end string) string {
	switch end {
	case "\r\n":
		return "CRLF"
	case "\n":
		return "LF alone"
	case " \r\n":
		return "a space and CRLF"
	case " \n":
		return "a space and LF"
	}
	return "nothing"
}
