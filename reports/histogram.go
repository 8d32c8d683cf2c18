package reports

import (
	"encoding/json"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range of every latency histogram, in nanoseconds, with three significant digits. With microseconds as the
// unit a reply of 40.9 µs would read 40; above the highest value the sample is counted as TooHigh and said.
const (
	lowest  = 100
	highest = int64(60 * time.Second)
	digits  = 3
)

// Histogram holds latencies in nanoseconds. Values above 60 s are counted in TooHigh and recorded as 60 s.
//
// It is either open (an array of counts, 170 KB, ready to record) or packed (the text that JSON carries, a kilobyte
// or two). A histogram that is read from JSON stays packed: a ten-minute run has 2,400 of them, 400 MB if open, and
// writing the very text that was read is what makes a second writing the same to the byte.
type Histogram struct {
	TooHigh int64

	counts *hdrhistogram.Histogram // nil while packed
	packed string                  // HdrHistogram V2, compressed, base64

	checked  bool  // packed has been scanned, and is one of ours
	greatest int64 // sample in it, if checked
}

// NewHistogram returns an empty, open histogram.
func NewHistogram() *Histogram {
	return &Histogram{counts: hdrhistogram.New(lowest, highest, digits)}
}

// Record adds one latency; a negative one counts as 0. On an open histogram it allocates nothing.
func (h *Histogram) Record(d time.Duration) {
	v := int64(d)
	if v > highest {
		h.TooHigh++
		v = highest
	}
	if v < 0 {
		v = 0
	}
	h.open()
	_ = h.counts.RecordValue(v) // cannot fail: v is within range
}

// Add adds the samples of other, bucket by bucket. other stays as it is, nil adds nothing.
func (h *Histogram) Add(other *Histogram) {
	if other == nil {
		return
	}
	h.open()
	if other.counts != nil {
		h.counts.Merge(other.counts)
	} else {
		other.addTo(h.counts)
	}
	h.TooHigh += other.TooHigh
}

// Reset forgets all samples and leaves the histogram open.
func (h *Histogram) Reset() {
	if h.counts == nil {
		h.counts = hdrhistogram.New(lowest, highest, digits)
	}
	h.counts.Reset()
	h.packed, h.checked, h.TooHigh = "", false, 0
}

// Pack drops the array of counts for its packed form. Worth calling on a histogram that is kept but hardly read
// again, such as an interval's; recording into it later opens it again.
func (h *Histogram) Pack() error {
	if h == nil || h.counts == nil {
		return nil
	}
	text, err := h.encode()
	if err != nil {
		return err
	}
	h.counts, h.packed, h.checked, h.greatest = nil, text, true, h.counts.Max()
	return nil
}

// TotalCount is the number of samples; 0 of a nil histogram.
func (h *Histogram) TotalCount() int64 {
	if h == nil {
		return 0
	}
	return h.reader().TotalCount()
}

// ValueAtQuantile returns the latency in nanoseconds at or below which q percent of the samples are, q in 0 to 100;
// 0 where there is no sample.
func (h *Histogram) ValueAtQuantile(q float64) int64 {
	return h.values(q)[0]
}

// Percentiles reads the usual ones; nil when there is no sample.
func (h *Histogram) Percentiles() *Percentiles {
	if h == nil {
		return nil
	}
	c := h.reader()
	if c.TotalCount() == 0 {
		return nil
	}
	v := c.ValueAtPercentilesSlice([]float64{50, 90, 99, 99.9})
	return &Percentiles{P50: v[0], P90: v[1], P99: v[2], P999: v[3], Max: c.Max()}
}

// max is the greatest sample; 0 where there is none.
func (h *Histogram) max() int64 {
	if h.counts != nil {
		return h.counts.Max()
	}
	if h.checked {
		return h.greatest
	}
	last := -1
	if err := scan(h.packed, func(at int, _ int64) { last = at }); err != nil || last < 0 {
		return 0
	}
	return bars()[last]
}

// reader answers what needs no array of counts: a packed histogram stays as small as it is.
func (h *Histogram) reader() interface {
	TotalCount() int64
	Max() int64
	ValueAtPercentilesSlice([]float64) []int64
} {
	if h.counts == nil {
		if p, err := h.unpack(); err == nil {
			return p
		}
	}
	return h.view()
}

// Cumulative counts the samples up to each bound, in ascending order, and adds all of them up. A sample that three digits do
// not tell from a bound counts as up to it, and the sum is as exact as they are.
func (h *Histogram) Cumulative(bounds []time.Duration) (counts []int64, sum time.Duration) {
	counts = make([]int64, len(bounds))
	if h == nil {
		return counts, 0
	}
	c := h.view()
	n, at := int64(0), 0
	for _, bar := range c.Distribution() {
		for at < len(bounds) && bar.From > int64(bounds[at]) {
			counts[at], at = n, at+1
		}
		n += bar.Count
	}
	for ; at < len(bounds); at++ {
		counts[at] = n
	}
	return counts, time.Duration(c.Mean() * float64(n))
}

// values reads many quantiles in one pass, in the order given.
func (h *Histogram) values(q ...float64) []int64 {
	if h == nil {
		return make([]int64, len(q))
	}
	return h.reader().ValueAtPercentilesSlice(q)
}

// view is for reading only. A packed histogram is unpacked for this once and not kept, so that readers may share it.
func (h *Histogram) view() *hdrhistogram.Histogram {
	if h.counts != nil {
		return h.counts
	}
	c := hdrhistogram.New(lowest, highest, digits)
	h.addTo(c)
	return c
}

func (h *Histogram) open() {
	if h.counts == nil {
		h.counts, h.packed, h.checked = h.view(), "", false
	}
}

func (h *Histogram) encode() (string, error) {
	if h.counts == nil && h.packed != "" {
		return h.packed, nil
	}
	return pack(h.view())
}

type histogramJSON struct {
	HDR     string `json:"hdr"` // HdrHistogram V2, compressed, base64
	TooHigh int64  `json:"too_high,omitempty"`
}

// MarshalJSON writes the compressed V2 form that every HdrHistogram library reads.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	text, err := h.encode()
	if err != nil {
		return nil, err
	}
	return json.Marshal(histogramJSON{HDR: text, TooHigh: h.TooHigh})
}

// UnmarshalJSON keeps the text; Read checks it, because only Read can say where in the file it stands.
func (h *Histogram) UnmarshalJSON(b []byte) error {
	var j histogramJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*h = Histogram{packed: j.HDR, TooHigh: j.TooHigh}
	return nil
}
