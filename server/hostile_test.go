package server

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"
)

// heap returns the bytes in use after a collection.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestALineWithoutEnd(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		_, addr := start(t, cfg)
		witness, p := dial(t, addr), dial(t, addr)
		before := heap()
		part := bytes.Repeat([]byte("x"), 1<<20)
		sent := 0
		for range 1024 { // 1 GiB, if the server would take it
			n, err := p.Write(part)
			sent += n
			if err != nil {
				break
			}
			if sent%(64<<20) == 0 {
				witness.ask("get k\r\n", "NOT-FOUND\r\n")
			}
		}
		if grown := heap() - before; grown > 16<<20 {
			t.Errorf("%d bytes sent, heap grown by %d", sent, grown)
		}
		witness.ask("get k\r\n", "NOT-FOUND\r\n")
	})
}

func TestAnEndlessBlock(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		_, addr := start(t, cfg)
		witness, p := dial(t, addr), dial(t, addr)
		before := heap()
		p.send("set k 9999999999\r\n")
		part := strings.Repeat("x", 1<<20)
		for range 64 {
			p.send(part)
			witness.ask("get k\r\n", "NOT-FOUND\r\n")
		}
		if grown := heap() - before; grown > 16<<20 {
			t.Errorf("64 MiB sent, heap grown by %d", grown)
		}
		p.ask("\r\nget k\r\n", "ERROR\r\nNOT-FOUND\r\n")
	})
}

// TestManyAnnounceAndSendNothing: what is announced costs nothing until it comes.
func TestManyAnnounceAndSendNothing(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		s, addr := start(t, cfg)
		peers := fill(t, addr, 256)
		before := heap()
		for _, p := range peers {
			p.send("set k 1048576\r\nx")
		}
		dial(t, addr).ask("get k\r\n", "NOT-FOUND\r\n")
		eventually(t, "all requests have been read", func() bool { return s.open.Load() == 257 })
		if grown := heap() - before; grown > 16<<20 {
			t.Errorf("256 MiB announced, heap grown by %d", grown)
		}
	})
}

// TestASlowReader asks for far more than it reads. The server keeps little of it, others are served, and when it
// reads on at last, everything comes.
func TestASlowReader(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		_, addr := start(t, cfg)
		const size, gets = 1 << 20, 200
		value := strings.Repeat("v", size)
		witness, p := dial(t, addr), dial(t, addr)
		witness.ask("set k 1048576\r\n"+value+"\r\n", "STORED\r\n")
		before := heap()
		p.send(strings.Repeat("get k\r\n", gets))
		for range 200 {
			witness.ask("get x\r\n", "NOT-FOUND\r\n")
		}
		keptLittle := func(read int) {
			if grown := heap() - before; grown > 32<<20 {
				t.Errorf("%d MiB asked for, %d read: heap grown by %d", gets, read, grown)
			}
		}
		keptLittle(0)
		reply := []byte("VALUE k 1048576\r\n" + value + "\r\nEND\r\n")
		got := make([]byte, len(reply))
		for i := range gets {
			if _, err := io.ReadFull(p.r, got); err != nil || !bytes.Equal(got, reply) {
				t.Fatalf("reply %d: %.40q, %v", i, got, err)
			}
			if i%20 == 0 {
				keptLittle(i)
			}
		}
	})
}

func TestADeepPipelineReadLater(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		_, addr := start(t, cfg)
		p := dial(t, addr)
		request := "set k 100\r\n" + strings.Repeat("v", 100) + "\r\nget k\r\nbad\r\n"
		reply := "STORED\r\nVALUE k 100\r\n" + strings.Repeat("v", 100) + "\r\nEND\r\nERROR\r\n"
		const deep = 5000
		go p.Write([]byte(strings.Repeat(request, deep)))
		p.want(strings.Repeat(reply, deep))
	})
}
