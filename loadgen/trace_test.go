package loadgen

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// traceFile writes a trace, compressed as its name says.
func traceFile(t testing.TB, name, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch filepath.Ext(name) {
	case ".gz":
		w = gzip.NewWriter(&b)
	case ".zst":
		var err error
		if w, err = zstd.NewWriter(&b); err != nil {
			t.Fatal(err)
		}
	default:
		b.WriteString(text)
	}
	if w != nil {
		io.WriteString(w, text)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var traceLines = []struct {
	line string
	want string // key/value/operation/TTL, or the error
}{
	{"0,q:q:1:8WTfjZU14ee,17,213,4,get,0", "0 q:q:1:8WTfjZU14ee 213 get 0"},
	{"7,a,b,c,5,0,1,set,86400", "7 a,b,c 0 set 86400"},
	{"0,,0,0,4,get,0", "no key"},
	{"", "fewer than 7 fields"},
	{"1,k,1,2,3,get", "fewer than 7 fields"},
	{"1.5,k,1,2,3,get,0", "timestamp"},
	{"-1,k,1,2,3,get,0", "timestamp"},
	{"1,k,1,-2,3,get,0", "value size"},
	{"1,k,1,99999999999,3,get,0", "value size"},
	{"1,k,1,2,3,get,x", "TTL"},
	{"1,k,,2,,get,0", "1 k 2 get 0"}, // what is not needed is not read
}

func TestTraceLine(t *testing.T) {
	for _, c := range traceLines {
		var r traced
		got := ""
		if err := r.parse([]byte(c.line)); err != nil {
			got = err.Error()
		} else {
			got = fmt.Sprintf("%d %s %d %s %d", r.second, r.key, r.value, r.op, r.ttl)
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%q: %s, want %s", c.line, got, c.want)
		}
	}
}

func FuzzTraceLine(f *testing.F) {
	for _, c := range traceLines {
		f.Add([]byte(c.line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var r traced
		if r.parse(line) != nil {
			return
		}
		if len(r.key) == 0 || r.second < 0 || r.value < 0 || r.ttl < 0 || !bytes.Contains(line, r.key) {
			t.Fatalf("%q: %+v", line, r)
		}
		// Written anew, it reads the same.
		var again traced
		text := fmt.Appendf(nil, "%d,%s,%d,%d,0,%s,%d", r.second, r.key, len(r.key), r.value, r.op, r.ttl)
		if err := again.parse(text); err != nil || !bytes.Equal(again.key, r.key) || again.second != r.second || again.value != r.value || again.ttl != r.ttl {
			t.Fatalf("%q: %+v; %q: %+v, %v", line, r, text, again, err)
		}
	})
}

func TestTraceIsRead(t *testing.T) {
	text := "timestamp,key,key_size,value_size,client_id,operation,TTL\n" +
		"0,a,1,10,1,get,0\r\n0,b,1,10,1,delete,0\n1,c,1,10,1,add,5\nrubbish\n1," + strings.Repeat("k", 70_000) + ",1,1,1,get,0\n2,d,1,10,1,gets,0\n3,e,1,1,1,incr,0\n4,f,1,1,1,append,0"
	for _, name := range []string{"t.csv", "t.csv.gz", "t.csv.zst"} {
		tr, err := openTrace(traceFile(t, name, text))
		if err != nil {
			t.Fatal(err)
		}
		var r traced
		got := ""
		for {
			k, err := tr.next(&r)
			if err != nil {
				if err != io.EOF {
					t.Error(err)
				}
				break
			}
			got += fmt.Sprintf("%s %s, ", k, r.key)
		}
		tr.Close()
		if got != "get a, set c, get d, set f, " {
			t.Errorf("%s: %s", name, got)
		}
		said := strings.Join(tr.tally.say(true), "\n")
		for _, want := range []string{`2 of 9 lines are neither gets nor sets and were skipped: "delete" 1, "incr" 1`, "2 of 9 lines are wrong", "the first: line 5: fewer than 7 fields"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: no %q in\n%s", name, want, said)
			}
		}
	}
}

func TestTracesThatAreNone(t *testing.T) {
	whole, _ := os.ReadFile(traceFile(t, "x.gz", strings.Repeat("0,a,1,10,1,get,0\n", 10_000)))
	for name, c := range map[string]struct{ text, want string }{
		"empty": {"", "no get and no set in its first 0 lines"},
		"skip":  {"0,a,1,1,1,delete,0\n", "no get and no set"},
		"wrong": {"0,a,1,1,1,get,0\n0,a,1,1,1,get\n", "line 2: fewer than 7 fields"},
		"gzip":  {"\x1f\x8b\x08nonsense", "gzip"},
		"zstd":  {"\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff", ""},
		"cut":   {string(whole[:len(whole)/4]), ""},
	} {
		err := checkTrace(traceFile(t, name, c.text))
		if name == "cut" && err == nil {
			continue // its beginning may be whole
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "replay: ") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if err := checkTrace(filepath.Join(t.TempDir(), "none.csv")); err == nil {
		t.Error("a file that is not there")
	}
}

func halve(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, text[:len(text)/2], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
