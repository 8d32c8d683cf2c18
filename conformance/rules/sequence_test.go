package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What is written has the lengths and bytes that it should, whatever is drawn, and every request of it has an end of its own.
func TestSequencesAreWellFormed(t *testing.T) {
	for _, profile := range Profiles() {
		s := drawn(May)
		s.t.Profile = profile
		forms, held, several := map[int]bool{}, 0, 0
		hunt(s, 1, 300, func(q Sequence) bool {
			for i, k := range q.keys {
				if name := k.name("nonce0123", 7, i); k.length > 0 && len(name) != k.length || k.length > 9 && !strings.HasSuffix(name, "aAb"[i:i+1]) {
					t.Errorf("%v is called %q", k, name)
				}
			}
			w := &sequenceWriter{t: s.t, keys: []string{"ka", "kb", "kc"}, values: map[string]string{}}
			for _, b := range q.bursts {
				for _, o := range b.ops {
					forms[o.form] = true
					if v := w.block(o.value); profile.Dialect == Lite && strings.Contains(v, "\r\n") {
						t.Errorf("the value %q ends in its middle", v)
					}
				}
			}
			whole := map[int]string{}
			for i, send := range q.sends(s.t, "nonce", 123) {
				text := strings.Join(send.Pieces, "")
				if send.Requests == nil {
					held++
					whole[send.Client] = text
					continue
				}
				want := ""
				for _, r := range send.Requests {
					want += r.Text
					if r.Alone && len(send.Requests) > 1 {
						t.Errorf("%q is not sent alone", r.Text)
					}
				}
				if got := whole[send.Client] + text; got != want || slices.Contains(send.Pieces, "") {
					t.Errorf("send %d: %q in %q, want %q", i, got, send.Pieces, want)
				}
				whole[send.Client] = ""
				several += len(send.Pieces) - 1
			}
			for client, rest := range whole {
				if rest != "" {
					t.Errorf("client %d has not sent the rest of %q", client, rest)
				}
			}
			return false
		})
		for i, f := range sequenceForms {
			if f.level <= May && !forms[i] && slices.Contains(s.forms(), i) {
				t.Errorf("%s: form %d was never drawn", profile.Name, i)
			}
		}
		if held < 20 || several < 20 {
			t.Errorf("%s: %d requests held back, %d cut", profile.Name, held, several)
		}
	}
}

// A set whose end waits for another client's burst happens then, in the model too.
func TestHeldRequestsRunWhenTheyAreWhole(t *testing.T) {
	s := drawn(Must)
	q := Sequence{keys: make([]keyShape, keysOfSequence), bursts: []burst{
		{client: 0, held: 1, ops: []op{{form: plainSet, value: valueShape{n: 3}}}},
		{client: 1, ops: []op{{}, {form: plainSet, value: valueShape{n: 1, first: 9}}}},
		{client: 2, ops: []op{{}}},
	}}
	var got []string
	for _, send := range q.sends(s.t, "n", 7) {
		got = append(got, fmt.Sprintf("%d %q", send.Client, send.Pieces))
	}
	want := []string{`0 ["set n0007a 3\r\n"]`, `1 ["get n0007a\r\nset n0007a 1\r\nj\r\n"]`, `0 ["abc\r\n"]`, `2 ["get n0007a\r\n"]`}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// No two tries share a key, short as it may be.
func TestKeysAreFresh(t *testing.T) {
	for length := range 14 {
		seen := map[string]bool{}
		for try := range min(3000, []int{3000, 8, 225, 3000}[min(length, 3)]) {
			for i := range keysOfSequence {
				key := keyShape{length: length}.name(fmt.Sprintf("nonce%d", try), try, i)
				if seen[key] || length > 0 && len(key) != length || strings.ContainsAny(key, " \r\n\t\x7f") {
					t.Fatalf("length %d, try %d: the key %q", length, try, key)
				}
				seen[key] = true
			}
		}
	}
}

func TestRename(t *testing.T) {
	s := Sequence{keys: []keyShape{{}, {length: 250}, {length: 3}}}.Recognizable()
	var was, is string
	for i, key := range s.names("n", 7) {
		was += fmt.Sprintf("VALUE %s 3\r\n%s\r\nget %s\r\nabcabc\r\n", key, key, key)
		other := s.names("n", 12)[i]
		is += fmt.Sprintf("VALUE %s 3\r\n%s\r\nget %s\r\nabcabc\r\n", other, other, other)
	}
	if got := Rename(was, "n", 7, 12); got != is {
		t.Errorf("%q\nwant %q", got, is)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		places []int
		want   string
	}{{nil, "0123456789"}, {[]int{500}, "01234 56789"}, {[]int{999, 0}, "012345678 9"}, {[]int{300, 300, 100}, "0 12 3456789"}} {
		if got := strings.Join(cut("0123456789", c.places), " "); got != c.want {
			t.Errorf("cut at %v: %s, want %s", c.places, got, c.want)
		}
	}
	if got := places(strings.Repeat("x", 30) + "\r\n"); len(got) != 31 {
		t.Errorf("cuts of 32 bytes: %v", got)
	}
	long := places(strings.Repeat("x", 300) + "\r\nabc\r\n")
	for _, must := range []int{1, 299, 300, 301, 302, 303, 304, 305, 306} {
		if must > 1 && !slices.Contains(long, must) {
			t.Errorf("cuts of 307 bytes without %d: %v", must, long)
		}
	}
	if len(long) > 60 {
		t.Errorf("%d cuts of a long request", len(long))
	}
}
