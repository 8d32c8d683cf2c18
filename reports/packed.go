package reports

import (
	"bytes"
	packer "compress/zlib" // whose output is the same, byte for byte, as the HdrHistogram library's
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/klauspost/compress/zlib"
)

// unpack reads a packed histogram, which check, or now scan, has found to be one of ours: an hour's are not scanned twice.
func (h *Histogram) unpack() (*hdrhistogram.PackedHistogram, error) {
	if !h.checked {
		if err := scan(h.packed, func(int, int64) {}); err != nil {
			return nil, err
		}
	}
	p, err := hdrhistogram.DecodePacked([]byte(h.packed))
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	return p, nil
}

// The form of a packed histogram.
const (
	longestText = 1 << 20    // our range has 22,528 counts of at most 9 bytes
	outer       = 8          // cookie and length, before the compressed part
	outerCookie = 0x1c849314 // V2, compressed
	inner       = 40         // cookie, length, offset, digits; lowest, highest, ratio
	innerCookie = 0x1c849313 // V2
)

// addTo adds the samples of a packed histogram to counts; one that is not ours adds nothing.
func (h *Histogram) addTo(counts *hdrhistogram.Histogram) {
	if h.packed == "" {
		return
	}
	if h.checked || scan(h.packed, func(int, int64) {}) == nil {
		_ = scan(h.packed, func(at int, n int64) { _ = counts.RecordValues(bars()[at], n) }) // is within range
	}
}

// deflater is kept for the next histogram: a new one is 800 KB, and a run packs several in each of its seconds.
type deflater struct {
	*packer.Writer
	raw  []byte
	text bytes.Buffer
}

var deflaters = sync.Pool{New: func() any {
	w, err := packer.NewWriterLevel(nil, packer.BestCompression)
	if err != nil {
		panic(err) // the level is one of its own
	}
	return &deflater{Writer: w}
}}

// pack writes a histogram of our range in HdrHistogram's compressed form V2, byte for byte as its library does, in a fifth of the time and without
// its garbage: what a load generator does each second is at the cost of what it measures.
func pack(h *hdrhistogram.Histogram) (string, error) {
	f := deflaters.Get().(*deflater)
	defer deflaters.Put(f)
	number := binary.BigEndian
	b := append(f.raw[:0], make([]byte, inner)...)
	counts := h.Export().Counts
	zeros := int64(0) // that have not been written: those at the end are not
	for _, n := range counts {
		switch {
		case n == 0:
			zeros++
			continue
		case zeros == 1:
			b = append(b, 0)
		case zeros > 1:
			b = binary.AppendVarint(b, -zeros)
		}
		zeros = 0
		b = binary.AppendVarint(b, n)
	}
	if len(b) == inner {
		b = append(b, 0) // the library has one count in an empty one
	}
	number.PutUint32(b, innerCookie)
	number.PutUint32(b[4:], uint32(len(b)-inner))
	number.PutUint32(b[8:], 0)
	number.PutUint32(b[12:], digits)
	number.PutUint64(b[16:], lowest)
	number.PutUint64(b[24:], uint64(highest))
	number.PutUint64(b[32:], math.Float64bits(1))
	f.raw = b
	f.text.Reset()
	f.text.Write(make([]byte, outer))
	f.Writer.Reset(&f.text)
	if _, err := f.Write(b); err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	z := f.text.Bytes()
	number.PutUint32(z, outerCookie)
	number.PutUint32(z[4:], uint32(len(z)-outer))
	return base64.StdEncoding.EncodeToString(z), nil
}

// inflater is kept for the next histogram: a new one is 40 KB, and an hour has 14,400 histograms.
type inflater struct {
	io.ReadCloser
	raw, text []byte
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// scan reads a packed histogram without keeping it: the counts that are not zero, by index, in ascending order. It is
// how a file of thousands of them is checked, in a third of the time that decoding them takes.
//
// Our own range only: another one could not be added to ours without moving samples.
func scan(text string, each func(index int, n int64)) error {
	if len(text) > longestText {
		return fmt.Errorf("histogram of %d bytes is longer than can be", len(text))
	}
	f := inflaters.Get().(*inflater)
	defer inflaters.Put(f)
	var err error
	if f.raw, err = base64.StdEncoding.AppendDecode(f.raw[:0], []byte(text)); err != nil {
		return fmt.Errorf("histogram: %w", err)
	}
	if len(f.raw) < outer {
		return errors.New("histogram is cut off")
	}
	number := binary.BigEndian
	if number.Uint32(f.raw) != outerCookie || int(number.Uint32(f.raw[4:])) != len(f.raw)-outer {
		return errors.New("histogram: not in HdrHistogram's compressed form V2, or cut off")
	}
	if err := f.inflate(f.raw[outer:], inner+9*len(bars())); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("cut off")
		}
		return fmt.Errorf("histogram: %w", err)
	}
	if len(f.text) < inner {
		return errors.New("histogram: cut off")
	}
	n, low, high := int32(number.Uint32(f.text[12:])), int64(number.Uint64(f.text[16:])), int64(number.Uint64(f.text[24:]))
	switch {
	case low != lowest || high != highest || n != digits:
		return fmt.Errorf("histogram of range %d to %d with %d digits, where %d to %d with %d is expected", low, high, n, lowest, highest, digits)
	case number.Uint32(f.text) != innerCookie || number.Uint32(f.text[8:]) != 0 || int(number.Uint32(f.text[4:])) != len(f.text)-inner:
		return errors.New("histogram: not in HdrHistogram's form V2, or cut off")
	}
	return scanCounts(f.text[inner:], each)
}

// scanCounts reads the counts of every index from 0 on as varints: -n stands for n zeros.
func scanCounts(b []byte, each func(index int, n int64)) error {
	at, total := int64(0), int64(0)
	for len(b) > 0 {
		n, size := binary.Varint(b)
		if size <= 0 {
			return errors.New("histogram: cut off")
		}
		b = b[size:]
		if n > most || n < -most {
			return errors.New("histogram: more samples than can be")
		}
		if n <= 0 {
			at += max(1, -n)
		} else {
			if at++; at <= int64(len(bars())) {
				each(int(at-1), n)
			}
			total += n
		}
		if at > int64(len(bars())) {
			return errors.New("histogram: counts beyond its range")
		}
	}
	if total > most {
		return errors.New("histogram: more samples than can be")
	}
	return nil
}

// inflate leaves what z holds in text, of which more than most bytes are a fault.
func (f *inflater) inflate(z []byte, most int) (err error) {
	if f.ReadCloser == nil {
		f.ReadCloser, err = zlib.NewReader(bytes.NewReader(z))
	} else {
		err = f.ReadCloser.(zlib.Resetter).Reset(bytes.NewReader(z), nil)
	}
	if err != nil {
		return err
	}
	b := bytes.NewBuffer(f.text[:0])
	_, err = b.ReadFrom(io.LimitReader(f, int64(most)+1))
	if f.text = b.Bytes(); err == nil && len(f.text) > most {
		err = errors.New("longer than can be")
	}
	return err
}

// bars are the greatest values that the counts of our range stand for, by index.
var bars = sync.OnceValue(func() []int64 {
	c := hdrhistogram.New(lowest, highest, digits)
	_ = c.RecordValue(highest)
	list := c.Distribution()
	to := make([]int64, len(list))
	for i, bar := range list {
		to[i] = bar.To
	}
	return to
})

// check says what is wrong with a packed histogram, of which p are the percentiles if they are known, and how many samples
// it holds. A percentile is its own if as many samples lie below and above it as it says, give or take one, on whose place
// in a small histogram libraries differ.
func (h *Histogram) check(p *Percentiles) (total int64, err error) {
	const slack = 1.5
	type place struct {
		name        string
		value       int64
		share       float64
		at          int   // its index
		below, upTo int64 // samples
	}
	var places []place
	if p != nil {
		places = []place{{name: "p50_ns", value: p.P50, share: .5}, {name: "p90_ns", value: p.P90, share: .9}, {name: "p99_ns", value: p.P99, share: .99},
			{name: "p999_ns", value: p.P999, share: .999}, {name: "max_ns", value: p.Max, share: 1}}
		for i := range places {
			places[i].at, _ = slices.BinarySearch(bars(), places[i].value)
		}
	}
	last := -1
	err = scan(h.packed, func(at int, n int64) {
		last = at
		total += n
		for i := range places {
			if at < places[i].at {
				places[i].below += n
			}
			if at <= places[i].at {
				places[i].upTo += n
			}
		}
	})
	switch {
	case err != nil:
		return total, err
	case h.TooHigh < 0 || h.TooHigh > total:
		return total, fmt.Errorf("too_high is %d, of %d samples", h.TooHigh, total)
	}
	for _, c := range places {
		want := c.share * float64(total)
		if float64(c.below) > want+slack || float64(c.upTo) < want-slack || c.share == 1 && (c.upTo < total || c.below == total) {
			return total, fmt.Errorf("%s is %d, and by the histogram it is not", c.name, c.value)
		}
	}
	if h.checked = true; last >= 0 {
		h.greatest = bars()[last]
	}
	return total, nil
}
