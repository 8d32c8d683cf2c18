package rules

import (
	"fmt"
	"slices"
)

// Trait is something that the reference server does and some endpoints do not, which decides what can be asked.
type Trait int

// The traits that rules need or state.
const (
	Block      Trait = iota // a set's value follows its line in a block
	Sized                   // a set announces the size of its value
	ByteSize                // that size counts bytes
	Refuses                 // a block that is not as long as announced is refused
	CRLF                    // command lines and blocks end in CRLF
	Cuts                    // the bytes of a request may be cut anywhere
	Pipelining              // requests may share a packet
	Persistent              // a connection serves many requests
	Leaving                 // there is a command to leave by
	Answering               // every request is answered, a miss too
)

// Lacks says in words how the profile is without a trait, "" where it has it.
func (p *Profile) Lacks(trait Trait) string {
	switch {
	case trait == Block && p.oneLine():
		return "a set's value stands on its line, there is no block"
	case trait == Sized && !p.sized():
		return "a set announces no size"
	case trait == ByteSize && p.Characters:
		return "sizes count characters"
	case trait == Refuses && p.Mismatch != Refuse:
		return fmt.Sprintf("a block of another size than announced is not refused (mismatch: %s)", p.Mismatch)
	case trait == CRLF && p.LineEnd+p.BlockEnd != "\r\n\r\n":
		return "lines and blocks do not both end in CRLF"
	case trait == Cuts && p.Writes != AnyWrites:
		return fmt.Sprintf("a set must come in %s", p.Writes)
	case trait == Pipelining && (p.OneAtATime || p.OneRequest || p.Writes == TwoWrites):
		return "requests that share a packet are not all answered"
	case trait == Persistent && p.OneRequest:
		return "a connection serves one request"
	case trait == Answering && (p.silent(Missing) || p.silent(BadCommand)):
		return "some requests are answered with nothing"
	case trait == Leaving && p.Leave == "":
		return "clients leave by closing only"
	}
	return ""
}

// CannotAsk says why the rule cannot be asked of an endpoint with the profile, "" where it can. What a profile in a file declares
// is not asked; what detection has found by itself is described and still asked, by the one rule that states it.
func (p *Profile) CannotAsk(r Rule) string {
	traits := r.Needs
	if !p.Detected {
		traits = slices.Concat(r.Needs, r.States)
	}
	for _, trait := range traits {
		if why := p.Lacks(trait); why != "" {
			return fmt.Sprintf("cannot be asked in the profile %s: %s", p.Name, why)
		}
	}
	return ""
}

// Has reports whether the endpoint is said to have the trait.
func (t *T) Has(trait Trait) bool { return t.Profile.Lacks(trait) == "" }
