package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// mdComparison writes what a reviewer wants to see: the verdicts, what each gate came to, the rules that changed, and the figures. The runs
// themselves are in the JSON.
func mdComparison(w io.Writer, r *Report) {
	c := r.Comparison
	fmt.Fprintf(w, "## %s compared with %s\n\n", md(c.Head.Name), md(c.Base.Name))
	for _, v := range verdictsOfComparison(c) {
		fmt.Fprintf(w, "%s **%s**\n\n", v.Tone.symbol(), md(v.Text))
	}
	for _, g := range c.Gates {
		fmt.Fprintf(w, "- %s %s %s: %s\n", symbol(g.Status()), mdCode(g.Text), g.outcome(), md(g.Reason))
	}
	if len(c.Gates) > 0 {
		fmt.Fprintln(w)
	}
	mdWarnings(w, c.Warnings)
	if len(c.Rules) > 0 {
		fmt.Fprintf(w, "| rule | level | change | %s | %s | title | |\n|---|---|---|---|---|---|---|\n", md(c.Base.Name), md(c.Head.Name))
		for _, v := range c.Rules {
			fmt.Fprintf(w, "| %s %s | %s | %s | %s | %s | %s | %s |\n", v.tone().symbol(), md(v.ID), md(v.Level), md(v.Change), md(v.Base), md(v.Head), md(v.Title), md(v.Reason))
		}
		fmt.Fprintln(w)
	}
	if list := c.shown(); len(list) > 0 {
		head := c.heading()
		fmt.Fprintf(w, "| %s |\n|---%s|---|\n", strings.Join(mdAll(head), " | "), strings.Repeat("|--:", len(head)-2))
		for _, d := range list {
			fmt.Fprintf(w, "| %s |\n", strings.Join(mdAll(d.cells()), " | "))
		}
		fmt.Fprintln(w)
		for _, text := range c.notes() {
			fmt.Fprintf(w, "%s\n\n", md(text))
		}
	}
	base, head := r.commandOf(c.Base), r.commandOf(c.Head)
	if slices.Equal(base, head) { // compare --run made both
		if base != nil {
			fmt.Fprintf(w, "Again: %s\n\n", mdCode(quoteCommand(base)))
		}
		return
	}
	for i, command := range [][]string{base, head} {
		if command != nil {
			fmt.Fprintf(w, "Again (%s): %s\n\n", md([]Side{c.Base, c.Head}[i].Name), mdCode(quoteCommand(command)))
		}
	}
}

// commandOf is what made the first run or suite of a side; all were made alike.
func (r *Report) commandOf(s Side) []string {
	switch {
	case len(s.Runs) > 0:
		return r.Runs[s.Runs[0]].Command
	case len(s.Suites) > 0:
		return r.Suites[s.Suites[0]].Command
	}
	return nil
}

// tone says how a change is meant.
func (r *RuleChange) tone() tone {
	switch r.Change {
	case ChangeFailing:
		return bad
	case ChangePassing:
		return good
	}
	return unsure
}

func mdAll(list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = md(text)
	}
	return out
}
