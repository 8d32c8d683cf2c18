package wire

import (
	"net"
	"testing"
	"time"
)

// What is sent before a pause has been read when it is over, also by a server in this process: a pause that keeps Go's poller from its work
// had nine of ten pairs of packets arrive as one, and hid faults that show only when they do not.
func TestPausedPiecesArriveApart(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		p := make([]byte, 16)
		for {
			n, err := conn.Read(p)
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte{byte(n)})
		}
	}()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	const pairs = 100
	apart := 0
	for range pairs {
		_, _ = conn.Write([]byte("abc"))
		Pause(time.Millisecond)
		_, _ = conn.Write([]byte("de"))
		for got := 0; got < 5; {
			var n [1]byte
			if _, err := conn.Read(n[:]); err != nil {
				t.Fatal(err)
			}
			if got += int(n[0]); got == 3 {
				apart++
			}
		}
	}
	if apart < pairs/2 { // a busy machine may join some
		t.Errorf("%d of %d pairs arrived apart", apart, pairs)
	}
}

// A pause is not shorter than asked for.
func TestPause(t *testing.T) {
	for _, d := range []time.Duration{0, 50 * time.Microsecond, time.Millisecond, 3 * time.Millisecond} {
		start := time.Now()
		if Pause(d); time.Since(start) < d {
			t.Errorf("a pause of %v took %v", d, time.Since(start))
		}
	}
}
