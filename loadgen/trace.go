package loadgen

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Limits of what a trace may ask for.
const (
	maxTraceLine  = 64 << 10
	maxTraceValue = 1 << 20 // larger values are cut: what servers take by default
	maxTraceOps   = 20      // names of operations that are told apart
)

// traced is a line of a trace in the form of Twitter's cache traces (J. Yang, Y. Yue and K. V. Rashmi, "A large scale analysis
// of hundreds of in-memory cache clusters at Twitter", OSDI 2020):
//
//	timestamp in seconds,key,key size,value size,client,operation,TTL in seconds
type traced struct {
	second int64
	key    []byte // of the line that was parsed
	value  int64
	op     []byte
	ttl    int64
}

// parse reads a line without its end. A key may have commas: the fields before it and behind it are counted from both ends.
func (r *traced) parse(line []byte) error {
	var behind [5][]byte // key size, value size, client, operation, TTL
	stamp, rest, ok := bytes.Cut(line, []byte(","))
	for i := len(behind) - 1; i >= 0 && ok; i-- {
		comma := bytes.LastIndexByte(rest, ',')
		if ok = comma >= 0; ok {
			behind[i], rest = rest[comma+1:], rest[:comma]
		}
	}
	if !ok {
		return errors.New("fewer than 7 fields: want timestamp,key,key size,value size,client,operation,TTL")
	}
	r.key, r.op = rest, behind[3]
	if len(r.key) == 0 {
		return errors.New("no key")
	}
	for _, number := range []struct {
		name string
		text []byte
		to   *int64
	}{{"timestamp", stamp, &r.second}, {"value size", behind[1], &r.value}, {"TTL", behind[4], &r.ttl}} {
		n, ok := decimal(number.text)
		if !ok {
			return fmt.Errorf("the %s %.30q is no whole number", number.name, number.text)
		}
		*number.to = n
	}
	return nil
}

// kind says what the operation is replayed as. All that store a value are sets; the others are left out.
func (r *traced) kind() (k Kind, ok bool) {
	switch string(r.op) {
	case "get", "gets":
		return Get, true
	case "set", "add", "replace", "cas", "append", "prepend":
		return Set, true
	}
	return 0, false
}

// trace reads a trace's requests one after the other, in memory that does not grow with it.
type trace struct {
	in    *bufio.Reader
	close []func()
	tally tally
}

// tally is what a trace had that was not replayed as it stands.
type tally struct {
	lines, requests int64
	skipped         map[string]int64 // by operation
	wrong           int64            // lines
	firstWrong      error
	renamed, cut    int64
	ttls            int64 // sets with a time to live
}

// openTrace opens a trace that is plain, or compressed by gzip or zstd.
func openTrace(path string) (*trace, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &trace{close: []func(){func() { f.Close() }}, tally: tally{skipped: map[string]int64{}}}
	t.in = bufio.NewReaderSize(f, maxTraceLine)
	magic, _ := t.in.Peek(4)
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		var unzipped *gzip.Reader
		if unzipped, err = gzip.NewReader(t.in); err == nil {
			t.in = bufio.NewReaderSize(unzipped, maxTraceLine)
		}
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		var unzipped *zstd.Decoder
		if unzipped, err = zstd.NewReader(t.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20)); err == nil {
			t.close = append(t.close, unzipped.Close)
			t.in = bufio.NewReaderSize(unzipped, maxTraceLine)
		}
	}
	if err != nil {
		t.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func (t *trace) Close() {
	for _, fn := range slices.Backward(t.close) {
		fn()
	}
}

// next reads on to the next get or set. Its error is io.EOF at the end, or says that the rest cannot be read. Wrong lines
// are counted and left out; the caller may look at the tally. r.key is good until the next call.
func (t *trace) next(r *traced) (Kind, error) {
	for {
		line, err := t.in.ReadSlice('\n')
		if len(line) == 0 && err != nil {
			return 0, err
		}
		t.tally.lines++
		if err == bufio.ErrBufferFull {
			for err == bufio.ErrBufferFull {
				_, err = t.in.ReadSlice('\n')
			}
			t.wrong(fmt.Errorf("longer than %d bytes", maxTraceLine))
			continue
		}
		if err != nil && err != io.EOF {
			return 0, err // half a line
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 || t.tally.lines == 1 && bytes.HasPrefix(line, []byte("timestamp,")) {
			continue // a header
		}
		if err := r.parse(line); err != nil {
			t.wrong(err)
			continue
		}
		if kind, ok := r.kind(); ok {
			t.tally.requests++
			return kind, nil
		}
		t.skip(r.op)
	}
}

func (t *trace) wrong(err error) {
	t.tally.wrong++
	if t.tally.firstWrong == nil {
		t.tally.firstWrong = fmt.Errorf("line %d: %w", t.tally.lines, err)
	}
}

func (t *trace) skip(op []byte) {
	if _, known := t.tally.skipped[string(op)]; !known && (len(t.tally.skipped) == maxTraceOps || len(op) > 30) {
		op = []byte("other")
	}
	t.tally.skipped[string(op)]++
}

// traceLinesChecked is how many lines must be right before a replay starts.
const traceLinesChecked = 1000

// checkTrace reads the beginning of a trace and says what is wrong with it.
func checkTrace(path string) error {
	t, err := openTrace(path)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	defer t.Close()
	var r traced
	for t.tally.lines < traceLinesChecked && err == nil {
		_, err = t.next(&r)
		if t.tally.firstWrong != nil {
			return fmt.Errorf("replay: %s: %w", path, t.tally.firstWrong)
		}
	}
	switch {
	case err != nil && err != io.EOF:
		return fmt.Errorf("replay: %s: behind line %d: %w", path, t.tally.lines, err)
	case t.tally.requests == 0:
		return fmt.Errorf("replay: %s: no get and no set in its first %d lines", path, t.tally.lines)
	}
	return nil
}

// say lists what was not replayed as it stands, a sentence each.
func (t *tally) say(ttlsSent bool) (lines []string) {
	add := func(n int64, format string, args ...any) {
		if n > 0 {
			lines = append(lines, fmt.Sprintf("replay: "+format, args...))
		}
	}
	var skipped []string
	all := int64(0)
	for _, op := range slices.Sorted(maps.Keys(t.skipped)) {
		skipped = append(skipped, fmt.Sprintf("%.30q %d", op, t.skipped[op]))
		all += t.skipped[op]
	}
	add(all, "%d of %d lines are neither gets nor sets and were skipped: %s", all, t.lines, strings.Join(skipped, ", "))
	if t.wrong > 0 {
		add(t.wrong, "%d of %d lines are wrong and were skipped; the first: %v", t.wrong, t.lines, t.firstWrong)
	}
	add(t.renamed, "%d keys are longer than %d bytes or have bytes that no key may have, and were replaced by their hashes", t.renamed, maxKeySize)
	add(t.cut, "%d values are larger than %d bytes and were cut", t.cut, maxTraceValue)
	if !ttlsSent {
		add(t.ttls, "%d sets have a time to live, which this dialect cannot say", t.ttls)
	}
	return lines
}

// fingerprint tells a trace from another without reading all of it, which may be a hundred gigabytes: its length, and its first and last megabyte.
func fingerprint(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	const piece = 1 << 20
	sum := sha256.New()
	for _, from := range []int64{0, max(0, info.Size()-piece)} {
		if _, err := io.Copy(sum, io.NewSectionReader(f, from, piece)); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d bytes, %x", info.Size(), sum.Sum(nil)[:16]), nil
}
