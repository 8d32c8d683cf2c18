package rules

import (
	"fmt"
	"slices"
	"strings"

	"memlite/reports"
)

// Level says how binding a rule is.
type Level int

// The levels. Must: the sources say it, or a server is unusable without. Should: the assignment or memcached says it.
// May: only a careful server does it.
const (
	Must Level = iota + 1
	Should
	May
)

var levelNames = []string{Must: "must", Should: "should", May: "may"}

func (l Level) String() string {
	if l < Must || l > May {
		return fmt.Sprintf("Level(%d)", int(l))
	}
	return levelNames[l]
}

// Meaning says what it takes for a rule to have the level.
func (l Level) Meaning() string {
	return map[Level]string{
		Must:   "the sources say it, or a server is unusable without",
		Should: "the assignment or memcached says it",
		May:    "only a careful server does it",
	}[l]
}

// ParseLevel reads "must", "should" or "may".
func ParseLevel(s string) (Level, error) {
	if i := slices.Index(levelNames, strings.ToLower(s)); i >= int(Must) {
		return Level(i), nil
	}
	return 0, fmt.Errorf("level %q: want must, should or may", s)
}

// The dialects: grammars on the wire.
const (
	Lite    = "lite"    // set <key> <size>
	Classic = "classic" // set <key> <flags> <exptime> <size>, as memcached
)

// The labels that the seed report's own two test scripts became.
const (
	oneClient = "1-client"
	nClient   = "n-client"
)

// Rule is one stated behaviour.
type Rule struct {
	ID       string // SET-03: stable for ever, never a position
	Title    string
	Text     string // the behaviour in words, with the clause that it comes from
	Example  string // one exchange in PROTOCOL.md's notation, of lite in the profile report; "- " begins a remark
	Pitfall  string // how servers usually get it wrong, what invites it, and what to do instead
	Source   string // R, T, A, M or a decision: see RULES.md
	Level    Level
	Family   string   // set, get, end, framing, limits, concurrency, random, durability
	Labels   []string // what a label filter finds the rule by: its ID, family and level; 1-client, n-client
	Dialects []string // those whose grammar has the behaviour
	Needs    []Trait  // what an endpoint must do to be asked at all
	States   []Trait  // what the rule itself is about: not asked where a profile declares that it is otherwise
	Alone    bool     // disturbs, or is disturbed by, whatever else runs: not beside another rule
	Restarts bool     // stops and starts the server: can be asked only where the suite has started it itself
	Check    func(*T)
}

// In reports whether the rule applies in the dialect.
func (r Rule) In(dialect string) bool { return slices.Contains(r.Dialects, dialect) }

// OwnLabels are the rule's labels but for those that every rule has: its ID, family and level.
func (r Rule) OwnLabels() []string {
	return slices.DeleteFunc(slices.Clone(r.Labels), func(l string) bool {
		return l == r.ID || l == r.Family || l == r.Level.String()
	})
}

// Report is the rule as a report has it, without an outcome.
func (r Rule) Report() *reports.Rule {
	return &reports.Rule{ID: r.ID, Family: r.Family, Title: r.Title, Text: r.Text, Source: r.Source,
		Level: r.Level.String(), Labels: slices.Clone(r.Labels), Example: r.Example, Pitfall: r.Pitfall}
}

// All returns the table, ordered by family and ID. The slice is the caller's.
func All() []Rule {
	var all []Rule
	for _, f := range []struct {
		name  string
		rules [][]Rule
	}{
		{"set", [][]Rule{setRules(), setLineRules(), setValueRules(), lastingSetRules(), refusedSetRules()}},
		{"get", [][]Rule{getRules()}},
		{"end", [][]Rule{endRules()}},
		{"framing", [][]Rule{framingRules(), cutRules(), packetRules()}},
		{"random", [][]Rule{randomRules()}},
		{"concurrency", [][]Rule{concurrencyRules(), neighbourRules(), fairnessRules(), lastingRules(), refusedNeighbourRules()}},
		// After those who came and went: places that they have kept are missed here.
		{"limits", [][]Rule{limitRules(), clientLimitRules()}},
		{"durability", [][]Rule{durabilityRules(), crashRules(), lifeRules()}},
	} {
		family := slices.Concat(f.rules...)
		slices.SortFunc(family, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
		for _, r := range family {
			r.Family = f.name
			r.Labels = append(r.Labels, r.ID, r.Family, r.Level.String())
			if r.Dialects == nil {
				r.Dialects = []string{Lite, Classic}
			}
			r.Text, r.Pitfall = oneLine(r.Text), oneLine(r.Pitfall)
			r.Example = unindent(r.Example)
			all = append(all, r)
		}
	}
	return all
}

// oneLine joins what the source breaks over several lines.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// unindent takes from the lines of s what indents them in the source, and the line breaks around them.
func unindent(s string) string {
	var lines []string
	for line := range strings.Lines(strings.TrimSpace(s)) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}
