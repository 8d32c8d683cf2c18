package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"memlite/conformance/wire"
	"memlite/reports"
)

func randomRules() []Rule {
	return []Rule{
		{
			ID: "RND-01", Level: Must, Source: "it follows from the rules of level must", Needs: []Trait{Persistent, Answering},
			Title: "random requests of a few clients are answered as a model of the protocol says",
			Text: `What each rule asks alone, in any order: sets and gets of a few keys with lengths up to 250 and values that look like
				commands, refused sets, lines that are no commands and leaving, by a few clients in turn, one by one or in one
				packet, also cut in two with another client's requests between. Sequences come from the seed; of one that fails,
				the smallest that still fails is told.`,
			Example: `
				A> "set k 5\r\nab"
				B> "set k 3\r\nend\r\nget k\r\nset k 9\r\nabc\r\n"
				B< "STORED\r\nVALUE k 3\r\nend\r\nEND\r\nERROR\r\n"
				A> "cde\r\nget k\r\n"
				A< "STORED\r\nVALUE k 5\r\nabcde\r\nEND\r\n"`,
			Pitfall: `Each request is right alone, and two of them are not: what a refusal leaves behind (a flag, a key, half a block) is
				met by the next request, or by another client's. Keep what belongs to one request in variables of that request, what
				belongs to a connection in the connection, and the values in one place.`,
			Check: func(t *T) { t.sequences(shape{level: Must, clients: 3}, 60) },
		},
		{
			ID: "RND-02", Level: Should, Source: "it follows from the rules of level should", Needs: []Trait{Persistent, Answering},
			Title: "so are random requests with any bytes in keys and values",
			Text: `RND-01 with the requests of level should as well: any bytes in values, keys in UTF-8 and not, gets of keys that are
				too long, spaces and tabs on command lines, end with arguments.`,
			Example: `
				> "set \xff\x80 3\r\n\x00\r\n\r\nget \xff\x80 \r\nend x\r\n"
				< "ERROR\r\nERROR\r\nNOT-FOUND\r\nERROR\r\n"
				> "set \xff\x80 2\r\n\x00\r\r\nget \xff\x80 \r\n"
				< "STORED\r\nVALUE \xff\x80 2\r\n\x00\r\r\nEND\r\n"`,
			Pitfall: `Memcached 1.6.18 forgets the replies that wait to be sent when it refuses the key of a get: "nonsense" and a get of 251
				bytes in one packet get one reply. No test of one request sees it. Let a refusal end its own request only.`,
			Check: func(t *T) { t.sequences(shape{level: Should, clients: 3}, 60) },
		},
		{
			ID: "RND-03", Level: May, Source: "it follows from the rules of level may", Needs: []Trait{Persistent, Answering},
			Title: "so are random requests with control characters and odd line ends",
			Text: `RND-02 with the requests of level may as well: control characters in keys, lines that end in a bare LF, a CR before
				CRLF.`,
			Example: `
				> "set k 2\nab\nset k 3\r\nabc\r\nget k\nend\r\r\n"
				< "STORED\r\nSTORED\r\nVALUE k 3\r\nabc\r\nEND\r\nERROR\r\n"`,
			Pitfall: `The kind of line end is remembered for the connection, so that one line typed by hand changes how every later block is
				read. It belongs to the request: the block ends as its own command line did.`,
			Check: func(t *T) { t.sequences(shape{level: May, clients: 3}, 60) },
		},
	}
}

// What is spent on making a failing sequence smaller.
const (
	shrinkTries = 500
	shrinkTime  = 3 * time.Second
	longPaste   = 1000                   // bytes that a reason is not to be longer by
	shrinkWait  = 150 * time.Millisecond // for an answer, on top of the endpoint's own time: each try that hangs costs it
)

// played is a sequence that failed, and how.
type played struct {
	seq   Sequence
	sends []Send // up to the one that failed
	f     *finding
	log   *wire.Transcript
	hasty bool // it was waited for less than usual
}

// sequences tries n sequences of that shape, fewer on a slow endpoint, and fails with the smallest that fails.
func (t *T) sequences(s shape, n int) {
	const usual = 30 // requests in a sequence
	s.t, s.bursts, s.ops = t, t.Times(10, 2), t.Times(10, 3)
	n = max(1, t.Times(n*usual, 1)/usual)
	sync := t.marker()
	var (
		failures []*played
		tries    int // so many, each with keys of its own
	)
	hunt := Search{
		Draws: s.draws(),
		Try: func(seq Sequence) bool {
			wait := t.wait
			if tries++; len(failures) > 0 {
				wait = min(wait, shrinkWait+10*t.target.slowest)
			}
			p := t.play(seq, sync, tries, wait)
			if p != nil {
				failures = append(failures, p)
			}
			return p != nil
		},
		Stop:  func() bool { return t.ctx.Err() != nil },
		Tries: shrinkTries, Time: shrinkTime,
	}
	hunt.Run(t.Rand.Uint64(), n)
	switch {
	case len(failures) > 0:
		t.report(failures, sync, tries)
	case t.ctx.Err() != nil:
		t.Inconclusive("cut short after %d sequences", tries)
	}
	t.probed.Store(true) // each sequence ends with one
}

// report ends the check with the smallest of failures that is no haste of ours.
func (t *T) report(failures []*played, sync marker, tries int) {
	smallest := failures[0]
	for i := len(failures) - 1; i > 0 && i > len(failures)-4; i-- {
		p := failures[i]
		if p.hasty {
			tries++
			p = t.play(p.seq, sync, tries, t.wait)
		}
		if p != nil {
			smallest = p
			break
		}
	}
	again := ""
	if smallest == failures[0] && t.play(smallest.seq, sync, tries+1, t.wait) == nil {
		again = " (not every time: it did not fail when tried once more)"
	}
	t.log = smallest.log
	f := *smallest.f
	byHand := Paste(smallest.sends, t.target.Addr)
	t.Attach("sequence.sh", "text/plain", []byte(byHand+"\n"))
	if len(byHand) > longPaste {
		byHand = "see sequence.sh in the report"
	}
	f.reason += fmt.Sprintf("; the smallest sequence that was found to fail%s: %s; by hand: %s", again, words(smallest.sends), byHand)
	panic(&f)
}

// marker is a key with a value that no request of a sequence is about: what its get is answered shows where the reply to the
// request before it ends.
type marker struct{ key, value string }

func (t *T) marker() marker {
	m := marker{"sync-" + t.Key(), t.Text(12)} // no other check of this run's, nor a try's, has such a key
	c := t.Dial()
	c.Set(m.key, m.value)
	c.Get(m.key, m.value)
	c.Close()
	return m
}

// play tries a sequence on new connections, with keys that nobody has used, and returns how it failed, nil if it did not.
func (t *T) play(seq Sequence, sync marker, try int, wait time.Duration) *played {
	child := newT(t.ctx, t.target, t.rule, wait)
	child.keys = 1000 * try // fresh ones
	defer child.close()
	sends := seq.sends(child, strings.ToLower(t.rule.ID[:1]+t.rule.ID[4:])+t.target.token, try)
	at := 0
	f := t.attempt(func() {
		clients := map[int]*Client{}
		var s Send
		for at, s = range sends {
			c := clients[s.Client]
			if c == nil {
				c = child.Dial()
				clients[s.Client] = c
			}
			if at > 0 && len(sends[at-1].Requests) == 0 && sends[at-1].Client != s.Client {
				t.Pause() // so that the beginning of the other's request has been read
			}
			if len(s.Pieces) == 1 {
				c.Send(s.Pieces[0])
			} else {
				c.SendApart(s.Pieces...)
			}
			if c.read(s.Requests, sync) {
				c.Close()
				delete(clients, s.Client)
			}
		}
		for _, client := range slices.Sorted(maps.Keys(clients)) {
			clients[client].InStep()
		}
	})
	if f == nil || t.ctx.Err() != nil {
		return nil
	}
	if f.status != reports.Failed {
		panic(f)
	}
	return &played{seq: seq, sends: sends[:at+1], f: f, log: child.log, hasty: f.kind != answer && wait < t.wait}
}

// read judges the replies to requests that have been sent; the last may have ended the connection. Where none comes for a
// moment, a get is sent behind: if that is answered, the one before it never will be, and nobody waits for it.
func (c *Client) read(requests []Request, sync marker) (left bool) {
	patience := max(5*time.Millisecond, 8*c.t.target.RoundTrip)
	nudged := false
	defer func() {
		if p := recover(); p != nil {
			if f, ok := p.(*finding); ok && nudged && strings.Contains(f.got, sync.value) {
				f.kind, f.got = silence, "nothing: a later get is answered ("+f.got+")"
			}
			panic(p)
		}
	}()
	for _, r := range requests {
		c.step = r.Words
		if !nudged && !r.Leaves && !r.Alone && c.t.Has(Pipelining) && !c.wire.Await(min(patience, c.wire.Wait/2)) {
			nudged = true
			c.t.log.Note(c.wire.Number, "nothing came for a while: a get, to see whether anything will")
			c.Send(c.t.GetRequest(sync.key))
		}
		r.expect(c)
		left = r.Leaves
	}
	if nudged && !left {
		c.step = "get of another key"
		c.ExpectValue(sync.key, sync.value)
	}
	return left
}

// words lists what is sent, in words.
func words(list []Send) string {
	const most = 12
	var parts []string
	clients := map[int]bool{}
	for _, s := range list {
		clients[s.Client] = true
	}
	for _, s := range list {
		who := ""
		if len(clients) > 1 {
			who = fmt.Sprintf("client %d: ", s.Client+1)
		}
		if len(s.Requests) == 0 {
			parts = append(parts, who+"the beginning of a request")
		}
		for _, r := range s.Requests {
			parts = append(parts, who+r.Words)
		}
	}
	if more := len(parts) - most; more > 0 {
		parts = append(parts[:most], fmt.Sprintf("%d more", more))
	}
	for i := range parts {
		parts[i] = fmt.Sprintf("(%d) %s", i+1, parts[i])
	}
	return strings.Join(parts, ", ")
}
