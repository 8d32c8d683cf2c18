package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// reads takes the end off a line that has come. The end is part of the reply: a bare LF is wrong where CRLF is due.
func (p *Profile) reads(line string) (text string, ok bool) {
	if p.ReplyEnd != "" {
		return strings.CutSuffix(line, p.ReplyEnd)
	}
	text, ok = strings.CutSuffix(line, "\n")
	return strings.TrimSuffix(text, "\r"), ok
}

// means reports whether line, with its end, is the first line of a reply that counts as o.
func (p *Profile) means(line string, o Outcome) bool {
	_, ok := p.match(line, o)
	return ok
}

// match is means, and returns the lines that must follow.
func (p *Profile) match(line string, o Outcome) (more []string, ok bool) {
	text, ok := p.reads(line)
	if !ok {
		return nil, false
	}
	for _, pattern := range p.Replies[o] {
		first := strings.Split(pattern, "\n")
		if matches(first[0], text) {
			return first[1:], true
		}
	}
	return nil, false
}

// matches compares a line with a pattern, in which "…" stands for any text.
func matches(pattern, text string) bool {
	head, tail, open := strings.Cut(pattern, "…")
	if !open {
		return text == pattern
	}
	rest, ok := strings.CutPrefix(text, head)
	for ok {
		var middle string
		if middle, tail, open = strings.Cut(tail, "…"); !open {
			return strings.HasSuffix(rest, middle)
		}
		_, rest, ok = strings.Cut(rest, middle)
	}
	return false
}

// silent reports whether nothing is answered to say o.
func (p *Profile) silent(o Outcome) bool { return len(p.Replies[o]) == 0 }

// want lists the replies that count as one of outcomes, quoted, for a failure's text.
func (p *Profile) want(outcomes ...Outcome) string {
	var quoted []string
	add := func(s string) {
		if !slices.Contains(quoted, s) {
			quoted = append(quoted, s)
		}
	}
	for _, o := range outcomes {
		if p.silent(o) {
			add("no reply")
		}
		for _, pattern := range p.Replies[o] {
			add(quote([]byte(p.write(strings.Split(pattern, "\n")...))))
		}
	}
	return strings.Join(quoted, " or ")
}

// write is lines as the endpoint sends them.
func (p *Profile) write(lines ...string) string {
	end := p.ReplyEnd
	if end == "" {
		end = "\r\n"
	}
	return strings.Join(lines, end) + end
}

// length is the size of a value as it is announced.
func (p *Profile) length(value string) int {
	if p.Characters {
		return utf8.RuneCountInString(value)
	}
	return len(value)
}

// valueLines are the forms of the line before a value, without their ends; {size} stays if size is negative.
func (p *Profile) valueLines(key string, size int) (lines []string) {
	for _, form := range p.Values {
		pairs := []string{"{key}", key, "{flags}", "0"}
		if size >= 0 {
			pairs = append(pairs, "{size}", fmt.Sprint(size))
		}
		line := strings.NewReplacer(pairs...).Replace(form)
		lines = append(lines, line)
		if p.TrailingSpace {
			lines = append(lines, line+" ")
		}
	}
	return lines
}

// isValueLine reports whether line, with its end, stands before a value of that size.
func (p *Profile) isValueLine(line, key string, size int) bool {
	text, ok := p.reads(line)
	return ok && slices.Contains(p.valueLines(key, size), text)
}

// valueReply is the whole reply to a get, as it should be, in its parts: a value may be long, and is not copied for what is hardly ever shown.
func (p *Profile) valueReply(key, value string) []string {
	return []string{p.valueHead(key, value), value, p.write(append([]string{""}, p.ValueEnd...)...)}
}

// valueHead is the line before a value, as it should be; "" where there is none.
func (p *Profile) valueHead(key, value string) string {
	if len(p.Values) == 0 {
		return ""
	}
	return p.write(p.valueLines(key, p.length(value))[0])
}

// Means reports whether line, with its end, is the first line of a reply that counts as o.
func (p *Profile) Means(line string, o Outcome) bool { return p.means(line, o) }
