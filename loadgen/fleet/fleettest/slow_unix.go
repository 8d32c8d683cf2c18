//go:build unix

package fleettest

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Slow is a way to a NATS on loopback that holds back what the NATS says, once.
type Slow struct {
	URL string

	word  []byte
	pause time.Duration
	held  atomic.Bool
}

// StartSlow starts one that stands still for a pause before it hands on the first piece of what the NATS says that has the word: the subject of
// a message, say.
func StartSlow(t testing.TB, n *NATS, word string, pause time.Duration) *Slow {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	s := &Slow{URL: "nats://" + ln.Addr().String(), word: []byte(word), pause: pause}
	to := strings.TrimPrefix(n.URL, "nats://")
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				client.Close()
				continue
			}
			go func() {
				_, _ = io.Copy(server, client)
				server.Close()
			}()
			go func() {
				s.hand(client, server)
				client.Close()
			}()
		}
	}()
	return s
}

// Held says whether it has stood still.
func (s *Slow) Held() bool { return s.held.Load() }

func (s *Slow) hand(client io.Writer, server io.Reader) {
	piece := make([]byte, 64<<10)
	for {
		n, err := server.Read(piece)
		if bytes.Contains(piece[:n], s.word) && s.held.CompareAndSwap(false, true) {
			time.Sleep(s.pause)
		}
		if _, failed := client.Write(piece[:n]); failed != nil || err != nil {
			return
		}
	}
}
