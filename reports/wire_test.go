package reports

import (
	"strings"
	"testing"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain, ünïcode ✓": "plain, ünïcode ✓", "a\r\nb\tc": `a\r\nb\tc`, "\x00\x07\x1b[31m\x7f": `\x00\x07\x1b[31m\x7f`,
		"\xff\xc3(": `\xff\xc3(`, "\u202ertl\u200b": `\u202ertl\u200b`, "\ufffe\uffff": `\ufffe\uffff`, "�": "�",
	} {
		if got := visible(in); got != want {
			t.Errorf("%q shows as %s, want %s", in, got, want)
		}
	}
}

func TestPiecesMarkWhereItWentWrong(t *testing.T) {
	long := strings.Repeat("a", 5000)
	for _, c := range []struct {
		in     string
		length int
		mark   int
		want   string
	}{
		{"STORED\r\n", 8, 0, `⟦S⟧TORED\r\n`},
		{"END\r\n", 5, 3, `END⟦\r⟧\n`},
		{"END", 3, 3, `END⟦ends here⟧`},
		{"", 0, 0, `⟦ends here⟧`},
		{"é", 2, 1, `⟦é⟧`},
		{`\`, 1, -1, `\\`},
		{"ab", 9, -1, "ab … 7 more bytes"},
		{long, 5000, -1, long[:shown] + " … 4,600 more bytes"},
		{long + "X", 5001, 5000, long[:around] + " … 4,840 bytes … " + long[:around] + "⟦X⟧"},
	} {
		if got := plainPieces(pieces([]byte(c.in), c.length, c.mark, shown)); got != c.want {
			t.Errorf("%.20q marked at %d: %s, want %s", c.in, c.mark, got, c.want)
		}
	}
}

func TestContrast(t *testing.T) {
	for _, c := range []struct {
		want, got, nearest string
		at                 int
		ok                 bool
	}{
		{`"ERROR\r\n"`, `"ERR\r\n"`, "ERROR\r\n", 3, true},
		{`"END\r\n" or "NOT-FOUND\r\n"`, `"NOT_FOUND\r\n"`, "NOT-FOUND\r\n", 3, true},
		{`"a"`, `""`, "a", 0, true},
		{`"a"`, `"a"`, "", 0, false},
		{"a refusal", `"a"`, "", 0, false},
		{`"a" and then "b"`, `"a"`, "", 0, false},
		{`"a"`, "nothing within 1 s", "", 0, false},
		{`"a" or`, `"b"`, "", 0, false},
		{"", "", "", 0, false},
		{`"abc\r\n"`, `"ab", then nothing for 2s`, "abc\r\n", 2, true},
		{`"abc"… (300 bytes)`, `"abd"… (301 bytes)`, "abc", 2, true},
		{`"abc"… (300 bytes) or "x"`, `"abd"`, "abc", 2, true},
		{`"abc"… (300 bytes)`, `"abc"… (301 bytes)`, "", 0, false},
		{`"abc"`, `"abcd"`, "abc", 3, true},
		{`"a"`, `"b" and on (a line without an end)`, "", 0, false},
	} {
		w, _, at, ok := contrast(c.want, c.got)
		if string(w) != c.nearest || at != c.at || ok != c.ok {
			t.Errorf("%s against %s: %q at %d, %t", c.want, c.got, w, at, ok)
		}
	}
}

func TestLongTranscriptIsCutInTheMiddle(t *testing.T) {
	r := &Rule{}
	for range 1000 {
		r.Transcript = append(r.Transcript, Event{Kind: "send"})
	}
	lines := r.lines()
	if len(lines) != 201 || !strings.Contains(lines[100].plain(), "800 events left out here") {
		t.Errorf("%d lines, the middle one %q", len(lines), lines[100].plain())
	}
}

func TestQuoteCommand(t *testing.T) {
	in := []string{"memlite", "load", "a b", "it's", "", "$x;", "p99<5ms", "a\nb"}
	if got, want := quoteCommand(in), `memlite load 'a b' 'it'\''s' '' '$x;' 'p99<5ms' 'a\nb'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
