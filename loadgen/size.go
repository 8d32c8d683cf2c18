package loadgen

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// sizes is the distribution of value sizes: uniform from min to max, both included.
type sizes struct{ min, max int }

func (s sizes) pick(rng *rand.Rand) int {
	if s.min == s.max {
		return s.min
	}
	return s.min + rng.IntN(s.max-s.min+1)
}

func parseSizes(text string) (sizes, error) {
	lo, hi, ranged := strings.Cut(text, "-")
	first, err := parseSize(lo)
	last := first
	if err == nil && ranged {
		last, err = parseSize(hi)
	}
	switch {
	case err != nil:
		return sizes{}, fmt.Errorf("value size %q: want N or MIN-MAX, such as 100 or 64-4KiB: %w", text, err)
	case first > last:
		return sizes{}, fmt.Errorf("value size %q: the first number is the larger one", text)
	case last > maxValue:
		return sizes{}, fmt.Errorf("value size %q: want at most %d", text, maxValue)
	}
	return sizes{first, last}, nil
}

// parseKeySize checks that keys distinct numbers fit.
func parseKeySize(text string, keys int64) (int, error) {
	n, err := parseSize(text)
	if err != nil {
		return 0, fmt.Errorf("key size %q: want a number of bytes: %w", text, err)
	}
	if need := len(strconv.FormatInt(keys-1, 10)); n < need || n > maxKeySize {
		return 0, fmt.Errorf("key size %d: want %d to %d for %d different keys", n, need, maxKeySize, keys)
	}
	return n, nil
}

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
