//go:build !unix

package rules

import "math"

// descriptors returns how many more files this process may open: no system but Unix has a small limit.
func descriptors() int { return math.MaxInt32 }
