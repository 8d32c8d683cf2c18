package store

import (
	"errors"
	"log/slog"
	"testing"
	"time"
)

// A store whose disk has failed is not closed: its goroutine that writes may still be on its way into Pebble, which panics when it is.
func TestNothingBeginsAfterAFault(t *testing.T) {
	f, fault := newFuse(slog.New(slog.DiscardHandler)), errors.New("the disk has failed")
	f.blow(fault)
	begun := make(chan bool, 1)
	if err := f.guard(func() error { begun <- true; return nil }); !errors.Is(err, fault) {
		t.Errorf("%v", err)
	}
	select {
	case <-begun:
		t.Error("it began")
	case <-time.After(50 * time.Millisecond):
	}
}
