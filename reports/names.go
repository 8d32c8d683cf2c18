package reports

import (
	"fmt"
	"time"
)

// distinct tells things of one name apart by the first details in which they differ; if there are none, by their place
// in the list.
func distinct(names []string, details ...func(i int) string) []string {
	names = append([]string(nil), names...)
	for _, detail := range details {
		for _, same := range alike(names) {
			first, differ := detail(same[0]), false
			for _, i := range same[1:] {
				differ = differ || detail(i) != first
			}
			for _, i := range same {
				if d := detail(i); differ && d != "" {
					names[i] += ", " + d
				}
			}
		}
	}
	for _, same := range alike(names) {
		for _, i := range same {
			names[i] = fmt.Sprintf("%s (%d)", names[i], i+1)
		}
	}
	return names
}

// alike returns the places of names that are there more than once, in the order of their first.
func alike(names []string) [][]int {
	places := map[string][]int{}
	for i, name := range names {
		places[name] = append(places[name], i)
	}
	var groups [][]int
	for i, name := range names {
		if p := places[name]; len(p) > 1 && p[0] == i {
			groups = append(groups, p)
		}
	}
	return groups
}

// names is what the reader calls each run.
func names(runs []*Run) []string {
	list := make([]string, len(runs))
	for i, r := range runs {
		list[i] = r.name()
	}
	return distinct(list,
		func(i int) string { return runs[i].Target },
		func(i int) string { return runs[i].Profile },
		func(i int) string { return runs[i].load() },
		func(i int) string { return clockTime(runs[i].Started) })
}

// suiteNames is what the reader calls each suite.
func suiteNames(suites []*Suite) []string {
	list := make([]string, len(suites))
	for i, s := range suites {
		if list[i] = s.Title; s.Title == "" {
			list[i] = orNA(s.Target)
		}
	}
	return distinct(list,
		func(i int) string { return suites[i].Target },
		func(i int) string { return suites[i].Profile },
		func(i int) string { return clockTime(suites[i].Started) })
}

// clockTime is a time that tells two runs apart.
func clockTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
