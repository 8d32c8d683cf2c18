package loadgen

import (
	"bytes"
	"math/rand/v2"
)

// A get of several keys is one request with one latency: "get a b c", answered by a VALUE for each key that is there and one END.
// What became of its keys is counted key by key. memcached answers in the order of the keys and a key asked for twice
// twice; proxies keep no order, so none is asked for here.

// maxMultiGet bounds the keys of one get.
const maxMultiGet = 1000

// severalGets adds more keys to the gets of a workload.
type severalGets struct {
	*mix
	more int
}

func (s severalGets) Next(rng *rand.Rand, op *Op) {
	s.mix.Next(rng, op)
	if op.Kind != Get {
		return
	}
	for range s.more {
		op.Key = append(op.Key, ' ')
		op.Key = s.text.append(op.Key, s.keys.pick(rng))
	}
}

// asking returns the places for the hashes of the keys that a request asks for; f is in flight.
func (w *worker) asking(c *client, place uint32) []uint64 {
	n := w.plan.MultiGet
	return w.asked[(int(c.index)*w.plan.Pipeline+int(place))*n:][:n]
}

// ask remembers the keys of the get that c has just sent.
func (w *worker) ask(c *client, keys []byte) {
	hashes := w.asking(c, (c.head+c.n-1)%uint32(w.plan.Pipeline))
	for i := range hashes {
		end := bytes.IndexByte(keys, ' ')
		if end < 0 {
			hashes[i] = keyHash(keys)
			return
		}
		hashes[i], keys = keyHash(keys[:end]), keys[end+1:]
	}
}

// readSeveral is read for a get of the keys with these hashes. Those that were found are moved to the front of asked; r.found
// says how many, until counted takes it.
func (r *reply) readSeveral(p *profile, asked []uint64, in []byte) (used int, o Outcome, done bool) {
	for {
		switch r.part {
		case partLine:
			end := bytes.IndexByte(in[used:], '\n')
			if end < 0 {
				return used, Garbage, len(in)-used > maxReplyLine
			}
			line := in[used : used+end]
			used += end + 1
			if end == 0 || end > maxReplyLine || line[end-1] != '\r' {
				return used, Garbage, true
			}
			if o, done = r.lineOfSeveral(p, asked, line[:end-1]); done {
				return used, o, true
			}
		case partBlock:
			n := min(r.left, int64(len(in)-used))
			r.left -= n
			used += int(n)
			if r.left > 0 {
				return used, Hit, false
			}
			r.part = partTail
		default:
			const want = "\r\n"
			have := in[used:min(used+len(want), len(in))]
			if string(have) != want[:len(have)] {
				return used, Garbage, true
			}
			if len(have) < len(want) {
				return used, Hit, false
			}
			used += len(want)
			r.part = partLine
		}
	}
}

// lineOfSeveral judges a line of the reply, without its CRLF. It is done unless a value follows.
func (r *reply) lineOfSeveral(p *profile, asked []uint64, line []byte) (o Outcome, done bool) {
	switch {
	case string(line) == "END" && r.found == 0:
		return Miss, true
	case string(line) == "END":
		return Hit, true
	case p.refused(line):
		return Refused, true
	}
	key, size, ok := p.codec.value(line)
	if !ok {
		return Garbage, true
	}
	hash := keyHash(key)
	for i := int(r.found); i < len(asked); i++ {
		if asked[i] == hash {
			asked[i], asked[r.found] = asked[r.found], hash
			r.found++
			r.part, r.left = partBlock, size
			return Hit, false
		}
	}
	return Wrong, true // a key that was not asked for, or more often than it was
}

// counted counts what became of the keys of a request that has ended as o.
func (w *worker) counted(c *client, f *flight, o Outcome) {
	found := int64(c.reply.found)
	c.reply = reply{}
	if rec := w.recorder(int(f.stage), int(c.server)); rec != nil && f.kind == Get && o.OK() {
		m := &rec.ops[Get]
		m.several++
		m.found += found
		m.absent += int64(w.plan.MultiGet) - found
	}
}
