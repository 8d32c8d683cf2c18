package detect

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a reply can mean by its words. These are limits of what is taken for a spelling: a word that says the opposite is not.
var (
	denies = regexp.MustCompile(`(?i)err|fail|invalid|unknown|bad|wrong|denied|refus|unsupported|malformed|usage|illegal|missing|expected|cannot|unable|too |exceed|mismatch|(^|[^a-z])no($|[^a-z]|t)`)
	stores = regexp.MustCompile(`(?i)stored|\bok\b|success|saved|done|created|\bset\b|added|ack|true|yes`)
	misses = regexp.MustCompile(`(?i)not?[ _-]?found|^end$|^\(?(null|nil|none|undefined|nothing|empty)\)?$|no[ _-]such|(not|n't) exist|^(key )?missing$|^-1$|^no[ _-]?(value|data|key)$|^miss$|^$`)
)

const longestWord = 100

// plain reports whether a reply is short and printable, so that it can be a spelling of anything.
func plain(reply string) bool {
	return len(reply) <= longestWord && utf8.ValidString(reply) && !strings.ContainsFunc(reply, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) })
}

// isStored reports whether a reply can mean that a set was taken; the lines behind its first may not deny it.
func isStored(reply string) bool {
	first, _, _ := strings.Cut(reply, "\n")
	return plain(reply) && !denies.MatchString(reply) && !isMiss(first) && (stores.MatchString(first) || strings.HasPrefix(first, "STORED"))
}

// isMiss reports whether a reply can mean that a key is not there. An empty line can: there is nothing.
func isMiss(reply string) bool {
	first, rest, _ := strings.Cut(reply, "\n")
	return plain(reply) && alone(rest) && misses.MatchString(strings.TrimSpace(first)) && !strings.HasPrefix(first, "VALUE")
}

// isRefusal reports whether a reply can mean that a request was refused.
func isRefusal(reply string) bool {
	first, rest, _ := strings.Cut(reply, "\n")
	return plain(first) && alone(rest) && denies.MatchString(first) && !isMiss(first) && !strings.HasPrefix(first, "VALUE")
}

// alone reports whether the lines behind the first of a reply say nothing: an END, an empty line.
func alone(rest string) bool {
	for _, line := range strings.Split(rest, "\n") {
		if line != "" && line != "END" {
			return false
		}
	}
	return true
}
