package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// A plan as a YAML file: what --workload reads and --print-plan writes. Its fields are load's flags by their names, and
// their values are written as on the command line, so that there is one list of fields, one parser for each and one
// set of words. A flag that is added to load is a field of the file.

// notOfPlan are the flags of load and of compare that say nothing about what is asked of the endpoint, beside those of who asks it (fleetOnly).
var notOfPlan = []string{"help", "workload", "print-plan", "report", "metrics", "base", "head", "run", "rounds", "fail", "alpha", "across-machines", "names", "fleet"}

// largestPlan is more than any plan needs.
const largestPlan = 1 << 20

// planTarget is the field for what is ADDR on the command line.
const planTarget = "target"

// planStages is the field of all that --stage is given for.
const planStages = "stages"

// fromFile marks a flag whose value is the plan file's.
const fromFile = "file"

// planFlags are the fields of a plan, in the order of the help.
func planFlags(cmd *cobra.Command) *pflag.FlagSet {
	fields := pflag.NewFlagSet("plan", pflag.ContinueOnError)
	fields.SortFlags = false
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if !slices.Contains(notOfPlan, f.Name) && !slices.Contains(fleetOnly, f.Name) {
			fields.AddFlag(f)
		}
	})
	return fields
}

// readPlan gives the flags that are not on the command line the values of a file, and returns the file's target.
func readPlan(cmd *cobra.Command, path string) (target string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", usagef("--workload: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largestPlan+1))
	if err == nil && len(text) > largestPlan {
		err = fmt.Errorf("larger than %d bytes, no plan is", largestPlan)
	}
	if err == nil {
		target, err = parsePlan(text, planFlags(cmd))
	}
	if err != nil {
		return "", usagef("--workload: %s: %w", path, err)
	}
	return target, nil
}

// parsePlan sets fields, but for those that are on the command line, from a text. The error joins all that is
// wrong, each with its line.
func parsePlan(text []byte, fields *pflag.FlagSet) (target string, err error) {
	var doc yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	switch err := decoder.Decode(&doc); {
	case err == io.EOF:
		return "", errors.New("an empty file is no plan (memlite load --print-plan writes one to start from)")
	case err != nil:
		return "", fmt.Errorf("not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(new(yaml.Node)); err != io.EOF {
		return "", errors.New("a file holds one plan, and this one goes on behind it")
	}
	all := pflag.NewFlagSet("plan", pflag.ContinueOnError)
	all.StringVar(&target, planTarget, "", "")
	all.AddFlagSet(fields)
	r := planReader{}
	r.fields(doc.Content[0], "a plan", all)
	return target, errors.Join(r.problems...)
}

// planReader reads a tree of YAML and collects what is wrong with it.
type planReader struct{ problems []error }

func (r *planReader) wrong(line int, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, args...)))
}

// fields reads a mapping by a list of fields.
func (r *planReader) fields(n *yaml.Node, what string, list *pflag.FlagSet) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n.Line, "%s is a list of fields, each a name and a value", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f := list.Lookup(key.Value)
		if f == nil && key.Value == planStages {
			f = list.Lookup("stage")
		}
		switch {
		case f == nil:
			hint := ""
			if near := nearest(key.Value, namesOf(list)); near != "" {
				hint = ", did you mean " + near + "?"
			}
			r.wrong(key.Line, "%s has no field %q%s", what, key.Value, hint)
		case seen[f.Name]:
			r.wrong(key.Line, "%s is given twice", f.Name)
		case f.Changed: // the command line wins
		default:
			r.field(f, value)
			if f.Annotations == nil {
				f.Annotations = map[string][]string{}
			}
			f.Annotations[fromFile] = nil
		}
		if f != nil {
			seen[f.Name] = true
		}
	}
}

// field reads one value, or a list of them where the flag may be repeated.
func (r *planReader) field(f *pflag.Flag, n *yaml.Node) {
	if stages, ok := f.Value.(*stageList); ok {
		stages.read(r, n)
		return
	}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		var values []string
		for _, item := range items {
			text, ok := r.text(item, f.Name)
			if !ok {
				return
			}
			values = append(values, text)
		}
		if err := list.Replace(values); err != nil {
			r.wrong(n.Line, "%s: %v", f.Name, err)
		}
		return
	}
	if text, ok := r.text(n, f.Name); ok {
		if err := f.Value.Set(text); err != nil {
			r.wrong(n.Line, "%s: %v", f.Name, err)
		}
	}
}

// text is a scalar as it is written.
func (r *planReader) text(n *yaml.Node, what string) (string, bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case n.Kind != yaml.ScalarNode:
		r.wrong(n.Line, "%s is not one value", what)
	case n.Tag == "!!null" && n.Value == "":
		r.wrong(n.Line, "%s has no value", what)
	default:
		return n.Value, true
	}
	return "", false
}

// printPlan writes the plan that the flags stand for, but for the unused ones. What is at its default and none (no rate, no
// think time) is left out.
func printPlan(w io.Writer, target string, fields *pflag.FlagSet, unused ...string) error {
	root := &yaml.Node{Kind: yaml.MappingNode, HeadComment: "A plan for memlite load --workload FILE. What is left out is as without the flag of that name."}
	if target != "" {
		add(root, planTarget, scalar(target))
	}
	fields.VisitAll(func(f *pflag.Flag) {
		name := f.Name
		_, usage := pflag.UnquoteUsage(f)
		var value *yaml.Node
		if slices.Contains(unused, f.Name) {
			return
		}
		if stages, ok := f.Value.(*stageList); ok {
			name = planStages
			if value = stages.write(); len(value.Content) == 0 {
				return
			}
		} else if list, ok := f.Value.(pflag.SliceValue); ok {
			value = &yaml.Node{Kind: yaml.SequenceNode}
			for _, s := range list.GetSlice() {
				value.Content = append(value.Content, scalar(s))
			}
			if len(value.Content) == 0 {
				return
			}
		} else {
			text := f.Value.String()
			// Where 0 is not the default it says something: --seed 0.
			if none := text == "" || text == "0" || text == "0s" || text == "false"; none && (text == f.DefValue || f.DefValue == "") {
				return
			}
			value = scalar(text)
			value.LineComment = usage
		}
		add(root, name, value)
	})
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	return errors.Join(encoder.Encode(root), encoder.Close())
}

func add(to *yaml.Node, name string, value *yaml.Node) {
	to.Content = append(to.Content, scalar(name), value)
}

// scalar is a text that field reads back, whatever YAML takes it for.
func scalar(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	if text == "" {
		n.Style = yaml.DoubleQuotedStyle // bare, it is no value
	}
	return n
}

func namesOf(list *pflag.FlagSet) (names []string) {
	list.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}
