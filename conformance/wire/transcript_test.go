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
