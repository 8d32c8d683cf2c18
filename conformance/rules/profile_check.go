package rules

import (
	"fmt"
	"slices"
	"strings"
)

// contradictions are what cannot be, although each field by itself may.
func (p *Profile) contradictions() (problems []error) {
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for _, part := range []struct{ field, text, must string }{
		{"requests.set", p.Set, "{key}"}, {"requests.get", p.Get, "{key}"},
	} {
		word, _, _ := strings.Cut(part.text, " ")
		switch {
		case strings.Count(part.text, part.must) != 1:
			wrong("%s: %q has no %s, or several", part.field, part.text, part.must)
		case word == "" || strings.Contains(word, "{"):
			wrong("%s: %q does not begin with a command and a space", part.field, part.text)
		}
	}
	for _, form := range p.Values {
		if strings.Count(form, "{size}") > 1 || strings.Contains(form, "{value}") || strings.Contains(form, "\n") {
			wrong("replies.value: %q is not one line with {key}, {flags} and at most one {size}", form)
		}
	}
	if strings.Count(p.Set, "{size}") > 1 || strings.Count(p.Set, "{value}") > 1 || strings.Contains(p.Set, "{flags}") ||
		!p.sized() && !p.oneLine() || p.oneLine() && !strings.HasSuffix(p.Set, "{value}") {
		wrong("requests.set: %q says neither the size of a block that follows nor, at its end, the {value}", p.Set)
	}
	if p.silent(Stored) {
		wrong("replies.stored: a server that answers nothing to a set cannot be tested")
	}
	if !p.oneLine() && p.BlockEnd == "" && !p.sized() {
		wrong("requests.block_end: a block without a size and without an end never ends")
	}
	for o := Stored; o <= Busy; o++ {
		p.ambiguous(o, wrong)
	}
	if p.TooLarge <= p.MaxValue {
		wrong("limits.too_large: %d must be more than limits.value, %d", p.TooLarge, p.MaxValue)
	}
	if p.Tolerance >= p.Clients {
		wrong("limits.tolerance: %d must be less than limits.clients, %d", p.Tolerance, p.Clients)
	}
	return problems
}

// ambiguous complains where a reply's first line does not say how many follow.
func (p *Profile) ambiguous(o Outcome, wrong func(string, ...any)) {
	for i, a := range p.Replies[o] {
		first, rest, _ := strings.Cut(a, "\n")
		for _, b := range p.Replies[o][:i] {
			if head, tail, _ := strings.Cut(b, "\n"); head == first && tail != rest {
				wrong("replies.%s: after %q it cannot be told whether %q or %q comes", outcomeFields[o], first, tail, rest)
			}
		}
	}
	for _, pattern := range p.Replies[o] {
		if text := strings.Trim(pattern, "… \n"); text == "" && strings.Contains(pattern, "…") {
			wrong("replies.%s: %q would count anything", outcomeFields[o], pattern)
		}
		if o == Stored && pattern == "" {
			wrong("replies.stored: an empty line does not say that anything was stored")
		}
		if o == Stored {
			continue
		}
		if _, clash := p.match(p.write(strings.Split(pattern, "\n")[0]), Stored); clash && !slices.Contains(p.Replies[Stored], "…") {
			wrong("replies.%s: %q also means stored", outcomeFields[o], pattern)
		}
	}
}
