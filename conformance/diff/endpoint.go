package diff

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"memlite/conformance/rules"
	"memlite/conformance/wire"
)

// most is what is read of one reply.
const most = 4 << 20

// endpoint is one of the two, and how to see where a reply of its ends.
type endpoint struct {
	addr  string
	probe []byte // a get of a key that no sequence is about
	mark  []byte // what it is answered
	leave []byte
	rtt   time.Duration // the longest of the last ones
}

// meet connects to an endpoint, stores a value and asks for it until it is known what that is answered. If the endpoint does not give the
// value back, said is what it has answered instead. An error means that there is nobody.
func meet(ctx context.Context, addr string, p *rules.Profile, token string, within time.Duration) (e *endpoint, said string, err error) {
	c, err := wire.Dial(ctx, addr, within, wire.NewTranscript())
	if err != nil {
		return nil, "", fmt.Errorf("dial %s: %w", addr, err.(*wire.Error).Err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, c.Close)
	defer stop()

	value := "mark:" + token
	set, get, leave := p.Sample("mark-"+token, value)
	e = &endpoint{addr: addr, probe: []byte(get), leave: []byte(leave)}
	deadline := time.Now().Add(within)
	// ask sends a request and reads until what has come will do.
	ask := func(request string, enough func([]byte) bool) bool {
		sent := time.Now()
		_ = c.Send([]byte(request)) // if it could not be sent, nothing will come
		for !enough(c.Pending()) {
			if len(c.Pending()) > most || c.Receive(time.Until(deadline)) != nil {
				return false
			}
		}
		e.rtt = max(e.rtt, time.Since(sent))
		return true
	}
	take := func() []byte { p, _ := c.ReadN(len(c.Pending())); return p }

	if ask(set, func(p []byte) bool { return bytes.HasSuffix(p, []byte("\n")) }) {
		e.settle(c) // more than a line, perhaps
	}
	said = string(take())
	// The answer is as long as from the value in one to the value in the next.
	first := 0
	ok := ask(get, func(p []byte) bool { first = bytes.Index(p, []byte(value)); return first >= 0 })
	ok = ok && ask(get, func(p []byte) bool {
		next := bytes.Index(p[first+1:], []byte(value))
		if next >= 0 {
			e.mark = bytes.Clone(p[:next+1])
		}
		return next >= 0
	})
	if !ok {
		return e, strings.TrimSpace(said + string(take())), nil
	}
	return e, "", nil
}

// knows reports whether what was stored at the other endpoint is seen at this one: both are one server, or have one store.
func (e *endpoint) knows(ctx context.Context, other *endpoint) bool {
	if e.mark == nil || other.mark == nil {
		return false
	}
	c, err := wire.Dial(ctx, e.addr, time.Second, wire.NewTranscript())
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.Send(other.probe)
	_ = c.Send(e.probe)
	deadline := time.Now().Add(time.Second + 8*e.rtt)
	for !bytes.HasSuffix(c.Pending(), e.mark) && c.Receive(time.Until(deadline)) == nil {
	}
	return bytes.Contains(c.Pending(), other.mark)
}

// settle waits until nothing more comes for a moment.
func (e *endpoint) settle(c *wire.Client) {
	for len(c.Pending()) < most && c.Receive(20*time.Millisecond+4*e.rtt) == nil {
	}
}

// waits are how long one exchange may take.
type waits struct {
	first time.Duration // for the first byte of a reply, before the probe is sent
	again time.Duration // for the answer to the probe, before more of them are sent: the bytes may have been taken for a block
	quiet time.Duration // before both are given up
	late  time.Duration // before one is given up when the other has answered
}

// hasty are the waits of a search, patient those of a verdict.
func hasty(rtt time.Duration) waits {
	return waits{2*time.Millisecond + 4*rtt, 20*time.Millisecond + 8*rtt, 40*time.Millisecond + 16*rtt, 200*time.Millisecond + 32*rtt}
}

func patient(rtt time.Duration) waits {
	return waits{20*time.Millisecond + 4*rtt, 300*time.Millisecond + 8*rtt, 600*time.Millisecond + 16*rtt, 2*time.Second + 32*rtt}
}

// probesAgain are sent together when one was not answered.
const probesAgain = 16

// ask sends pieces, then the probe, and returns what came before the answer to the probe. other is closed when the other endpoint
// has answered. Where the pieces ask to be let go, the probe is held back, or it might meet a connection that is closed and take its
// last bytes along.
func (e *endpoint) ask(c *wire.Client, pieces []string, leaves bool, w waits, other <-chan bool) Answer {
	if len(pieces) == 1 {
		_ = c.Send([]byte(pieces[0]))
	} else if len(pieces) > 1 {
		list := make([][]byte, len(pieces))
		for i, p := range pieces {
			list[i] = []byte(p)
		}
		_ = c.SendApart(list, time.Millisecond+2*e.rtt)
	}
	take := func(how How) Answer {
		all, _ := c.ReadN(len(c.Pending()))
		text, _, _ := bytes.Cut(all, e.mark)
		return Answer{Text: string(text), How: how}
	}
	ended := func(err error) bool { return err != nil && wire.KindOf(err) != wire.Timeout }
	switch {
	case leaves:
		for until := time.Now().Add(w.again); time.Now().Before(until); {
			if ended(c.Receive(time.Until(until))) {
				return take(Closed)
			}
		}
	case len(pieces) > 0:
		c.Await(w.first)
	}
	start := time.Now()
	_ = c.Send(e.probe)
	since := start // something last came
	for probes := 1; ; {
		if came := c.Pending(); bytes.HasSuffix(came, e.mark) || len(came) > most {
			if probes > 1 {
				return take(Waits)
			}
			// The machine is busy now, and idle then; what was long ago says little.
			e.rtt = max(e.rtt-e.rtt/16, time.Since(start))
			return take(Answered)
		}
		until := w.late
		if probes == 1 {
			until = w.again
		} else if !isClosed(other) {
			until = w.quiet
		}
		left := until - time.Since(since)
		switch {
		case time.Since(start) > 10*w.late:
			return take(Silent) // it talks on and on
		case left > 0:
			err := c.Receive(left)
			if ended(err) {
				return take(Closed)
			}
			if err == nil {
				since = time.Now()
			}
		case probes > 1:
			return take(Silent)
		default:
			probes = probesAgain
			_ = c.Send(bytes.Repeat(e.probe, probes))
		}
	}
}

func isClosed(c <-chan bool) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// bid says goodbye, so that the endpoint closes first and this machine's ports are free again.
func (e *endpoint) bid(c *wire.Client) {
	if len(e.leave) > 0 {
		_ = c.Send(e.leave)
		for c.Receive(5*time.Millisecond+4*e.rtt) == nil {
		}
	}
	c.Close()
}
