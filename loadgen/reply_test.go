package loadgen

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// whole reads one reply that has come in one piece.
func whole(p *profile, kind Kind, key string, in string) (used int, o Outcome, done bool) {
	var r reply
	return r.read(p, kind, keyHash([]byte(key)), []byte(in))
}

func named(t testing.TB, name string) *profile {
	t.Helper()
	p, err := profileNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var replyCases = []struct {
	profile string
	kind    Kind
	in      string
	want    Outcome
	rest    string // what belongs to the next reply
}{
	{"report", Set, "STORED\r\n", Stored, ""},
	{"report", Set, "STORED\r\nSTORED\r\n", Stored, "STORED\r\n"},
	{"report", Set, "ERROR\r\n", Refused, ""},
	{"report", Set, "NOT_STORED\r\n", Refused, ""},
	{"report", Set, "NOT-FOUND\r\n", Garbage, ""},
	{"report", Set, "STORED \r\n", Garbage, ""},
	{"report", Set, "stored\r\n", Garbage, ""},
	{"report", Set, "STORED\n", Garbage, ""},
	{"report", Set, "\r\n", Garbage, ""},
	{"report", Set, "\n", Garbage, ""},
	{"report", Set, "HTTP/1.1 400 Bad Request\r\n", Garbage, ""},
	{"report", Get, "NOT-FOUND\r\n", Miss, ""},
	{"report", Get, "END\r\n", Garbage, ""},
	{"report", Get, "STORED\r\n", Garbage, ""},
	{"report", Get, "ERROR\r\n", Refused, ""},
	{"report", Get, "VALUE k 3\r\nabc\r\nEND\r\nNOT", Hit, "NOT"},
	{"report", Get, "VALUE k 0\r\n\r\nEND\r\n", Hit, ""},
	{"report", Get, "VALUE k 0005\r\na\r\nbc\r\nEND\r\n", Hit, ""},
	{"report", Get, "VALUE other 3\r\nabc\r\nEND\r\n", Wrong, "abc\r\nEND\r\n"},
	{"report", Get, "VALUE k 2\r\nabc\r\nEND\r\n", Garbage, "c\r\nEND\r\n"},
	{"report", Get, "VALUE k 4\r\nabc\r\nEND\r\n", Garbage, "\nEND\r\n"},
	{"report", Get, "VALUE k 3\r\nabc\r\nSTORED\r\n", Garbage, "\r\nSTORED\r\n"},
	{"report", Get, "VALUE k 3 \r\nabc\r\nEND\r\n", Garbage, "abc\r\nEND\r\n"},
	{"report", Get, "VALUE k 0 3\r\nabc\r\nEND\r\n", Garbage, "abc\r\nEND\r\n"},
	{"report", Get, "VALUE k -3\r\nabc\r\nEND\r\n", Garbage, "abc\r\nEND\r\n"},
	{"report", Get, "VALUE k\r\n", Garbage, ""},
	{"report", Get, "VALUE  3\r\n", Garbage, ""},
	{"report", Get, "VALUE k 12345678901\r\n", Garbage, ""},
	{"transcript", Get, "NOT-FOUND\r\n", Miss, ""},
	{"transcript", Set, "NOT_STORED\r\n", Refused, ""},
	{"course", Get, "END\r\n", Miss, ""},
	{"course", Get, "NOT-FOUND\r\n", Miss, ""},
	{"course", Get, "VALUE k 3 \r\nabc \r\nEND\r\n", Hit, ""},
	{"course", Get, "VALUE k 3\r\nabc\r\nEND\r\n", Hit, ""},
	{"course", Set, "NOT-STORED\r\n", Refused, ""},
	{"memcached", Get, "END\r\n", Miss, ""},
	{"memcached", Get, "NOT-FOUND\r\n", Garbage, ""},
	{"memcached", Get, "VALUE k 0 3\r\nabc\r\nEND\r\n", Hit, ""},
	{"memcached", Get, "VALUE k 4294967295 3\r\nabc\r\nEND\r\n", Hit, ""},
	{"memcached", Get, "VALUE k 3\r\nabc\r\nEND\r\n", Garbage, "abc\r\nEND\r\n"},
	{"memcached", Get, "VALUE k x 3\r\nabc\r\nEND\r\n", Garbage, "abc\r\nEND\r\n"},
	{"memcached", Set, "SERVER_ERROR out of memory storing object\r\n", Refused, ""},
	{"memcached", Set, "CLIENT_ERROR bad data chunk\r\n", Refused, ""},
	{"memcached", Set, "CLIENT_ERRORS\r\n", Garbage, ""},
	{"memcached", Set, "ERROR\r\n", Refused, ""},
}

func TestReply(t *testing.T) {
	for _, c := range replyCases {
		used, o, done := whole(named(t, c.profile), c.kind, "k", c.in)
		if !done || o != c.want {
			t.Errorf("%s: %s answered %q: %s, done %v; want %s", c.profile, c.kind, c.in, o, done, c.want)
			continue
		}
		if o.OK() && c.in[used:] != c.rest {
			t.Errorf("%s: %s answered %q: left %q, want %q", c.profile, c.kind, c.in, c.in[used:], c.rest)
		}
	}
}

// pieces feeds in as it would arrive, cut at every place that cut names, and leaves unread bytes for the next call, as the loop does.
func pieces(p *profile, kind Kind, key uint64, in []byte, cut func(i int) bool) (used int, o Outcome, done bool, kept int, seen proof) {
	r := reply{proof: new(proof)}
	for end := 1; end <= len(in); end++ {
		if end < len(in) && !cut(end) {
			continue
		}
		n, o, done := r.read(p, kind, key, in[used:end])
		used += n
		if done {
			return used, o, true, kept, *r.proof
		}
		kept = max(kept, end-used)
	}
	return used, 0, false, kept, *r.proof
}

// Cut anywhere, a reply is judged as if it had come whole.
func checkPieces(t *testing.T, p *profile, kind Kind, in []byte, mask uint64) {
	t.Helper()
	key := keyHash([]byte("k"))
	r := reply{proof: new(proof)}
	wantUsed, want, wantDone := r.read(p, kind, key, in)
	value := *r.proof
	if wantUsed < 0 || wantUsed > len(in) {
		t.Fatalf("used %d of %d", wantUsed, len(in))
	}
	for _, cut := range []func(int) bool{
		func(int) bool { return true },
		func(i int) bool { return mask>>(i%64)&1 == 1 },
	} {
		used, got, done, kept, proof := pieces(p, kind, key, in, cut)
		if done != wantDone || done && got != want {
			t.Fatalf("%s: %s answered %q: whole %s (done %v), in pieces %s (done %v)", p.name, kind, in, want, wantDone, got, done)
		}
		if done && want.OK() && used != wantUsed {
			t.Fatalf("%s: %s answered %q: used %d whole, %d in pieces", p.name, kind, in, wantUsed, used)
		}
		if done && want == Hit && (proof.n != value.n || proof.judge(1) != value.judge(1)) {
			t.Fatalf("%q: the value is %+v whole, %+v in pieces", in, value, proof)
		}
		if kept > maxReplyLine {
			t.Fatalf("%d bytes kept unread", kept)
		}
	}
}

func TestReplyInPieces(t *testing.T) {
	for _, c := range replyCases {
		for mask := range uint64(64) {
			checkPieces(t, named(t, c.profile), c.kind, []byte(c.in), mask)
		}
	}
}

func FuzzReply(f *testing.F) {
	for i, c := range replyCases {
		f.Add(uint8(i), c.kind == Set, []byte(c.in), uint64(0x5555))
	}
	f.Add(uint8(0), false, bytes.Repeat([]byte("x"), 2*maxReplyLine), uint64(0))
	f.Add(uint8(0), false, append([]byte("VALUE k 5000\r\n"), bytes.Repeat([]byte("\r\n"), 2500)...), uint64(1<<33))
	f.Fuzz(func(t *testing.T, which uint8, isSet bool, in []byte, mask uint64) {
		if len(in) > 1<<14 {
			t.Skip("longer than any case needs")
		}
		kind := Get
		if isSet {
			kind = Set
		}
		checkPieces(t, profiles[int(which)%len(profiles)], kind, in, mask)
	})
}

// A large value is consumed as it comes: nothing is left for later.
func TestReplyBlockIsNotKept(t *testing.T) {
	p := named(t, "report")
	in := []byte("VALUE k 1000000\r\n" + strings.Repeat("v", 1_000_000) + "\r\nEND\r\n")
	_, o, done, kept, _ := pieces(p, Get, keyHash([]byte("k")), in, func(i int) bool { return i%1460 == 0 })
	if !done || o != Hit || kept > 16 {
		t.Errorf("%s, done %v, %d bytes kept at most; want a hit with no more than the head or tail kept", o, done, kept)
	}
}

func TestReplyLineIsBounded(t *testing.T) {
	used, o, done := whole(named(t, "report"), Get, "k", strings.Repeat("x", maxReplyLine+1))
	if !done || o != Garbage || used != 0 {
		t.Errorf("a line without an end: used %d, %s, done %v; want garbage", used, o, done)
	}
}

func TestRequests(t *testing.T) {
	for _, c := range []struct {
		codec codec
		op    Op
		want  string
	}{
		{lite{}, Op{Kind: Get, Key: []byte("k")}, "get k\r\n"},
		{lite{}, Op{Kind: Set, Key: []byte("k"), Size: 3}, "set k 3\r\nabc\r\n"},
		{lite{}, Op{Kind: Set, Key: []byte("k")}, "set k 0\r\n\r\n"},
		{classic{}, Op{Kind: Get, Key: []byte("k")}, "get k\r\n"},
		{classic{}, Op{Kind: Set, Key: []byte("k"), Size: 3}, "set k 0 0 3\r\nabc\r\n"},
	} {
		if got := c.codec.appendRequest([]byte("-"), &c.op, []byte("abc")[:c.op.Size]); string(got) != "-"+c.want {
			t.Errorf("%T: got %q, want %q", c.codec, got, "-"+c.want)
		}
	}
}

func BenchmarkReply(b *testing.B) {
	p := named(b, "report")
	key := []byte("memlite:000000000000000000000042")
	in := fmt.Appendf(nil, "VALUE %s 100\r\n%s\r\nEND\r\n", key, bytes.Repeat([]byte("v"), 100))
	h := keyHash(key)
	b.ReportAllocs()
	for b.Loop() {
		var r reply
		if _, o, _ := r.read(p, Get, h, in); o != Hit {
			b.Fatal(o)
		}
	}
}
