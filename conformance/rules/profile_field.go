package rules

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is one line of a profile's file: how it is read, how it is written and what it means.
type field struct {
	section string // "" for those at the top
	name    string
	about   string
	list    bool // several values may be given
	plain   bool // a word or a number, which needs no quotes
	read    func(p *Profile, values []string) error
	write   func(p *Profile) []string
}

// path is the field's name with its section.
func (f field) path() string { return strings.TrimPrefix(f.section+"."+f.name, ".") }

// fields are all that a file can say, in the order in which it is written. "base" is not one of them: it decides what the others
// start from.
func fields() []field {
	list := []field{
		textField("", "name", "what reports call it", func(p *Profile) *string { return &p.Name }),
		textField("", "summary", "what it is, for people", func(p *Profile) *string { return &p.Summary }),

		textField("requests", "set", "with {key}, {size} and, where the value stands on the line and has no block, {value}", func(p *Profile) *string { return &p.Set }),
		textField("requests", "get", "with {key}", func(p *Profile) *string { return &p.Get }),
		textField("requests", "leave", `the command that ends a connection; "" where clients only close`, func(p *Profile) *string { return &p.Leave }),
		wordField("requests", "line_end", "of a command line", requestEnds, func(p *Profile) *string { return &p.LineEnd }),
		wordField("requests", "block_end", "of a block", blockEnds, func(p *Profile) *string { return &p.BlockEnd }),
		wordField("requests", "writes", "in how many writes a set's line and block must come", writeWords, func(p *Profile) *Writes { return &p.Writes }),
		wordField("requests", "size_counts", "what a size counts", sizeWords, func(p *Profile) *bool { return &p.Characters }),
		wordField("requests", "values", "whether a value may hold spaces", spaceWords, func(p *Profile) *bool { return &p.Words }),

		listField("replies", "greeting", "the lines that a connection begins with", func(p *Profile) *[]string { return &p.Greeting }),
	}
	for o, name := range outcomeFields {
		list = append(list, listField("replies", name, outcomeAbout[o], func(p *Profile) *[]string { return &p.Replies[o] }))
	}
	return append(list,
		listField("replies", "value", "the line before a value, with {key}, {flags} and {size}; [] where the value comes alone", func(p *Profile) *[]string { return &p.Values }),
		listField("replies", "value_end", "the lines after a value", func(p *Profile) *[]string { return &p.ValueEnd }),
		wordField("replies", "line_end", "of every line that comes", replyEnds, func(p *Profile) *string { return &p.ReplyEnd }),
		wordField("replies", "trailing_space", "whether a space may end the line before a value, the value's line and a block", truth, func(p *Profile) *bool { return &p.TrailingSpace }),

		wordField("behaviour", "mismatch", "what becomes of a block of another size than announced", mismatchWords, func(p *Profile) *string { return &p.Mismatch }),
		wordField("behaviour", "pipelining", "whether requests that share a packet are all answered", untruth, func(p *Profile) *bool { return &p.OneAtATime }),
		wordField("behaviour", "requests_per_connection", "whether a connection stays after a request", requestWords, func(p *Profile) *bool { return &p.OneRequest }),

		numberField("limits", "key", "the longest key that is taken, in bytes", 100, 4000, func(p *Profile) *int { return &p.MaxKey }),
		numberField("limits", "value", "the largest value that must be taken, in bytes", 1000, 32<<20, func(p *Profile) *int { return &p.MaxValue }),
		numberField("limits", "too_large", "the smallest value that must be refused, in bytes", 1001, 64<<20, func(p *Profile) *int { return &p.TooLarge }),
		numberField("limits", "clients", "how many are served at once", 1, 100_000, func(p *Profile) *int { return &p.Clients }),
		numberField("limits", "tolerance", "how many fewer still count", 0, 100_000, func(p *Profile) *int { return &p.Tolerance }),
		field{section: "limits", name: "patience", about: "what is waited at least for an answer; usually the measured round trip says enough",
			read: func(p *Profile, v []string) (err error) {
				if p.Patience, err = time.ParseDuration(v[0]); err != nil || p.Patience < 0 || p.Patience > time.Minute {
					return fmt.Errorf("%q is not a duration from 0s to 1m", v[0])
				}
				return nil
			},
			write: func(p *Profile) []string { return []string{p.Patience.String()} }},
	)
}

// sections are the groups of fields, with what they are about.
var sections = []struct{ name, about string }{
	{"requests", "What is sent."},
	{"replies", "What counts as which reply: one text or a list of them. … stands for any text, \\n for a line end between the lines of one reply,\n[] for no reply at all."},
	{"behaviour", "What it does otherwise than the protocol says. Rules about that are not asked, nor are those that cannot do without."},
	{"limits", "What it takes."},
}

var (
	outcomeFields = []string{"stored", "mismatch", "bad_command", "bad_key", "too_large", "missing", "busy"}
	outcomeAbout  = []string{"to a set", "to a set whose block is not as long as announced", "to an unknown command, a wrong number of tokens, an unreadable size",
		"to a key that is too long or has a forbidden byte", "to a value that is too large", "to a get of a key that is not there", "to a client too many"}
)

// word is one spelling of a value.
type word[V comparable] struct {
	name  string
	value V
}

var (
	requestEnds   = []word[string]{{"crlf", "\r\n"}, {"lf", "\n"}, {"space-crlf", " \r\n"}, {"space-lf", " \n"}}
	blockEnds     = append(slices.Clone(requestEnds), word[string]{"none", ""})
	replyEnds     = []word[string]{{"crlf", "\r\n"}, {"lf", "\n"}, {"any", ""}}
	writeWords    = []word[Writes]{{"any", AnyWrites}, {"one", OneWrite}, {"two", TwoWrites}}
	mismatchWords = []word[string]{{Refuse, Refuse}, {Wait, Wait}, {Truncate, Truncate}}
	sizeWords     = []word[bool]{{"bytes", false}, {"characters", true}}
	spaceWords    = []word[bool]{{"text", false}, {"words", true}}
	requestWords  = []word[bool]{{"many", false}, {"one", true}}
	truth         = []word[bool]{{"false", false}, {"true", true}}
	untruth       = []word[bool]{{"true", false}, {"false", true}}
)

func wordField[V comparable](section, name, about string, words []word[V], at func(*Profile) *V) field {
	var names []string
	for _, w := range words {
		names = append(names, w.name)
	}
	return field{section: section, name: name, about: about + ": " + strings.Join(names, ", "), plain: true,
		read: func(p *Profile, v []string) error {
			i := slices.Index(names, v[0])
			if i < 0 {
				return fmt.Errorf("%q is not one of %s", v[0], strings.Join(names, ", "))
			}
			*at(p) = words[i].value
			return nil
		},
		write: func(p *Profile) []string {
			i := slices.IndexFunc(words, func(w word[V]) bool { return w.value == *at(p) })
			return []string{words[i].name}
		}}
}

func textField(section, name, about string, at func(*Profile) *string) field {
	return field{section: section, name: name, about: about,
		read: func(p *Profile, v []string) error {
			if strings.ContainsAny(v[0], "\r\n") || len(v[0]) > 200 {
				return fmt.Errorf("%.40q is not one line of up to 200 bytes", v[0])
			}
			*at(p) = v[0]
			return nil
		},
		write: func(p *Profile) []string { return []string{*at(p)} }}
}

func listField(section, name, about string, at func(*Profile) *[]string) field {
	return field{section: section, name: name, about: about, list: true,
		read: func(p *Profile, v []string) error {
			for _, s := range v {
				if strings.Contains(s, "\r") || len(s) > 500 {
					return fmt.Errorf("%.40q: lines are given without their ends (\\n stands between two), up to 500 bytes", s)
				}
			}
			*at(p) = v
			return nil
		},
		write: func(p *Profile) []string { return *at(p) }}
}

func numberField(section, name, about string, least, most int, at func(*Profile) *int) field {
	return field{section: section, name: name, about: about, plain: true,
		read: func(p *Profile, v []string) error {
			n, err := strconv.Atoi(v[0])
			if err != nil || n < least || n > min(most, math.MaxInt32) {
				return fmt.Errorf("%q is not a whole number from %d to %d", v[0], least, most)
			}
			*at(p) = n
			return nil
		},
		write: func(p *Profile) []string { return []string{strconv.Itoa(*at(p))} }}
}
