package rules

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"memlite/reports"
)

// crashRules are about a kill in the midst of something.
func crashRules() []Rule {
	return []Rule{
		{
			ID: "DUR-03", Level: Should, Source: "decision 11", Alone: true, Restarts: true,
			Title: "what a client has read once does not vanish",
			Text: `Some clients set keys while others read them; then the server is killed. After the restart no key has an older
				value than somebody has read: a value is shown to nobody before it is as safe as its STORED says.`,
			Example: `
				A> "set k 3\r\nnew\r\n"
				A< "STORED\r\n"
				B> "get k\r\n"
				B< "VALUE k 3\r\nnew\r\nEND\r\n"
				- the server is killed, at any time after that, and started again
				C> "get k\r\n"
				C< "VALUE k 3\r\nnew\r\nEND\r\n"`,
			Pitfall: `The map in memory is changed first and the file after it: in between others read what a kill then takes away. Put the value into the map when its
				record is written.`,
			Check: func(t *T) {
				const writers, readers = 4, 4
				s := newStorm(t, writers)
				for range t.Rounds(5, 3) {
					s.run(writers, readers)
					t.restart()
					s.check("the server was killed (SIGKILL) while some clients set and others read, and started again", func(k *storedKey) (int, string) {
						return k.seen, "which a client had read"
					})
				}
			},
		},
		{
			ID: "DUR-04", Level: Should, Source: "decision 11", Alone: true, Restarts: true,
			Title: "a kill in the midst of sets loses nothing acknowledged and tears nothing",
			Text: `The server is killed while many clients set many keys to values of many sizes, several times. After each restart
				a key has the last value that was acknowledged, or one that was sent after it, and whole: never an older one,
				never parts of one. The server starts again whatever it was writing.`,
			Example: `
				A> "set k 3\r\nold\r\n"
				A< "STORED\r\n"
				- a client sets k to a long value; in the midst of it the server is killed
				- it is started again
				B> "get k\r\n"
				B< "VALUE k 3\r\nold\r\nEND\r\n"`,
			Pitfall: `The whole file is written anew at each set, over the old one: a kill in between leaves half of it. Or a record that is not whole keeps the server
				from starting, is taken for a value, or hides what is appended behind it. Write beside the file and rename, or append records with a length and a checksum and cut off a last one that is not whole.`,
			Check: func(t *T) {
				const writers = 8
				s := newStorm(t, writers)
				for range t.Rounds(6, 3) {
					s.run(writers, 0)
					t.restart()
					s.check("the server was killed (SIGKILL) in the midst of sets and started again", func(k *storedKey) (int, string) {
						return k.acked, "which had been answered STORED"
					})
				}
			},
		},
		{
			ID: "DUR-10", Level: Should, Source: "decision 11", Alone: true, Restarts: true,
			Title: "a server that is killed while it starts has lost nothing",
			Text: `The server is started and killed before it listens, or just after, several times in a row. Then it is started
				once more, and every value is there: reading the data in, or writing it anew, does not put it at risk.`,
			Example: `
				A> "set k 4\r\nkept\r\n"
				A< "STORED\r\n"
				- the server is killed, started, killed while it starts, and started again
				B> "get k\r\n"
				B< "VALUE k 4\r\nkept\r\nEND\r\n"`,
			Pitfall: `The file is read into memory and then written anew in place, or removed first: a kill in between loses it. Write the new file beside the old one, then rename it.`,
			Check: func(t *T) {
				v := t.newVault()
				c := t.Dial()
				for range t.Times(400, 4) { // much, so that there is something to be in the midst of
					v.set(c, t.Key(), t.Text(size(t.Rand, 8<<10)))
				}
				t.forget(c)
				t.stop()
				began := time.Now()
				t.restart()
				took := time.Since(began)
				t.stop()
				kills := t.Rounds(8, 4)
				for i := range kills {
					// Spread over the start, so that few are enough.
					at := (float64(i) + t.Rand.Float64()) / float64(kills)
					t.startAndKill(time.Duration(1.1 * at * float64(took)))
				}
				t.restart()
				v.check("the server was killed (SIGKILL) several times while it started, and started again")
			},
		},
	}
}

// startAndKill starts the server and kills it some time later, whether it listens by then or not.
func (t *T) startAndKill(after time.Duration) {
	t.target.life.Lock()
	defer t.target.life.Unlock()
	t.log.Note(0, fmt.Sprintf("the server is started, and killed with SIGKILL after %v", after.Round(100*time.Microsecond)))
	if t.target.taken != "" {
		_ = t.server().Renew(false)
	}
	ctx, cancel := context.WithTimeout(t.ctx, after)
	defer cancel()
	if err := t.server().Start(ctx); err != nil {
		if ctx.Err() == nil {
			t.log.Note(0, err.Error()) // the restart that follows tells whether it matters
		}
		return
	}
	if t.target.counted = false; t.server().Kill() != nil {
		t.Inconclusive("the server cannot be killed")
	}
}

// storm is many clients that set keys until the server is killed. Each key has one writer, and its values count up, so that what a get finds
// says how old it is.
type storm struct {
	t    *T
	keys []*storedKey
	each int            // keys of one writer
	now  []atomic.Int32 // by writer: which key it is setting
}

type storedKey struct {
	name               string
	seed               uint64
	mu                 sync.Mutex
	tried, acked, seen int // versions: the last that was sent, that was acknowledged, the highest that was read
}

func newStorm(t *T, writers int) *storm {
	s := &storm{t: t, each: t.Times(15, 5) / 5, now: make([]atomic.Int32, writers)}
	for range writers * s.each {
		s.keys = append(s.keys, &storedKey{name: t.Key(), seed: t.Rand.Uint64()})
	}
	return s
}

// value is what version n of the key is: everything in it can be told from the first bytes.
func (k *storedKey) value(n int) string {
	r := rand.New(rand.NewPCG(k.seed, uint64(n)))
	return fmt.Sprintf("%d:", n) + text(r, size(r, 32<<10), keyBytes)
}

// version is the number of a value, and whether the value is whole.
func (k *storedKey) version(value string) (n int, whole bool) {
	digits, _, _ := strings.Cut(value, ":")
	n, err := strconv.Atoi(digits)
	return n, err == nil && value == k.value(n)
}

// run has clients set and read until the server is killed, which is some time after the first sets were acknowledged.
func (s *storm) run(writers, readers int) {
	t := s.t
	clients := make([]*Client, writers+readers)
	for i := range clients {
		clients[i] = t.Dial()
	}
	var acks, reads atomic.Int64
	least := int64(t.Times(100, 3))
	least += t.Rand.Int64N(least + 1)
	enough := make(chan struct{})
	var once sync.Once
	progress := func() {
		if acks.Load() >= least && (readers == 0 || reads.Load() >= least) {
			once.Do(func() { close(enough) })
		}
	}
	later := time.Duration(t.Rand.Int64N(int64(2*time.Millisecond + t.target.RoundTrip)))
	var killing atomic.Bool
	t.Together(len(clients)+1, func(i int) {
		if i == len(clients) {
			select {
			case <-enough:
				time.Sleep(later)
			case <-t.ctx.Done():
			}
			killing.Store(true)
			t.kill()
			return
		}
		c := clients[i]
		f := t.attempt(func() {
			for !killing.Load() {
				if i < writers {
					n := i*s.each + c.Rand.IntN(s.each)
					s.now[i].Store(int32(n))
					s.keys[n].write(c)
					acks.Add(1)
				} else {
					// What is being set: others are as they have long been.
					s.keys[s.now[c.Rand.IntN(writers)].Load()].read(c)
					reads.Add(1)
				}
				progress()
			}
		})
		// The end of the connection is what a kill is; anything else, or anything before, is a finding.
		if f != nil && (!killing.Load() || f.status == reports.Failed && f.kind == answer) {
			panic(f)
		}
	})
	for _, c := range clients {
		t.forget(c)
	}
}

func (k *storedKey) write(c *Client) {
	k.mu.Lock()
	k.tried++
	n := k.tried
	k.mu.Unlock()
	c.Set(k.name, k.value(n))
	k.mu.Lock()
	k.acked = n
	k.mu.Unlock()
}

func (k *storedKey) read(c *Client) {
	value, found := c.Fetch(k.name)
	if !found {
		return
	}
	n, whole := k.version(value)
	if !whole {
		c.t.Wrong(state, "one of the values that were set", quote([]byte(value)), "%s: a value of %d bytes that nobody has sent", c.about(), len(value))
	}
	k.mu.Lock()
	k.seen = max(k.seen, n)
	k.mu.Unlock()
}

// check asks for every key. None may have a version below the least that oldest allows; what is found now is what the next round starts from.
func (s *storm) check(after string, oldest func(*storedKey) (int, string)) {
	t := s.t
	c := t.Dial()
	c.Step("%s", after)
	for _, k := range s.keys {
		c.step = after
		value, found := c.Fetch(k.name)
		n, whole := 0, true
		if found {
			n, whole = k.version(value)
		}
		least, whose := oldest(k)
		name := quote([]byte(k.name))
		switch {
		case !whole:
			t.Wrong(state, "a value that was set", quote([]byte(value)), "after %s: %s has a value of %d bytes that nobody has sent, or parts of one", after, name, len(value))
		case n > k.tried:
			t.Wrong(state, fmt.Sprintf("version %d or an earlier one", k.tried), fmt.Sprintf("version %d", n), "after %s: %s has a value that was never sent", after, name)
		case n < least && !found:
			t.Wrong(state, fmt.Sprintf("version %d of the value, %s, or a later one", least, whose), "a miss", "after %s: %s has no value", after, name)
		case n < least:
			t.Wrong(state, fmt.Sprintf("version %d of the value, %s, or a later one", least, whose), fmt.Sprintf("version %d", n), "after %s: %s has an older value", after, name)
		}
		k.tried, k.acked, k.seen = n, n, n
	}
	c.InStep()
	t.forget(c)
}
