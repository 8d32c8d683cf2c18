package reports

import (
	"fmt"
	"io"
)

// text says in a sentence what came of checking values.
func (v *Verification) text() string {
	switch {
	case v.Findings() > 0:
		return fmt.Sprintf("%s corrupt of %s checked: %s wrong, %s torn, %s stale, %s lost", number(v.Findings()), number(v.Checked),
			number(v.Wrong), number(v.Torn), number(v.Stale), number(v.Lost))
	case v.Checked == 0:
		return "no value was read, so none was checked"
	}
	return number(v.Checked) + " checked, none wrong, torn, stale or lost"
}

// lines are the examples, one each.
func (v *Verification) lines() []string {
	var list []string
	for _, e := range v.Examples {
		list = append(list, visible(fmt.Sprintf("%s, key %s: want %s; got %s", e.Outcome, e.Key, e.Want, e.Got)))
	}
	return list
}

// textVerification writes it under the table of the runs, behind the run's name where there are several.
func textVerification(w io.Writer, of string, v *Verification) {
	if v == nil {
		return
	}
	fmt.Fprintf(w, "  values: %s%s\n", of, v.text())
	for _, l := range v.lines() {
		fmt.Fprintf(w, "    ✗ %s\n", l)
	}
}

func mdVerification(w io.Writer, name string, v *Verification) {
	if v == nil {
		return
	}
	fmt.Fprintf(w, "Values (%s): %s\n\n", md(name), v.text())
	for _, l := range v.lines() {
		fmt.Fprintf(w, "- ✗ %s\n", md(l))
	}
	if len(v.Examples) > 0 {
		fmt.Fprintln(w)
	}
}

// verificationFacts are none where nothing was to be checked.
func verificationFacts(v *Verification) []facts {
	if v == nil {
		return nil
	}
	f := facts{Name: "Verification", Rows: []fact{{"values", v.text(), ""}}}
	for _, e := range v.Examples {
		f.Rows = append(f.Rows, fact{visible(e.Outcome), visible(e.Key), visible("want " + e.Want + "; got " + e.Got)})
	}
	return []facts{f}
}

func (c *checker) verification(v *Verification) {
	if v == nil {
		return
	}
	c.in("verification", func() {
		c.count("checked", v.Checked)
		c.count("wrong", v.Wrong)
		c.count("torn", v.Torn)
		c.count("stale", v.Stale)
		c.count("lost", v.Lost)
		if len(v.Examples) > mostExamples {
			c.fail("there are %d examples, where at most %d are expected", len(v.Examples), mostExamples)
			return
		}
		for _, e := range v.Examples {
			c.text("outcome", e.Outcome)
			c.text("key", e.Key)
			c.text("want", e.Want)
			c.text("got", e.Got)
		}
	})
}
