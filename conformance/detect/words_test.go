package detect

import (
	"strconv"
	"strings"
	"testing"

	"memlite/conformance/rules"
)

// What a reply's words can mean, and what they cannot.
func TestWords(t *testing.T) {
	for _, c := range []struct {
		mean    string // stored, miss, refused or nothing
		replies []string
	}{
		{"stored", []string{"STORED", "STORED\nEND", "STORED\n", "OK", "Stored successfully", "+OK", "SAVED k", "success"}},
		{"miss", []string{"END", "NOT-FOUND", "NOT_FOUND", "NOT FOUND", "not found", "null", "None", "(nil)", "", "KEY … NOT FOUND",
			"No such key", "key does not exist", "-1", "NOT-FOUND\nEND", "Key not found", "ERROR: key not found"}},
		{"refused", []string{"ERROR", "NOT-STORED", "NOT_STORED", "NOT STORED", "CLIENT_ERROR bad data chunk", "SERVER_ERROR object too large for cache",
			"INVALID", "Unknown command", "usage: set k n", "ERROR\n", "ERR 3", "wrong number of arguments", "-ERR syntax"}},
		{"nothing", []string{"VALUE k 0", "VALUE k 0\n\nEND", "VALUE error 3", "hello?", "STORED\nERROR", "ERROR\nERROR", strings.Repeat("ok ", 50), "OK\x00",
			"k=v", "3", "NOT-FOUND\nNOT-FOUND"}},
	} {
		for _, reply := range c.replies {
			var got []string
			for name, is := range map[string]bool{"stored": isStored(reply), "miss": isMiss(reply), "refused": isRefusal(reply)} {
				if is {
					got = append(got, name)
				}
			}
			if strings.Join(got, " ") != strings.TrimPrefix(c.mean, "nothing") {
				t.Errorf("%q can mean %q, want %s", reply, got, c.mean)
			}
		}
	}
}

func TestFrame(t *testing.T) {
	const value = "v1tokenabcdef"
	for text, want := range map[string]string{
		"VALUE probex1 13\r\n" + value + "\r\nEND\r\n":       "VALUE {key} {size} | END",
		"VALUE probex1 0 13\r\n" + value + "\r\nEND\r\n":     "VALUE {key} {flags} {size} | END",
		"VALUE probex1 13 \r\n" + value + " \r\nEND\r\n":     "VALUE {key} {size}  |_ END",
		"VALUE 13\n" + value + "\n":                          "VALUE {size} |",
		value + "\r\n":                                       " |",
		value + "\r\nEND\r\n\r\n":                            " | END/",
		"VALUE probex1 15\r\n" + value + "\r\nEND\r\n":       "",
		"VALUE probex1\r\n" + value + "\r\nEND\r\n":          "",
		"VALUE probex1 13\r\n" + value + "END\r\n":           "",
		"VALUE probex1 13 " + value + "\r\n":                 "",
		"a\r\nb\r\n" + value + "\r\n":                        "",
		"VALUE probex1 13\r\n" + value + "\r\n1\n2\n3\n4\n5": "",
		"": "",
	} {
		before, after, space, ok := frame(answer{text: text}, value)
		got := ""
		if ok {
			got = strings.TrimSuffix(before+" |"+map[bool]string{true: "_"}[space]+" "+strings.Join(after, "/"), " ")
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestForeign(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "ERROR\r\n": "", "NOT-FOUND\r\n": "", "hello\tworld\r\n": "", "日本\r\n": "",
		"HTTP/1.1 400 Bad Request\r\n": "HTTP", "<!DOCTYPE HTML>\n": "HTTP", "SSH-2.0-x\r\n": "SSH", "-ERR unknown\r\n": "RESP",
		"\x15\x03\x01\x00\x02\x02\x46": "TLS", "\x00\x00\x00\x05ERROR": "not lines of text", strings.Repeat("x", most): "without an end",
	} {
		if got := foreign(text); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%.40q: %q, want %q", text, got, want)
		}
	}
}

// Whatever comes, a reply means one thing at most, and what is learned from it is a profile that a file can hold.
func FuzzReplies(f *testing.F) {
	for _, reply := range []string{"STORED\r\n", "VALUE probex1 13\r\nv1tokenabcdef\r\nEND\r\n", "NOT FOUND probex1\r\n", "ERROR 1\r\nEND\r\n", "\n", "{size}…{key}\n", ""} {
		f.Add(reply, reply)
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		const value = "v1tokenabcdef"
		a, b := answer{text: one}, answer{text: other}
		word := strings.Join(a.lines(), "\n")
		n := 0
		for _, is := range []bool{isStored(word), isMiss(word), isRefusal(word)} {
			if is {
				n++
			}
		}
		if n > 1 {
			t.Errorf("%q means %d things", word, n)
		}
		s := &survey{prober: &prober{}, form: forms()[0], together: true, policy: rules.Refuse, ends: ends(one), leave: "end"}
		if text, ok := same(a, b); ok && isStored(text) {
			s.stored = []string{text}
		}
		if isMiss(word) {
			s.missing = []string{word}
		}
		if isRefusal(word) {
			s.bad, s.mismatch = []string{word}, []string{word}
		}
		if before, after, space, ok := frame(b, value); ok {
			s.seen, s.after, s.space = true, after, space
			if before != "" {
				s.values = []string{before}
			}
		}
		p := s.nearest()
		var file strings.Builder
		if err := rules.WriteProfile(&file, p, p.Differences()); err != nil {
			t.Fatal(err)
		}
		if _, err := rules.ParseProfile([]byte(file.String()), "x"); err != nil {
			t.Errorf("%s and %s: %v\n%s", strconv.Quote(one), strconv.Quote(other), err, file.String())
		}
	})
}
