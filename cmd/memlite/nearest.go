package main

import "strings"

// nearest is the candidate that begins with word, or the one with the fewest edits from it; "" if none is near.
func nearest(word string, candidates []string) string {
	best, least := "", len(word)/3+2
	for _, c := range candidates {
		if word != "" && strings.HasPrefix(c, word) {
			return c
		}
		if d := distance(word, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// nearestOf are the candidates with the fewest edits from word, all that have as few; none if none is near.
func nearestOf(word string, candidates []string) (best []string) {
	least := len(word)/3 + 2
	for _, c := range candidates {
		switch d := distance(word, c); {
		case d < least:
			best, least = []string{c}, d
		case d == least && len(best) > 0:
			best = append(best, c)
		}
	}
	return best
}

// distance is Levenshtein's: insertions, deletions and substitutions of bytes.
func distance(a, b string) int {
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
