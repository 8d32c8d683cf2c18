package rules

import (
	"fmt"
	"strings"
)

// SetLine is the command line of a set, without its line end. The size is text, so that it can be wrong.
func (t *T) SetLine(key string, size any) string {
	line, _ := t.Profile.set(key, size, "")
	return line
}

// SetWith is a whole set whose block may be anything, whatever the size says.
func (t *T) SetWith(key string, size any, block string) string {
	line, rest := t.Profile.set(key, size, block)
	return line + t.Profile.LineEnd + rest
}

// SetRequest is a whole set.
func (t *T) SetRequest(key, value string) string { return t.Profile.setRequest(key, value) }

// unfinished is a set that breaks off before the end of its block, or of its line where that is all there is.
func (t *T) unfinished(key string, size any, part string) string {
	line, _ := t.Profile.set(key, size, part)
	switch {
	case !t.Has(Block), t.Profile.BlockEnd == "" && part == "":
		return line
	case t.Profile.BlockEnd == "":
		part = part[:len(part)-1] // it may be all that was announced
	}
	return line + t.Profile.LineEnd + part
}

// fits reports whether the grammar lets a set hold value. In lite a block ends at the first of its ends, and a value on a line is
// what stands between spaces.
func (t *T) fits(value string) bool {
	end := t.Profile.BlockEnd
	switch {
	case !t.Has(Block):
		return value != "" && strings.Trim(value, " ") == value && !strings.ContainsAny(value, "\r\n") && !(t.Profile.Words && strings.Contains(value, " "))
	case t.Profile.Dialect == Classic, end == "":
		return true
	}
	return strings.Index(value+end, end) == len(value)
}

// GetRequest is a whole get.
func (t *T) GetRequest(key string) string { return t.Profile.getRequest(key) }

// Lines are command lines, each with its line end.
func (t *T) Lines(lines ...string) string {
	return strings.Join(lines, t.Profile.LineEnd) + t.Profile.LineEnd
}

// LeaveLine is the command to leave, with its line end.
func (t *T) LeaveLine() string { return t.Lines(t.Profile.Leave) }

// set returns a set in its parts: the command line without its end, and what follows that.
func (p *Profile) set(key string, size any, block string) (line, rest string) {
	line = strings.NewReplacer("{key}", key, "{size}", fmt.Sprint(size), "{value}", block).Replace(p.Set)
	if p.oneLine() {
		return line, ""
	}
	return line, block + p.BlockEnd
}

func (p *Profile) setRequest(key, value string) string {
	line, rest := p.set(key, p.length(value), value)
	return line + p.LineEnd + rest
}

func (p *Profile) getRequest(key string) string {
	return strings.ReplaceAll(p.Get, "{key}", key) + p.LineEnd
}

func (p *Profile) oneLine() bool { return strings.Contains(p.Set, "{value}") }
func (p *Profile) sized() bool   { return strings.Contains(p.Set, "{size}") }

// pieces is a request in the writes that the endpoint needs: where it wants two, a set's line and its block.
func (p *Profile) pieces(request string) []string {
	word, _, _ := strings.Cut(p.Set, " ")
	end := strings.Index(request, p.LineEnd) + len(p.LineEnd)
	if p.Writes != TwoWrites || p.oneLine() || !strings.HasPrefix(strings.TrimLeft(request, " "), word+" ") || end < len(p.LineEnd) || end == len(request) {
		return []string{request}
	}
	return []string{request[:end], request[end:]}
}

// exchange is a request and what must come back.
type exchange struct {
	request string
	reply   func(*Client)
}

// answers expects one of outcomes.
func answers(outcomes ...Outcome) func(*Client) { return func(c *Client) { c.Expect(outcomes...) } }

// finds expects the reply to a get.
func finds(key, value string) func(*Client) { return func(c *Client) { c.ExpectValue(key, value) } }

// InOnePacket sends requests together and expects their replies in order. An endpoint that does not answer requests which share a
// packet (FRM-09 is about that), or some of them with nothing, is asked one after the other.
func (c *Client) InOnePacket(list ...exchange) {
	if !c.t.Has(Pipelining) || c.t.Profile.silent(Missing) || c.t.Profile.silent(BadCommand) {
		for _, x := range list {
			c.Send(x.request)
			x.reply(c)
		}
		return
	}
	var all strings.Builder
	for _, x := range list {
		all.WriteString(x.request)
	}
	c.Send(all.String())
	for _, x := range list {
		x.reply(c)
	}
}
