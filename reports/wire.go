package reports

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What came over the wire is hostile: it may hold escape sequences for terminals, markup, or text that runs
// backwards. Everything here turns it into characters that stand for themselves, before any format sees it.

// visible writes s on one line with every character that does not print as an escape: \x00, \n, \u202e.
func visible(s string) string {
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		b.WriteString(escape(r, s[:n]))
		s = s[n:]
	}
	return b.String()
}

// visibleText is visible for text of several lines.
func visibleText(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	return strings.Join(visibleAll(lines), "\n")
}

// escape is one character as it prints. raw is the bytes it came from.
func escape(r rune, raw string) string {
	if r == utf8.RuneError && len(raw) == 1 {
		return fmt.Sprintf(`\x%02x`, raw[0])
	}
	if unicode.IsPrint(r) {
		return string(r)
	}
	if r < 0x20 && r != '\n' && r != '\r' && r != '\t' || r == 0x7f {
		return fmt.Sprintf(`\x%02x`, r) // \a and \v are names that few know
	}
	return strings.Trim(strconv.QuoteRune(r), "'")
}

// piece is part of what was sent or received, as it is shown.
type piece struct {
	Text string
	Kind string // "" as it stands, "escape" for a byte that does not print, "diff" where it went wrong, "cut" for what is left out
}

// shown is how many bytes of one message are shown where there is room, and around how much of them a fault that lies
// further on.
const (
	shown  = 400
	around = 80
)

// pieces shows bytes with escapes; the character at mark is the one that went wrong. mark = len(b) means that it
// ended too early, -1 that nothing is marked. length is how many bytes it was before b was cut for the report, most how
// many are shown.
func pieces(b []byte, length, mark, most int) []piece {
	var list []piece
	from, to := 0, min(len(b), most)
	if edge := min(around, most/5); mark > most-edge {
		list = appendPieces(list, b[:edge], -1)
		from, to = mark-edge, min(len(b), mark+edge)
		list = append(list, piece{fmt.Sprintf(" … %s bytes … ", number(int64(from-edge))), "cut"})
	}
	list = appendPieces(list, b[from:to], mark-from)
	if rest := max(length, len(b)) - to; rest > 0 {
		list = append(list, piece{" … " + plural(int64(rest), "more byte"), "cut"})
	}
	if mark == len(b) && mark >= 0 {
		list = append(list, piece{"ends here", "diff"})
	}
	return list
}

func appendPieces(list []piece, b []byte, mark int) []piece {
	for at := 0; at < len(b); {
		r, n := utf8.DecodeRune(b[at:])
		p := piece{Text: escape(r, string(b[at:at+n]))}
		switch {
		case at <= mark && mark < at+n:
			p.Kind = "diff"
		case r == '\\':
			p.Text, p.Kind = `\\`, "escape" // so that a sent backslash is not read as our escape
		case !unicode.IsPrint(r) || r == utf8.RuneError && n == 1:
			p.Kind = "escape"
		}
		if last := len(list) - 1; last >= 0 && list[last].Kind == p.Kind && p.Kind != "diff" && p.Kind != "cut" {
			list[last].Text += p.Text
		} else {
			list = append(list, p)
		}
		at += n
	}
	return list
}

// contrast compares what a rule wanted with what it got, both quoted as Go strings are, and returns the bytes of
// each with the place of the first difference. Of several wanted texts (`"a" or "b"`) the nearest counts. ok is
// false where one of the two is a description in words, or where they do not differ as far as they are known.
func contrast(want, got string) (w, g []byte, at int, ok bool) {
	gotText, gotCut, rest, ok := quoted(got)
	if !ok || rest != "" && !strings.HasPrefix(rest, ", then ") {
		return nil, nil, 0, false
	}
	at = -1
	wantCut := false
	for rest := want; ; {
		var text string
		var cut bool
		if text, cut, rest, ok = quoted(rest); !ok {
			return nil, nil, 0, false
		}
		if n := common(text, gotText); n > at {
			w, at, wantCut = []byte(text), n, cut
		}
		if rest == "" {
			break
		}
		if rest, ok = strings.CutPrefix(rest, "or "); !ok {
			return nil, nil, 0, false
		}
	}
	if at == len(w) && (wantCut || at == len(gotText)) || at == len(gotText) && gotCut {
		return nil, nil, 0, false // the difference is not in the bytes that are known
	}
	return w, []byte(gotText), at, true
}

var cutMark = regexp.MustCompile(`^… \([0-9]+ bytes\)`)

// quoted takes a quoted text off the front of s. cut says that only its beginning is there, as in `"abc"… (300 bytes)`.
func quoted(s string) (text string, cut bool, rest string, ok bool) {
	s = strings.TrimSpace(s)
	prefix, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", false, "", false
	}
	if text, err = strconv.Unquote(prefix); err != nil {
		return "", false, "", false
	}
	rest = s[len(prefix):]
	if m := cutMark.FindString(rest); m != "" {
		cut, rest = true, rest[len(m):]
	}
	return text, cut, strings.TrimSpace(rest), true
}

func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// line is one event of a transcript, as it is shown.
type line struct {
	At, Client, Kind, Arrow, Note string
	Pieces                        []piece
}

// lines shows the events of a rule: the first and the last ones if there are very many. The byte at which what was
// received went wrong is marked in the event that holds it.
func (r *Rule) lines() []line {
	const edge = 100
	marked, mark := r.diverging()
	var list []line
	for i, e := range r.Transcript {
		if left := len(r.Transcript) - 2*edge; left > 0 && i >= edge && i < edge+left {
			if i == edge {
				list = append(list, line{Kind: "cut", Note: plural(int64(left), "event") + " left out here: they are in the JSON"})
			}
			continue
		}
		at := -1
		if i == marked {
			at = mark
		}
		list = append(list, newLine(e, shown, at))
	}
	return list
}

// excerpt shows at most n events with at most so many bytes of each.
func (r *Rule) excerpt(n, bytes int) []line {
	c := *r
	c.Transcript = r.Excerpt(n)
	marked, mark := c.diverging()
	var list []line
	for i, e := range c.Transcript {
		at := -1
		if i == marked {
			at = mark
		}
		l := newLine(e, bytes, at)
		l.Pieces = joined(l.Pieces)
		list = append(list, l)
	}
	return list
}

// joined takes the escapes back into the text: a page of thousands of excerpts is a third as large without them.
func joined(list []piece) []piece {
	var out []piece
	for _, p := range list {
		if p.Kind == "escape" {
			p.Kind = ""
		}
		if last := len(out) - 1; last >= 0 && p.Kind == "" && out[last].Kind == "" {
			out[last].Text += p.Text
		} else {
			out = append(out, p)
		}
	}
	return out
}

// newLine shows an event with at most so many bytes of it; the one at mark is where it went wrong, -1 for none.
func newLine(e Event, bytes, mark int) line {
	l := line{At: "+" + clock(e.At), Kind: visible(e.Kind), Arrow: arrow(e.Kind), Note: visible(e.Note)}
	if e.Client != 0 { // 0 is the rule itself
		l.Client = fmt.Sprintf("#%d", e.Client)
	}
	if len(e.Bytes) > 0 || e.Length > 0 {
		l.Pieces = pieces(e.Bytes, e.Length, mark, bytes)
	}
	return l
}

// diverging finds the received byte at which it went wrong, in what came to the client whose reply that was: a reply
// may have come in several pieces. event is -1 where that is not known.
func (r *Rule) diverging() (event, at int) {
	_, got, diff, ok := contrast(r.Want, r.Got)
	if !ok || len(got) == 0 {
		return -1, -1
	}
	client := r.Client
	for i := len(r.Transcript) - 1; i >= 0 && client == 0; i-- {
		if e := r.Transcript[i]; e.Kind == "receive" {
			client = e.Client
		}
	}
	var stream []byte
	type part struct{ event, start int }
	var parts []part
	for i, e := range r.Transcript {
		if e.Kind != "receive" || e.Client != client {
			continue
		}
		parts = append(parts, part{i, len(stream)})
		stream = append(stream, e.Bytes...)
		if e.Length > len(e.Bytes) {
			stream, parts = append(stream, 0), append(parts, part{-1, len(stream)}) // what follows does not go on from here
		}
	}
	start := bytes.LastIndex(stream, got)
	if start < 0 {
		return -1, -1
	}
	where := start + diff
	for i := len(parts) - 1; i >= 0; i-- {
		p := parts[i]
		// A reply that ended too early ends in the piece that holds its last byte.
		if p.start < where || p.start == where && diff < len(got) {
			return p.event, where - p.start
		}
	}
	return -1, -1
}

func arrow(kind string) string {
	switch kind {
	case "send":
		return "→"
	case "receive":
		return "←"
	}
	return "·"
}

// clock writes the time of an event in milliseconds, so that a column of them lines up.
func clock(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/1e6, 'f', 3, 64) + " ms"
}

// plain is a line without markup; the marked byte stands in ⟦ ⟧.
func (l line) plain() string {
	if l.Kind == "cut" {
		return "  … " + l.Note
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%12s %4s %s %s", l.At, l.Client, l.Arrow, l.Kind)
	if len(l.Pieces) > 0 {
		b.WriteByte(' ')
		b.WriteString(plainPieces(l.Pieces))
	}
	if l.Note != "" {
		b.WriteString(" (" + l.Note + ")")
	}
	return b.String()
}

func plainPieces(list []piece) string {
	var b strings.Builder
	for _, p := range list {
		if p.Kind == "diff" {
			b.WriteString("⟦" + p.Text + "⟧")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// quoteCommand is a command line that a POSIX shell reads back.
func quoteCommand(args []string) string {
	list := make([]string, len(args))
	for i, a := range args {
		if a != "" && strings.IndexFunc(a, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@%+=:,./_-", r))
		}) < 0 {
			list[i] = a
			continue
		}
		list[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	return visible(strings.Join(list, " "))
}
