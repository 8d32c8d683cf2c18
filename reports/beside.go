package reports

// Beside are files that were written beside a report and show one and the same thing: a suite, a run. Its page links
// them. They are no part of what JSON keeps: a page that is made from it elsewhere has nothing beside it.
type Beside struct {
	Name  string   // what the files show, such as "64 clients"
	Paths []string // relative to the page
	Again []string // the command lines that make the like again; empty: none
}

// The files as the page shows them: a row for each thing.
type filesPage struct {
	Rows  []Beside
	Again []string
}

// newFilesPage is nil where nothing lies beside the report.
func newFilesPage(list []Beside) *filesPage {
	if len(list) == 0 {
		return nil
	}
	p := &filesPage{}
	for _, b := range list {
		p.Rows = append(p.Rows, Beside{Name: visible(b.Name), Paths: b.Paths})
		p.Again = append(p.Again, visibleAll(b.Again)...)
	}
	return p
}
