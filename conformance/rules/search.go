package rules

import (
	"flag"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Search looks for a sequence that fails and then for smaller ones: first as rapid does, by drawing less, then by leaving out. What
// it finds is what try has seen: the last sequence for which it returned true is the smallest.
//
// Rapid compares what a try drew, not what it stands for: it changes the coins that it tossed on the way a hundred times
// where the sequence stays the same. So each sequence is tried once and remembered, which also keeps an endpoint that
// answers now so, now so, from confusing it.
type Search struct {
	Draws *rapid.Generator[Sequence]
	Try   func(Sequence) (fails bool)
	Stop  func() bool // no more tries at all

	// What making a failing sequence smaller may cost.
	Tries int
	Time  time.Duration

	// Found is the smallest sequence that fails, nil if none does.
	Found *Sequence

	known map[string]bool // what was tried: whether it fails
	fault any
	spent int // tries since the first failure
	since time.Time
}

// Run draws up to n sequences, from seed. A panic of try ends the search and is the caller's.
func (s *Search) Run(seed uint64, n int) {
	s.known = map[string]bool{}
	ended := make(chan bool)
	go func() {
		defer close(ended)
		check(seed, n, func(rt *rapid.T) {
			seq := s.Draws.Draw(rt, "sequence")
			fails, known := s.fails(seq, s.Tries/2, s.Time/2)
			if !known {
				runtime.Goexit() // rapid has no other way out; nothing of what it would still report is used
			}
			if fails {
				rt.Fatalf("fails") // always here, always the same: rapid takes anything else for another failure
			}
		})
	}()
	<-ended
	if s.Found != nil {
		s.Found.Reduce(func(seq Sequence) bool {
			fails, _ := s.fails(seq, s.Tries, s.Time)
			return fails
		})
	}
	if s.fault != nil {
		panic(s.fault)
	}
}

// fails tries a sequence unless it was tried before, or that much has been spent.
func (s *Search) fails(seq Sequence, tries int, within time.Duration) (fails, known bool) {
	id := seq.String()
	if fails, known = s.known[id]; known {
		return fails, true
	}
	if s.fault != nil || s.Stop() || s.Found != nil && (s.spent >= tries || time.Since(s.since) > within) {
		return false, false
	}
	// A panic must not reach rapid, to which it would be a failure.
	defer func() {
		if s.fault = recover(); s.fault != nil {
			fails, known = false, false
		}
	}()
	fails = s.Try(seq)
	if fails || s.Found != nil {
		s.known[id] = fails // before that, no sequence comes twice
	}
	s.spent++
	if fails && s.Found == nil {
		s.spent, s.since = 0, time.Now()
	}
	if fails {
		s.Found = &seq
	}
	return fails, true
}

// quiet is the testing.T that rapid asks for.
type quiet struct {
	rapid.TB
	named func()
}

func (quiet) Helper()               {}
func (quiet) Logf(string, ...any)   {}
func (quiet) Log(...any)            {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Failed() bool          { return false }

// Name is asked for when the flags have been read, to look for files of earlier failures: there are none of this name.
func (q quiet) Name() string { q.named(); return "memlite-sequences" }

// rapidFlags guards rapid's settings, which it takes from flags only. They are never part of a command's help: that
// has its own set of flags.
var rapidFlags struct {
	sync.Mutex
	once sync.Once
}

// check is rapid.Check with settings of its own. Searches may run side by side: the settings are read at the start.
func check(seed uint64, n int, prop func(*rapid.T)) {
	rapidFlags.once.Do(func() {
		testing.Init() // a plain program has no testing flags, and rapid asks for one of them
		if !flag.Parsed() {
			_ = flag.CommandLine.Parse(nil)
		}
		for name, value := range map[string]string{
			"nofailfile": "true", "failfile": "", "shrinktime": "1h", "log": "false", "v": "false", "debug": "false", "debugvis": "false",
		} {
			set(name, value)
		}
	})
	var unlock sync.Once
	release := func() { unlock.Do(rapidFlags.Unlock) }
	rapidFlags.Lock()
	defer release()
	set("checks", strconv.Itoa(n))
	set("seed", strconv.FormatUint(max(1, seed), 10)) // 0 would be another seed each time
	rapid.Check(quiet{named: release}, prop)
}

func set(name, value string) {
	if err := flag.Set("rapid."+name, value); err != nil {
		panic(err)
	}
}
