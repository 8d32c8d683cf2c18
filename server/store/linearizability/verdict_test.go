package linearizability

import (
	"strings"
	"sync"
	"testing"

	"github.com/anishathalye/porcupine"
)

func op(client int, call, ret int64, in access, out uint64) porcupine.Operation {
	return porcupine.Operation{ClientId: client, Input: in, Call: call, Output: out, Return: ret}
}

func setOf(v uint64) access { return access{kind: set, number: v} }

func TestVerdict(t *testing.T) {
	get, del := access{}, access{kind: del}
	for _, test := range []struct {
		name    string
		history History
		problem string // "" for none
	}{
		{"read after write", History{op(0, 0, 1, setOf(1), 0), op(1, 2, 3, get, 1)}, ""},
		{"overlapping write unseen and seen", History{
			op(0, 0, 9, setOf(1), 0), op(1, 1, 2, get, 0), op(1, 3, 4, get, 1)}, ""},
		{"stale read", History{
			op(0, 0, 1, setOf(1), 0), op(0, 2, 3, setOf(2), 0), op(1, 4, 5, get, 1)}, "not linearizable"},
		{"new, then old again", History{
			op(0, 0, 1, setOf(1), 0), op(0, 2, 9, setOf(2), 0), op(1, 3, 4, get, 2), op(1, 5, 6, get, 1)}, "not linearizable"},
		{"a value nobody set", History{op(0, 0, 1, setOf(1), 0), op(1, 2, 3, get, 7)}, "not linearizable"},
		{"deleted", History{
			op(0, 0, 1, setOf(1), 0), op(1, 2, 3, get, 1), op(1, 4, 5, del, 1), op(0, 6, 7, get, 0)}, ""},
		{"deleted twice", History{
			op(0, 0, 1, setOf(1), 0), op(1, 2, 3, get, 1), op(0, 4, 6, del, 1), op(1, 5, 7, del, 1)}, "not linearizable"},
		{"read after delete", History{
			op(0, 0, 1, setOf(1), 0), op(0, 2, 3, del, 1), op(1, 4, 5, get, 1)}, "not linearizable"},
		{"reads that saw nobody's write", History{op(0, 0, 1, setOf(1), 0), op(0, 2, 3, get, 1)}, "says nothing"},
	} {
		// Alone, and behind and before so much else that it is judged in parts of its own.
		padding := func(n int, from int64, v uint64) (h History) {
			for range n {
				h = append(h, op(2, from, from+1, setOf(v), 0), op(3, from+2, from+3, get, v))
				from, v = from+4, v+1
			}
			return h
		}
		for _, n := range []int{0, 1, 31, 32, 33, 100} {
			h := padding(n, -5000, 1000)
			if n > 0 { // the key has nothing when the test begins
				h = append(h, op(2, -2, -1, del, 1))
			}
			h = append(append(h, test.history...), padding(n, 100, 5000)...)
			err := h.Verdict()
			switch {
			case test.problem == "" && err != nil:
				t.Errorf("%s, %d pairs around it: %v", test.name, n, err)
			case test.problem == "says nothing" && n > 0: // the padding's reads say something
			case test.problem != "" && (err == nil || !strings.HasPrefix(err.Error(), test.problem)):
				t.Errorf("%s, %d pairs around it: verdict %v, want %s", test.name, n, err, test.problem)
			}
		}
	}
}

// TestParts: a history is cut only where nothing is under way.
func TestParts(t *testing.T) {
	var h History
	for i := range int64(400) {
		h = append(h, op(0, 10*i, 10*i+5, setOf(uint64(i+1)), 0))
	}
	h = append(h, op(1, 1000, 1996, access{}, 150)) // from 100 up to and with 199
	parts := h.parts()
	total := 0
	for _, part := range parts {
		total += len(part)
		if len(part) < 2 {
			t.Errorf("a part of %d operations", len(part))
		}
		for _, op := range part[1:] {
			if op.Call <= part[0].Return {
				t.Errorf("a cut within %d and %d", op.Call, part[0].Return)
			}
		}
	}
	// Sets 0 to 63; to 200, since the get spans 100 to 199; then 63 at a time; 10 are left.
	if n := len(parts); n != 6 || total != len(h)+n-1 {
		t.Errorf("%d parts with %d operations of %d", n, total, len(h))
	}
	if err := (History{h[0], op(1, 6, 7, access{}, 1)}).Verdict(); err != nil {
		t.Error(err)
	}
}

// atomic is a store with one lock, which a test may break.
type atomic struct {
	mu     sync.Mutex
	values map[string]string
	lie    func(value string) string
}

func (a *atomic) client() (Client, error) {
	return Client{
		Get: func(key string) (string, bool, error) {
			a.mu.Lock()
			defer a.mu.Unlock()
			v, ok := a.values[key]
			if ok {
				v = a.lie(v)
			}
			return v, ok, nil
		},
		Set: func(key, value string) error {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.values[key] = value
			return nil
		},
	}, nil
}

func TestRecord(t *testing.T) {
	a := atomic{values: map[string]string{}, lie: func(v string) string { return v }}
	h, err := Record(a.client, few)
	if err != nil {
		t.Fatal(err)
	}
	if want := clients*few + keys*few/phase; len(h) != want {
		t.Errorf("%d operations, want %d", len(h), want)
	}
	users := map[[2]int]bool{}
	for _, op := range h {
		users[[2]int{op.ClientId, op.Input.(access).key}] = true
	}
	if len(users) != clients*keys {
		t.Errorf("%d pairs of client and key, want %d", len(users), clients*keys)
	}
	if err := h.Verdict(); err != nil {
		t.Error(err)
	}
}

func TestRecordOfLies(t *testing.T) {
	var before string
	a := atomic{values: map[string]string{}, lie: func(v string) string {
		v, before = before, v
		return v
	}}
	a.lie(text(1))
	h, err := Record(a.client, few)
	if err == nil {
		err = h.Verdict()
	}
	if err == nil || !strings.Contains(err.Error(), "not linearizable") {
		t.Errorf("of a store that lies: %v", err)
	}
	a.lie = func(v string) string { return v + "x" }
	if _, err := Record(a.client, few); err == nil || !strings.Contains(err.Error(), "nobody set") {
		t.Errorf("of a store that mixes values: %v", err)
	}
}
