package process

import (
	"io"
	"strings"
	"sync"
	"unicode"
)

const (
	keepOutput = 16 << 10 // bytes
	keepLine   = 200      // characters
)

// tail keeps the last of what a command writes, however much that is.
type tail struct {
	mu    sync.Mutex
	total int64
	last  []byte // at most twice keepOutput
}

func (t *tail) readFrom(r io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		t.mu.Lock()
		t.total += int64(n)
		t.last = append(t.last, buf[max(0, n-keepOutput):n]...)
		if over := len(t.last) - keepOutput; over > keepOutput {
			t.last = append(t.last[:0], t.last[over:]...)
		}
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Mark is how much was written so far.
func (t *tail) Mark() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}

// Since returns the last lines written since mark, at most n, that are not blank, each cut and without control characters.
func (t *tail) Since(mark int64, n int) (lines []string) {
	t.mu.Lock()
	text := string(t.last[max(0, len(t.last)-int(min(t.total-mark, keepOutput))):])
	t.mu.Unlock()
	for line := range strings.Lines(text) {
		if line = legible(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-n):]
}

// legible is one line as a terminal can show it: what a server prints must not clear anybody's screen.
func legible(line string) string {
	runes := []rune(strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(line, "?"))))
	if len(runes) > keepLine {
		return string(runes[:keepLine]) + "…"
	}
	return string(runes)
}
