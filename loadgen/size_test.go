package loadgen

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		text     string
		min, max int
	}{{"100", 100, 100}, {"0", 0, 0}, {"64-4KiB", 64, 4096}, {"1KiB-1MiB", 1024, 1 << 20}, {"7B", 7, 7}, {"7-7", 7, 7},
		{"etc", 0, 1 << 20}, {"lognormal:4KiB/0.5", 0, 1 << 20}} {
		s, err := parseValueSize(c.text, 1)
		if err != nil || s.min != c.min || s.max != c.max {
			t.Errorf("%q: %+v, %v", c.text, s, err)
		}
	}
	for _, bad := range []string{"", "x", "-5", "5-", "10-5", "1.5KiB", "1GiB", "99999999999", "2GiB", "ETC", "1kb",
		"lognormal", "lognormal:", "lognormal:100", "lognormal:100/", "lognormal:100/0", "lognormal:100/-1", "lognormal:100/NaN", "lognormal:2MiB/1"} {
		if s, err := parseValueSize(bad, 1); err == nil {
			t.Errorf("%q: %+v, want an error", bad, s)
		}
	}
}

// kolmogorov returns the largest distance between the distribution of whole numbers and the law cdf, P(X <= x), in units of
// 1/√n. For numbers that are drawn from the law it is above 1.95 in fewer than one of a thousand cases.
func kolmogorov(drawn []int, cdf func(x int) float64) float64 {
	slices.Sort(drawn)
	far, n := 0.0, float64(len(drawn))
	for i, x := range drawn {
		if i+1 < len(drawn) && drawn[i+1] == x {
			continue
		}
		far = max(far, math.Abs(float64(i+1)/n-cdf(x)))
	}
	return far * math.Sqrt(n)
}

func normalCDF(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// The laws are written down here once more, as functions of the size, where the code has their inverses.
func TestSizesFollowTheirLaws(t *testing.T) {
	gev := func(x float64) float64 {
		return math.Exp(-math.Pow(1+0.078688*(x-30.7984)/8.20449, -1/0.078688))
	}
	gpd := func(x float64) float64 { return 1 - math.Pow(1+0.348238*x/214.476, -1/0.348238) }
	etcValues := func(x int) float64 {
		if x >= 15 { // sizes of 15 and more are cut to whole bytes
			return 0.44155 + (1-0.44155)*gpd(float64(x+1-15))
		}
		sum := 0.0
		for _, p := range etcSmall[:x+1] {
			sum += p
		}
		return sum
	}
	const keys = 200_000
	for _, c := range []struct {
		name string
		text string
		size func(text string, seed int64) (sizes, error)
		cdf  func(x int) float64
	}{
		{"value", "64-4KiB", parseValueSize, func(x int) float64 { return float64(x-63) / (4096 - 63) }},
		{"value", "lognormal:1KiB/0.7", parseValueSize, func(x int) float64 { return normalCDF(math.Log((float64(x)+0.5)/1024) / 0.7) }},
		{"value", "etc", parseValueSize, etcValues},
		{"key", "20-119", keySize, func(x int) float64 { return float64(x-19) / 100 }},
		{"key", "lognormal:40/0.3", keySize, func(x int) float64 { return normalCDF(math.Log((float64(x)+0.5)/40) / 0.3) }},
		{"key", "etc", keySize, func(x int) float64 { return gev(float64(x) + 0.5) }},
	} {
		for seed := range int64(3) {
			s, err := c.size(c.text, seed)
			if err != nil {
				t.Fatal(err)
			}
			drawn := make([]int, keys)
			for k := range drawn {
				drawn[k] = s.of(int64(k))
			}
			if d := kolmogorov(drawn, c.cdf); d > 1.95 {
				t.Errorf("%s size %s, seed %d: %.2f/√n from its law", c.name, c.text, seed, d)
			}
			// The test can tell a law from a near one.
			for k := range drawn {
				drawn[k] += drawn[k] / 10
			}
			if d := kolmogorov(drawn, c.cdf); d < 3 {
				t.Errorf("%s size %s: sizes 10 %% larger are taken for it, at %.2f/√n", c.name, c.text, d)
			}
		}
	}
	if math.Abs(etcValues(14)-0.44155) > 1e-9 {
		t.Errorf("the small values of ETC are %v of all", etcValues(14))
	}
}

func keySize(text string, seed int64) (sizes, error) { return parseKeySize(text, 200_000, seed) }

// Small values of ETC have their own shares.
func TestSmallValuesOfETC(t *testing.T) {
	s, _ := parseValueSize("etc", 7)
	counts := make([]int64, 16)
	for k := range int64(300_000) {
		counts[min(s.of(k), 15)]++
	}
	if z := chiSquare(counts, func(i int) float64 {
		if i == 15 {
			return etcLarge
		}
		return etcSmall[i]
	}); z > 3 {
		t.Errorf("small values %v: %.1f standard deviations from their shares", counts, z)
	}
}

// What is cut stays within its bounds, at the ends of every law.
func TestSizesAreCut(t *testing.T) {
	for _, text := range []string{"5-6", "lognormal:6/10", "etc"} {
		s, err := parseKeySize(text, 100_000, 1)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := parseValueSize(text, 1)
		for k := range int64(100_000) {
			if n := s.of(k); n < 5 || n > 250 {
				t.Fatalf("%s: key of %d bytes", text, n)
			}
			if n := v.of(k); n < 0 || n > 1<<20 {
				t.Fatalf("%s: value of %d bytes", text, n)
			}
		}
		for _, u := range []float64{0x1p-54, 0.5, 1 - 0x1p-53} {
			s.quantile(u) // may be infinite, not NaN
			if x := v.quantile(u); math.IsNaN(x) {
				t.Errorf("%s: the size at %v is no number", text, u)
			}
		}
	}
}

// Key and value sizes of a key, and those of neighbours, have nothing to do with each other.
func TestSizesAreIndependent(t *testing.T) {
	key, _ := parseKeySize("10-19", 100_000, 3)
	value, _ := parseValueSize("0-9", 3)
	pairs, next := make([]int64, 100), make([]int64, 100)
	for k := range int64(100_000) {
		pairs[(key.of(k)-10)*10+value.of(k)]++
		next[value.of(k)*10+value.of(k+1)]++
	}
	for name, counts := range map[string][]int64{"key and value": pairs, "neighbours": next} {
		if z := chiSquare(counts, func(int) float64 { return 0.01 }); z > 3 {
			t.Errorf("sizes of %s: %.1f standard deviations from independent", name, z)
		}
	}
}

// A key has one size on every loop and whatever was asked before.
func TestSizeBelongsToTheKey(t *testing.T) {
	p := Plan{Target: ":1", Sets: 1, Keys: 500, KeySize: "etc", ValueSize: "etc", KeyDist: "zipf:0.9", Seed: 5}.withDefaults()
	seen := map[string]string{}
	note := func(op *Op) {
		number := strings.TrimPrefix(string(op.Key), keyPrefix)
		number = strings.TrimLeft(number[:len(number)-1], "0") + number[len(number)-1:]
		sizes := fmt.Sprint(len(op.Key), op.Size)
		if was, ok := seen[number]; ok && was != sizes {
			t.Fatalf("key %s: sizes %s, earlier %s", number, sizes, was)
		}
		seen[number] = sizes
	}
	var op Op
	fill := p.preload(0)
	for range p.Keys {
		fill.Next(nil, &op)
		note(&op)
	}
	for i := range 2 {
		w, rng := p.workload(Segment{i, 2}), newRand(p.Seed, streamWorkload, i)
		for range 5000 {
			w.Next(rng, &op)
			note(&op)
		}
	}
	if len(seen) != 500 {
		t.Errorf("%d keys, want 500", len(seen))
	}
}

func BenchmarkSizes(b *testing.B) {
	for _, text := range []string{"100", "64-4KiB", "lognormal:300/1", "etc"} {
		b.Run(text, func(b *testing.B) {
			s, _ := parseValueSize(text, 1)
			for k := int64(0); b.Loop(); k++ {
				s.of(k)
			}
		})
	}
}
