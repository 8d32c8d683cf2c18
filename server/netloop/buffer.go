package netloop

import "math/bits"

// Buffers are lent to a Conn only while it has something in them, last in first out: a loop that answers one
// request after the other uses one buffer, which stays in the processor's cache.
const (
	bufferSize = 4 << 10 // smallest buffer; holds a deep pipeline of small replies
	poolSize   = 4 << 20 // bytes that a loop keeps for later; the rest is left to the garbage collector
)

// buffers is a loop's pool.
type buffers struct {
	free [][]byte
	held int // bytes in free
}

// get returns an empty buffer with room for at least n bytes.
func (p *buffers) get(n int) []byte {
	if last := len(p.free) - 1; last >= 0 && n <= cap(p.free[last]) {
		b := p.free[last]
		p.free[last] = nil
		p.free = p.free[:last]
		p.held -= cap(b)
		return b
	}
	return make([]byte, 0, max(bufferSize, 1<<bits.Len(uint(n-1)))) // a power of two, to fit again next time
}

// put takes b back. Nobody may use it any more.
func (p *buffers) put(b []byte) {
	if c := cap(b); c >= bufferSize && p.held+c <= poolSize {
		p.free = append(p.free, b[:0])
		p.held += c
	}
}

// grow returns b with room for at least n more bytes, moved to a larger buffer if need be.
func (p *buffers) grow(b []byte, n int) []byte {
	if b == nil {
		return p.get(n)
	}
	if cap(b)-len(b) >= n {
		return b
	}
	larger := append(p.get(max(2*cap(b), len(b)+n)), b...)
	p.put(b)
	return larger
}
