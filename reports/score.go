package reports

import (
	"fmt"
	"strings"
)

var levels = []string{"must", "should", "may"}

// tally counts rules by what came of them.
func tally(rules []*Rule) LevelScore {
	var s LevelScore
	for _, r := range rules {
		switch r.Status {
		case Passed:
			s.Passed++
		case Failed:
			s.Failed++
		case Inconclusive:
			s.Inconclusive++
		case NotRun:
			s.NotRun++
		}
	}
	s.Asked = s.Passed + s.Failed + s.Inconclusive
	return s
}

// scores counts the rules of each level.
func scores(rules []*Rule) []LevelScore {
	list := make([]LevelScore, len(levels))
	for i, level := range levels {
		list[i] = tally(ofLevel(rules, level))
		list[i].Level = level
	}
	return list
}

func ofLevel(rules []*Rule, level string) []*Rule {
	var list []*Rule
	for _, r := range rules {
		if r.Level == level {
			list = append(list, r)
		}
	}
	return list
}

func ofStatus(rules []*Rule, status Status) []*Rule {
	var list []*Rule
	for _, r := range rules {
		if r.Status == status {
			list = append(list, r)
		}
	}
	return list
}

// NotPassed returns the rules that somebody should look at, the failed ones first. After Ctrl-C every rule that was not
// reached is inconclusive, which needs no telling one by one.
func (s *Suite) NotPassed() []*Rule {
	list := ofStatus(s.Rules, Failed)
	if !s.CutShort {
		list = append(list, ofStatus(s.Rules, Inconclusive)...)
	}
	return list
}

// family is the rules of one family, in the order in which the suite has them.
type family struct {
	Name  string
	Rules []*Rule
}

func families(rules []*Rule) []*family {
	var list []*family
	byName := map[string]*family{}
	for _, r := range rules {
		f := byName[r.Family]
		if f == nil {
			f = &family{Name: r.Family}
			byName[r.Family] = f
			list = append(list, f)
		}
		f.Rules = append(f.Rules, r)
	}
	return list
}

// fraction is passed of asked, "42/44", n/a where nothing was asked.
func (s LevelScore) fraction() string {
	if s.Asked == 0 {
		return na
	}
	return fmt.Sprintf("%d/%d", s.Passed, s.Asked)
}

// scoreLine is the score by level: "must 38/38 · should 17/17 · 5 not run".
func scoreLine(rules []*Rule) string {
	var parts []string
	for _, s := range scores(rules) {
		if s.Asked > 0 {
			parts = append(parts, s.Level+" "+s.fraction())
		}
	}
	s := tally(rules)
	if s.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", s.Failed))
	}
	if s.Inconclusive > 0 {
		parts = append(parts, fmt.Sprintf("%d inconclusive", s.Inconclusive))
	}
	if s.NotRun > 0 {
		parts = append(parts, fmt.Sprintf("%d not run", s.NotRun))
	}
	return strings.Join(parts, " · ")
}

func ids(rules []*Rule) string {
	list := make([]string, len(rules))
	for i, r := range rules {
		list[i] = r.ID
	}
	if len(list) > 6 {
		list = append(list[:5], fmt.Sprintf("and %d more", len(list)-5))
	}
	return strings.Join(list, ", ")
}
