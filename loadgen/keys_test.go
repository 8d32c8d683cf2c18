package loadgen

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// chiSquare compares counts with expected frequencies that add up to 1. Neighbours are pooled until five are
// expected. It returns the statistic in standard deviations above its mean, by Wilson and Hilferty's approximation.
func chiSquare(counts []int64, p func(i int) float64) float64 { return chiSquareOf(counts, 0, p) }

// chiSquareOf is chiSquare with the degrees of freedom, where they are not one fewer than the cells (0).
func chiSquareOf(counts []int64, freedom int64, p func(i int) float64) float64 {
	var n int64
	for _, c := range counts {
		n += c
	}
	var sum, expected, observed float64
	cells := 0
	for i, c := range counts {
		expected += p(i) * float64(n)
		observed += float64(c)
		if expected < 5 && i < len(counts)-1 {
			continue
		}
		if expected > 0 {
			sum += (observed - expected) * (observed - expected) / expected
			cells++
		}
		expected, observed = 0, 0
	}
	df := float64(cells - 1)
	if freedom > 0 {
		df = float64(freedom)
	}
	return (math.Cbrt(sum/df) - (1 - 2/(9*df))) / math.Sqrt(2/(9*df))
}

func draw(t *testing.T, dist string, keys int64, n int) []int64 {
	t.Helper()
	make1, err := parseKeyDist(dist, keys, 1)
	if err != nil {
		t.Fatal(err)
	}
	d, rng := make1(Segment{0, 1}), newRand(1, streamWorkload, 0)
	counts := make([]int64, keys)
	for range n {
		k := d.pick(rng)
		if k < 0 || k >= keys {
			t.Fatalf("%s: key %d of %d", dist, k, keys)
		}
		counts[k]++
	}
	return counts
}

// Every distribution of keys is the one it is named after. The seeds are fixed: no failure by chance. 3 standard
// deviations are a chance of about 1 in 700 for a right one, and a wrong one is off by hundreds.
func TestKeyDistributions(t *testing.T) {
	const n = 500_000
	zipfP := func(s float64, keys int) func(int) float64 {
		total := 0.0
		for k := keys; k >= 1; k-- {
			total += math.Pow(float64(k), -s)
		}
		return func(i int) float64 { return math.Pow(float64(i+1), -s) / total }
	}
	type test struct {
		dist string
		keys int
		p    func(int) float64
	}
	tests := []test{
		{"uniform", 1000, func(int) float64 { return 1.0 / 1000 }},
		{"sequential", 1000, func(int) float64 { return 1.0 / 1000 }},
		{"hot:0.2/0.8", 1000, func(i int) float64 {
			if i < 200 {
				return 0.8 / 200
			}
			return 0.2 / 800
		}},
	}
	for _, s := range []float64{0.1, 0.5, 0.99, 1, 1.2, 2, 5} {
		for _, keys := range []int{2, 100, 10_000} {
			tests = append(tests, test{fmt.Sprintf("zipf:%v", s), keys, zipfP(s, keys)})
		}
	}
	tests = append(tests, test{"shuffled", 1000, tests[0].p})
	for _, c := range tests {
		if z := chiSquare(draw(t, c.dist, int64(c.keys), n), spread(c.dist, int64(c.keys), c.p)); z > 3 {
			t.Errorf("%s of %d keys: %.1f standard deviations from what it should be", c.dist, c.keys, z)
		}
	}
	// The test itself can tell a distribution from a near one.
	if z := chiSquare(draw(t, "zipf:0.99", 10_000, n), spread("zipf", 10_000, zipfP(1.05, 10_000))); z < 10 {
		t.Errorf("zipf:0.99 taken for zipf:1.05 at %.1f standard deviations: the test sees nothing", z)
	}
}

// spread moves a law over ranks to where the keys with these ranks are, in draw's seed.
func spread(dist string, keys int64, p func(int) float64) func(int) float64 {
	if !strings.HasPrefix(dist, "zipf") && !strings.HasPrefix(dist, "hot") {
		return p
	}
	order, rank := newPermutation(keys, stream(1, streamKeys)), make([]int, keys)
	for i := range keys {
		rank[order.at(i)] = int(i)
	}
	return func(k int) float64 { return p(rank[k]) }
}

func TestOneKey(t *testing.T) {
	for _, dist := range []string{"uniform", "sequential", "shuffled", "zipf:0.99", "zipf:1", "hot:0.2/0.8"} {
		if got := draw(t, dist, 1, 100); got[0] != 100 {
			t.Errorf("%s of one key: %v", dist, got)
		}
	}
}

func TestSequentialIsDealtOut(t *testing.T) {
	make1, _ := parseKeyDist("sequential", 10, 1)
	a, b := make1(Segment{0, 2}), make1(Segment{1, 2})
	for i := range int64(30) {
		want := i * 2 % 10
		if k := a.pick(nil); k != want {
			t.Fatalf("segment 0, pick %d: %d, want %d", i, k, want)
		}
		if k := b.pick(nil); k != want+1 {
			t.Fatalf("segment 1, pick %d: %d, want %d", i, k, want+1)
		}
	}
}

func TestKeyText(t *testing.T) {
	for _, c := range []struct {
		size int
		keys int64
		k    int64
		want string
	}{
		{1, 10, 9, "9"},
		{3, 1000, 0, "000"},
		{11, 1000, 42, "memlite:042"},
		{10, 1000, 42, "0000000042"},
		{16, 1000, 999, "memlite:00000999"},
		{250, 10, 7, keyPrefix + strings.Repeat("0", 241) + "7"},
	} {
		text := newKeyText(sizes{min: c.size, max: c.size}, c.keys)
		if got := text.append([]byte("x"), c.k); string(got) != "x"+c.want {
			t.Errorf("key %d of %d in %d bytes: %q, want %q", c.k, c.keys, c.size, got[1:], c.want)
		}
	}
	for _, size := range []string{"4", "4-8", "10-14", "lognormal:6/2", "etc"} {
		s, err := parseKeySize(size, 10_000, 1)
		if err != nil {
			t.Fatal(err)
		}
		text, seen := newKeyText(s, 10_000), map[string]bool{}
		for k := range int64(10_000) {
			seen[string(text.append(nil, k))] = true
		}
		if len(seen) != 10_000 {
			t.Errorf("10,000 keys of size %s have %d texts", size, len(seen))
		}
	}
}

func BenchmarkZipf(b *testing.B) {
	z, rng := newZipf(0.99, 1_000_000), newRand(1, 1, 0)
	for b.Loop() {
		z.pick(rng)
	}
}
