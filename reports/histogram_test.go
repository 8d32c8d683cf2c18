package reports

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func TestHistogramRecords(t *testing.T) {
	h := NewHistogram()
	if h.Percentiles() != nil {
		t.Error("percentiles of no sample")
	}
	for i := 1; i <= 1000; i++ {
		h.Record(time.Duration(i) * time.Microsecond)
	}
	h.Record(-time.Second)
	h.Record(2 * time.Minute)
	if h.TotalCount() != 1002 || h.TooHigh != 1 {
		t.Errorf("%d samples, %d too high", h.TotalCount(), h.TooHigh)
	}
	if p := h.Percentiles(); p.P50 < 499_000 || p.P50 > 502_000 || p.Max < int64(time.Minute) {
		t.Errorf("percentiles %+v", p)
	}
	if n := testing.AllocsPerRun(100, func() { h.Record(time.Millisecond) }); n != 0 {
		t.Errorf("recording allocates %v times", n)
	}
	var none *Histogram
	if none.TotalCount() != 0 || none.Percentiles() != nil {
		t.Error("a nil histogram has samples")
	}
}

func TestHistogramPacked(t *testing.T) {
	open, packed := fill(time.Millisecond, 0.5, 5000, 1), fill(time.Millisecond, 0.5, 5000, 1)
	packed.TooHigh = 3
	if err := packed.Pack(); err != nil {
		t.Fatal(err)
	}
	if packed.counts != nil {
		t.Fatal("packed, and still with its counts")
	}
	if *open.Percentiles() != *packed.Percentiles() || open.TotalCount() != packed.TotalCount() || open.ValueAtQuantile(99.5) != packed.ValueAtQuantile(99.5) {
		t.Error("it reads otherwise when packed")
	}
	sum := NewHistogram()
	sum.Add(open)
	sum.Add(packed)
	sum.Add(nil)
	if sum.TotalCount() != 10_000 || sum.TooHigh != 3 || packed.counts != nil {
		t.Errorf("sum of %d samples, %d too high, packed stays so: %t", sum.TotalCount(), sum.TooHigh, packed.counts == nil)
	}
	text, err := json.Marshal(packed)
	if err != nil {
		t.Fatal(err)
	}
	packed.Record(time.Second)
	if packed.TotalCount() != 5001 {
		t.Error("recording into a packed histogram lost something")
	}
	if now, _ := json.Marshal(packed); bytes.Equal(now, text) {
		t.Error("recorded into, it is still written as it was")
	}
	packed.Reset()
	if packed.TotalCount() != 0 || packed.TooHigh != 0 {
		t.Error("reset, and not empty")
	}
}

// TestHistogramIsReadByOthers: what JSON holds is what HdrHistogram's own reader takes.
func TestHistogramIsReadByOthers(t *testing.T) {
	h := fill(time.Millisecond, 0.5, 5000, 1)
	text, err := h.encode()
	if err != nil {
		t.Fatal(err)
	}
	d, err := hdrhistogram.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if d.TotalCount() != h.TotalCount() || d.ValueAtQuantile(99) != h.ValueAtQuantile(99) {
		t.Error("it reads otherwise")
	}
}

// hostileHistogram is a valid packed histogram of another range, or with more in it than it says.
func hostileHistogram(digits int32, lowest, highest int64, payload int) string {
	var z, out bytes.Buffer
	w := zlib.NewWriter(&z)
	for _, v := range []any{int32(0x1c849313), int32(payload), int32(0), digits, lowest, highest, float64(1)} {
		_ = binary.Write(w, binary.BigEndian, v)
	}
	_, _ = w.Write(make([]byte, payload))
	_ = w.Close()
	_ = binary.Write(&out, binary.BigEndian, int32(0x1c849314))
	_ = binary.Write(&out, binary.BigEndian, int32(z.Len()))
	out.Write(z.Bytes())
	return base64.StdEncoding.EncodeToString(out.Bytes())
}

func TestHostileHistogramsAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty":        "",
		"no base64":    "*",
		"short":        "HISTFA==",
		"other range":  hostileHistogram(5, 1, 1<<62, 10),
		"other digits": hostileHistogram(2, lowest, highest, 10),
		"bomb":         hostileHistogram(digits, lowest, highest, 10<<20),
		"long":         string(bytes.Repeat([]byte("A"), 2<<20)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := (&Histogram{packed: text}).unpack()
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: taken", name)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
			t.Errorf("%s: took %d bytes to refuse", name, n)
		}
	}
}

func FuzzHistogram(f *testing.F) {
	h := fill(time.Millisecond, 0.5, 100, 1)
	text, err := h.encode()
	if err != nil {
		f.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:20])
	f.Fuzz(func(t *testing.T, raw []byte) {
		text := base64.StdEncoding.EncodeToString(raw)
		h := &Histogram{packed: text}
		n, err := h.check(nil)
		if err != nil {
			return
		}
		p, err := hdrhistogram.DecodePacked([]byte(text))
		if err != nil || p.TotalCount() != n {
			t.Fatalf("%d samples are there for us, and for the library %v, %v", n, p, err)
		}
		if _, err := h.check(h.Percentiles()); err != nil {
			t.Fatalf("its own percentiles: %v", err)
		}
		sum := NewHistogram()
		sum.Add(h)
		if sum.TotalCount() != h.TotalCount() || sum.TotalCount() < 0 {
			t.Fatalf("sum has %d samples, histogram %d", sum.TotalCount(), h.TotalCount())
		}
		_ = h.Percentiles()
	})
}

func TestCumulative(t *testing.T) {
	h := NewHistogram()
	for ms := 1; ms <= 100; ms++ {
		h.Record(time.Duration(ms) * time.Millisecond)
	}
	bounds := []time.Duration{time.Microsecond, time.Millisecond, 10 * time.Millisecond, 99*time.Millisecond + 500*time.Microsecond, time.Second, time.Minute}
	for _, packed := range []bool{false, true} {
		counts, sum := h.Cumulative(bounds)
		if want := []int64{0, 1, 10, 99, 100, 100}; !slices.Equal(counts, want) {
			t.Errorf("packed %t: %v, want %v", packed, counts, want)
		}
		if want := 5050 * time.Millisecond; sum < want*999/1000 || sum > want*1001/1000 {
			t.Errorf("packed %t: sum %s, want %s", packed, sum, want)
		}
		if err := h.Pack(); err != nil {
			t.Fatal(err)
		}
	}
	if counts, sum := (*Histogram)(nil).Cumulative(bounds); counts[5] != 0 || sum != 0 {
		t.Errorf("of none: %v, %s", counts, sum)
	}
	if counts, sum := NewHistogram().Cumulative(bounds); counts[5] != 0 || sum != 0 {
		t.Errorf("of nothing: %v, %s", counts, sum)
	}
}
