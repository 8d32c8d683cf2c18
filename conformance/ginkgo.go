package conformance

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"memlite/reports"
)

// Register adds the table to Ginkgo's suite: a container for each family, a spec for each rule. Rules that are not
// run are skipped with their reason. An inconclusive rule fails its spec, because it is no pass and Ginkgo has no
// other word. It is called once, before RunSpecs, outside of any container.
func (s *Session) Register() {
	ginkgo.Describe("memcached-lite at "+s.cfg.name(), func() {
		for from := 0; from < len(s.table); {
			to := from
			for to < len(s.table) && s.table[to].Family == s.table[from].Family {
				to++
			}
			// Ginkgo runs specs in the order of their places in the source; the families keep the table's.
			place := types.CodeLocation{FileName: "conformance/rules", LineNumber: 1 + from}
			ginkgo.Context(s.table[from].Family, place, func() {
				for _, rule := range s.table[from:to] {
					args := []any{ginkgo.Label(rule.Labels...), placeOf(rule), func() { s.spec(rule) }}
					if rule.Alone {
						args = append(args, ginkgo.Serial)
					}
					ginkgo.It(rule.ID+" "+rule.Title, args...)
				}
			})
			from = to
		}
	})
	// Green by accident: specs that a filter of Ginkgo's, a focus or an interrupt left out.
	ginkgo.ReportAfterSuite("every rule was run", func(report ginkgo.Report) { s.count(report) })
}

// placeOf is where the rule's check stands, for Ginkgo's output.
func placeOf(rule Rule) types.CodeLocation {
	pc := reflect.ValueOf(rule.Check).Pointer()
	file, line := runtime.FuncForPC(pc).FileLine(pc)
	return types.CodeLocation{FileName: file, LineNumber: line}
}

func (s *Session) spec(rule Rule) {
	if why := s.left[rule.ID]; why != "" {
		ginkgo.Skip(why)
	}
	var r *reports.Rule
	ginkgo.DeferOnFailure(func() {
		if r != nil && len(r.Transcript) > 0 {
			ginkgo.AddReportEntry("transcript", wireLog(r.Transcript), ginkgo.ReportEntryVisibilityFailureOrVerbose)
		}
	})
	r = s.check(rule)
	switch r.Status {
	case reports.NotRun:
		ginkgo.Skip(r.Reason)
	case reports.Inconclusive:
		ginkgo.Fail("inconclusive: " + r.Reason)
	case reports.Failed:
		ginkgo.Fail(describeFailure(r))
	}
}

// count fails the suite where fewer specs ran than rules should have.
func (s *Session) count(report ginkgo.Report) {
	ran := 0
	for _, spec := range report.SpecReports {
		if spec.LeafNodeType != types.NodeTypeIt {
			continue
		}
		switch {
		case spec.State.Is(types.SpecStateInterrupted | types.SpecStateAborted):
			s.interrupt()
		case !spec.State.Is(types.SpecStateSkipped | types.SpecStatePending):
			ran++
		}
	}
	if ran == 0 {
		ginkgo.Fail("not one rule was run")
	}
	s.mu.Lock()
	failed := s.crashes()
	s.mu.Unlock()
	if len(failed) > 0 {
		ginkgo.Fail("the server ended although nobody had told it to, just after these rules: " + strings.Join(failed, ", "))
	}
}

func describeFailure(r *reports.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n%s\n", r.Reason, r.Kind, r.Text)
	fmt.Fprintf(&b, "  want  %s\n  got   %s\n  again %s", r.Want, r.Got, r.Rerun)
	if r.Known != "" {
		fmt.Fprintf(&b, "\n  known %s", r.Known)
	}
	fmt.Fprintf(&b, "\nAn example and the usual mistakes: memlite conform --explain %s", r.ID)
	return b.String()
}

// wireLog prints as a transcript in Ginkgo's output, events cut to a line or two, and is all that was kept in its JSON.
type wireLog []reports.Event

func (l wireLog) String() string {
	var b strings.Builder
	for _, e := range l {
		fmt.Fprintf(&b, "%10.3fms client %d %-7s ", float64(e.At)/1e6, e.Client, e.Kind)
		if shown := e.Bytes[:min(len(e.Bytes), 200)]; len(shown) > 0 {
			fmt.Fprintf(&b, "%q ", shown)
		}
		if e.Length > 200 {
			fmt.Fprintf(&b, "… (%d bytes) ", e.Length)
		}
		fmt.Fprintln(&b, e.Note)
	}
	return b.String()
}

// failing is the testing.T that RunSpecs asks for; the verdict is taken from the Session.
type failing struct{}

func (failing) Fail() {}
