package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"memlite/conformance/rules"
	"memlite/conformance/wire"
	"memlite/reports"
)

// The table and its terms are package rules'; they are named here for those who only run it.
type (
	Rule  = rules.Rule
	Level = rules.Level
)

// The levels; see rules.Level.
const (
	Must   = rules.Must
	Should = rules.Should
	May    = rules.May
)

// ParseLevel reads "must", "should" or "may".
func ParseLevel(s string) (Level, error) { return rules.ParseLevel(s) }

// Rules returns the table, ordered by family and ID.
func Rules() []Rule { return rules.All() }

// Profiles returns the names of the profiles, the default first.
func Profiles() (names []string) {
	for _, p := range rules.Profiles() {
		names = append(names, p.Name)
	}
	return names
}

// DefaultTimeout is that of a whole run.
const DefaultTimeout = 2 * time.Minute

// mostProcs keeps the clients of rules side by side (some have 50) far below what every endpoint must serve.
const mostProcs = 16

// Config says what is run against what. Only Addr or Start has to be given.
type Config struct {
	Addr        string        // host:port, :port or unix:///path; may be left out where Start has {port}
	Start       string        // a line for the shell that runs the server, with {port} and {data}; see package process
	Dir         string        // the working folder of Start; "" is this process's
	Env         []string      // NAME=value, for Start besides this process's
	Profile     string        // how the endpoint speaks: a name, FILE.yaml or auto; "" is report
	Level       Level         // rules up to this level are run; 0 is Should
	LabelFilter string        // in Ginkgo's syntax, over rule IDs, families, levels and labels; "" is all
	Seed        int64         // start of every random choice
	Timeout     time.Duration // of the whole run; 0 is DefaultTimeout
	Procs       int           // so many rules are run side by side, where they may; 0 is 1
	Command     []string      // the command line, for the report
	Version     string        // memlite's own, for the report

	// Progress is called after every rule that was run: done of total. Calls do not overlap.
	Progress func(done, total int, r *reports.Rule)
}

// Validate returns all that is wrong with the configuration.
func (c Config) Validate() error {
	var problems []error
	if c.Start != "" {
		if err := c.process().Validate(); err != nil {
			problems = append(problems, err)
		}
	} else if _, _, err := wire.ParseAddr(c.Addr); err != nil {
		problems = append(problems, err)
	}
	if _, err := c.profile(); err != nil {
		problems = append(problems, err)
	}
	if c.Level != 0 && (c.Level < Must || c.Level > May) {
		problems = append(problems, fmt.Errorf("level %d: want must, should or may", int(c.Level)))
	}
	if c.Timeout < 0 {
		problems = append(problems, fmt.Errorf("timeout %v: want a positive duration", c.Timeout))
	}
	if c.Procs < 0 || c.Procs > mostProcs {
		problems = append(problems, fmt.Errorf("procs %d: want 1 to %d rules side by side", c.Procs, mostProcs))
	}
	if _, err := c.filter(); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func (c Config) level() Level {
	if c.Level == 0 {
		return Should
	}
	return c.Level
}

func (c Config) timeout() time.Duration {
	if c.Timeout == 0 {
		return DefaultTimeout
	}
	return c.Timeout
}

func (c Config) procs() int { return max(c.Procs, 1) }

func (c Config) filter() (types.LabelFilter, error) {
	filter, err := types.ParseLabelFilter(c.LabelFilter)
	if err != nil {
		// Ginkgo's message draws the place over several lines, with colours' markers.
		detail := err.Error()
		if e, ok := err.(types.GinkgoError); ok {
			lines := strings.Split(strings.TrimSpace(e.Message), "\n")
			detail = lines[len(lines)-1]
		}
		return nil, fmt.Errorf("label filter %q: %s", c.LabelFilter, strings.TrimSpace(detail))
	}
	return filter, nil
}

// Select returns the rules that a run with this configuration would ask, in the table's order; Addr and Start do not matter. An
// error means that the configuration is wrong, or that there are none.
func Select(c Config) ([]Rule, error) {
	profile, err := c.profile()
	if err != nil {
		return nil, err
	}
	filter, err := c.filter()
	if err != nil {
		return nil, err
	}
	var chosen []Rule
	left := map[string]int{}
	for _, r := range Rules() {
		if why := leftOut(r, filter(r.Labels), c, &profile); why != "" && why != rules.NeedsStart {
			left[why]++
		} else {
			chosen = append(chosen, r)
		}
	}
	if len(chosen) == 0 {
		return nil, nothing(c, left)
	}
	return chosen, nil
}

// nothing says why a run would have been empty, and what could have been asked for.
func nothing(c Config, left map[string]int) error {
	if why := left[byFilter]; why == len(Rules()) {
		return fmt.Errorf("no rule matches the label filter %q%s: rules have the labels %s, and their IDs (SET-01 and so on)",
			c.LabelFilter, meant(c.LabelFilter), strings.Join(labels(), ", "))
	}
	var reasons []string
	for why, n := range left {
		if why != byFilter {
			reasons = append(reasons, fmt.Sprintf("%d: %s", n, why))
		}
	}
	slices.Sort(reasons)
	return fmt.Errorf("no rule is left to run of those that the label filter %q matches (%s)", c.LabelFilter, strings.Join(reasons, "; "))
}

// meant guesses the rule whose ID was written in another way: set4, SET-4, set04.
func meant(filter string) string {
	flat := func(id string) string { // SET-04 as set4
		family, number, _ := strings.Cut(id, "-")
		return strings.ToLower(family + strings.TrimLeft(number, "0"))
	}
	end := strings.IndexAny(filter, "0123456789")
	if end < 0 {
		return ""
	}
	written := flat(strings.Trim(filter[:end], "-_ ") + "-" + filter[end:])
	for _, r := range Rules() {
		if flat(r.ID) == written {
			return ", did you mean " + r.ID + "?"
		}
	}
	return ""
}

// labels lists what a label filter can name, but for the IDs.
func labels() (all []string) {
	for _, r := range Rules() {
		for _, l := range r.Labels {
			if l != r.ID && !slices.Contains(all, l) {
				all = append(all, l)
			}
		}
	}
	return all
}
