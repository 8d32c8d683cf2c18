package loadgen

import "testing"

func TestPermutationIsOne(t *testing.T) {
	for _, n := range []int64{1, 2, 3, 4, 5, 7, 16, 17, 100, 1000, 4096, 100_000} {
		for seed := range uint64(3) {
			p, seen := newPermutation(n, seed), make([]bool, n)
			for i := range n {
				k := p.at(i)
				if k < 0 || k >= n || seen[k] {
					t.Fatalf("%d of %d with seed %d stands at two places, or at none", k, n, seed)
				}
				seen[k] = true
			}
		}
	}
	p := newPermutation(1<<62+12345, 1)
	if k := p.at(1 << 62); k < 0 || k > 1<<62+12345 {
		t.Errorf("a very large permutation: %d", k)
	}
}

// Every round has every key once, dealt out over the loops, and another order.
func TestShuffledRounds(t *testing.T) {
	for _, loops := range []int{1, 2, 3} {
		const keys, rounds = 100, 20
		make1, err := parseKeyDist("shuffled", keys, 1)
		if err != nil {
			t.Fatal(err)
		}
		var dists []keyDist
		for i := range loops {
			dists = append(dists, make1(Segment{i, loops}))
		}
		orders := map[[keys]int64]bool{}
		for round := range rounds {
			var order [keys]int64
			seen := map[int64]bool{}
			for i := range order {
				order[i] = dists[(round*keys+i)%loops].pick(nil)
				seen[order[i]] = true
			}
			if len(seen) != keys {
				t.Fatalf("round %d of %d loops has %d different keys, want %d", round, loops, len(seen), keys)
			}
			orders[order] = true
		}
		if len(orders) != rounds {
			t.Errorf("%d rounds have %d orders", rounds, len(orders))
		}
	}
	a, _ := parseKeyDist("shuffled", 1000, 1)
	b, _ := parseKeyDist("shuffled", 1000, 1)
	c, _ := parseKeyDist("shuffled", 1000, 2)
	x, y, z := a(Segment{0, 1}), b(Segment{0, 1}), c(Segment{0, 1})
	same := 0
	for range 1000 {
		k := x.pick(nil)
		if k != y.pick(nil) {
			t.Fatal("the same seed, another order")
		}
		if k == z.pick(nil) {
			same++
		}
	}
	if same > 20 {
		t.Errorf("two seeds have %d of 1000 places in common", same)
	}
}

// The order tells nothing: a key is as likely at one place as at another, and so is what follows it.
func TestShuffledLooksRandom(t *testing.T) {
	for _, keys := range []int64{2, 3, 5, 10, 30} {
		d := newShuffled(Segment{0, 1}, keys, 1)
		places, steps := make([]int64, keys*keys), make([]int64, keys)
		for range 20_000 {
			last := int64(-1)
			for i := range keys {
				k := d.pick(nil)
				places[i*keys+k]++
				if last >= 0 {
					steps[(k-last+keys)%keys]++
				}
				last = k
			}
		}
		// Rows and columns of places are fixed sums, so that there are (keys-1)² degrees of freedom, not keys² - 1, and the test is
		// the milder for it; the statistic is compared with its own mean.
		if z := chiSquareOf(places, (keys-1)*(keys-1), func(int) float64 { return 1 / float64(keys*keys) }); z > 3 {
			t.Errorf("%d keys: places are %.1f standard deviations from even", keys, z)
		}
		if keys > 2 {
			if z := chiSquare(steps[1:], func(int) float64 { return 1 / float64(keys-1) }); z > 3 {
				t.Errorf("%d keys: steps %v are %.1f standard deviations from even", keys, steps, z)
			}
		}
	}
}

// The hot keys are not neighbours: each tenth of the key space has its part of them.
func TestHotKeysAreSpread(t *testing.T) {
	for _, dist := range []string{"zipf:0.99", "hot:0.2/0.8"} {
		const keys = 10_000
		counts := draw(t, dist, keys, 1_000_000)
		tenths := make([]int64, 10)
		for k, n := range counts {
			if n > 150 { // 100 on average
				tenths[k*10/keys]++
			}
		}
		for i, n := range tenths {
			if n == 0 || n > 3*sum(tenths)/10 {
				t.Errorf("%s: tenth %d has %d of %d hot keys", dist, i, n, sum(tenths))
			}
		}
	}
}

func sum(counts []int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

func BenchmarkShuffled(b *testing.B) {
	d := newShuffled(Segment{0, 1}, 1_000_000, 1)
	for b.Loop() {
		d.pick(nil)
	}
}
