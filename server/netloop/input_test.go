package netloop

import (
	"bytes"
	"testing"
)

// FuzzInput plays a script of arrivals, pauses and lags to one Conn, over an engine that is not there, and wants
// back each frame that has come whole, in order, and one End. That nothing comes when it must not is checked by
// calls.
func FuzzInput(f *testing.F) {
	f.Add([]byte{255, 255, 255}, true)
	f.Add([]byte{0, 4, 8, 1, 5, 6, 12, 4, 7, 40, 5, 6, 3, 255}, false)
	f.Add([]byte{3, 131, 3, 131, 7, 7, 6, 6, 2, 250, 6, 4, 250, 6, 5, 6}, true)
	stream := noise(1 << 16)
	f.Fuzz(func(t *testing.T, script []byte, one bool) {
		e := &sip{}
		l := &Loop{engine: e, group: &Group{cfg: Config{HighWater: 600}}}
		ends := 0
		c := &Conn{loop: l, handler: &calls{data: frames(one), end: func(*Conn) { ends++ }}}
		came := 0
		for _, op := range script {
			switch n := int(op) >> 2; op & 3 {
			case 0, 1:
				n = min(1+n*n, len(stream)-came)
				if c.reading() && n > 0 { // as an engine does
					c.input(stream[came : came+n])
					came += n
				}
			case 2:
				e.leave = n * 16
				l.settle()
			case 3:
				if n%2 == 0 {
					c.Pause()
				} else {
					c.Resume()
				}
			}
			l.flush()
		}
		finish := func() {
			e.leave = 0
			c.Resume()
			c.touch()
			l.flush()
			for l.settle() {
			}
		}
		finish()
		whole := 0
		for whole < came && whole+1+int(stream[whole]) <= came {
			whole += 1 + int(stream[whole])
		}
		if !bytes.Equal(e.taken.Bytes(), stream[:whole]) {
			t.Fatalf("%d bytes back of %d, of which %d are whole frames", e.taken.Len(), came, whole)
		}
		if !bytes.Equal(c.in, stream[whole:came]) {
			t.Fatalf("%d bytes kept, want %d", len(c.in), came-whole)
		}
		c.eof()
		if finish(); ends != 1 {
			t.Fatalf("%d End", ends)
		}
	})
}
