package loadgen

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Keys go where libmemcached would look for them; testdata/ketama.py asked it.
func TestKeysGoWhereLibmemcachedLooks(t *testing.T) {
	f, err := os.Open("testdata/ketama.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var (
		r    continuum
		pool string
		n    int
	)
	for in := bufio.NewScanner(f); in.Scan(); {
		key, want, ok := strings.Cut(in.Text(), " ")
		if !ok {
			pool = key
			targets, err := parseTargets(pool)
			if err != nil {
				t.Fatal(err)
			}
			r = newContinuum(targets)
			continue
		}
		server, err := strconv.Atoi(want)
		if err != nil {
			t.Fatal(err)
		}
		if n++; r.server([]byte(key)) != server {
			t.Errorf("%s: key %s goes to server %d, want %d", pool, key, r.server([]byte(key)), server)
		}
	}
	if n < 1000 {
		t.Errorf("only %d keys compared", n)
	}
}

// A server more or less moves the keys of one server's share and no others.
func TestContinuumMovesFewKeys(t *testing.T) {
	four, _ := parseTargets("a:1,b:1,c:1,d:1")
	before, after := newContinuum(four[:3]), newContinuum(four)
	const keys = 20_000
	moved, share := 0, [4]int{}
	for k := range keys {
		key := fmt.Appendf(nil, "key%d", k)
		a, b := before.server(key), after.server(key)
		share[b]++
		if a != b {
			if moved++; b != 3 {
				t.Fatalf("%s moved from server %d to %d, which was there before", key, a, b)
			}
		}
	}
	if moved != share[3] {
		t.Errorf("%d keys moved, the new server has %d", moved, share[3])
	}
	for i, n := range share {
		if n < keys/8 || n > keys/2 {
			t.Errorf("server %d of 4 has %d of %d keys", i, n, keys)
		}
	}
}

func TestKeysAreRoutedWithoutAllocation(t *testing.T) {
	targets, _ := parseTargets("a:1,b:1,c:1,d:1")
	r, key := newContinuum(targets), []byte("memlite:00000000000000000000042")
	if n := testing.AllocsPerRun(100, func() { r.server(key) }); n > 0 {
		t.Errorf("%v allocations per key", n)
	}
}

func BenchmarkContinuum(b *testing.B) {
	targets, _ := parseTargets("a:1,b:1,c:1,d:1")
	r, key := newContinuum(targets), []byte("memlite:000000000000000000000042")
	for b.Loop() {
		r.server(key)
	}
}
