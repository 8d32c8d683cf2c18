package loadgen

import (
	"fmt"
	"slices"
	"strings"
)

// codec is the grammar of a dialect: how requests are written and what the head of a value looks like.
type codec interface {
	// appendRequest adds op to b; value is a set's.
	appendRequest(b []byte, op *Op, value []byte) []byte
	// value reads the line of a reply that announces a value, without its CRLF.
	value(line []byte) (key []byte, size int64, ok bool)
}

// profile names a codec and says which reply lines count as what.
type profile struct {
	name    string
	codec   codec
	stored  string
	misses  []string
	refusal []string // whole lines, or with a trailing space the first word
	cache   bool     // a key that was set may be gone: a miss is no fault
	padded  bool     // a space is allowed before the CRLF of a value's head and block
}

var profiles = []*profile{
	{name: "report", codec: lite{}, stored: "STORED", misses: []string{"NOT-FOUND"},
		refusal: []string{"ERROR", "NOT_STORED", "NOT-STORED"}},
	{name: "transcript", codec: lite{}, stored: "STORED", misses: []string{"NOT-FOUND"},
		refusal: []string{"NOT_STORED", "ERROR", "NOT-STORED"}},
	{name: "course", codec: lite{}, stored: "STORED", misses: []string{"END", "NOT-FOUND"},
		refusal: []string{"NOT-STORED", "ERROR", "NOT_STORED"}, padded: true},
	{name: "memcached", codec: classic{}, stored: "STORED", misses: []string{"END"},
		refusal: []string{"ERROR", "NOT_STORED", "CLIENT_ERROR ", "SERVER_ERROR "}, cache: true},
}

// Profiles returns the names that Plan.Profile may have.
func Profiles() []string {
	var names []string
	for _, p := range profiles {
		names = append(names, p.name)
	}
	return names
}

func profileNamed(name string) (*profile, error) {
	for _, p := range profiles {
		if p.name == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("profile %q: want one of %s", name, strings.Join(Profiles(), ", "))
}

func (p *profile) miss(line []byte) bool {
	return slices.ContainsFunc(p.misses, func(m string) bool { return m == string(line) })
}

func (p *profile) refused(line []byte) bool {
	for _, r := range p.refusal {
		if string(line) == r || r[len(r)-1] == ' ' && len(line) >= len(r) && string(line[:len(r)]) == r {
			return true
		}
	}
	return false
}
