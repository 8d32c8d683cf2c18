package wire

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestTranscript(t *testing.T) {
	log := NewTranscript()
	one, two := log.client(), log.client()
	log.add(one, "open", nil, "")
	log.add(one, "send", []byte("get k\r\n"), "")
	log.Note(two, "remark")
	p := []byte("NOT-FOUND\r\n")
	log.add(one, "receive", p, "")
	p[0] = 'x' // the record has its own copy
	events := log.Events()
	if len(events) != 4 || one != 1 || two != 2 || log.Received() != 11 {
		t.Fatalf("%d events, clients %d and %d, %d bytes", len(events), one, two, log.Received())
	}
	for i, want := range []string{"1 open 0", "1 send 7", "2 note 0", "1 receive 11"} {
		if got := fmt.Sprint(events[i].Client, " ", events[i].Kind, " ", events[i].Length); got != want {
			t.Errorf("event %d: %s, want %s", i, got, want)
		}
		if i > 0 && events[i].At < events[i-1].At {
			t.Error("events are not in order")
		}
	}
	if string(events[3].Bytes) != "NOT-FOUND\r\n" {
		t.Errorf("%q", events[3].Bytes)
	}
}

// Whatever comes, a record stays small: the beginning, the end, and a word on what is between.
func TestTranscriptIsBounded(t *testing.T) {
	log := NewTranscript()
	big := bytes.Repeat([]byte("x"), 1<<20)
	const n = 1000
	for i := range n {
		log.add(i, "receive", big, "")
	}
	events := log.Events()
	size := 0
	for _, e := range events {
		size += len(e.Bytes)
	}
	if len(events) != KeepFirst+KeepLast+1 || size != (KeepFirst+KeepLast)*KeepBytes {
		t.Errorf("%d events, %d bytes", len(events), size)
	}
	if gap := events[KeepFirst]; gap.Kind != "note" || gap.Note != fmt.Sprintf("%d events left out here", n-KeepFirst-KeepLast) {
		t.Errorf("gap %+v", gap)
	}
	if events[0].Client != 0 || events[KeepFirst+1].Client != n-KeepLast || events[len(events)-1].Client != n-1 {
		t.Error("not the first and the last")
	}
	if log.Received() != n<<20 || events[1].Length != 1<<20 {
		t.Errorf("received %d", log.Received())
	}
}

func TestBrief(t *testing.T) {
	log := NewTranscript()
	for range 300 {
		log.add(1, "send", []byte(strings.Repeat("x", 2000)), "")
	}
	brief := log.Brief()
	if len(brief) != briefEvents+1 || len(brief[0].Bytes) != briefBytes || brief[0].Length != 2000 || brief[briefEvents].Note != "276 events more" {
		t.Errorf("%d events, the last %+v", len(brief), brief[len(brief)-1])
	}
	if full := log.Events(); len(full[0].Bytes) != KeepBytes {
		t.Error("the full record was cut too")
	}
	if len(NewTranscript().Brief()) != 0 || len(NewTranscript().Events()) != 0 {
		t.Error("an empty record has events")
	}
}

func TestTranscriptFromManyGoroutines(t *testing.T) {
	log := NewTranscript()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			n := log.client()
			for range 200 {
				log.add(n, "receive", []byte("x"), "")
				_ = log.Events()
			}
		})
	}
	wg.Wait()
	if log.Received() != 1600 {
		t.Errorf("%d", log.Received())
	}
}

// A crowd that comes is one line, and so is one that goes.
func TestCrowdIsOneLine(t *testing.T) {
	log := NewTranscript()
	for i := range 40 {
		log.add(i+1, "open", nil, "")
	}
	log.add(3, "send", []byte("get k\r\n"), "")
	log.add(1, "close", nil, "sending side") // is not the end of it
	log.add(2, "close", nil, "")
	log.add(3, "close", nil, "")
	log.add(41, "open", nil, "failed: refused")
	log.add(42, "open", nil, "")
	log.add(43, "open", nil, "")
	var got []string
	for _, e := range log.Events() {
		got = append(got, fmt.Sprint(e.Client, " ", e.Kind, " ", e.Note))
	}
	want := []string{"0 open 40 clients", "3 send ", "1 close sending side", "0 close 2 clients", "41 open failed: refused", "0 open 2 clients"}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The client that failed is in the record however busy the others were, and how they were stopped is not.
func TestFailureIsKept(t *testing.T) {
	log := NewTranscript()
	const busy = 1000
	for i := range KeepFirst {
		log.add(i+1, "note", nil, "first")
	}
	log.add(7, "send", []byte("get lost\r\n"), "")
	for i := range busy {
		log.add(8+i%8, "receive", []byte("END\r\n"), "")
	}
	log.Fail(7)
	log.Fail(8) // the first counts
	for i := range busy {
		log.add(8+i, "end", nil, "closed")
	}
	log.add(7, "close", nil, "")
	events := log.Events()
	if n := KeepFirst + 1 + KeepLast; len(events) < n || len(events) > n+4 {
		t.Fatalf("%d events", len(events))
	}
	if e := events[KeepFirst]; e.Client != 7 || string(e.Bytes) != "get lost\r\n" {
		// It was the one after the first ones: nothing is left out before it.
		t.Errorf("after the first: %+v", e)
	}
	if e := events[KeepFirst+1]; e.Note != fmt.Sprintf("%d events left out here", busy-KeepLast+1) {
		t.Errorf("then: %+v", e)
	}
	last := events[len(events)-2:]
	if last[0].Client != 7 || last[0].Kind != "close" || last[1].Note != "the other clients were stopped" {
		t.Errorf("at the end: %+v", last)
	}
	for _, e := range events {
		if e.Kind == "end" {
			t.Fatal("the record says how the others were stopped")
		}
	}
}
