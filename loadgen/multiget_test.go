package loadgen

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func hashesOf(keys string) []uint64 {
	var h []uint64
	for k := range strings.SplitSeq(keys, " ") {
		h = append(h, keyHash([]byte(k)))
	}
	return h
}

var severalCases = []struct {
	keys, in string
	want     Outcome
	found    uint32
}{
	{"a b c", "END\r\n", Miss, 0},
	{"a b c", "VALUE a 0 1\r\nx\r\nVALUE b 0 2\r\nxy\r\nVALUE c 0 0\r\n\r\nEND\r\n", Hit, 3},
	{"a b c", "VALUE c 0 1\r\nx\r\nEND\r\n", Hit, 1},
	{"a b c", "VALUE c 0 1\r\nx\r\nVALUE a 0 1\r\nx\r\nEND\r\n", Hit, 2},
	{"a a", "VALUE a 0 1\r\nx\r\nVALUE a 0 1\r\nx\r\nEND\r\n", Hit, 2},
	{"a a", "VALUE a 0 1\r\nx\r\nEND\r\n", Hit, 1},
	{"a b", "VALUE a 0 1\r\nx\r\nVALUE a 0 1\r\nx\r\nEND\r\n", Wrong, 1},
	{"a b", "VALUE a 0 1\r\nx\r\nVALUE d 0 1\r\nx\r\nEND\r\n", Wrong, 1},
	{"a b", "VALUE a 0 1\r\nxy\r\nEND\r\n", Garbage, 1},
	{"a b", "VALUE a 0 5\r\nEND\r\n\r\nEND\r\n", Hit, 1},
	{"a b", "VALUE a 0 1\r\nx\r\nSERVER_ERROR out of memory\r\n", Refused, 1},
	{"a b", "ERROR\r\n", Refused, 0},
	{"a b", "END\n", Garbage, 0},
	{"a b", "\n", Garbage, 0},
	{"a b", "STORED\r\n", Garbage, 0},
}

// severalInPieces reads a reply cut at the bits of mask, as the loop does.
func severalInPieces(t *testing.T, keys, in string, mask uint64) (used int, o Outcome, done bool, found uint32) {
	var r reply
	asked := hashesOf(keys)
	sorted := slices.Sorted(slices.Values(asked))
	for end := 1; end <= len(in); end++ {
		if end < len(in) && mask>>(end%64)&1 == 0 {
			continue
		}
		n, o, done := r.readSeveral(named(t, "memcached"), asked, []byte(in[used:end]))
		used += n
		if used > end || !done && end-used > maxReplyLine {
			t.Fatalf("%q: used %d of %d bytes", in, used, end)
		}
		if !slices.Equal(sorted, slices.Sorted(slices.Values(asked))) {
			t.Fatalf("%q: the keys asked for have changed", in)
		}
		if done {
			return used, o, true, r.found
		}
	}
	return used, 0, false, r.found
}

func TestReplyToSeveral(t *testing.T) {
	for _, c := range severalCases {
		used, o, done, found := severalInPieces(t, c.keys, c.in+"next", 0)
		if !done || o != c.want || found != c.found {
			t.Errorf("%s answered %q: %s, %d found, done %v; want %s, %d", c.keys, c.in, o, found, done, c.want, c.found)
		}
		if o.OK() && used != len(c.in) {
			t.Errorf("%s answered %q: used %d bytes", c.keys, c.in, used)
		}
		for i := range uint64(100) {
			mask := scramble(i)
			u, p, d, n := severalInPieces(t, c.keys, c.in, mask)
			if o.OK() && u != used || p != o || !d || n != found {
				t.Fatalf("%s answered %q in pieces %x: %s, %d found, done %v; whole: %s, %d", c.keys, c.in, mask, p, n, d, o, found)
			}
		}
	}
}

func FuzzReplyToSeveral(f *testing.F) {
	for i, c := range severalCases {
		f.Add(c.keys, c.in, uint64(i)*golden)
	}
	f.Fuzz(func(t *testing.T, keys, in string, mask uint64) {
		u1, o1, d1, n1 := severalInPieces(t, keys, in, 0)
		u2, o2, d2, n2 := severalInPieces(t, keys, in, mask)
		if d1 != d2 || d1 && o1 != o2 || n1 != n2 || d1 && o1.OK() && u1 != u2 {
			t.Errorf("%q to %q: whole %d %s %v %d, in pieces %d %s %v %d", in, keys, u1, o1, d1, n1, u2, o2, d2, n2)
		}
	})
}

// Hits and misses are those of the keys, latencies those of the requests, and memcached itself counts the same.
func TestMultiGet(t *testing.T) {
	t.Parallel()
	addr := memcached(t)
	engines(t, func(t *testing.T, l Local) {
		for _, p := range []Plan{
			{Clients: 10, Requests: 2000, MultiGet: 10, Pipeline: 4, Preload: true},
			{Clients: 5, Requests: 1000, MultiGet: 100, Sets: 0.2},
			{Clients: 5, Duration: 300 * time.Millisecond, Rate: 1000, MultiGet: 3, Sets: 0.5, ValueSize: "0-4KiB"},
			{Clients: 2, Requests: 200, MultiGet: 7, KeyDist: "zipf:2", Preload: true},
		} {
			p.Target, p.Profile, p.Keys = addr, "memcached", 500
			gets, sets, hits := stat(t, addr, "cmd_get"), stat(t, addr, "cmd_set"), stat(t, addr, "get_hits")
			run, err := execute(t, l, p)
			if err != nil {
				t.Errorf("%+v: %v", p, err)
				continue
			}
			var get, set int64
			for _, op := range run.Totals {
				if op.Name == "set" {
					set = op.Count
					continue
				}
				get = op.Count
				if op.MultiGets != get || op.Hits+op.Misses != get*int64(p.MultiGet) {
					t.Errorf("%+v: %d gets, %d of several keys; %d hits, %d misses", p, get, op.MultiGets, op.Hits, op.Misses)
				}
				if n := stat(t, addr, "get_hits") - hits; n != op.Hits {
					t.Errorf("%+v: reported %d hits, memcached counts %d", p, op.Hits, n)
				}
				if p.Preload && op.Misses > 0 {
					t.Errorf("%+v: %d misses after a preload", p, op.Misses)
				}
			}
			if n := stat(t, addr, "cmd_get") - gets; n != get*int64(p.MultiGet) {
				t.Errorf("%+v: reported %d gets, memcached counts %d keys", p, get, n)
			}
			if n := stat(t, addr, "cmd_set") - sets; n != set+run.Requests.Preloaded {
				t.Errorf("%+v: reported %d sets and %d preloaded, memcached counts %d", p, set, run.Requests.Preloaded, n)
			}
			if run.Requests.Errors+run.Requests.Abandoned > 0 || run.Connections.Lost > 0 {
				t.Errorf("%+v: %+v, errors %v, %+v", p, run.Requests, kindsIn(run), run.Connections)
			}
		}
	})
}

func TestMultiGetPlans(t *testing.T) {
	for n, want := range map[int]string{5: "several need --profile memcached", -1: "want 1 to 1000", 1001: "want 1 to 1000"} {
		err := Plan{Target: ":1", MultiGet: n}.Validate()
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%d keys: %v", n, err)
		}
	}
	if err := (Plan{Target: ":1", Profile: "memcached", MultiGet: 1000}).Validate(); err != nil {
		t.Error(err)
	}
}
