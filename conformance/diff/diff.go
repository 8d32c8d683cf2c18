package diff

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"memlite/conformance/rules"
	"memlite/conformance/wire"
)

// DefaultTimeout is that of a search.
const DefaultTimeout = 30 * time.Second

// Config says what is compared. Only A and B have to be given.
type Config struct {
	A, B    string // host:port, :port or unix:///path
	Profile string // how both are spoken to; "" is report
	// ByOutcome has replies that the profile counts as the same outcome be the same; otherwise they are compared byte by byte.
	ByOutcome bool
	Seed      int64
	Timeout   time.Duration // of the search; what it finds is made smaller after that. 0 is DefaultTimeout
	Sequences int           // at most so many are tried; 0 is as many as time allows
	// Progress is called after every sequence that was tried.
	Progress func(sequences int)
}

// Validate returns all that is wrong with the configuration.
func (c Config) Validate() error {
	var problems []error
	for _, addr := range []string{c.A, c.B} {
		if _, _, err := wire.ParseAddr(addr); err != nil {
			problems = append(problems, err)
		}
	}
	if _, err := c.profile(); err != nil {
		problems = append(problems, err)
	}
	if c.Timeout < 0 {
		problems = append(problems, fmt.Errorf("timeout %v: want a positive duration", c.Timeout))
	}
	return errors.Join(problems...)
}

func (c Config) profile() (rules.Profile, error) {
	return rules.ProfileByName(cmp.Or(c.Profile, rules.Profiles()[0].Name))
}

// Result is what a search has found. If all three of Difference, Unsteady and Once are nil, no difference was seen.
type Result struct {
	Sequences int // that were tried, each with all its requests to both
	Requests  int
	Elapsed   time.Duration
	CutShort  bool // ctx ended: what was not seen might have been

	Difference *Difference // the smallest sequence that was found
	Unsteady   *Unsteady   // an endpoint that answers the same now so, now so: nothing can be compared with it
	Once       *Difference // seen, and not again when tried again
}

// Difference is a sequence on which two endpoints differ, in its last step.
type Difference struct {
	Steps          []Step
	PasteA, PasteB string // shell commands that send it
	Gone           string // the endpoint that has taken no connection since, so that this could not be tried again nor made smaller
}

// Unsteady is a sequence to which one endpoint answered otherwise when it was asked again, with other keys.
type Unsteady struct {
	Addr        string
	Steps       []Step // up to the one in question; its A is the first answer, B the other
	Paste       string
	First, Then Answer
}

// How a sequence is made smaller, and how often one must differ to count.
const (
	shrinkTries = 800
	shrinkTime  = 15 * time.Second
	repeats     = 2
)

// leastMeeting is how long an endpoint has to answer its first requests, however short the search is to be: on a machine that is short of
// time half of a short search was taken for silence, and silence is a difference.
const leastMeeting = 3 * time.Second

// Run compares two endpoints. An error means that nothing can be said: nobody to connect to, or nobody who can be spoken to in the
// profile's words.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	profile, _ := cfg.profile()
	began := time.Now()
	timeout := cmp.Or(cfg.Timeout, DefaultTimeout)
	m := &match{profile: profile, byOutcome: cfg.ByOutcome, token: "d" + strconv.FormatInt(time.Now().UnixNano()%(36*36*36*36*36), 36)}
	res := &Result{}
	said, err := m.meet(ctx, [2]string{cfg.A, cfg.B}, timeout/2)
	if err != nil {
		return nil, err
	}
	if said != nil {
		res.Difference, res.Elapsed = said, time.Since(began)
		return res, nil
	}
	h := hunt{match: m, ctx: ctx, res: res}
	search := rules.Search{
		Draws: rules.Sequences(profile), Tries: shrinkTries, Time: shrinkTime,
		Try: func(seq rules.Sequence) bool {
			fails := h.try(seq)
			if cfg.Progress != nil {
				cfg.Progress(res.Sequences)
			}
			return fails
		},
		Stop: func() bool {
			return ctx.Err() != nil || h.over || h.found == nil &&
				(time.Since(began) >= timeout || cfg.Sequences > 0 && res.Sequences >= cfg.Sequences)
		},
	}
	search.Run(rand.New(rand.NewPCG(uint64(cfg.Seed), 0)).Uint64(), 1<<30)
	if h.err != nil && ctx.Err() == nil {
		return nil, h.err
	}
	h.conclude()
	res.Requests, res.Elapsed, res.CutShort = m.asked, time.Since(began), ctx.Err() != nil
	return res, nil
}

// meet gets to know both endpoints. If only one of them gives back what was stored, that is the difference.
func (m *match) meet(ctx context.Context, addrs [2]string, within time.Duration) (*Difference, error) {
	var (
		both sync.WaitGroup
		said [2]string
		errs [2]error
	)
	for i, addr := range addrs {
		both.Go(func() {
			m.ends[i], said[i], errs[i] = meet(ctx, addr, &m.profile, m.token+string(rune('a'+i)), max(leastMeeting, min(within, 8*time.Second)))
		})
	}
	both.Wait()
	if err := cmp.Or(errs[0], errs[1]); err != nil {
		return nil, err
	}
	m.shared = m.ends[1].knows(ctx, m.ends[0])
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("cut short before the first sequence: %w", err)
	}
	knows := [2]bool{m.ends[0].mark != nil, m.ends[1].mark != nil}
	set, get, _ := m.profile.Sample("mark-"+m.token+"a", "mark:"+m.token+"a")
	switch {
	case knows[0] && knows[1]:
		return nil, nil
	case knows[0] || knows[1]:
		list := []rules.Send{{Pieces: []string{set + get}}}
		step := Step{Words: "set of a key and get of it", Request: set + get}
		for i, a := range [2]*Answer{&step.A, &step.B} {
			if *a = (Answer{Text: said[i], How: Silent}); knows[i] {
				*a = Answer{Text: strings.ReplaceAll(string(m.ends[i].mark), m.token+"b", m.token+"a")}
			}
		}
		return &Difference{Steps: []Step{step}, PasteA: rules.Paste(list, addrs[0]), PasteB: rules.Paste(list, addrs[1])}, nil
	}
	return nil, fmt.Errorf("neither endpoint gives back what was stored in the words of the profile %s (%s answers %q, %s %q); another --profile may be right",
		m.profile.Name, addrs[0], brief(said[0]), addrs[1], brief(said[1]))
}

func brief(s string) string { return s[:min(len(s), 80)] }
