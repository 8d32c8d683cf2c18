package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"memlite/conformance/wire"
)

// longestLine is more than any reply line that a profile allows: a VALUE line with a key of 250 bytes.
const longestLine = 2 << 10

// largestValue is what Fetch takes from an endpoint at most.
const largestValue = 64 << 20

// Expect reads one reply, which must mean one of outcomes. It returns which. Where the only one is said by saying nothing, nothing is
// waited for: a reply that should not have come is found by whoever reads next.
func (c *Client) Expect(outcomes ...Outcome) Outcome {
	p := &c.t.Profile
	quiet := slices.IndexFunc(outcomes, p.silent)
	if quiet >= 0 && len(outcomes) == 1 {
		return outcomes[0]
	}
	want := p.want(outcomes...)
	line, silent := c.first(want, quiet >= 0)
	if silent {
		return outcomes[quiet]
	}
	for _, o := range outcomes {
		if more, ok := p.match(line, o); ok {
			c.follow(want, more, line)
			c.behind(quiet >= 0)
			return o
		}
	}
	c.wrong(want, line)
	panic("not reached")
}

// first reads the first line of a reply that may also be nothing. To see that, a set is sent behind the request, and behind tells
// when its reply is due.
func (c *Client) first(want string, mayBeSilent bool) (line string, silent bool) {
	switch {
	case !mayBeSilent:
		return c.line(want), false
	case c.t.Profile.OneRequest:
		line, err := c.wire.ReadLine(longestLine)
		if wire.KindOf(err) == wire.Closed && len(line) == 0 {
			return "", true
		}
		if err != nil {
			c.lost(err, line, want)
		}
		return string(line), false
	}
	sent := c.sent
	c.Send(c.t.SetRequest(c.t.Key(), c.Text(3)))
	c.sent = sent
	line = c.line(want)
	if more, ok := c.t.Profile.match(line, Stored); ok {
		c.follow(want, more, line)
		return "", true
	}
	return line, false
}

// behind reads the reply to the set that first has sent, when there was another before it.
func (c *Client) behind(mayBeSilent bool) {
	if mayBeSilent && !c.t.Profile.OneRequest {
		c.Expect(Stored)
	}
}

// follow reads the other lines of a reply whose first one has been read.
func (c *Client) follow(want string, patterns []string, got ...string) {
	for _, pattern := range patterns {
		next := c.line(want)
		got = append(got, next)
		if text, ok := c.t.Profile.reads(next); !ok || !matches(pattern, text) {
			c.wrong(want, strings.Join(got, ""))
		}
	}
}

// ExpectRefused reads the refusal of a set. In the lite dialect that is one reply, and the next is the next
// request's. In classic what follows is unspecified until a get of a fresh key has been answered: memcached runs a
// refused block as commands, and a block that is too short swallows as many bytes as are missing of what is behind.
func (c *Client) ExpectRefused(missing int, outcomes ...Outcome) {
	p := &c.t.Profile
	if p.Dialect == Lite || !c.t.Has(Pipelining) {
		c.Expect(outcomes...)
		return
	}
	marker, value := c.t.Key(), c.Text(8)
	other := c.t.Dial()
	other.Set(marker, value)
	other.Close()

	padding := c.t.GetRequest(text(c.Rand, 250, keyBytes))
	n := 2 + missing/len(padding)
	c.step = c.topic() // the padding is not what it is about
	c.Send(strings.Repeat(padding, n) + c.t.GetRequest(marker))
	c.Expect(outcomes...)
	want := "a refusal, or " + quote([]byte(p.valueHead(marker, value)))
	for range n + 8 {
		line := c.line(want)
		if p.isValueLine(line, marker, p.length(value)) {
			c.body(quoteAll(p.valueReply(marker, value)...), line, value)
			return
		}
		if !p.means(line, BadCommand) && !p.means(line, Missing) {
			c.wrong(want, line)
		}
	}
	c.wrong("the value of a fresh key", "other lines only")
}

// ExpectValue reads the reply to a get of key, which must be value, byte for byte.
func (c *Client) ExpectValue(key, value string) {
	p := &c.t.Profile
	want := quoteAll(p.valueReply(key, value)...)
	head := ""
	if len(p.Values) > 0 {
		if head = c.line(want); !p.isValueLine(head, key, p.length(value)) {
			c.wrong(want, head)
		}
	}
	c.body(want, head, value)
}

// body reads the value of a get's reply, and what follows it; head is the line that has been read before it, want the whole reply.
func (c *Client) body(want, head, value string) {
	if head == "" && !strings.Contains(value, "\n") {
		// A miss may be shorter, and would be waited for.
		line := c.line(want)
		if text, ok := c.t.Profile.reads(line); !ok || text != value {
			c.wrong(want, line)
		}
		c.follow(want, c.t.Profile.ValueEnd, value)
		return
	}
	body, err := c.wire.ReadN(len(value))
	if err != nil {
		c.lost(err, []byte(head+string(body)), want)
	}
	if string(body) != value {
		at := firstDifference(string(body), value)
		c.step = c.topic() + fmt.Sprintf(" (the value differs from byte %d on: want %s, got %s)", at,
			quote([]byte(value)[at:min(at+12, len(value))]), quote(body[at:min(at+12, len(body))]))
		c.wrong(want, head+string(body))
	}
	c.valueEnd(want, head, value)
}

// Fetch asks for key and returns what the endpoint says is there. The reply must be well formed.
func (c *Client) Fetch(key string) (value string, found bool) {
	p := &c.t.Profile
	c.Send(c.t.GetRequest(key))
	want := "a value"
	if len(p.Values) > 0 {
		want = quote([]byte(strings.Replace(p.valueLines(key, -1)[0], "{size}", "…", 1)))
	}
	line, silent := c.first(want, p.silent(Missing))
	if silent {
		return "", false
	}
	if more, ok := p.match(line, Missing); ok {
		c.follow(want, more, line)
		return "", false
	}
	switch n, ok := p.announced(line, key); {
	case len(p.Values) == 0:
		text, ok := p.reads(line)
		if !ok {
			c.wrong(want, line)
		}
		value = text
		c.follow(want, p.ValueEnd, line)
	case !ok:
		c.wrong(want, line)
	default:
		body, err := c.wire.ReadN(n)
		if err != nil {
			c.lost(err, []byte(line+string(body)), fmt.Sprintf("a value of %d bytes", n))
		}
		value = string(body)
		c.valueEnd(quote([]byte(p.write(append([]string{""}, p.ValueEnd...)...))) + " after the value")
	}
	c.behind(p.silent(Missing))
	return value, true
}

// announced is the size on a line that stands before a value of key.
func (p *Profile) announced(line, key string) (size int, ok bool) {
	text, ok := p.reads(line)
	if !ok {
		return 0, false
	}
	for _, form := range p.valueLines(key, -1) {
		head, tail, _ := strings.Cut(form, "{size}")
		digits, starts := strings.CutPrefix(text, head)
		digits, ends := strings.CutSuffix(digits, tail)
		// Written again and compared, because Atoi takes +3 and 03.
		if n, err := strconv.Atoi(digits); starts && ends && err == nil && n >= 0 && n <= largestValue && strconv.Itoa(n) == digits {
			return n, true
		}
	}
	return 0, false
}

// valueEnd reads what follows a value: the end of its line and the lines after it. got is what has been read of the reply.
func (c *Client) valueEnd(want string, got ...string) {
	p := &c.t.Profile
	tail := c.line(want)
	if rest, ok := p.reads(tail); !ok || rest != "" && !(p.TrailingSpace && rest == " ") {
		c.wrong(want, strings.Join(got, "")+tail)
	}
	c.follow(want, p.ValueEnd, append(got, tail)...)
}

// ExpectEnd expects that the other side ends the connection and sends nothing more before.
func (c *Client) ExpectEnd() {
	const want = "the connection to be closed"
	got, _, err := c.wire.ReadToEnd(4 << 10)
	if err != nil {
		c.lost(err, got, want)
	}
	if len(got) > 0 {
		c.wrong(want+" without a reply", string(got))
	}
}

// Quiet expects that nothing comes for a while: the reply to what has been sent is not due yet.
func (c *Client) Quiet(d time.Duration) {
	c.wire.Wait = d
	line, err := c.wire.ReadLine(longestLine)
	c.wire.Wait = c.t.wait
	if wire.KindOf(err) == wire.Timeout && len(line) == 0 {
		return
	}
	const want = "no reply yet"
	if err != nil && len(line) == 0 {
		c.lost(err, line, want)
	}
	c.wrong(want, string(line))
}

// line reads one line of a reply that should be want.
func (c *Client) line(want string) string {
	line, err := c.wire.ReadLine(longestLine + c.t.Profile.bareValue())
	if err != nil {
		c.lost(err, line, want)
	}
	return string(line)
}

// bareValue is how long a line may be because it is a value.
func (p *Profile) bareValue() int {
	if len(p.Values) == 0 {
		return p.MaxValue
	}
	return 0
}

func firstDifference(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
