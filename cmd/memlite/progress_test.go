package main

import (
	"bytes"
	"testing"
	"time"
)

func TestProgressInAFile(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out)
	now := p.now()
	p.now = func() time.Time { return now }
	for range 12 { // one a second
		now = now.Add(time.Second)
		p.show("working")
	}
	p.say("a finding")
	p.done()
	if want := "working\nworking\na finding\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	var out bytes.Buffer
	p := &progress{w: &out, now: time.Now, live: true, colour: true, width: func() int { return 10 }}
	p.show("one and more")
	p.show("two")
	p.say("%s", p.red("bad"))
	p.done()
	want := "\r\x1b[Kone and m" + "\r\x1b[Ktwo" + "\r\x1b[K\x1b[31mbad\x1b[0m\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	p.colour = false
	if p.red("bad") != "bad" {
		t.Error("coloured without leave")
	}
}
