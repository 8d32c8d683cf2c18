package rules

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// largestFile is more than any profile needs.
const largestFile = 1 << 20

// ReadProfile reads a profile from a file; see ParseProfile.
func ReadProfile(path string) (Profile, error) {
	f, err := os.Open(path)
	if err != nil {
		return Profile{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largestFile+1))
	switch {
	case err != nil:
		return Profile{}, err
	case len(text) > largestFile:
		return Profile{}, fmt.Errorf("%s: larger than %d bytes, no profile is", path, largestFile)
	}
	p, err := ParseProfile(text, strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
	return p, at(path, err)
}

// ParseProfile reads a profile as WriteProfile writes it. What the text does not say is as in the built-in profile that it names
// as its base (report, if it names none). The error joins all that is wrong, each with its line.
func ParseProfile(text []byte, name string) (Profile, error) {
	var doc yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	switch err := decoder.Decode(&doc); {
	case err == io.EOF:
		return Profile{}, errors.New("an empty file is no profile (memlite conform --print-profile writes one to start from)")
	case err != nil:
		return Profile{}, fmt.Errorf("not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(new(yaml.Node)); err != io.EOF {
		return Profile{}, errors.New("a file holds one profile, and this one goes on behind it")
	}
	r := &profileReader{fields: fields()}
	root := doc.Content[0]
	p := r.base(root)
	p.Name, p.Summary, p.Base, p.Known = name, "", p.Name, map[string]string{}
	r.p = &p
	r.section(root, "")
	if len(r.problems) == 0 {
		r.problems = p.contradictions()
	}
	return p, errors.Join(r.problems...)
}

// profileReader reads a tree of YAML by the table of fields and collects what is wrong with it.
type profileReader struct {
	fields   []field
	p        *Profile
	problems []error
}

func (r *profileReader) wrong(line int, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, args...)))
}

// base is the built-in profile that the file names, and report where it names none.
func (r *profileReader) base(root *yaml.Node) Profile {
	for i := 0; root.Kind == yaml.MappingNode && i+1 < len(root.Content); i += 2 {
		if value := root.Content[i+1]; root.Content[i].Value == "base" {
			name, ok := r.text(value, "base")
			if p, err := ProfileByName(name); err == nil {
				return p
			}
			if ok {
				r.wrong(value.Line, "base: there is no profile %q%s", name, didYouMean(name, builtIn()))
			}
		}
	}
	return Profiles()[0]
}

// pairs goes through a mapping's keys, each once.
func (r *profileReader) pairs(n *yaml.Node, what string, each func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n.Line, "%s is not a list of fields, each a name and a value", what)
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		each(n.Content[i], n.Content[i+1])
	}
}

// section reads the fields of one section, "" for the top.
func (r *profileReader) section(n *yaml.Node, section string) {
	names := r.names(section)
	seen := map[string]bool{}
	r.pairs(n, cmp.Or(section, "a profile"), func(key, value *yaml.Node) {
		name := key.Value
		i := slices.IndexFunc(r.fields, func(f field) bool { return f.section == section && f.name == name })
		switch {
		case seen[name]:
			r.wrong(key.Line, "%s is given twice", name)
		case section == "" && name == "base":
		case section == "" && name == "known":
			r.known(value)
		case section == "" && slices.Contains(names, name) && i < 0:
			r.section(value, name)
		case i < 0:
			r.wrong(key.Line, "there is no field %q here%s", name, didYouMean(name, names))
		default:
			r.field(r.fields[i], value)
		}
		seen[name] = true
	})
}

// names are what may stand in a section.
func (r *profileReader) names(section string) (names []string) {
	for _, f := range r.fields {
		if f.section == section {
			names = append(names, f.name)
		}
	}
	if section == "" {
		names = append(names, "base", "known")
		for _, s := range sections {
			names = append(names, s.name)
		}
	}
	return names
}

func (r *profileReader) field(f field, n *yaml.Node) {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode && f.list {
		items = n.Content
	}
	var values []string
	for _, item := range items {
		text, ok := r.text(item, f.path())
		if !ok {
			return
		}
		values = append(values, text)
	}
	if err := f.read(r.p, values); err != nil {
		r.wrong(n.Line, "%s: %v", f.path(), err)
	}
}

// known reads which rules the server is known to break, and why.
func (r *profileReader) known(n *yaml.Node) {
	var ids []string
	for _, rule := range All() {
		ids = append(ids, rule.ID)
	}
	r.pairs(n, "known", func(key, value *yaml.Node) {
		if !slices.Contains(ids, key.Value) {
			r.wrong(key.Line, "known: there is no rule %q%s", key.Value, didYouMean(key.Value, ids))
		}
		r.p.Known[key.Value], _ = r.text(value, "known."+key.Value)
	})
}

// text is a scalar as it is written: a miss spelled null is not nothing.
func (r *profileReader) text(n *yaml.Node, what string) (string, bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case n.Kind != yaml.ScalarNode:
		r.wrong(n.Line, "%s is not one text", what)
	case n.Tag == "!!null" && n.Value == "":
		r.wrong(n.Line, `%s has no value (for an empty text write "")`, what)
	default:
		return n.Value, true
	}
	return "", false
}

func at(path string, err error) error {
	if err == nil {
		return nil
	}
	// Each problem by itself, so that each can stand on its own.
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, fmt.Errorf("%s: %w", path, e))
		}
		return errors.Join(all...)
	}
	return fmt.Errorf("%s: %w", path, err)
}

func builtIn() (names []string) {
	for _, p := range Profiles() {
		names = append(names, p.Name)
	}
	return names
}
