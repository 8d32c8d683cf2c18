package mutant

import (
	"bytes"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

// exchanges are what one client sends before it shuts its sending side, and all that comes back: the decisions of the protocol,
// each at its edge.
var exchanges = []struct{ name, send, want string }{
	{"found", "set k 3\r\nabc\r\nget k\r\n", "STORED\r\nVALUE k 3\r\nabc\r\nEND\r\n"},
	{"missing", "get k\r\n", "NOT-FOUND\r\n"},
	{"replaced", "set k 3\r\nabc\r\nset k 1\r\nx\r\nget k\r\n", "STORED\r\nSTORED\r\nVALUE k 1\r\nx\r\nEND\r\n"},
	{"empty value", "set k 0\r\n\r\nget k\r\n", "STORED\r\nVALUE k 0\r\n\r\nEND\r\n"},
	{"short, old value kept", "set k 1\r\na\r\nset k 3\r\nab\r\nget k\r\n", "STORED\r\nERROR\r\nVALUE k 1\r\na\r\nEND\r\n"},
	{"long, in step", "set k 3\r\nabcdef\r\nget k\r\n", "ERROR\r\nNOT-FOUND\r\n"},
	{"CRLF ends the block", "set k 8\r\n\x00\r\n\xff\r\r\n \r\nget k\r\n", "ERROR\r\nERROR\r\nERROR\r\nNOT-FOUND\r\n"},
	{"any byte but CRLF", "set k 7\r\n\x00\n\r\xff\n\n\r\r\nget k\r\n", "STORED\r\nVALUE k 7\r\n\x00\n\r\xff\n\n\r\r\nEND\r\n"},
	{"arity", "set k 3 abc\r\nset k 0 0 3\r\nabc\r\nget\r\nget a b\r\nset\r\n", strings.Repeat("ERROR\r\n", 6)},
	{"size unreadable", "set k -1\r\nset k +1\r\nset k 3x\r\nset k 00000000001\r\n", strings.Repeat("ERROR\r\n", 4)},
	{"size of ten digits", "set k 0000000003\r\nabc\r\nset k 9999999999\r\nabc\r\n", "STORED\r\nERROR\r\n"},
	{"size first, key second", "set \x01 3\r\nabc\r\nset \x01 x\r\nget \x01\r\n", strings.Repeat("ERROR\r\n", 3)},
	{"key of 250", "set " + key(250) + " 1\r\na\r\n", "STORED\r\n"},
	{"key of 251", "set " + key(251) + " 1\r\na\r\nget " + key(251) + "\r\n", "ERROR\r\nERROR\r\n"},
	{"spaces", "  set  k   3  \r\nabc\r\n get k \r\n", "STORED\r\nVALUE k 3\r\nabc\r\nEND\r\n"},
	{"spaces in the block", "set k 3 \r\nabc \r\nget\tk\r\n", "ERROR\r\nERROR\r\n"},
	{"bare LF", "set k 3\nabc\nget k\nset k 2\nab\r\n", "STORED\r\nVALUE k 3\r\nabc\r\nEND\r\nERROR\r\n"},
	{"CR before CRLF", "get k\r\r\nset k 1\r\r\nget k\r\n", "ERROR\r\nERROR\r\nNOT-FOUND\r\n"},
	{"unknown and blank", "SET k 1\r\nfoo\r\n\r\n   \r\nEnd\r\n", strings.Repeat("ERROR\r\n", 5)},
	{"end", "end now\r\nget k\r\nend\r\nget k\r\n", "ERROR\r\nNOT-FOUND\r\n"},
	{"unfinished", "set k 3\r\nabc", ""},
	{"line of 8191", "get " + key(8191-5) + "\r\nget k\r\n", "ERROR\r\nNOT-FOUND\r\n"},
	{"line of 8192", "get " + key(8192-5) + "\r\nget k\r\n", "ERROR\r\n"},
	{"largest value", "set k 1048576\r\n" + key(1<<20) + "\r\n", "STORED\r\n"},
	{"too large", "set k 1048577\r\n" + key(1<<20+1) + "\r\nget k\r\n", "ERROR\r\nNOT-FOUND\r\n"},
}

func key(n int) string { return strings.Repeat("k", n) }

func TestGood(t *testing.T) {
	for _, x := range exchanges {
		t.Run(x.name, func(t *testing.T) {
			if got := exchange(t, Good(), x.send); got != x.want {
				t.Errorf("to %.80q\n got %.200q\nwant %.200q", x.send, got, x.want)
			}
		})
	}
}

// How the bytes are cut must not matter to a good server.
func FuzzGoodCut(f *testing.F) {
	for _, x := range exchanges {
		if len(x.send) < 100 {
			f.Add(x.send, uint(len(x.send)/2))
		}
	}
	f.Add("set k 1\r\na\r\n", uint(8))
	f.Fuzz(func(t *testing.T, send string, at uint) {
		at %= uint(len(send)) + 1
		whole := exchange(t, Good(), send)
		if cut := exchange(t, Good(), send[:at], send[at:]); cut != whole {
			t.Errorf("%q cut at %d\n got %.200q\nwant %.200q", send, at, cut, whole)
		}
	})
}

func TestTableIsSound(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range All() {
		if seen[m.Name] {
			t.Errorf("%s: name used twice", m.Name)
		}
		seen[m.Name] = true
		if m.Fault == "" || len(m.Rules) == 0 || m.change == nil {
			t.Errorf("%s: says nothing of its fault, its rules or its change", m.Name)
		}
	}
}

// A server that is stopped, or crashes, leaves nothing running, whatever its clients were doing.
func TestStop(t *testing.T) {
	for _, m := range append(All(), Good()) {
		if m.Process() {
			continue // the suite sees to their end
		}
		addr, stop, err := m.Start()
		if err != nil {
			t.Fatal(err)
		}
		for _, unfinished := range []string{"", "get", "set k 3\r\na", "set k 3\r\nabc\r\nget k\r\n"} {
			if conn, err := net.Dial("tcp", addr); err == nil {
				io.WriteString(conn, unfinished)
				defer conn.Close()
			}
		}
		stopped := make(chan bool)
		go func() { stop(); close(stopped) }()
		select {
		case <-stopped:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: did not stop", m.Name)
		}
		// To dial would not do: another process of the tests may have got that port by now.
		stacks := make([]byte, 1<<20)
		if stacks = stacks[:runtime.Stack(stacks, true)]; bytes.Contains(stacks, []byte("(*TCPListener).Accept")) {
			t.Fatalf("%s: accepts after stop:\n%s", m.Name, stacks)
		}
	}
}

// A server that crashes while a client waits for a place says nothing to it: an ERROR would be the answer to a request that nobody read.
func TestCrashRefusesNobody(t *testing.T) {
	for range 30 {
		l := newLite()
		l.maxClients = 0
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go l.serve(ln)
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		for attended := false; !attended; time.Sleep(time.Millisecond) {
			l.mu.Lock()
			attended = len(l.conns) > 0
			l.mu.Unlock()
		}
		go l.stop()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		if got, _ := io.ReadAll(conn); len(got) > 0 {
			t.Fatalf("got %q", got)
		}
		conn.Close()
	}
}

// exchange sends parts in writes of their own, ends, and returns all that came back.
func exchange(t testing.TB, m Mutant, parts ...string) string {
	t.Helper()
	addr, stop, err := m.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	for i, part := range parts {
		if i > 0 {
			time.Sleep(time.Millisecond)
		}
		if _, err := io.WriteString(conn, part); err != nil && len(part) < 8000 {
			t.Fatal(err)
		}
	}
	conn.(*net.TCPConn).CloseWrite()
	got, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}
