package loadgen

import (
	"bytes"
	"hash/maphash"
)

// maxReplyLine bounds the part of a reply that is left unread because its end has not arrived. A VALUE line has fewer than 300
// bytes; a server that sends more without an end of line sends garbage.
const maxReplyLine = 1024

// keySeed is the one seed of key hashes: what is in flight remembers 8 bytes of a key, not up to 250.
var keySeed = maphash.MakeSeed()

func keyHash(key []byte) uint64 { return maphash.Bytes(keySeed, key) }

// reply is how far the reply to the oldest request in flight has been read: all that a client keeps between two pieces.
type reply struct {
	left int64 // bytes of the block still to come
	part part
	// found counts the values so far of a get of several keys.
	found uint32
	proof *proof // of the block, with Plan.Verify
}

type part uint8

const (
	partLine  part = iota // the first line
	partBlock             // the value
	partTail              // the value's CRLF and the END line
)

// read consumes bytes of the reply to one request, of kind and with the hash of its key. It returns how many it used
// and, when done, the outcome. What it leaves unread without being done is never longer than maxReplyLine.
func (r *reply) read(p *profile, kind Kind, key uint64, in []byte) (used int, o Outcome, done bool) {
	if r.part == partLine {
		end := bytes.IndexByte(in, '\n')
		if end < 0 {
			return 0, Garbage, len(in) > maxReplyLine
		}
		if end == 0 || end > maxReplyLine || in[end-1] != '\r' {
			return end + 1, Garbage, true
		}
		used = end + 1
		if o, done = r.line(p, kind, key, in[:end-1]); done {
			return used, o, true
		}
	}
	if r.part == partBlock {
		n := min(r.left, int64(len(in)-used))
		if r.proof != nil {
			r.proof.block(in[used : used+int(n)])
		}
		r.left -= n
		used += int(n)
		if r.left > 0 {
			return used, Hit, false
		}
		r.part = partTail
	}
	n, o, done := tail(p, in[used:])
	if done {
		*r = reply{proof: r.proof}
	}
	return used + n, o, done
}

// line judges a reply's first line, without its CRLF. It is done unless a value follows.
func (r *reply) line(p *profile, kind Kind, key uint64, line []byte) (o Outcome, done bool) {
	switch {
	case kind == Set && string(line) == p.stored:
		return Stored, true
	case kind == Get && p.miss(line):
		return Miss, true
	case p.refused(line):
		return Refused, true
	case kind != Get:
		return Garbage, true
	}
	if p.padded && len(line) > 0 && line[len(line)-1] == ' ' {
		line = line[:len(line)-1]
	}
	k, size, ok := p.codec.value(line)
	if !ok {
		return Garbage, true
	}
	if keyHash(k) != key {
		return Wrong, true
	}
	r.part, r.left = partBlock, size
	if r.proof != nil {
		r.proof.begin()
	}
	return Hit, false
}

// tail reads what follows a value. It compares as far as bytes have come, so that a block longer than announced is
// found at once and not waited for.
func tail(p *profile, in []byte) (used int, o Outcome, done bool) {
	const want = "\r\nEND\r\n"
	if p.padded && len(in) > 0 && in[0] == ' ' {
		used = 1
	}
	have := in[used:min(used+len(want), len(in))]
	if string(have) != want[:len(have)] {
		return used, Garbage, true
	}
	if len(have) < len(want) {
		return 0, Hit, false
	}
	return used + len(want), Hit, true
}
