package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Send is what one client sends before anybody reads: whole requests, or the rest of one, or one as far as it goes.
type Send struct {
	Client   int       // from 0
	Pieces   []string  // in writes of their own, apart
	Requests []Request // those that are whole now; none if this is the beginning of one
}

// sequenceWriter turns a Sequence into bytes, and is the model of what they do: which key has which value once all
// that was written so far has been read.
type sequenceWriter struct {
	t      *T
	keys   []string
	least  int // length of a key that is fresh for sure
	values map[string]string
}

// sends gives the keys names that no other try has, and returns the sequence as it is to be sent. What the names begin with must be
// new to the endpoint.
func (s Sequence) sends(t *T, begin string, try int) []Send {
	w := &sequenceWriter{t: t, keys: s.names(begin, try), least: len(nonce(begin, try)) + 1, values: map[string]string{}}
	var (
		list    []Send
		waiting []Send // the rest of a request that is sent after the next burst
	)
	for i := 0; i < len(s.bursts); i++ {
		b := s.bursts[i]
		for b.whole && i+1 < len(s.bursts) {
			i++
			b.ops = append(slices.Clone(b.ops), s.bursts[i].ops...)
			b.cuts = append(slices.Clone(b.cuts), s.bursts[i].cuts...)
		}
		if len(waiting) > 0 && waiting[0].Client == b.client {
			list, waiting = append(list, w.run(waiting)...), nil
		}
		sends, rest := w.burst(b)
		list = append(append(list, sends...), w.run(waiting)...)
		waiting = rest
	}
	return append(list, w.run(waiting)...)
}

func (s Sequence) names(begin string, try int) (keys []string) {
	for i, shape := range s.keys {
		keys = append(keys, shape.name(nonce(begin, try), try, i))
	}
	return keys
}

// nonce is what the names of a try's keys begin with. All are of one length, so that no reply is longer from one try to the next.
func nonce(begin string, try int) string { return fmt.Sprintf("%s%04d", begin, try) }

// run lets the model do what requests that are now whole do.
func (w *sequenceWriter) run(list []Send) []Send {
	for _, s := range list {
		for _, r := range s.Requests {
			w.done(r)
		}
	}
	return list
}

// burst writes what one client sends; rest is what waits for the next burst.
func (w *sequenceWriter) burst(b burst) (list, rest []Send) {
	now := Send{Client: b.client}
	flush := func() {
		if len(now.Requests) == 0 {
			return
		}
		var bytes strings.Builder
		for _, r := range now.Requests {
			bytes.WriteString(r.Text)
		}
		now.Pieces = cut(bytes.String(), b.cuts)
		list = append(list, now)
		now = Send{Client: b.client}
	}
	for i, o := range b.ops {
		r := sequenceForms[o.form].write(w, o)
		last := i == len(b.ops)-1
		if r.Alone || last && b.held > 0 {
			flush()
		}
		now.Requests = append(now.Requests, r)
		if last && b.held > 0 && !r.Leaves && !r.Alone {
			at := hold(r.Text, b.held)
			flush()
			list[len(list)-1] = Send{Client: b.client, Pieces: []string{r.Text[:at]}}
			return list, []Send{{Client: b.client, Pieces: []string{r.Text[at:]}, Requests: []Request{r}}}
		}
		w.done(r)
		if b.apart || r.Alone || r.Leaves {
			flush()
		}
		if r.Leaves {
			break // what is sent behind it is END-03's
		}
	}
	flush()
	return list, nil
}

// hold is where a request is cut whose second part waits: behind its first byte, its first line, in the middle of what
// follows, before its last byte.
func hold(text string, how int) int {
	line := strings.IndexByte(text, '\n') + 1
	return max(1, min(len(text)-1, []int{line, 1, (line + len(text)) / 2, len(text) - 1}[(how-1)%4]))
}

// cut cuts text at places in thousandths of it.
func cut(text string, places []int) (pieces []string) {
	at := []int{0, len(text)}
	for _, p := range places {
		at = append(at, p*len(text)/1000)
	}
	slices.Sort(at)
	at = slices.Compact(at)
	for i := range at[1:] {
		pieces = append(pieces, text[at[i]:at[i+1]])
	}
	return pieces
}

// name returns the ith key: the nonce and a letter that tells it from the others, at the end, where a key that is cut
// short loses it. The first two differ in case only.
func (k keyShape) name(nonce string, try, i int) string {
	letter := "aAb"[i : i+1]
	n := k.length
	if n == 0 {
		n = len(nonce) + 1
		if k.alphabet > 0 {
			n += 6
		}
	}
	if n <= len(nonce) {
		// Too short for all that: new to this run as long as there are such keys, but not to the endpoint.
		short := make([]byte, n)
		for number := try*keysOfSequence + i; n > 0; number /= 26 {
			n--
			short[n] = byte('a' + number%26)
		}
		return string(short)
	}
	filler := strings.Repeat([]string{"-", "é", "\xff\x80"}[k.alphabet], n)
	filler = filler[:n-len(nonce)-1]
	if k.alphabet == 1 {
		// A character that was cut in two is made whole with another.
		for !utf8.ValidString(filler) {
			filler = filler[:len(filler)-1]
		}
		filler += strings.Repeat("-", n-len(nonce)-1-len(filler))
	}
	return nonce + filler + letter
}

// tooLong returns a key that goes on after one of the sequence's.
func (w *sequenceWriter) tooLong(o op) string {
	n := w.t.Profile.MaxKey + []int{1, 2, 5, 6, 7, 50, 250, 262, 750}[o.n%9]
	return (w.keys[o.key] + strings.Repeat("x", n))[:n]
}

// controlled returns a key with a control character at its end, its start or inside.
func (w *sequenceWriter) controlled(o op) string {
	key, bad := w.keys[o.key], string("\x00\t\x01\x1b\x7f"[o.n%5])
	return []string{key + bad, bad + key, key[:len(key)/2] + bad + key[len(key)/2:] + "x"}[o.n/5%3]
}

// The words that a value may look like.
var valueWords = []string{"get %s", "end", "STORED", "ERROR", "NOT-FOUND", "END", "set %s 3", "VALUE %s 3", "NOT_STORED", "quit", "get", "CLIENT_ERROR x",
	"VALUE", "0", "-1", "null", "set %s 0 0 3", "SERVER_ERROR", "%s", "3"}

// harmless returns a value of that shape that a server which runs a refused block, as memcached does, takes for one unknown
// command.
func (w *sequenceWriter) harmless(v valueShape) string {
	if w.t.Profile.Dialect == Classic {
		return strings.Repeat("z", v.n)
	}
	return w.block(v)
}

const valueLetters = "abcdefghijklmnopqrstuvwxyz0123456789"

// block returns a value of that shape, or of letters where the grammar has no room for one.
func (w *sequenceWriter) block(v valueShape) string {
	value := w.shaped(v)
	if !w.t.fits(value) {
		return strings.Repeat("z", max(1, w.t.Profile.length(value)))
	}
	return value
}

func (w *sequenceWriter) shaped(v valueShape) string {
	switch v.kind {
	case wordValue:
		word := valueWords[v.n%len(valueWords)]
		if strings.Contains(word, "%s") {
			word = fmt.Sprintf(word, w.keys[v.n%keysOfSequence])
		}
		return word
	case wideValue:
		wide := []rune("é語😀ß")
		var b strings.Builder
		for i := range v.n {
			b.WriteRune(wide[(i+v.first)%len(wide)])
		}
		return b.String()
	case edgeValue:
		edges := []int{255, 256, 257, 127, 128, 1000, 1023, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 4097, 1460, 8191, 8192, 8193, 16383, 16384, 16385, 65535, 65536}
		return strings.Repeat(valueLetters[v.first:v.first+1], w.t.UpTo(edges[v.n%len(edges)]))
	case byteValue:
		b := []byte(v.bytes)
		if w.t.Profile.TrailingSpace && b[len(b)-1] == ' ' {
			b[len(b)-1] = '.' // whether it counts is not said
		}
		for i := 1; i < len(b) && w.t.Profile.Dialect == Lite; i++ {
			if b[i-1] == '\r' && b[i] == '\n' {
				b[i] = 'n'
			}
		}
		return string(b)
	}
	var b strings.Builder
	for i := range v.n {
		b.WriteByte(valueLetters[(v.first+i)%len(valueLetters)])
	}
	return b.String()
}
