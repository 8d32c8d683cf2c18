package linearizability

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

const (
	clients = 32
	keys    = 16
	phase   = 50 // operations of a client; see the package comment
	few     = 4 * phase
)

// Operations returns how many operations each client does: the environment variable MEMLITE_LINEARIZE, or a few. 10000
// is what issue and make soak ask for.
func Operations() (int, error) {
	s := os.Getenv("MEMLITE_LINEARIZE")
	if s == "" {
		return few, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < few {
		return 0, fmt.Errorf("MEMLITE_LINEARIZE=%q: want a number of operations, at least %d", s, few)
	}
	return n, nil
}

// A Client is one user of a store, who does one thing at a time. An operation that fails makes the history useless:
// whether it took effect is not known.
type Client struct {
	Get    func(key string) (value string, ok bool, err error)
	Set    func(key, value string) error
	Delete func(key string) (existed bool, err error) // nil if there is no such thing
}

// A History is what clients did and saw.
type History []porcupine.Operation

// access is one operation on a key: a set of number, or a get that returned it. Numbers are unique in a history and
// start from 1, so that 0 can stand for absent. A delete returns 1 if it has removed something.
type access struct {
	key    int
	kind   kind
	number uint64
}

type kind int

const (
	get kind = iota
	set
	del
)

// text is the value that stands for a number. Its length differs from the next one's, so that a mixture of two shows.
func text(number uint64) string {
	return fmt.Sprintf("%d:%s", number, strings.Repeat("x", int(number%50)))
}

func number(value string) (uint64, error) {
	digits, _, _ := strings.Cut(value, ":")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || text(n) != value {
		return 0, fmt.Errorf("a value nobody set: %.100q", value)
	}
	return n, nil
}

// Record has 32 clients, whom connect makes, each do that many operations on 16 keys, and returns what they saw. Half are
// sets. The error is the first one of every client's.
func Record(connect func() (Client, error), each int) (History, error) {
	start := time.Now()
	all := make([]*recorder, clients)
	for i := range all {
		c, err := connect()
		if err != nil {
			return nil, err
		}
		all[i] = &recorder{Client: c, id: i, start: start, rand: rand.New(rand.NewPCG(2, uint64(i)))}
	}
	for done, turn := 0, 0; done < each; done, turn = done+phase, turn+1 {
		var wg sync.WaitGroup
		for _, r := range all {
			wg.Go(func() {
				for i := done; i < min(done+phase, each) && r.err == nil; i++ {
					r.operate((r.id+turn+4*r.rand.IntN(4))%keys, uint64(r.id*each+i+1))
				}
			})
		}
		wg.Wait()
		last := all[turn%clients]
		for k := range keys {
			last.do(access{key: k})
		}
		if err := errors.Join(errorsOf(all)...); err != nil {
			return nil, err
		}
	}
	var h History
	for _, r := range all {
		h = append(h, r.history...)
	}
	return h, nil
}

// A recorder is a client and what it has seen.
type recorder struct {
	Client
	id      int
	start   time.Time
	rand    *rand.Rand
	history History
	err     error
}

func errorsOf(all []*recorder) (errs []error) {
	for _, r := range all {
		errs = append(errs, r.err)
	}
	return errs
}

// operate does something to a key.
func (r *recorder) operate(key int, fresh uint64) {
	in := access{key: key}
	if r.rand.IntN(2) == 0 {
		in.kind, in.number = set, fresh
	} else if r.Delete != nil && r.rand.IntN(8) == 0 {
		in.kind = del
	}
	r.do(in)
	runtime.Gosched() // few cores: without it a client is done before the next one starts
}

func (r *recorder) do(in access) {
	key := "k" + strconv.Itoa(in.key)
	value := text(in.number)
	op := porcupine.Operation{ClientId: r.id, Input: in}
	var got string
	var ok bool
	var err error
	op.Call = int64(time.Since(r.start))
	switch in.kind {
	case get:
		got, ok, err = r.Get(key)
	case set:
		err = r.Set(key, value)
	case del:
		ok, err = r.Delete(key)
	}
	op.Return = int64(time.Since(r.start))
	var out uint64
	switch {
	case err == nil && in.kind == get && ok:
		out, err = number(got)
	case in.kind == del && ok:
		out = 1
	}
	if err != nil {
		r.err = errors.Join(r.err, fmt.Errorf("client %d, key %s: %w", r.id, key, err))
		return
	}
	op.Output = out
	r.history = append(r.history, op)
}
