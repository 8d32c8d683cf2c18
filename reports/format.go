package reports

// formats are all there are, in the order in which help shows them, with what they can show: a report has load runs, or
// suites, or both.
var formats = []struct {
	name         string
	write        Format
	runs, suites bool
}{
	{"html", HTML, true, true},
	{"json", JSON, true, true},
	{"junit", JUnit, true, true},
	{"md", Markdown, true, true},
	{"badge", Badge, true, true},
	{"png", PNG, true, false},
	{"prom", Prometheus, true, true},
	{"csv", CSV, true, false},
	{"hgrm", HGRM, true, false},
	{"hlog", HLog, true, false},
}

// Formats lists the names that ParseOutput knows, in the order in which help shows them.
func Formats() []string { return formatsOf(true, true) }

// RunFormats lists those that can show load runs.
func RunFormats() []string { return formatsOf(true, false) }

// SuiteFormats lists those that can show suites.
func SuiteFormats() []string { return formatsOf(false, true) }

// ComparisonFormats lists those that show a comparison as such; the others show the runs and suites in it.
func ComparisonFormats() []string { return []string{"html", "json", "junit", "md"} }

func formatsOf(runs, suites bool) (names []string) {
	for _, f := range formats {
		if runs && f.runs || suites && f.suites {
			names = append(names, f.name)
		}
	}
	return names
}

// format returns the writer of a format by its name.
func format(name string) (Format, bool) {
	for _, f := range formats {
		if f.name == name {
			return f.write, true
		}
	}
	return nil, false
}
