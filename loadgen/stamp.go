package loadgen

import (
	"hash/crc32"
)

// With Plan.Verify a value says what it is. It starts with fields of one width each, numbers in base 64 whose digits are the
// characters from 0 on, the most significant first, and all of it prints:
//
//	check   6  CRC-32C of the key and then of everything in the value behind this field
//	key     6  CRC-32C of the key
//	run     6  which run wrote it
//	writer  3  which loop of the run
//	count   8  how many sets the loop had made with this one, of all keys: with run and writer it is the version
//
// Behind them come the key itself, if it fits, and random bytes that are cut from another place for each version, so that a value
// patched together from two is no value. The size stays as planned: of the fields only those are there that fit whole, and
// of a value shorter than check the last digits of it. So a value of 29 bytes or more has everything; one of 12 to 28 has no
// version, and nothing says whether it is stale; a shorter one only differs from those of other keys; an empty one says nothing.
const (
	checkEnd  = 6
	keyEnd    = 12
	runEnd    = 18
	writerEnd = 21
	stampSize = 29
)

// slack is by how many bytes the place differs from which the random bytes of values are cut. It is prime.
const slack = 4093

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// version says who wrote a value, as which of its sets.
type version struct {
	run, writer, count uint64
}

// stamp makes value, which holds random bytes, one of the key.
func stamp(value, key []byte, sum uint32, v version) {
	for _, f := range []struct {
		from, to int
		number   uint64
	}{{checkEnd, keyEnd, uint64(sum)}, {keyEnd, runEnd, v.run}, {runEnd, writerEnd, v.writer}, {writerEnd, stampSize, v.count}} {
		if f.to <= len(value) {
			putDigits(value[f.from:f.to], f.number)
		}
	}
	if len(value) >= stampSize+len(key) {
		copy(value[stampSize:], key)
	}
	head := min(checkEnd, len(value))
	putDigits(value[:head], uint64(crc32.Update(sum, castagnoli, value[head:])))
}

func putDigits(b []byte, n uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte('0' + n&63)
		n >>= 6
	}
}

// readDigits returns a number that no field has where there are other bytes.
func readDigits(b []byte) (n uint64) {
	for _, c := range b {
		d := c - '0'
		if d > 63 {
			return 1<<64 - 1
		}
		n = n<<6 | uint64(d)
	}
	return n
}

// proof is what is kept of a value while it is read: it may come in many pieces, and none but its beginning is.
type proof struct {
	n    int64
	sum  uint32
	head [96]byte // stampSize of it is needed, the rest is for people
}

func (p *proof) begin() { p.n = 0 }

// block takes the next piece of the value, and all there is of its checksum before.
func (p *proof) block(in []byte) {
	if p.n < int64(len(p.head)) {
		copy(p.head[p.n:], in)
	}
	skip := int64(0)
	if p.n < stampSize {
		skip = min(stampSize-p.n, int64(len(in)))
	}
	p.n += skip
	if p.n == stampSize && skip > 0 {
		p.sum = crc32.Update(p.start(0), castagnoli, p.head[checkEnd:stampSize])
	}
	if rest := in[skip:]; len(rest) > 0 {
		p.sum = crc32.Update(p.sum, castagnoli, rest)
		p.n += int64(len(rest))
	}
}

// start is the checksum of the key that the value names; asked where it has no such field.
func (p *proof) start(asked uint32) uint32 {
	if p.n < keyEnd {
		return asked
	}
	return uint32(readDigits(p.head[checkEnd:keyEnd]))
}

// shown is the beginning of the value.
func (p *proof) shown() []byte { return p.head[:min(p.n, int64(len(p.head)))] }

// finding is what a whole value says about itself.
type finding struct {
	intact  bool   // its checksum is right for the key it names
	own     bool   // it names the key that was asked for, or is too short to name one
	version        // with count 0 where the value is too short for it
	found   uint64 // the checksum that it should have
	claimed uint64 // the one that it names
}

// judge says what the value is that was read, asked for with a key of this checksum.
func (p *proof) judge(asked uint32) (f finding) {
	head := p.head[:min(p.n, stampSize)]
	width := min(checkEnd, len(head))
	sum := p.sum
	if p.n < stampSize {
		sum = crc32.Update(p.start(asked), castagnoli, head[width:])
	}
	f.claimed, f.found = readDigits(head[:width]), uint64(sum)
	if width < checkEnd {
		f.found &= 1<<(6*width) - 1
	}
	f.intact = f.claimed == f.found
	f.own = p.n < keyEnd || readDigits(head[checkEnd:keyEnd]) == uint64(asked)
	if p.n >= stampSize {
		f.version = version{readDigits(head[keyEnd:runEnd]), readDigits(head[runEnd:writerEnd]), readDigits(head[writerEnd:stampSize])}
	}
	return f
}
