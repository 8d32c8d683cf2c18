package rules

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/onsi/gomega"

	"memlite/reports"
)

// A check's end is told in the report's words: what kind, what was wanted, what came, after what.
func TestFindings(t *testing.T) {
	for name, c := range map[string]struct {
		serve             func(net.Conn)
		check             func(*T)
		kind              string
		want, got, reason string
	}{
		"wrong answer": {replying("NOT_STORED\r\n"), func(t *T) { t.Dial().Set("k", "abc") }, answer,
			`"STORED\r\n"`, `"NOT_STORED\r\n"`, `after "set k 3\r\nabc\r\n": want "STORED\r\n", got "NOT_STORED\r\n"`},
		"more than the answer": {replying("ERROR\r\nERROR\r\n"), func(t *T) { t.Dial().Miss("k") }, answer,
			`"NOT-FOUND\r\n"`, `"ERROR\r\nERROR\r\n"`, `after "get k\r\n"`},
		"silence": {replying(""), func(t *T) { t.Dial().Miss("k") }, silence,
			`"NOT-FOUND\r\n"`, `nothing for 200ms`, `no answer`},
		"half an answer": {replying("NOT-"), func(t *T) { t.Dial().Miss("k") }, silence,
			`"NOT-FOUND\r\n"`, `"NOT-", then nothing for 200ms`, `no answer`},
		"closed": {func(c net.Conn) { _, _ = c.Read(make([]byte, 99)) }, func(t *T) { t.Dial().Miss("k") }, closed,
			`"NOT-FOUND\r\n"`, `the connection was closed`, `the connection was closed`},
		"one byte wrong": {replying("VALUE k 3\r\nabd\r\nEND\r\n"), func(t *T) { t.Dial().Get("k", "abc") }, answer,
			`"VALUE k 3\r\nabc\r\nEND\r\n"`, `"VALUE k 3\r\nabd\r\nEND\r\n"`, `the value differs from byte 2 on: want "c", got "d"`},
		"no END": {replying("VALUE k 3\r\nabc\r\n"), func(t *T) { t.Dial().Get("k", "abc") }, silence, `END\r\n`, `nothing`, `no answer`},
		"endless line": {replying(strings.Repeat("x", 9000)), func(t *T) { t.Dial().Miss("k") }, answer,
			`"NOT-FOUND\r\n"`, `(2048 bytes) and on`, `without an end`},
		"does not close": {replying("bye\r\n"), func(t *T) { t.Dial().Leave() }, silence, `closed`, `"bye\r\n", then nothing`, `"end\r\n"`},
		"says goodbye": {func(c net.Conn) { _, _ = c.Read(make([]byte, 99)); _, _ = io.WriteString(c, "bye\r\n") },
			func(t *T) { t.Dial().Leave() }, answer, `without a reply`, `"bye\r\n"`, `"end\r\n"`},
		"sync probe": {replying("NOT-FOUND\r\n"), func(t *T) { c := t.Dial(); c.Miss("k"); c.InStep() }, answer,
			`"STORED\r\n"`, `"NOT-FOUND\r\n"`, `in the sync probe after "get k\r\n"`},
		"matcher": {replying(""), func(t *T) { t.That("clients served", 3, gomega.BeNumerically(">=", 5)) }, state,
			`to be >= 5`, `3`, `clients served`},
		"step": {replying("x\r\n"), func(t *T) { c := t.Dial(); c.Step("the size %q", "+3"); c.Miss("k") }, answer,
			`"NOT-FOUND\r\n"`, `"x\r\n"`, `after the size "+3": want`},
		"one of many": {replying("x\r\n"), func(t *T) { t.Each(5, func(_ int, c *Client) { c.Miss("k") }) }, answer,
			`"NOT-FOUND\r\n"`, `"x\r\n"`, `after "get k\r\n"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := target(t, c.serve).run(c.check, 200*time.Millisecond)
			if r.Status != reports.Failed || r.Kind != c.kind || !strings.Contains(r.Want, c.want) || !strings.Contains(r.Got, c.got) || !strings.Contains(r.Reason, c.reason) {
				t.Errorf("%s, kind %s\nwant   %s\ngot    %s\nreason %s", r.Status, r.Kind, r.Want, r.Got, r.Reason)
			}
			if len(r.Transcript) == 0 && name != "matcher" {
				t.Error("no transcript")
			}
		})
	}
}

// run checks with a deadline of its own.
func (g *Target) run(check func(*T), wait time.Duration) *reports.Rule {
	return g.Run(context.Background(), Rule{ID: "TST-01", Level: Must, Check: func(t *T) { t.wait = wait; check(t) }})
}

func TestOtherEnds(t *testing.T) {
	for name, c := range map[string]struct {
		check  func(*T)
		status reports.Status
		reason string
	}{
		"not run":       {func(t *T) { t.NotRun("no limit below %d", 9) }, reports.NotRun, "no limit below 9"},
		"inconclusive":  {func(t *T) { t.Inconclusive("too slow") }, reports.Inconclusive, "too slow"},
		"panic":         {func(t *T) { panic("oops") }, reports.Inconclusive, "fault in the suite: oops"},
		"panic of many": {func(t *T) { t.Together(3, func(int) { panic("oops") }) }, reports.Inconclusive, "fault in the suite: oops"},
		"no probe":      {func(t *T) {}, reports.Inconclusive, "no sync probe"},
		"bad matcher":   {func(t *T) { t.That("x", "text", gomega.BeNumerically(">", 1)) }, reports.Inconclusive, "x"},
		"files":         {func(t *T) { t.NeedDescriptors(1 << 40) }, reports.Inconclusive, "ulimit -n"},
	} {
		r := target(t, replying("")).run(c.check, time.Second)
		if r.Status != c.status || !strings.Contains(r.Reason, c.reason) || r.Kind != "" {
			t.Errorf("%s: %s, %q, kind %s", name, r.Status, r.Reason, r.Kind)
		}
	}
	gone := NewTarget("127.0.0.1:1", Profiles()[0], 1)
	if r := gone.run(func(t *T) { t.Dial() }, time.Second); r.Status != reports.Failed || r.Kind != connect {
		t.Errorf("%s %s %s", r.Status, r.Kind, r.Reason)
	}
}

// An endpoint that has shown itself dead is not waited for 60 times; one byte and it has all the time again.
func TestImpatience(t *testing.T) {
	var alive atomic.Bool
	g := target(t, func(c net.Conn) {
		for s := bufio.NewScanner(c); s.Scan(); {
			if alive.Load() {
				fmt.Fprint(c, "x\r\n")
			}
		}
	})
	rule := Rule{ID: "TST-01", Check: func(t *T) { t.Dial().Miss("k") }}
	g.mute = true
	if wait, why := g.wait(); wait != impatience || why == "" {
		t.Errorf("mute: %v %q", wait, why)
	}
	if r := g.Run(context.Background(), rule); r.Kind != silence || !strings.Contains(r.Reason, "has not sent a byte yet") {
		t.Errorf("%s %s", r.Kind, r.Reason)
	}
	alive.Store(true)
	g.Run(context.Background(), rule)
	if wait, why := g.wait(); wait != floor || why != "" {
		t.Errorf("alive: %v %q", wait, why)
	}
	for range deadRules {
		if wait, _ := g.wait(); wait != floor {
			t.Errorf("wait %v before %d rules got nothing", wait, deadRules)
		}
		g.observe(&reports.Rule{Status: reports.Failed}, 0)
	}
	if wait, why := g.wait(); wait != impatience || !strings.Contains(why, "3 rules in a row") {
		t.Errorf("dead: %v %q", wait, why)
	}
	g.slowest = time.Second
	if wait, _ := g.wait(); wait != impatience+2*time.Second {
		t.Errorf("dead and slow: %v", wait)
	}
	g.observe(&reports.Rule{Status: reports.Inconclusive}, 0)
	g.observe(&reports.Rule{Status: reports.Failed}, 1)
	if wait, _ := g.wait(); wait != floor+multiple*time.Second {
		t.Errorf("slow: %v", wait)
	}
}

// A server that is busy with the clients of one rule, long after they have gone, does not fail the next.
func TestACrowdIsSeenOffBeforeTheNextRule(t *testing.T) {
	var quietUntil atomic.Int64
	g := target(t, func(c net.Conn) {
		for s := bufio.NewScanner(c); s.Scan(); {
			time.Sleep(time.Until(time.Unix(0, quietUntil.Load())))
			fmt.Fprint(c, "NOT-FOUND\r\n")
		}
	})
	crowd := Rule{ID: "TST-01", Alone: true, Check: func(*T) { quietUntil.Store(time.Now().Add(time.Second).UnixNano()) }}
	next := Rule{ID: "TST-02", Check: func(t *T) { t.wait = 300 * time.Millisecond; t.Dial().Miss("k") }}
	g.Run(context.Background(), crowd)
	if r := g.Run(context.Background(), next); r.Kind != "" {
		t.Errorf("%s: %s", r.Kind, r.Reason)
	}
}

func TestMeasure(t *testing.T) {
	g := target(t, func(c net.Conn) {
		for s := bufio.NewScanner(c); s.Scan(); {
			time.Sleep(30 * time.Millisecond)
			fmt.Fprint(c, "x\r\n")
		}
	})
	if err := g.Measure(context.Background(), 0); err != nil || g.RoundTrip < 30*time.Millisecond || g.slowest < g.RoundTrip || g.mute {
		t.Errorf("%v, round trip %v, slowest %v, mute %v", err, g.RoundTrip, g.slowest, g.mute)
	}
	began := time.Now()
	g = target(t, replying(""))
	if err := g.Measure(context.Background(), 100*time.Millisecond); err != nil || g.RoundTrip != 0 || !g.mute || time.Since(began) > 5*time.Second {
		t.Errorf("%v, round trip %v, mute %v", err, g.RoundTrip, g.mute)
	}
	if err := NewTarget("127.0.0.1:1", Profiles()[0], 1).Measure(context.Background(), 0); err == nil {
		t.Error("nobody there, and no error")
	}
}

// The same seed draws the same; keys are fresh all the same.
func TestDraws(t *testing.T) {
	draw := func(seed int64) (string, string, []int) {
		g := NewTarget("127.0.0.1:1", Profiles()[0], seed)
		x := newT(context.Background(), g, Rule{ID: "SET-02"}, time.Second)
		return x.Text(100) + x.Bytes(100), x.Key(), x.sizes(40, 3, 4000)
	}
	text1, key1, sizes1 := draw(1)
	text2, key2, sizes2 := draw(1)
	text3, _, _ := draw(2)
	if text1 != text2 || fmt.Sprint(sizes1) != fmt.Sprint(sizes2) || text1 == text3 || key1 == key2 {
		t.Errorf("same seed: %v, other seed: %v, keys %s %s", text1 == text2, text1 == text3, key1, key2)
	}

	x := newT(context.Background(), NewTarget("127.0.0.1:1", Profiles()[0], 1), Rule{ID: "SET-02"}, time.Second)
	seen := map[string]bool{}
	for range 300 {
		key := x.Key()
		if seen[key] || len(key) > 100 || strings.ContainsAny(key, " \r\n/") {
			t.Fatalf("key %q", key)
		}
		seen[key] = true
	}
	for n := 1; n <= 300; n++ {
		if key := x.KeyOf(n); len(key) != n {
			t.Errorf("a key of %d bytes has %d", n, len(key))
		}
	}
	for n := range 200 {
		if v := x.Text(n); len(v) != n || strings.TrimSpace(v) != v {
			t.Errorf("text %q", v)
		}
		if v := x.Bytes(n * 50); strings.Contains(v, "\r\n") {
			t.Error("a lite value has CRLF")
		}
		if s := size(x.Rand, 100); s < 1 || s > 100 {
			t.Errorf("size %d", s)
		}
	}
	x.target.quickest = 100 * time.Millisecond
	if n := x.Times(500, 3); n != 10 {
		t.Errorf("%d times at 100ms", n)
	}
	if some := Some(x, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2); len(some) != 10 {
		t.Errorf("some %v", some)
	}
	x.target.quickest = time.Second
	if some := Some(x, []int{1, 2, 3, 4, 5, 6}, 3); len(some) != 3 || some[0] > some[1] || some[1] > some[2] {
		t.Errorf("some %v", some)
	}
}

// The history checker finds a stale read, accepts a good history, and calls nothing what shows nothing.
func TestJournal(t *testing.T) {
	op := func(client, from, to int, write bool, value string) porcupine.Operation {
		o := porcupine.Operation{ClientId: client, Call: int64(from), Return: int64(to), Input: registerOp{write: write, value: value}}
		if !write {
			o.Input, o.Output = registerOp{}, value
		}
		return o
	}
	for name, c := range map[string]struct {
		ops    []porcupine.Operation
		status reports.Status
	}{
		"good":      {[]porcupine.Operation{op(0, 1, 2, true, "0.1"), op(1, 3, 4, false, "0.1")}, ""},
		"stale":     {[]porcupine.Operation{op(0, 1, 2, true, "0.1"), op(0, 3, 4, true, "0.2"), op(1, 5, 6, false, "0.1")}, reports.Failed},
		"lost":      {[]porcupine.Operation{op(0, 1, 2, true, "0.1"), op(1, 3, 4, false, "0.1"), op(1, 5, 6, false, "")}, reports.Failed},
		"invented":  {[]porcupine.Operation{op(0, 1, 2, true, "0.1"), op(1, 3, 4, false, "0.9")}, reports.Failed},
		"overlap":   {[]porcupine.Operation{op(0, 1, 9, true, "0.1"), op(1, 3, 4, false, ""), op(1, 5, 6, false, "0.1")}, ""},
		"flip":      {[]porcupine.Operation{op(0, 1, 9, true, "0.1"), op(1, 2, 3, false, "0.1"), op(2, 4, 5, false, "")}, reports.Failed},
		"vacuous":   {[]porcupine.Operation{op(0, 1, 2, true, "0.1"), op(0, 3, 4, false, "0.1"), op(1, 3, 4, true, "1.1")}, reports.Inconclusive},
		"only puts": {[]porcupine.Operation{op(0, 1, 2, true, "0.1")}, reports.Inconclusive},
	} {
		x := newT(context.Background(), NewTarget("127.0.0.1:1", Profiles()[0], 1), Rule{}, time.Second)
		f := x.attempt(func() { (&journal{ops: c.ops}).judge(x) })
		if pages := len(x.attachments); pages != 0 != (c.status == reports.Failed) {
			t.Errorf("%s: %d pages", name, pages)
		}
		if (f == nil) != (c.status == "") || f != nil && f.status != c.status {
			t.Errorf("%s: %+v, want %q", name, f, c.status)
		}
	}
}

// The page is of the one key that is wrong, and of nothing that came later.
func TestPicture(t *testing.T) {
	var j journal
	at := int64(0)
	add := func(key int, write bool, value string) {
		op := porcupine.Operation{Call: at, Return: at + 1, Input: registerOp{key: key, write: write, value: value}, Output: value}
		at += 2
		j.add(op)
	}
	for n := range 200 {
		for key := range 3 {
			add(key, true, fmt.Sprintf("%d.%d", key, n))
			got := fmt.Sprintf("%d.%d", key, n)
			if key == 1 && n == 20 {
				got = "1.19"
			}
			add(key, false, got)
		}
	}
	page := string(j.picture())
	for part, want := range map[string]bool{"<html": true, "set 1.20": true, "get: 1.19": true, "set 1.21": false, "set 2.3": false, "http://": false} {
		if strings.Contains(strings.ReplaceAll(page, "http://www.w3.org/2000/svg", ""), part) != want {
			t.Errorf("has %q: %v", part, !want)
		}
	}
}

// Whatever an endpoint answers to a get, Fetch says what is there or what is wrong.
func FuzzFetch(f *testing.F) {
	for _, reply := range []string{"VALUE k 3\r\nabc\r\nEND\r\n", "NOT-FOUND\r\n", "VALUE k 99999999999\r\n", "VALUE k -1\r\n\r\nEND\r\n",
		"VALUE k \r\n", "VALUE k 3\r\nabcd\r\nEND\r\n", "VALUE k 0\r\n\r\nEND\r\n", "", "VALUE k 3 \r\nabc\r\nEND\r\n", "VALUE k +3\r\nabc\r\nEND\r\n"} {
		f.Add(reply)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { ln.Close() })
	f.Fuzz(func(t *testing.T, reply string) {
		go func() {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = bufio.NewReader(c).ReadString('\n')
			_, _ = io.WriteString(c, reply)
			c.Close()
		}()
		var value string
		var found bool
		r := NewTarget(ln.Addr().String(), Profiles()[0], 1).run(func(t *T) {
			value, found = t.Dial().Fetch("k")
			t.probed.Store(true)
		}, 10*time.Second)
		whole := fmt.Sprintf("VALUE k %d\r\n%s\r\nEND\r\n", len(value), value)
		switch {
		case r.Status == reports.Failed && !strings.HasPrefix(reply, "NOT-FOUND\r\n") && r.Kind != connect:
		case r.Status == reports.Passed && found && strings.HasPrefix(reply, whole):
		case r.Status == reports.Passed && !found && strings.HasPrefix(reply, "NOT-FOUND\r\n"):
		default:
			t.Errorf("%q: %s, found %v %q: %s", reply, r.Status, found, value, r.Reason)
		}
	})
}

// replying answers every read with text.
func replying(text string) func(net.Conn) {
	return func(c net.Conn) {
		for buf := make([]byte, 1<<16); ; {
			if _, err := c.Read(buf); err != nil {
				return
			}
			_, _ = io.WriteString(c, text)
		}
	}
}

func target(t *testing.T, serve func(net.Conn)) *Target {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return NewTarget(ln.Addr().String(), Profiles()[0], 1)
}
