package rules

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"memlite/conformance/wire"
	"memlite/reports"
)

// longestLine is more than any reply line that a profile allows: a VALUE line with a key of 250 bytes.
const longestLine = 2 << 10

// Client is one connection of a check. What it expects and does not get ends the check.
type Client struct {
	Rand *rand.Rand // from the run's seed, the rule's ID and the client's number

	t       *T
	wire    *wire.Client
	step    string // what is being tried, for a failure's text
	sent    string
	probing bool // in InStep
}

// Step says what is being tried, for a failure's text and the transcript.
func (c *Client) Step(format string, args ...any) {
	c.step = fmt.Sprintf(format, args...)
	c.t.log.Note(c.wire.Number, c.step)
}

// Send sends bytes as they are, in one write.
func (c *Client) Send(request string) {
	c.sent = request
	c.wire.Wait = c.t.wait
	if err := c.wire.Send([]byte(request)); err != nil {
		c.lost(err, nil, "the request to be taken")
	}
}

// SendApart sends pieces so that they arrive apart: each in a packet of its own, with time to be read alone.
func (c *Client) SendApart(pieces ...string) {
	c.sent = strings.Join(pieces, "")
	list := make([][]byte, len(pieces))
	for i, p := range pieces {
		list[i] = []byte(p)
	}
	if err := c.wire.SendApart(list, c.t.pause()); err != nil {
		c.lost(err, nil, "the request to be taken")
	}
	// A server that sleeps before each read sleeps once per piece.
	c.wire.Wait = c.t.wait + time.Duration(len(pieces))*c.t.target.slowest
}

// pause is long enough for a server to have read what was sent before.
func (t *T) pause() time.Duration {
	return min(max(2*time.Millisecond, 2*t.target.RoundTrip), 20*time.Millisecond)
}

// Text returns n random printable bytes, neither the first nor the last a space.
func (c *Client) Text(n int) string { return printable(c.Rand, n) }

// Set stores value under key and expects to be told so.
func (c *Client) Set(key, value string) {
	c.Send(c.t.SetRequest(key, value))
	c.Expect(Stored)
}

// Get asks for key and expects value.
func (c *Client) Get(key, value string) {
	c.Send(getRequest(key))
	c.ExpectValue(key, value)
}

// Miss asks for key and expects that it is not there.
func (c *Client) Miss(key string) {
	c.Send(getRequest(key))
	c.Expect(Missing)
}

// Expect reads one reply line, which must mean one of outcomes. It returns which.
func (c *Client) Expect(outcomes ...Outcome) Outcome {
	want := c.t.Profile.want(outcomes...)
	line := c.line(want)
	for _, o := range outcomes {
		if c.t.Profile.means(line, o) {
			return o
		}
	}
	c.wrong(want, line)
	panic("not reached")
}

// ExpectRefused reads the refusal of a set. In the lite dialect that is one line, and the next reply is the next
// request's. In classic what follows is unspecified until a get of a fresh key has been answered: memcached runs a
// refused block as commands, and a block that is too short swallows as many bytes as are missing of what is behind.
func (c *Client) ExpectRefused(missing int, outcomes ...Outcome) {
	if c.t.Profile.Dialect == Lite {
		c.Expect(outcomes...)
		return
	}
	marker, value := c.t.Key(), c.Text(8)
	other := c.t.Dial()
	other.Set(marker, value)
	other.Close()

	padding := getRequest(text(c.Rand, 250, keyBytes))
	n := 2 + missing/len(padding)
	c.step = c.topic() // the padding is not what it is about
	c.Send(strings.Repeat(padding, n) + getRequest(marker))
	c.Expect(outcomes...)
	head := c.t.valueLine(marker, len(value))
	want := "a refusal, or " + quote([]byte(head))
	for range n + 8 {
		line := c.line(want)
		if line == head {
			c.body(head, value)
			return
		}
		if !c.t.Profile.means(line, BadCommand) && !c.t.Profile.means(line, Missing) {
			c.wrong(want, line)
		}
	}
	c.wrong("the value of a fresh key", "other lines only")
}

// Mismatch sends a set whose block has not the announced size and expects it to be refused.
func (c *Client) Mismatch(key string, announced int, block string) {
	c.Send(lines(c.t.SetLine(key, announced), block))
	c.ExpectRefused(max(0, announced-len(block)), Mismatch)
}

// ExpectValue reads the reply to a get of key, which must be value, byte for byte.
func (c *Client) ExpectValue(key, value string) {
	head := c.t.valueLine(key, len(value))
	want := head + value + "\r\nEND\r\n"
	quoted := quote([]byte(want))
	got := c.line(quoted)
	if !c.isValueLine(got, head) {
		c.wrong(quoted, got)
	}
	c.body(got, value)
}

// body reads the value of a get's reply, and what follows it; head is the VALUE line that has been read.
func (c *Client) body(head, value string) {
	want := quote([]byte(head + value + "\r\nEND\r\n"))
	body, err := c.wire.ReadN(len(value))
	if err != nil {
		c.lost(err, []byte(head+string(body)), want)
	}
	if string(body) != value {
		at := firstDifference(string(body), value)
		c.step += fmt.Sprintf(" (the value differs from byte %d on: want %s, got %s)", at,
			quote([]byte(value)[at:min(at+12, len(value))]), quote(body[at:min(at+12, len(body))]))
		c.wrong(want, head+string(body))
	}
	c.valueEnd(want, head+value)
}

// Fetch asks for key and returns what the endpoint says is there. The reply must be well formed.
func (c *Client) Fetch(key string) (value string, found bool) {
	c.Send(getRequest(key))
	head := strings.TrimSuffix(c.t.valueLine(key, 0), "0\r\n")
	want := quote([]byte(head + "…"))
	line := c.line(want)
	if c.t.Profile.means(line, Missing) {
		return "", false
	}
	digits, _ := strings.CutPrefix(strings.TrimRight(line, " \r\n"), head)
	n, err := strconv.Atoi(digits)
	// Written again and compared, because Atoi takes +3 and 03.
	if err != nil || n < 0 || n > 64<<20 || !c.isValueLine(line, c.t.valueLine(key, n)) {
		c.wrong(want, line)
	}
	body, err := c.wire.ReadN(n)
	if err != nil {
		c.lost(err, []byte(line+string(body)), fmt.Sprintf("a value of %d bytes", n))
	}
	c.valueEnd(`"\r\nEND\r\n" after the value`, "")
	return string(body), true
}

// isValueLine compares the first line of a get's reply with what it should be, which the profile may allow a space at
// its end.
func (c *Client) isValueLine(line, want string) bool {
	return line == want || c.t.Profile.TrailingSpace && line == strings.TrimSuffix(want, "\r\n")+" \r\n"
}

// valueEnd reads what follows a value: the end of its line and END. got is what has been read of the reply.
func (c *Client) valueEnd(want, got string) {
	tail := c.line(want)
	if tail != "\r\n" && !(c.t.Profile.TrailingSpace && tail == " \r\n") {
		c.wrong(want, got+tail)
	}
	if end := c.line(want); end != "END\r\n" {
		c.wrong(want, got+tail+end)
	}
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

// CloseWrite shuts the sending side: the end of the stream, as the other side sees it.
func (c *Client) CloseWrite() { c.wire.CloseWrite() }

// Abort ends the connection with a reset.
func (c *Client) Abort() { c.wire.Abort() }

// Close ends the connection in order.
func (c *Client) Close() { c.wire.Close() }

// Leave asks to leave and expects the connection to be closed.
func (c *Client) Leave() {
	c.Send(c.t.Profile.Leave + "\r\n")
	c.ExpectEnd()
}

// InStep is the sync probe: the next set and get on this connection are answered as themselves, and nothing else is
// still to come.
func (c *Client) InStep() {
	if c.step == "" {
		c.Step("%s", c.topic()) // before the probe's own requests take its place
	}
	c.probing = true
	key, value := c.t.Key(), c.Text(1+c.Rand.IntN(24))
	c.Set(key, value)
	c.Get(key, value)
	if extra := c.wire.Pending(); len(extra) > 0 {
		c.wrong("nothing after the reply", string(extra))
	}
	c.step, c.probing = "", false
	c.t.probed.Store(true)
}

// line reads one line of a reply that should be want.
func (c *Client) line(want string) string {
	line, err := c.wire.ReadLine(longestLine)
	if err != nil {
		c.lost(err, line, want)
	}
	return string(line)
}

// about says what was going on, as the beginning of a sentence.
func (c *Client) about() string {
	switch {
	case c.probing:
		return "in the sync probe after " + c.topic()
	case c.step == "" && c.sent == "":
		return "on a new connection"
	}
	return "after " + c.topic()
}

func (c *Client) topic() string {
	switch {
	case c.step != "":
		return c.step
	case c.sent != "":
		return quote([]byte(c.sent))
	}
	return "connecting"
}

func (c *Client) wrong(want, got string) {
	// What came with it tells as much as the line itself.
	all := got + string(c.wire.Pending())
	c.t.Wrong(answer, want, quote([]byte(all)), "%s: want %s, got %s", c.about(), want, quote([]byte(got)))
}

func (c *Client) lost(err error, got []byte, want string) {
	f := wireFinding(err, got, c.wire.Wait)
	if f.status == reports.Failed {
		f.want = want
		f.reason = fmt.Sprintf("%s: %s (want %s, got %s)", c.about(), f.reason, want, f.got)
	}
	panic(f)
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

// SendBehind sends without waiting for the endpoint to take it; the channel is closed when it has, or when it has
// not in time. In the latter case the replies tell.
func (c *Client) SendBehind(request string) <-chan struct{} {
	c.sent = request
	c.wire.Wait = c.t.wait
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.wire.Send([]byte(request))
	}()
	return done
}
