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
	p.done()
	if want := "working\nworking\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	var out bytes.Buffer
	p := &progress{w: &out, now: time.Now, live: true, width: func() int { return 10 }}
	p.show("one and more")
	p.show("two")
	p.done()
	p.done()
	want := "\r\x1b[Kone and m" + "\r\x1b[Ktwo" + "\r\x1b[K"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	if red(&out, "bad") != "bad" {
		t.Error("coloured where there is no terminal")
	}
}
