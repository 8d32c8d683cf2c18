package rules

import (
	"strings"
	"testing"
)

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		match         bool
	}{
		{"END", "END", true}, {"END", "END ", false}, {"END", "end", false}, {"END", "", false}, {"", "", true}, {"", "x", false},
		{"ERROR…", "ERROR", true}, {"ERROR…", "ERROR 1", true}, {"ERROR…", "ERRO", false}, {"…", "", true}, {"…", "x", true},
		{"…found", "not found", true}, {"…found", "found it", false}, {"no…key", "no such key", true}, {"no…key", "no keys", false},
		{"a…b…c", "abc", true}, {"a…b…c", "a b c", true}, {"a…b…c", "a c", false}, {"a…b…c", "acb", false}, {"ab…b", "ab", false},
	} {
		if got := matches(c.pattern, c.text); got != c.match {
			t.Errorf("%q matches %q: %v", c.pattern, c.text, got)
		}
	}
}

func TestReplyEnds(t *testing.T) {
	p := Profiles()[0]
	for end, good := range map[string]string{"\r\n": "STORED\r\n", "\n": "STORED\n", "": "STORED\r\n STORED\n"} {
		p.ReplyEnd = end
		for _, line := range []string{"STORED\r\n", "STORED\n", "STORED", "STORED\r"} {
			if got := p.means(line, Stored); got != strings.Contains(good, line) && strings.HasSuffix(line, "\n") || got && !strings.HasSuffix(line, "\n") {
				t.Errorf("lines end in %q: %q means stored: %v", end, line, got)
			}
		}
	}
}

func TestValueLines(t *testing.T) {
	p := Profiles()[0]
	p.Values = []string{"VALUE {key} {size}", "VALUE {size}", "{size} of {key}, {flags}"}
	for line, size := range map[string]int{"VALUE k 3\r\n": 3, "VALUE 12\r\n": 12, "7 of k, 0\r\n": 7, "VALUE k 03\r\n": -1, "VALUE k +3\r\n": -1,
		"VALUE x 3\r\n": -1, "VALUE k -1\r\n": -1, "VALUE k \r\n": -1, "VALUE k 3 \r\n": -1, "VALUE k 3\n": -1, "VALUE k 99999999999\r\n": -1} {
		n, ok := p.announced(line, "k")
		if ok != (size >= 0) || ok && n != size {
			t.Errorf("%q announces %d, %v", line, n, ok)
		}
		if p.isValueLine(line, "k", 3) != (size == 3) {
			t.Errorf("%q stands before a value of 3 bytes: %v", line, size != 3)
		}
	}
	p = Profiles()[0]
	p.Characters = true
	if got := strings.Join(p.valueReply("k", "日本"), ""); got != "VALUE k 2\r\n日本\r\nEND\r\n" {
		t.Errorf("%q", got)
	}
	p.Values, p.ValueEnd, p.ReplyEnd = nil, nil, "\n"
	if got := strings.Join(p.valueReply("k", "abc"), ""); got != "abc\n" {
		t.Errorf("%q", got)
	}
}
