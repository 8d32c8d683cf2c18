package rules

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"

	"memlite/conformance/wire"
	"memlite/reports"
)

// Client is one client of a check: one connection, or, where the endpoint serves one request a connection, one after the other.
// What it expects and does not get ends the check.
type Client struct {
	Rand *rand.Rand // from the run's seed, the rule's ID and the client's number

	t       *T
	wire    *wire.Client
	release func() bool // of wire, from the check's context
	step    string      // what is being tried, for a failure's text
	sent    string
	used    bool // a request was sent on wire
	probing bool // in InStep
}

// connect dials and reads the greeting, if there is one.
func (c *Client) connect() {
	w, err := wire.Dial(c.t.ctx, c.t.target.Endpoint(), c.t.wait, c.t.log)
	if err != nil {
		panic(wireFinding(err, nil, c.t.wait))
	}
	c.wire, c.release = w, context.AfterFunc(c.t.ctx, w.Close)
	greeted := false
	defer func() {
		if !greeted {
			w.Close()
		}
	}()
	for _, pattern := range c.t.Profile.Greeting {
		want := "the greeting " + quote([]byte(c.t.Profile.write(pattern)))
		line := c.line(want)
		if text, ok := c.t.Profile.reads(line); !ok || !matches(pattern, text) {
			c.wrong(want, line)
		}
	}
	greeted = true
}

// begin makes the connection ready for one more request.
func (c *Client) begin(request string) {
	if c.used && c.t.Profile.OneRequest {
		c.ExpectEnd()
		c.release()
		c.wire.Close()
		c.connect()
	}
	c.used, c.sent = true, request
	c.wire.Wait = c.t.wait
}

// Step says what is being tried, for a failure's text and the transcript.
func (c *Client) Step(format string, args ...any) {
	c.step = one.ReplaceAllString(fmt.Sprintf(format, args...), "1 $1")
	c.t.log.Note(c.wire.Number, c.step)
}

// one finds counts of one, so that rules can write "%d bytes" whatever the number.
var one = regexp.MustCompile(`\b1 (byte|character|packet)s\b`)

// Send sends a request as it is, in one write, or in the two that the endpoint needs for a set.
func (c *Client) Send(request string) {
	c.begin(request)
	if pieces := c.t.Profile.pieces(request); len(pieces) > 1 {
		c.apart(pieces, c.t.target.apart())
		return
	}
	c.write(request)
}

// Continue sends more of a request.
func (c *Client) Continue(rest string) {
	c.sent += rest
	c.wire.Wait = c.t.wait
	c.write(rest)
}

func (c *Client) write(bytes string) {
	if err := c.wire.Send([]byte(bytes)); err != nil {
		c.lost(err, nil, "the request to be taken")
	}
}

// SendApart sends pieces so that they arrive apart: each in a packet of its own, with time to be read alone.
func (c *Client) SendApart(pieces ...string) {
	c.begin(strings.Join(pieces, ""))
	pause := c.t.pause()
	if len(pieces) == 2 && pieces[1] != "" && strings.ContainsAny(pieces[1][:1], "\r\n") {
		pause *= 3 // a cut in or before a line end is the one that most often hurts: that one counts also where the endpoint is slow to read
	}
	c.apart(pieces, pause)
}

// SendQuickly sends pieces so that most of them arrive apart where the endpoint is quick.
func (c *Client) SendQuickly(pieces ...string) {
	c.begin(strings.Join(pieces, ""))
	c.apart(pieces, min(c.t.pause(), 200*time.Microsecond))
}

func (c *Client) apart(pieces []string, pause time.Duration) {
	list := make([][]byte, len(pieces))
	for i, p := range pieces {
		list[i] = []byte(p)
	}
	if err := c.wire.SendApart(list, pause); err != nil {
		c.lost(err, nil, "the request to be taken")
	}
	// A server that sleeps before each read sleeps once per piece.
	c.wire.Wait = c.t.wait + time.Duration(len(pieces))*c.t.target.slowest
}

// pause is long enough for a server to have read what was sent before.
func (t *T) pause() time.Duration {
	return min(max(600*time.Microsecond, 4*t.target.RoundTrip), 20*time.Millisecond)
}

// Pause gives the endpoint the time to read what was sent.
func (t *T) Pause() { wire.Pause(t.pause()) }

// SendBehind sends without waiting for the endpoint to take it; the channel is closed when it has, or when it has
// not in time. In the latter case the replies tell.
func (c *Client) SendBehind(request string) <-chan struct{} {
	c.begin(request)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.wire.Send([]byte(request))
	}()
	return done
}

// Text returns n random printable bytes, neither the first nor the last a space.
func (c *Client) Text(n int) string { return c.t.text(c.Rand, n) }

// Set stores value under key and expects to be told so.
func (c *Client) Set(key, value string) {
	c.Send(c.t.SetRequest(key, value))
	c.Expect(Stored)
}

// Get asks for key and expects value.
func (c *Client) Get(key, value string) {
	c.Send(c.t.GetRequest(key))
	c.ExpectValue(key, value)
}

// Miss asks for key and expects that it is not there.
func (c *Client) Miss(key string) {
	c.Send(c.t.GetRequest(key))
	c.Expect(Missing)
}

// Mismatch sends a set whose block has not the announced size and expects it to be refused.
func (c *Client) Mismatch(key string, announced int, block string) {
	c.Send(c.t.SetWith(key, announced, block))
	c.ExpectRefused(max(0, announced-len(block)), Mismatch)
}

// CloseWrite shuts the sending side: the end of the stream, as the other side sees it.
func (c *Client) CloseWrite() { c.wire.CloseWrite() }

// Abort ends the connection with a reset.
func (c *Client) Abort() { c.wire.Abort() }

// Close ends the connection in order.
func (c *Client) Close() { c.wire.Close() }

// Leave asks to leave and expects the connection to be closed; where there is no command for that, it closes.
func (c *Client) Leave() {
	if !c.t.Has(Leaving) {
		c.Close()
		return
	}
	c.Send(c.t.LeaveLine())
	c.ExpectEnd()
}

// InStep is the sync probe: the next set and get of this client are answered as themselves, and nothing else is
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
	panic(&finding{status: reports.Failed, kind: answer, want: want, got: quote([]byte(all)), client: c.wire.Number,
		reason: fmt.Sprintf("%s: want %s, got %s", c.about(), want, quote([]byte(got)))})
}

func (c *Client) lost(err error, got []byte, want string) {
	f := wireFinding(err, got, c.wire.Wait)
	f.client = c.wire.Number
	if f.status == reports.Failed {
		f.want = want
		f.reason = fmt.Sprintf("%s: %s (want %s, got %s)", c.about(), f.reason, want, f.got)
	}
	panic(f)
}
