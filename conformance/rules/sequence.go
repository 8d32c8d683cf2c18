package rules

import (
	"fmt"

	"pgregory.net/rapid"
)

// A Sequence is what was drawn: requests of a few clients that say which of a few keys they are about, but not yet how
// the keys are called. Sends gives them names, so that the same sequence can be tried again and again with fresh keys
// on an endpoint that remembers the old ones. Two sequences are the same if they print the same.
type Sequence struct {
	keys   []keyShape
	bursts []burst
}

// keyShape is what a key looks like: its length in bytes, 0 for as short as a fresh key can be, and what it is made of.
type keyShape struct{ length, alphabet int }

// burst is what one client sends before it reads.
type burst struct {
	client int
	apart  bool  // read the reply to each request before sending the next
	cuts   []int // where the bytes are cut, in thousandths
	held   int   // how much of the last request waits for the next burst: see hold
	whole  bool  // joined to the burst before
	ops    []op
}

// op is one request: its form, the key that it is about, a variation of the form, and a value where it needs one.
type op struct {
	form  int // in forms
	key   int
	n     int
	value valueShape
}

// valueShape is a kind of value and, by its kind, a length and what it begins with, a place in a list or the bytes
// themselves. Nothing of it depends on what stands before, so that it stays what it is when that is taken away.
type valueShape struct {
	kind  int
	n     int
	first int
	bytes string
}

// The kinds of value, the plainest first.
const (
	textValue = iota
	wordValue // looks like a request or a reply
	wideValue // characters of several bytes
	edgeValue // a length at which buffers end
	byteValue // any bytes that the dialect allows
)

const keysOfSequence = 3

// shape says what to draw from.
type shape struct {
	t       *T
	level   Level // of the forms and alphabets
	clients int
	whole   bool // one client, one burst
	bursts  int  // at most
	ops     int  // of a burst, at most
}

// draws returns the generator of sequences. What shrinking should come to stands first everywhere: rapid's smallest
// choice is the first of a list, and the shortest list.
func (s shape) draws() *rapid.Generator[Sequence] {
	longest := s.t.Profile.MaxKey
	lengths := []int{0, 0, 0, 0, 0, 0, longest, longest - 1, longest, 3, min(longest, 100), min(longest, 128), min(longest, 200)}
	alphabets := []int{0}
	if s.level >= Should {
		alphabets = []int{0, 0, 0, 1, 2}
	}
	if s.level == anything {
		lengths = append(lengths, 2, 1) // there are not many: what one try leaves behind, a later one may find
	}
	pieceCounts, helds := []int{0}, []int{0}
	if s.t.Has(Cuts) {
		pieceCounts = []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3}
		helds = []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4}
	}
	var (
		form      = rapid.SampledFrom(s.forms())
		key       = rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2})
		length    = rapid.SampledFrom(lengths)
		alphabet  = rapid.SampledFrom(alphabets)
		variation = rapid.IntRange(0, 15)
		place     = rapid.IntRange(0, 999)
		client    = rapid.IntRange(0, s.clients-1)
		pieces    = rapid.SampledFrom(pieceCounts)
		held      = rapid.SampledFrom(helds)
		value     = s.values()
	)
	ops := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) op {
		o := op{form: form.Draw(rt, "form")}
		f := sequenceForms[o.form]
		if f.uses&aKey != 0 {
			o.key = key.Draw(rt, "key")
		}
		if f.uses&aVariant != 0 {
			o.n = variation.Draw(rt, "variation")
		}
		if f.uses&aValue != 0 {
			o.value = value.Draw(rt, "value")
		}
		return o
	}), 1, s.ops)
	bursts := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) burst {
		b := burst{whole: s.whole}
		if s.clients > 1 {
			b.client = client.Draw(rt, "client")
			b.held = held.Draw(rt, "held")
		}
		if !s.whole {
			b.apart = rapid.Bool().Draw(rt, "apart") || !s.t.Has(Pipelining)
		}
		b.ops = ops.Draw(rt, "ops")
		if b.held > 0 {
			// A set, so that others can ask for its key while it is half there.
			b.ops = append(b.ops, op{form: plainSet, key: key.Draw(rt, "key"), value: value.Draw(rt, "value")})
		}
		if !b.apart {
			for range pieces.Draw(rt, "pieces") {
				b.cuts = append(b.cuts, place.Draw(rt, "cut"))
			}
		}
		return b
	}), 1, s.bursts)
	return rapid.Custom(func(rt *rapid.T) Sequence {
		seq := Sequence{bursts: bursts.Draw(rt, "bursts")}
		for range keysOfSequence {
			seq.keys = append(seq.keys, keyShape{length.Draw(rt, "length"), alphabet.Draw(rt, "alphabet")})
		}
		return seq
	})
}

// forms lists the forms that the endpoint can be asked, each as often as it weighs.
func (s shape) forms() (list []int) {
	for i, f := range sequenceForms {
		if f.level <= s.level && (f.asked == nil || f.asked(s.t)) {
			for range f.weight {
				list = append(list, i)
			}
		}
	}
	return list
}

// values returns the generator of values.
func (s shape) values() *rapid.Generator[valueShape] {
	kinds := []int{textValue, textValue, textValue, wordValue, wordValue, wideValue, edgeValue}
	sizes := []int{1, 0, 2, 0, 3, 5, 7, 10, 31, 100}
	switch {
	case s.t.Profile.Words || !s.t.Has(Block):
		kinds, sizes = []int{textValue}, []int{1, 2, 3, 5, 7, 10, 31, 100}
	case s.level >= Should && s.t.Has(ByteSize):
		kinds = append(kinds, byteValue, byteValue, byteValue, byteValue)
	}
	var (
		kind  = rapid.SampledFrom(kinds)
		n     = rapid.SampledFrom(sizes)
		which = rapid.IntRange(0, 31)
		first = rapid.IntRange(0, len(valueLetters)-1)
		// The bytes that parsers, terminals, shells and formats treat specially, and some that they do not.
		bytes = rapid.SliceOfN(rapid.SampledFrom([]byte("a\r\n\x00 \xff\t\\%'\"\x80\x1b\x7f\xc3")), 1, 12)
	)
	return rapid.Custom(func(rt *rapid.T) valueShape {
		v := valueShape{kind: kind.Draw(rt, "kind")}
		switch v.kind {
		case textValue, wideValue:
			v.n, v.first = n.Draw(rt, "length"), first.Draw(rt, "first")
		case edgeValue:
			v.n, v.first = which.Draw(rt, "which"), first.Draw(rt, "first")
		case wordValue:
			v.n = which.Draw(rt, "which")
		case byteValue:
			v.bytes = string(bytes.Draw(rt, "bytes"))
		}
		return v
	})
}

// String identifies the sequence.
func (s Sequence) String() string { return fmt.Sprint(s.keys, s.bursts) }
