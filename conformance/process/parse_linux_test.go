package process

import (
	"io"
	"strings"
	"testing"
	"time"
)

func FuzzStat(f *testing.F) {
	f.Add("1 (init) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 9")
	f.Add("77 (a) b (c)) Z 1 66 1 0 -1 4194560 1 2 3 4 100 50 25 25 20 0 1 0 9")
	f.Add("")
	f.Add(")")
	f.Fuzz(func(t *testing.T, text string) {
		if s, ok := parseStat(text); ok && (s.state == 0 || len(strings.Fields(text)) < 18) {
			t.Errorf("%q: %+v", text, s)
		}
	})
}

func TestStat(t *testing.T) {
	s, ok := parseStat("77 (a) b (c)) Z 1 66 1 0 -1 4194560 1 2 3 4 100 50 25 25 20 0 1 0 9")
	if want := (status{'Z', 66, 1, 2 * time.Second}); !ok || s != want || s.lives() {
		t.Errorf("%+v %v, want %+v", s, ok, want)
	}
}

const listeners = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1389 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 00000000000000000000000000000000:138B 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 3
   2: 0100007F:138A 0100007F:1389 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
`

func TestTable(t *testing.T) {
	for port, want := range map[int]bool{5001: true, 5002: false, 5003: true, 0: false, 80: false} {
		if got := inTable(strings.NewReader(listeners), port); got != want {
			t.Errorf("%d: %v", port, got)
		}
	}
}

// Where the table has thousands of connections, only the listening sockets before them are read.
func TestTableIsNotReadOn(t *testing.T) {
	connections := strings.NewReader(strings.Repeat("   3: 0100007F:138A 0100007F:1389 06 0:0 3:0 0 0 0 0 3 0\n", 10_000))
	unread := connections.Len()
	if inTable(io.MultiReader(strings.NewReader(listeners), connections), 80) || unread-connections.Len() > 10_000 {
		t.Errorf("%d bytes of connections were read", unread-connections.Len())
	}
}

func FuzzTable(f *testing.F) {
	f.Add(listeners, 5001)
	f.Add("", 0)
	f.Add("a : b 0A", 1)
	f.Fuzz(func(t *testing.T, table string, port int) {
		if inTable(strings.NewReader(table), port) && (port < 0 || port > 65535) {
			t.Errorf("%q has port %d", table, port)
		}
	})
}
