package loadgen

import (
	"fmt"
	"hash/crc32"

	"memlite/reports"
)

// verifier marks the values that one loop sets and judges those it reads. What it says holds for any server on which every set and
// get takes place at once, at some time between its sending and its answer, while nobody else writes the run's keys.
type verifier struct {
	run, writer uint64
	store       bool // the profile's servers keep what they have stored
	preloaded   bool // every key was set, and answered, before the first read
	values      []byte
	history     *history
	proofs      []proof // one for each client
	keys        []byte  // of the requests in flight, maxKeySize for each, for people to see
	sizes       []uint8 // of these keys
	sums        []uint32
	tally       reports.Verification
	leftover    int64 // values of other runs, or of nobody knows whom before this one has set the key
	unmarked    int64 // values that were set too short for a version
	empty       int64 // values of no byte
}

// maxExamples bounds the findings that are shown.
const maxExamples = 5

func newVerifier(p Plan, prof *profile, run uint64, s Segment, values []byte, clients int) *verifier {
	places, keys := clients*p.Pipeline, p.Keys
	if p.Replay != "" {
		keys = maxHistory // how many a trace has is not known before
	}
	return &verifier{
		run: run, writer: uint64(s.Index), store: !prof.cache, values: values,
		history: newHistory(keys, places), proofs: make([]proof, clients),
		keys: make([]byte, places*maxKeySize), sizes: make([]uint8, places), sums: make([]uint32, places),
	}
}

// value returns the random bytes for the next set: another version has others.
func (v *verifier) value(size int) []byte {
	return v.values[v.history.count%slack:][:size]
}

// sending notes a request that is about to be sent from a place, and marks a set's value where it stands.
func (v *verifier) sending(at int, op *Op, key uint64, request []byte) {
	sum := crc32.Checksum(op.Key, castagnoli)
	v.sums[at] = sum
	v.sizes[at] = uint8(copy(v.keys[at*maxKeySize:][:maxKeySize], op.Key))
	if op.Kind == Get {
		v.history.asked(at, key)
		return
	}
	count := v.history.sent(at, key)
	if op.Size < stampSize {
		v.unmarked++
	}
	end := len(request) - len("\r\n")
	stamp(request[end-op.Size:end], op.Key, sum, version{v.run, v.writer, count})
}

// judge says what became of a get whose reply is well-formed, a Hit or a Miss.
func (v *verifier) judge(at int, p *proof, o Outcome) Outcome {
	known := v.preloaded || v.history.places[at].floor > 0
	if o == Miss {
		if known && v.store {
			v.tally.Checked++
			return v.found(at, Lost, &v.tally.Lost, "a value: the key was set, and the set answered, before this was asked", "a miss")
		}
		return o
	}
	if p.n == 0 {
		v.empty++
		return o
	}
	v.tally.Checked++
	f := p.judge(v.sums[at])
	switch {
	case f.intact && !f.own:
		return v.found(at, Wrong, &v.tally.Wrong, "a value of this key", fmt.Sprintf("one of another key: %q", p.shown()))
	case f.intact && f.count > 0 && f.run != v.run:
		v.leftover++
	case f.intact && f.count > 0 && f.writer == v.writer && f.count > v.history.count:
		return v.found(at, Wrong, &v.tally.Wrong, "a value that was set", fmt.Sprintf("set %d of loop %d, which has made %d: %q", f.count, f.writer, v.history.count, p.shown()))
	case f.intact && f.count > 0 && f.writer == v.writer && v.history.stale(at, f.count):
		return v.found(at, Stale, &v.tally.Stale, fmt.Sprintf("set %d of loop %d, or another that came later", v.history.places[at].floor, v.writer),
			fmt.Sprintf("set %d of that loop, overwritten before this was asked: %q", f.count, p.shown()))
	case f.intact:
	case f.own && p.n >= keyEnd && (known || f.run == v.run):
		return v.found(at, Torn, &v.tally.Torn, fmt.Sprintf("a value of %d bytes with the checksum %08x, as it says", p.n, f.claimed),
			fmt.Sprintf("one with %08x: %q", f.found, p.shown()))
	case known:
		return v.found(at, Wrong, &v.tally.Wrong, "a value of this key", fmt.Sprintf("%d bytes that nobody set: %q", p.n, p.shown()))
	default:
		v.leftover++
		v.tally.Checked-- // let pass is not checked
	}
	return o
}

// found counts a finding, and keeps it as an example if it is one of the first.
func (v *verifier) found(at int, o Outcome, n *int64, want, got string) Outcome {
	*n++
	if len(v.tally.Examples) < maxExamples {
		key := v.keys[at*maxKeySize:][:v.sizes[at]]
		v.tally.Examples = append(v.tally.Examples, reports.Example{Outcome: o.String(), Key: string(key), Want: want, Got: got})
	}
	return o
}

// verification is what the loops have found, nil if they verify nothing.
func (e *execution) verification() *Verification {
	if !e.plan.Verify {
		return nil
	}
	all := make([]Verification, len(e.workers))
	e.each(func(w *worker) {
		v := w.verify
		all[w.number] = Verification{Verification: v.tally, Leftover: v.leftover, Unmarked: v.unmarked, Empty: v.empty, Untold: v.history.untold, Blind: v.history.blind}
	})
	sum := &Verification{}
	for i := range all {
		sum.add(&all[i])
	}
	return sum
}

func (v *Verification) add(o *Verification) {
	v.Checked += o.Checked
	v.Wrong += o.Wrong
	v.Torn += o.Torn
	v.Stale += o.Stale
	v.Lost += o.Lost
	v.Examples = append(v.Examples, o.Examples[:min(len(o.Examples), maxExamples-len(v.Examples))]...)
	v.Leftover += o.Leftover
	v.Unmarked += o.Unmarked
	v.Empty += o.Empty
	v.Untold += o.Untold
	v.Blind = v.Blind || o.Blind
}

// verification warns of what was found, and of what could not be checked.
func (a *account) verification() {
	v := a.state.Verification
	if v == nil {
		return
	}
	a.run.Verification = &v.Verification
	if n := v.Findings(); n > 0 && len(v.Examples) > 0 {
		first := v.Examples[0]
		a.warn("verification: %d of %d replies to gets were corrupt: %d wrong, %d torn, %d stale, %d lost; the first, of key %q: want %s; got %s",
			n, v.Checked, v.Wrong, v.Torn, v.Stale, v.Lost, first.Key, first.Want, first.Got)
	}
	if v.Checked == 0 {
		a.warn("verification: no value was read, so nothing was checked")
	}
	if v.Leftover > 0 {
		a.warn("verification: %d values were there before the run or are another run's, and were let pass; with a preload every value is checked", v.Leftover)
	}
	if v.Unmarked > 0 {
		a.warn("verification: %d values were set that are shorter than %d bytes and carry no version: whether one is stale is not known", v.Unmarked, stampSize)
	}
	if v.Empty > 0 {
		a.warn("verification: %d values of no byte were read, which says nothing", v.Empty)
	}
	if v.Untold > 0 {
		a.warn("verification: %d sets were of more keys than are followed (%d a loop): whether those are stale or lost is not known", v.Untold, maxHistory*3/4)
	}
	if v.Blind {
		a.warn("verification: too many sets were not answered to know what is stale")
	}
}

// verifyAs has the worker verify what it reads in a run of that number.
func (w *worker) verifyAs(run uint64) {
	w.verify = newVerifier(w.plan, w.profile, run, w.segment, w.values, len(w.clients))
	for i := range w.clients {
		w.clients[i].reply.proof = &w.verify.proofs[i]
	}
}
