package reports

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

//go:embed html
var pageFiles embed.FS

// HTML writes one page that holds everything: no script, no font, no picture from elsewhere, so that it can be sent
// as it is. The page's own policy forbids the rest: even if a reply of a server got into it as markup, nothing ran. Only
// the scripts of pages that are attached to a rule may run, by their hashes, each page in a frame that is shut off.
func HTML(w io.Writer, r *Report) error {
	if len(r.Runs)+len(r.Suites) == 0 {
		return errEmpty
	}
	style, err := pageFiles.ReadFile("html/style.css")
	if err != nil {
		return err
	}
	t, err := template.ParseFS(pageFiles, "html/*.tmpl")
	if err != nil {
		return err
	}
	p := newPage(r)
	p.Style = template.CSS(style)
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "page.tmpl", p); err != nil {
		return err
	}
	_, err = b.WriteTo(w)
	return err
}

// The page as the templates see it. Every string in it has been through visible where it can hold what a server or
// a user sent; html/template does the rest of the escaping.
type page struct {
	Title, Heading, When, Version string
	Style                         template.CSS
	Policy                        string
	Verdicts                      []shownVerdict
	Observed                      []string // of the one suite: what was found out about it belongs to its verdict
	Contents                      []link
	Matrix                        *matrixPage
	Suites                        []suitePage
	Rules                         []familyPage // what each rule asks, where the suites do not say it themselves
	Comparison                    *comparisonPage
	Overview                      *overview
	Runs                          []runPage
	Files                         *filesPage
}

type link struct{ Anchor, Name string }

type shownVerdict struct {
	Tone               tone
	Symbol, Word, Text string
	Detail             string // more about it, smaller
}

func show(v verdict) shownVerdict {
	word := map[tone]string{good: "Good", flawed: "Bad in part", bad: "Bad", unsure: "Not certain"}[v.Tone]
	s := shownVerdict{v.Tone, v.Tone.symbol(), word, together(visible(v.Text)), ""}
	if v.Lead != "" {
		s.Text, s.Detail = together(visible(v.Lead)), together(visible(v.Detail))
	}
	return s
}

var figureAndUnit = regexp.MustCompile(`(\d) (ns|µs|ms|s|min|%)`)

// together keeps a figure and its unit on one line.
func together(s string) string { return figureAndUnit.ReplaceAllString(s, "$1\u00a0$2") }

// tile is one figure that is shown large.
type tile struct {
	Name, Value, Unit, Note string
	Kind                    tone // "" for no judgement
}

// facts are pairs under a heading.
type facts struct {
	Name string
	Rows []fact
}

type fact struct{ Name, Value, Note string }

type table struct {
	Name  string
	Head  []string
	Words []string // those heads over words, which may take several lines
	Rows  []tableRow
}

type tableRow struct {
	Name, Anchor string
	Quiet        bool // belongs to the row above
	Cells        []cell
}

// Column is the head of the cells at i, which stands beside each of them on a phone.
func (t *table) Column(i int) string { return t.Head[i+1] }

// Worded says that a column is of words.
func (t *table) Worded(head string) bool { return slices.Contains(t.Words, head) }

// Class is how the page's style is to write the cell at i.
func (t *table) Class(i int, c cell) string {
	var list []string
	if c.Bad {
		list = append(list, "bad")
	}
	if t.Worded(t.Head[i+1]) {
		list = append(list, "words")
	}
	return strings.Join(list, " ")
}

type cell struct {
	Text string
	Bad  bool
}

func newPage(r *Report) *page {
	p := &page{}
	first := verdicts(r)
	if r.Comparison != nil {
		first = verdictsOfComparison(r.Comparison)
	}
	for _, v := range first {
		p.Verdicts = append(p.Verdicts, show(v))
	}
	var targets []string
	var made Environment
	var when time.Time
	seen := map[string]bool{}
	note := func(target string, e Environment, started time.Time) {
		if !seen[target] {
			seen[target] = true
			targets = append(targets, visible(target))
		}
		if when.IsZero() || started.Before(when) {
			when, made = started, e
		}
	}
	if r.Comparison != nil {
		p.Comparison = newComparisonPage(r)
		p.Contents = append(p.Contents, link{"comparison", "Comparison"})
	}
	b := newSuiteBuilder(r)
	for i, s := range r.Suites {
		note(s.Target, s.Environment, s.Started)
		p.Suites = append(p.Suites, b.suite(i))
	}
	if b.matrix != nil {
		p.Matrix, p.Rules = b.table(), b.about()
		p.Contents = append(p.Contents, link{"matrix", "Matrix"}, link{"implementations", "Each implementation"}, link{"rules", "What the rules ask"})
	} else if len(p.Suites) == 1 {
		p.Observed = visibleAll(r.Suites[0].Observed)
		p.Contents = append(p.Contents, link{p.Suites[0].Anchor, p.Suites[0].Name})
	}
	p.Policy = b.attached.policy()
	for _, run := range r.Runs {
		note(run.Target, run.Environment, run.Started)
	}
	if len(r.Runs) > 1 && (r.Comparison == nil || len(r.Comparison.Rows) == 0) {
		p.Overview = newOverview(r.Runs)
		p.Contents = append(p.Contents, link{"load", "Load"})
	}
	all := names(r.Runs)
	for i := range r.Runs {
		if !eachRunShown(r) {
			break
		}
		v := newRunPage(r, i, all[i])
		p.Runs = append(p.Runs, v)
		if !v.Folded { // else the table of all is their list
			p.Contents = append(p.Contents, link{v.Anchor, v.Name})
		}
	}
	if p.Files = newFilesPage(r.Beside); p.Files != nil {
		p.Contents = append(p.Contents, link{"files", "Files"})
	}
	p.Heading = strings.Join(targets, ", ")
	if c := r.Comparison; c != nil {
		p.Heading = fmt.Sprintf("%s against %s", visible(c.Head.Name), visible(c.Base.Name))
	} else if len(r.Suites) > 1 {
		p.Heading = fmt.Sprintf("%d implementations", len(r.Suites))
	}
	if p.Heading == "" {
		p.Heading = "Report"
	}
	p.Title = "memlite report: " + p.Heading
	p.Version = orNA(visible(made.Version))
	p.When = date(when)
	if made.Host != "" {
		p.When += ", from " + visible(made.Host)
	}
	return p
}

// environment of a fleet's run is that of who told the agents what to do: they have a table of their own.
func (r *Run) environment() facts {
	if len(r.Agents) > 0 {
		return environment("coordinator", r.Environment)
	}
	return environment(measuringSide, r.Environment)
}

const measuringSide = "measuring side"

func environment(of string, e Environment) facts {
	cpus := na
	if e.CPUs > 0 {
		cpus = fmt.Sprint(e.CPUs)
	}
	return facts{"Environment of the " + of, []fact{
		{Name: "memlite", Value: orNA(visible(e.Version))},
		{Name: "Go", Value: orNA(visible(e.Go))},
		{Name: "system", Value: orNA(visible(e.OS))},
		{Name: "kernel", Value: orNA(visible(e.Kernel))},
		{Name: "processor", Value: orNA(visible(e.CPU))},
		{Name: "cores usable", Value: cpus},
		{Name: "host", Value: orNA(visible(e.Host))},
	}}
}

func visibleAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = visible(s)
	}
	return out
}
