package rules

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// WriteProfile writes the profile as a file that ParseProfile reads, each field with what it means; remarks are written above.
func WriteProfile(w io.Writer, p Profile, remarks []string) error {
	var b strings.Builder
	for _, remark := range remarks {
		fmt.Fprintf(&b, "# %s\n", strings.ReplaceAll(remark, "\n", " "))
	}
	if len(remarks) > 0 {
		b.WriteString("#\n")
	}
	b.WriteString("# How an endpoint speaks, for memlite conform --profile FILE.yaml. A field that is left out is as in the base.\n\n")
	base := p.Base
	if base == "" {
		base = p.Name
	}
	fmt.Fprintf(&b, "base: %s  # the profile that this one starts from: %s\n", base, strings.Join(builtIn(), ", "))
	section := ""
	for _, f := range fields() {
		if f.section != section {
			section = f.section
			about := sections[slices.IndexFunc(sections, func(s struct{ name, about string }) bool { return s.name == section })].about
			fmt.Fprintf(&b, "\n# %s\n%s:\n", strings.ReplaceAll(about, "\n", "\n# "), section)
		}
		indent := ""
		if section != "" {
			indent = "  "
		}
		fmt.Fprintf(&b, "%s%s: %s  # %s\n", indent, f.name, f.yaml(&p), f.about)
	}
	if len(p.Known) > 0 {
		b.WriteString("\n# Which rules it is known to break, and why.\nknown:\n")
		var ids []string
		for id := range p.Known {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for _, id := range ids {
			fmt.Fprintf(&b, "  %s: %s\n", id, scalar(p.Known[id]))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// yaml is the field's value, a list only where it is not one text.
func (f field) yaml(p *Profile) string {
	values := f.write(p)
	switch {
	case f.plain:
		return values[0]
	case len(values) == 1:
		return scalar(values[0])
	}
	var quoted []string
	for _, v := range values {
		quoted = append(quoted, strconv.QuoteToGraphic(v)) // a comma ends a plain one
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// scalar writes a text as plainly as YAML reads it back.
func scalar(s string) string {
	if out, err := yaml.Marshal(s); err == nil && !bytes.Contains(out[:len(out)-1], []byte("\n")) && !strings.Contains(s, "\n") {
		return strings.TrimSuffix(string(out), "\n")
	}
	return strconv.QuoteToGraphic(s)
}
