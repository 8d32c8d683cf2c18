package rules

import (
	"fmt"
	"strings"
)

// didYouMean is the end of a sentence about an unknown name: the one that was probably meant, or all there are.
func didYouMean(name string, names []string) string {
	best, least := "", len(name)/3+2
	for _, n := range names {
		if d := edits(name, n); d < least {
			best, least = n, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf(", did you mean %s?", best)
	case len(names) > 20:
		return ""
	}
	return fmt.Sprintf(" (there are %s)", strings.Join(names, ", "))
}

// edits is Levenshtein's distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
