package process

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
)

// However a server writes, what is kept is the end of it, bounded, and fit for a terminal.
func FuzzTail(f *testing.F) {
	f.Add("a\nb\nc\n", 1, 3)
	f.Add("\x1b[2J\xff\x00\r\n\n", 0, 1)
	f.Add(strings.Repeat("x", 3*keepOutput)+"\ny", 70000, 2)
	f.Fuzz(func(t *testing.T, text string, mark, n int) {
		n = max(1, min(n, 100))
		whole, slow := &tail{}, &tail{}
		whole.readFrom(strings.NewReader(text))
		slow.readFrom(iotest.OneByteReader(io.LimitReader(strings.NewReader(text), 1<<16)))
		if whole.Mark() != int64(len(text)) || len(whole.last) > 2*keepOutput {
			t.Fatalf("%d of %d bytes, %d kept", whole.Mark(), len(text), len(whole.last))
		}
		mark = max(0, min(mark, len(text)))
		lines := whole.Since(int64(mark), n)
		if len(lines) > n {
			t.Errorf("%d lines", len(lines))
		}
		for _, line := range lines {
			if line == "" || len([]rune(line)) > keepLine+1 || strings.ContainsFunc(line, unicode.IsControl) {
				t.Errorf("line %q", line)
			}
		}
		if len(text) <= 1<<16 && strings.Join(slow.Since(int64(mark), n), "\n") != strings.Join(lines, "\n") {
			t.Errorf("byte by byte %q, at once %q", slow.Since(int64(mark), n), lines)
		}
	})
}
