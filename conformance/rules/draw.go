package rules

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"time"
)

// What keys and values are drawn from where a rule is not about bytes: nothing that another rule is about.
const (
	keyBytes   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	plainBytes = keyBytes + "!#$%&'()*+,-./:;<=>?@[]^_`{|}~\"\\"
)

// text draws n bytes of from, eight from each 64 random bits: a value can be of a megabyte.
func text(r *rand.Rand, n int, from string) string {
	b := make([]byte, n)
	var fraction uint64 // of 2^64; its digits to the base of len(from) are the draws
	for i := range b {
		if i%8 == 0 {
			fraction = r.Uint64()
		}
		var digit uint64
		digit, fraction = bits.Mul64(fraction, uint64(len(from)))
		b[i] = from[digit]
	}
	return string(b)
}

// printable draws n printable bytes with spaces inside, neither the first nor the last.
func printable(r *rand.Rand, n int) string {
	b := []byte(text(r, n, plainBytes))
	for i := 1 + r.IntN(8); i < n-1; i += 1 + r.IntN(15) { // every eighth on average
		b[i] = ' '
	}
	return string(b)
}

// size draws from 1 to most, as many small as large: uniform in the number of digits.
func size(r *rand.Rand, most int) int {
	n := 1
	for n < most && r.IntN(4) != 0 {
		n *= 2
	}
	return min(most, n+r.IntN(n))
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
