package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"memlite/loadgen"
	"memlite/reports"
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

// The last interval of a run is longer than the rest of its time where replies were waited for; the line does not say so.
func TestProgressOfARunEndsWithIt(t *testing.T) {
	var out bytes.Buffer
	l := &liveRun{progress: newProgress(&out), plan: loadgen.Plan{Duration: 5 * time.Second}}
	l.progress.last = time.Time{}
	if err := l.Interval(&reports.Interval{Start: 4 * time.Second, Length: 1900 * time.Millisecond, Stage: "run", Recorded: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "run 5s of 5s: ") {
		t.Errorf("got %q", out.String())
	}
}
