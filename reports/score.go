package reports

import (
	"fmt"
	"strings"
)

var levels = []string{"must", "should", "may"}

// score counts the rules of a suite, or of one level or family of it, by what came of them.
type score struct {
	Passed, Failed, Inconclusive, NotRun int
}

// Asked is how many rules were put to the endpoint.
func (s score) Asked() int { return s.Passed + s.Failed + s.Inconclusive }

func (s *score) add(status Status) {
	switch status {
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

func tally(rules []*Rule) score {
	var s score
	for _, r := range rules {
		s.add(r.Status)
	}
	return s
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

// scoreLine is the score by level: "must 38/38 · should 17/17 · 5 not run".
func scoreLine(rules []*Rule) string {
	var parts []string
	for _, level := range levels {
		if s := tally(ofLevel(rules, level)); s.Asked() > 0 {
			parts = append(parts, fmt.Sprintf("%s %d/%d", level, s.Passed, s.Asked()))
		}
	}
	s := tally(rules)
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
