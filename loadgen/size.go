package loadgen

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// maxDrawn bounds what a distribution with a long tail may draw as the size of a value: what servers take by default.
const maxDrawn = 1 << 20

// sizes is a distribution of sizes in bytes over keys. The size that belongs to a key is a function of its number, so
// that a key has one length for ever, on every loop, and nobody has to remember it.
type sizes struct {
	min, max int                     // what is drawn outside is cut to them
	quantile func(u float64) float64 // the inverse of the distribution, of 0 < u < 1; nil where min is max
	salt     uint64
}

// of returns the size that belongs to key number k.
func (s *sizes) of(k int64) int {
	if s.quantile == nil {
		return s.min
	}
	// In floating point, since a tail may reach beyond every int.
	return int(min(max(s.quantile(unit(uint64(k)^s.salt)), float64(s.min)), float64(s.max)))
}

// parseValueSize returns the distribution of a plan's value sizes.
func parseValueSize(text string, seed int64) (sizes, error) {
	s, err := parseSizes(text, 0, maxDrawn, etcValueSize)
	switch {
	case err != nil:
		return s, fmt.Errorf("value size %q: %w", text, err)
	case s.max > maxValue:
		return s, fmt.Errorf("value size %q: want at most %d", text, maxValue)
	}
	s.salt = stream(seed, streamValueSizes)
	return s, nil
}

// parseKeySize returns the distribution of a plan's key sizes, and checks that all keys can be told apart.
func parseKeySize(text string, keys, seed int64) (sizes, error) {
	need := len(strconv.FormatInt(keys-1, 10))
	s, err := parseSizes(text, need, maxKeySize, etcKeySize)
	switch {
	case err != nil:
		return s, fmt.Errorf("key size %q: %w", text, err)
	case s.min < need || s.max > maxKeySize:
		return s, fmt.Errorf("key size %s: want %d to %d for %d different keys", text, need, maxKeySize, keys)
	}
	s.salt = stream(seed, streamKeySizes)
	return s, nil
}

// parseSizes reads N, MIN-MAX, lognormal:MEDIAN/SIGMA or etc. What the last two draw is cut to low and high.
func parseSizes(text string, low, high int, etc func(float64) float64) (sizes, error) {
	if text == "etc" {
		return sizes{min: low, max: high, quantile: etc}, nil
	}
	if args, ok := strings.CutPrefix(text, "lognormal:"); ok {
		return parseLognormal(args, low, high)
	}
	lo, hi, ranged := strings.Cut(text, "-")
	first, err := parseSize(lo)
	last := first
	if err == nil && ranged {
		last, err = parseSize(hi)
	}
	switch {
	case err != nil:
		return sizes{}, fmt.Errorf("want N, MIN-MAX, lognormal:MEDIAN/SIGMA or etc, such as 100 or 64-4KiB: %w", err)
	case first > last:
		return sizes{}, fmt.Errorf("the first number is the larger one")
	case first == last:
		return sizes{min: first, max: first}, nil
	}
	return sizes{min: first, max: last, quantile: func(u float64) float64 {
		return float64(first) + u*float64(last-first+1)
	}}, nil
}

func parseLognormal(args string, low, high int) (sizes, error) {
	a, b, _ := strings.Cut(args, "/")
	median, err := parseSize(a)
	sigma, err2 := strconv.ParseFloat(b, 64)
	if err != nil || err2 != nil || median < max(low, 1) || median > high || !(sigma > 0 && sigma <= 10) {
		return sizes{}, fmt.Errorf("want a median from %d to %d and the logarithm's standard deviation, above 0 and up to 10, as in lognormal:%d/1", max(low, 1), high, max(low, min(200, high/2)))
	}
	return sizes{min: low, max: high, quantile: func(u float64) float64 {
		return math.Round(float64(median) * math.Exp(sigma*math.Sqrt2*math.Erfinv(2*u-1)))
	}}, nil
}

// etcKeySize and etcValueSize invert the models of Facebook's ETC pool in B. Atikoglu, Y. Xu, E. Frachtenberg, S. Jiang and
// M. Paleczny, "Workload Analysis of a Large-Scale Key-Value Store", SIGMETRICS 2012, section 5.
//
// Keys: a generalized extreme value distribution, F(x) = exp(-(1 + ξ(x-µ)/σ)^(-1/ξ)), with µ = 30.7984, σ = 8.20449
// and ξ = 0.078688.
func etcKeySize(u float64) float64 {
	const mu, sigma, xi = 30.7984, 8.20449, 0.078688
	return math.Round(mu + sigma/xi*(math.Pow(-math.Log(u), -xi)-1))
}

// Values: the shares of the sizes 0 to 14 one by one, 44 % together; the others exceed those by a generalized Pareto
// distribution, F(x) = 1 - (1 + ξx/σ)^(-1/ξ), with σ = 214.476 and ξ = 0.348238.
func etcValueSize(u float64) float64 {
	const sigma, xi = 214.476, 0.348238
	for size, share := range etcSmall {
		if u < share {
			return float64(size)
		}
		u -= share
	}
	rest := (etcLarge - u) / etcLarge // evenly distributed from 0 to 1 again
	if rest <= 0 {
		return math.Inf(1) // rounding
	}
	return float64(len(etcSmall)) + math.Floor(sigma/xi*(math.Pow(rest, -xi)-1))
}

// etcSmall is the share of values of 0, 1, 2, ... bytes, and etcLarge that of all larger ones.
var etcSmall = [...]float64{0.00536, 0.00047, 0.17820, 0.09239, 0.00018, 0.02740, 0.00065, 0.00606,
	0.00023, 0.00837, 0.00837, 0.08989, 0.00092, 0.00326, 0.01980}

const etcLarge = 1 - 0.44155

// parseSize reads a number of bytes with an optional IEC unit: 100, 4KiB, 1MiB.
func parseSize(text string) (int, error) {
	digits := strings.TrimSpace(text)
	unit := 1
	for _, u := range []struct {
		suffix string
		bytes  int
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}} {
		if rest, ok := strings.CutSuffix(digits, u.suffix); ok {
			digits, unit = rest, u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%q is no size in bytes, KiB, MiB or GiB", text)
	}
	if int64(n)*int64(unit) > 1<<31-1 {
		return 0, fmt.Errorf("%q is too large", text)
	}
	return int(n) * unit, nil
}
