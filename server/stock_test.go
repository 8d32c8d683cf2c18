package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
)

// missing skips a test whose real part is not on this machine, or fails it where MEMLITE_REQUIRE names the part.
func missing(t *testing.T, part, how string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("MEMLITE_REQUIRE"), ","), part) {
		t.Fatalf("MEMLITE_REQUIRE names %s: %s", part, how)
	}
	t.Skipf("no %s on this machine (%s)", part, how)
}

func TestGomemcache(t *testing.T) {
	onEngines(t, func(t *testing.T, cfg Config) {
		cfg.Dialect = "classic"
		_, addr := start(t, cfg)
		c := memcache.New(addr)
		defer c.Close()
		c.Timeout = patience
		check := func(what string, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		check("ping", c.Ping())
		var keys []string
		for i := range 500 {
			key := fmt.Sprintf("key-%d-%s", i, strings.Repeat("k", 20)) // together more than one line of 8 KiB
			keys = append(keys, key)
			check("set", c.Set(&memcache.Item{Key: key, Value: []byte(strings.Repeat("\r\n", i)), Flags: uint32(i)}))
		}
		item, err := c.Get(keys[7])
		check("get", err)
		if string(item.Value) != strings.Repeat("\r\n", 7) || item.Flags != 7 || item.CasID == 0 {
			t.Errorf("got %+v", item)
		}
		items, err := c.GetMulti(append(keys, "absent"))
		check("get of many keys", err)
		if len(items) != len(keys) || len(items[keys[499]].Value) != 998 || items[keys[499]].Flags != 499 {
			t.Errorf("got %d items of %d", len(items), len(keys))
		}
		check("delete", c.Delete(keys[7]))
		if _, err := c.Get(keys[7]); err != memcache.ErrCacheMiss {
			t.Errorf("get after delete: %v", err)
		}
		if err := c.Delete(keys[7]); err != memcache.ErrCacheMiss {
			t.Errorf("delete twice: %v", err)
		}
		check("set that has expired", c.Set(&memcache.Item{Key: keys[8], Expiration: -1}))
		if _, err := c.Get(keys[8]); err != memcache.ErrCacheMiss {
			t.Errorf("get of what has expired: %v", err)
		}
		if err := c.Set(&memcache.Item{Key: "big", Value: make([]byte, DefaultMaxValue+1)}); err == nil {
			t.Error("a value over the maximum was stored")
		}
		check("set after a refusal", c.Set(&memcache.Item{Key: "big", Value: make([]byte, DefaultMaxValue)}))
	})
}

// pymemcacheScript uses the client as its documentation shows; an AssertionError or a raised error of the client fails.
const pymemcacheScript = `
import sys
from pymemcache.client.base import Client
for noreply in (False, True):
    c = Client((sys.argv[1], int(sys.argv[2])), timeout=20, connect_timeout=20, default_noreply=noreply)
    assert c.version() == b"test", c.version()
    assert c.set("k", b"a\r\nb") is True
    assert c.get("k") == b"a\r\nb"
    assert c.get("absent") is None
    assert c.set("n", 5, flags=4294967295)
    assert c.get("n") == b"5"
    value, cas = c.gets("k")
    assert value == b"a\r\nb" and int(cas) > 0
    assert c.set_many({"many-%d" % i: b"%d" % i for i in range(300)}) == []
    got = c.get_many(["many-%d" % i for i in range(300)] + ["absent"])
    assert got == {"many-%d" % i: b"%d" % i for i in range(300)}, got
    assert len(c.gets_many(["many-1", "many-2", "absent"])) == 2
    assert c.delete("k", noreply=False) is True
    assert c.delete("k", noreply=False) is False
    assert c.delete("n") is True
    assert c.get("n") is None
    assert c.delete_many(["many-%d" % i for i in range(300)]) is True
    assert c.get_many(["many-%d" % i for i in range(300)]) == {}
    c.set("e", b"1", expire=-1)
    assert c.get("e") is None
    c.set("e", b"1", expire=1000)
    assert c.get("e") == b"1"
    try:
        c.set("big", b"x" * (1 << 20) + b"x", noreply=False)
        assert False, "a value over the maximum was stored"
    except Exception as e:
        assert "too large" in str(e), e
    c.quit()
print("all right")
`

func TestPymemcache(t *testing.T) {
	python := "/usr/bin/python3" // Debian's, which has Debian's packages
	if _, err := os.Stat(python); err != nil {
		python = "python3"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	if msg, err := exec.CommandContext(ctx, python, "-c", "import pymemcache").CombinedOutput(); err != nil {
		missing(t, "pymemcache", fmt.Sprintf("apt-get install python3-pymemcache: %v: %.200s", err, msg))
	}
	_, addr := start(t, Config{Dialect: "classic", Version: "test"})
	host, port, _ := net.SplitHostPort(addr)
	out, err := exec.CommandContext(ctx, python, "-c", pymemcacheScript, host, port).CombinedOutput()
	if err != nil || string(out) != "all right\n" {
		t.Errorf("%v\n%s", err, out)
	}
}

// startMemcached returns the address of a memcached of its own.
func startMemcached(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("memcached")
	if err != nil {
		missing(t, "memcached", "apt-get install memcached")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	_, port, _ := net.SplitHostPort(addr)
	args := []string{"-l", "127.0.0.1", "-p", port, "-U", "0"}
	if os.Geteuid() == 0 {
		args = append(args, "-u", "nobody")
	}
	cmd := exec.Command(path, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	eventually(t, "memcached listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return addr
}

// TestLikeMemcached sends the same requests to a real memcached and to the server and compares every byte of the replies.
// What the two are meant to answer differently is not here: see PROTOCOL.md.
func TestLikeMemcached(t *testing.T) {
	theirs := startMemcached(t)
	_, ours := start(t, Config{Dialect: "classic"})
	key250, key251 := strings.Repeat("k", 250), strings.Repeat("k", 251)
	big := strings.Repeat("x", 1<<20-4<<10)
	for i, request := range []string{
		"get k\r\nset k 0 0 3\r\nabc\r\nget k\r\n",
		"set k 4294967295 0 0\r\n\r\nget k k x k\r\n",
		"set k 7 0 10 noreply\r\n\r\n\r\n\r\n\r\n\r\n\r\nget k\n",
		"set k 0 0 3\nabc\r\nget k\n",
		"  set  k  1  0  3  \r\nabc\r\n  get  k  \r\n",
		"set k 0 0 3 other\r\nabc\r\nget k\r\n",
		"set k 0 0 003\r\nabc\r\nget k\r\n",
		"set " + key250 + " 0 0 1\r\nx\r\nget " + key250 + "\r\n",
		"get " + key251 + "\r\ndelete " + key251 + "\r\n",
		"get\r\nget \r\ngets\r\nset\r\nset k\r\nset k 0 0\r\nset k 0 0 1 noreply more\r\ndelete\r\ndelete a b c d\r\n",
		"\r\n\n  \r\nnonsense\r\nGET k\r\nend\r\n",
		"set k 0 0 -1\r\nset k 0 0 x\r\nset k 0 0 1x\r\nset k x 0 x\r\nset k 0 0 -1 noreply\r\nget k\r\n",
		"set k 0 0 2\r\nabcdef\r\nget k\r\n",
		"set k 0 0 2 noreply\r\nabcdef\r\nget k\r\n",
		"set k 0 0 5\r\nabc\r\nget x\r\nget k\r\n",
		"set k 0 0 5000000\r\n" + strings.Repeat("x", 5000002) + "get fresh\r\n",
		"set k 0 0 5000000 noreply\r\n" + strings.Repeat("x", 5000002) + "get fresh\r\n",
		"set big 0 0 1044480\r\n" + big + "\r\nget big\r\n",
		"set d 0 0 1\r\nx\r\ndelete d\r\ndelete d\r\nget d\r\n",
		"set d 0 0 1\r\nx\r\ndelete d 0\r\ndelete d 0\r\ndelete d 1\r\ndelete d x noreply\r\ndelete d 0 x\r\n",
		"set d 0 0 1\r\nx\r\ndelete d noreply\r\nget d\r\nset d 0 0 1\r\nx\r\ndelete d 0 noreply\r\nget d\r\n",
		"set e 0 -1 1\r\nx\r\nget e\r\nset e 0 2592001 1\r\nx\r\nget e\r\nset e 0 1000 1\r\nx\r\nget e\r\n",
		fmt.Sprintf("set e 0 %d 1\r\nx\r\nget e\r\n", time.Now().Unix()+1000),
		"set k 5 0 3\r\nabc\r\nget" + strings.Repeat(" k", 10000) + "\r\nget fresh\r\n",
		"get" + strings.Repeat(" absent-key-of-some-length", 1000) + "\r\nget fresh\r\n",
		strings.Repeat("x", 1500) + "\r\nget fresh\r\n",
	} {
		answers := map[string][]byte{}
		for _, addr := range []string{theirs, ours} {
			p := dial(t, addr)
			go io.WriteString(p, request+"quit\r\n")
			got, err := io.ReadAll(p.r)
			if err != nil && !errors.Is(err, net.ErrClosed) && isTimeout(err) {
				t.Errorf("request %d at %s: %v", i, addr, err)
			}
			answers[addr] = got
		}
		if !bytes.Equal(answers[theirs], answers[ours]) {
			t.Errorf("request %d: %.100q\nmemcached %.300q\nmemlite   %.300q", i, request, answers[theirs], answers[ours])
		}
	}
}
