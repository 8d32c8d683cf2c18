package reports

import (
	"math"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{latency(0), "0 ns"}, {latency(640), "640 ns"}, {latency(1000), "1.00 µs"}, {latency(40_900), "40.9 µs"},
		{latency(999_400), "999 µs"}, {latency(999_600), "1.00 ms"}, {latency(5_120_000), "5.12 ms"}, {latency(9_996_000), "10.0 ms"},
		{latency(60e9), "60.0 s"}, {latency(1200e9), "1200 s"},
		{elapsed(0), "n/a"}, {elapsed(99 * time.Second), "99.0 s"}, {elapsed(123 * time.Second), "2 min 3 s"}, {elapsed(2*time.Hour + 5*time.Minute), "2 h 5 min"},
		{number(0), "0"}, {number(999), "999"}, {number(1000), "1,000"}, {number(182340), "182,340"}, {number(-1234567), "−1,234,567"},
		{perSecond(math.NaN()), "n/a"}, {perSecond(math.Inf(1)), "n/a"}, {perSecond(0), "0"}, {perSecond(0.5), "0.50"}, {perSecond(99.96), "100"}, {perSecond(182339.6), "182,340"},
		{share(0, 0), "n/a"}, {share(0, 10), "0 %"}, {share(1, 1e6), "under 0.01 %"}, {share(1, 100), "1.0 %"}, {share(999_999, 1e6), "over 99.99 %"}, {share(9997, 1e4), "99.97 %"}, {share(7, 7), "100 %"},
		{size(0), "0 B"}, {size(999), "999 B"}, {size(1200), "1.20 kB"}, {size(34e6), "34.0 MB"}, {size(5e15), "5000 TB"},
		{plural(1, "rule"), "1 rule"}, {plural(2000, "rule"), "2,000 rules"}, {orNA(""), "n/a"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
