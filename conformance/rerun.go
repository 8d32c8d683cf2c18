package conformance

import (
	"fmt"
	"strings"
)

// rerun is the command that asks this rule alone again, from the same seed, as a POSIX shell reads it.
func (s *Session) rerun(r Rule) string {
	profile := s.cfg.Profile // a file stays a file, and what was found out is found out again
	if profile == "" {
		profile = s.profile.Name
	}
	before, endpoint := s.cfg.arguments()
	return fmt.Sprintf("%smemlite conform %s --profile %s --level %s --label-filter %s --seed %d",
		before, endpoint, shellQuote(profile), s.cfg.level(), r.ID, s.cfg.Seed)
}

// shellQuote is s as one word of a shell's, quoted where it has to be.
func shellQuote(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
