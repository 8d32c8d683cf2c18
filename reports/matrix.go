package reports

import (
	"cmp"
	"slices"
)

// matrix is several suites side by side: implementations × rules.
type matrix struct {
	Suites   []*Suite
	Names    []string // of the implementations, in the order of Suites
	Families []*matrixFamily
}

type matrixFamily struct {
	Name string
	Rows []*matrixRow
}

// matrixRow is one rule and what came of it everywhere.
type matrixRow struct {
	Rule  *Rule   // what the rule is, as the first suite that has it says
	Cells []*Rule // one for each suite, nil where it has no such rule
	Score LevelScore
}

// newMatrix brings the rules of all suites together by their IDs. They need not have the same ones: profiles differ,
// and so do versions.
func newMatrix(suites []*Suite) *matrix {
	m := &matrix{Suites: suites, Names: suiteNames(suites)}
	byFamily, byID := map[string]*matrixFamily{}, map[string]*matrixRow{}
	for i, s := range suites {
		for _, r := range s.Rules {
			row := byID[r.ID]
			if row == nil {
				f := byFamily[r.Family]
				if f == nil {
					f = &matrixFamily{Name: r.Family}
					byFamily[r.Family] = f
					m.Families = append(m.Families, f)
				}
				row = &matrixRow{Rule: r, Cells: make([]*Rule, len(suites))}
				byID[r.ID] = row
				f.Rows = append(f.Rows, row)
			}
			if row.Cells[i] == nil {
				row.Cells[i] = r
			}
		}
	}
	for _, row := range m.rows() {
		var list []*Rule
		for _, r := range row.Cells {
			if r != nil {
				list = append(list, r)
			}
		}
		row.Score = tally(list)
	}
	return m
}

func (m *matrix) rows() []*matrixRow {
	var list []*matrixRow
	for _, f := range m.Families {
		list = append(list, f.Rows...)
	}
	return list
}

// mostFailed are the rules that most implementations break, at most n, the worst first.
func (m *matrix) mostFailed(n int) []*matrixRow {
	var list []*matrixRow
	for _, row := range m.rows() {
		if row.Score.Failed > 0 {
			list = append(list, row)
		}
	}
	slices.SortStableFunc(list, func(a, b *matrixRow) int { return cmp.Compare(b.Score.Failed, a.Score.Failed) })
	return list[:min(n, len(list))]
}

// cellWords is what a cell says to those who do not see its symbol.
func cellWords(s *Suite, r *Rule) string {
	switch {
	case r != nil:
		return string(r.Status)
	case s.Failure != "":
		return "not run"
	}
	return "no such rule"
}

func cellSymbol(r *Rule) string {
	if r == nil {
		return "·"
	}
	return symbol(r.Status)
}
