package rules

import (
	"math/rand/v2"
	"slices"
	"time"
)

// What keys and values are drawn from where a rule is not about bytes: nothing that another rule is about.
const (
	keyBytes   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	plainBytes = keyBytes + "!#$%&'()*+,-./:;<=>?@[]^_`{|}~\"\\"
)

func text(r *rand.Rand, n int, from string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = from[r.IntN(len(from))]
	}
	return string(b)
}

// printable draws n printable bytes with spaces inside, neither the first nor the last.
func printable(r *rand.Rand, n int) string {
	b := []byte(text(r, n, plainBytes))
	for i := 1; i < n-1; i++ {
		if r.IntN(8) == 0 {
			b[i] = ' '
		}
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
