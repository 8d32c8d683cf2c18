package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"memlite/loadgen"
)

// stageList is a plan's stages as --stage gives them, one each:
//
//	TIME[@RATE[-RATE][/s]][:STEPS][,WORD…]
//
// A range of rates is a ramp. The words are constant, poisson, closed, unrecorded, think=TIME and name=NAME. For TIME, the
// last stage may have requests=N.
type stageList []loadgen.Stage

func (v *stageList) Type() string { return "TIME@RATE" }

func (v *stageList) String() string { return strings.Join(v.GetSlice(), " ") }

func (v *stageList) Set(s string) error { return v.Append(s) }

// Append, Replace and GetSlice make it a list for plan files too.
func (v *stageList) Append(text string) error {
	s, err := parseStage(text)
	if err == nil {
		*v = append(*v, s)
	}
	return err
}

// Replace implements pflag.SliceValue.
func (v *stageList) Replace(list []string) error {
	*v = nil
	for _, text := range list {
		if err := v.Append(text); err != nil {
			return err
		}
	}
	return nil
}

// GetSlice implements pflag.SliceValue.
func (v *stageList) GetSlice() []string {
	var list []string
	for _, s := range *v {
		list = append(list, s.String())
	}
	return list
}

func parseStage(text string) (s loadgen.Stage, err error) {
	fields := stageFields(&s)
	head, words, worded := strings.Cut(text, ",")
	length, load, loaded := strings.Cut(head, "@")
	set := func(field, value string) {
		if err == nil {
			err = fields.Lookup(field).Value.Set(value)
		}
	}
	if n, ok := strings.CutPrefix(length, "requests="); ok {
		set("requests", n)
	} else {
		set("duration", length)
	}
	if loaded {
		load, steps, stepped := strings.Cut(load, ":")
		if stepped {
			set("steps", steps)
		}
		from, to, ramp := strings.Cut(load, "-")
		set("rate", from)
		if ramp {
			set("to", to)
		}
		switch {
		case err != nil:
		case ramp && s.To == 0:
			err = fmt.Errorf("a ramp ends above 0: it may go down to 1/s")
		case !ramp && s.Rate == 0:
			err = fmt.Errorf("a rate is above 0; a closed loop has none: %s", length)
		case stepped && s.Steps == 0:
			err = fmt.Errorf("there are no 0 steps")
		}
	}
	for word := range strings.SplitSeq(words, ",") {
		name, value, valued := strings.Cut(word, "=")
		switch {
		case !worded:
		case word == "unrecorded":
			s.Unrecorded = true
		case valued && (name == "think" || name == "name"):
			set(name, value)
		default:
			set("arrival", word)
		}
	}
	if err != nil {
		return loadgen.Stage{}, fmt.Errorf("stage %q: %w (want one such as 10s, 10s@1k/s, 30s@1k-20k/s or 60s@10k-50k/s:5,poisson)", text, err)
	}
	return s, nil
}

// stageFields are a stage's in a plan file.
func stageFields(s *loadgen.Stage) *pflag.FlagSet {
	f := pflag.NewFlagSet("stage", pflag.ContinueOnError)
	f.SortFlags = false
	f.StringVar(&s.Name, "name", s.Name, "")
	f.Var((*span)(&s.Duration), "duration", "")
	f.Var((*count)(&s.Requests), "requests", "")
	f.Var(&arrivalWord{&s.Arrival}, "arrival", "")
	f.Var((*rate)(&s.Rate), "rate", "")
	f.Var((*rate)(&s.To), "to", "")
	f.Var((*natural)(&s.Steps), "steps", "")
	f.Var((*span)(&s.Think), "think", "")
	f.BoolVar(&s.Unrecorded, "unrecorded", s.Unrecorded, "")
	return f
}

// arrivalWord is how requests of a stage arrive.
type arrivalWord struct{ value *string }

func (v *arrivalWord) Type() string   { return "ARRIVAL" }
func (v *arrivalWord) String() string { return *v.value }

func (v *arrivalWord) Set(s string) error {
	c := choice{choices: []string{"constant", "poisson", "closed"}, name: "arrival"}
	err := c.Set(s)
	if err == nil {
		*v.value = s
	}
	return err
}

// read takes a list of stages from a plan file: each is a text as on the command line, or a mapping of fields.
func (v *stageList) read(r *planReader, n *yaml.Node) {
	*v = nil
	if n.Kind != yaml.SequenceNode {
		r.wrong(n.Line, "stages is a list of them")
		return
	}
	for _, item := range n.Content {
		var s loadgen.Stage
		if item.Kind == yaml.MappingNode {
			r.fields(item, "a stage", stageFields(&s))
		} else if text, ok := r.text(item, "stage"); ok {
			var err error
			if s, err = parseStage(text); err != nil {
				r.wrong(item.Line, "%v", err)
			}
		}
		*v = append(*v, s)
	}
}

// write is what read reads.
func (v *stageList) write() *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, s := range *v {
		n := &yaml.Node{Kind: yaml.MappingNode}
		stageFields(&s).VisitAll(func(f *pflag.Flag) {
			if text := f.Value.String(); text != "" && text != "0" && text != "0s" && text != "false" {
				add(n, f.Name, scalar(text))
			}
		})
		list.Content = append(list.Content, n)
	}
	return list
}

// stagesOf gives a plan its stages, and says which flags that leaves unused. What says how long and how fast the one stage of a
// plan without stages is, contradicts them where it was asked for as loudly.
func (v stageList) stagesOf(cmd *cobra.Command, plan *loadgen.Plan) (unused []string, err error) {
	if len(v) == 0 {
		return nil, nil
	}
	unused = []string{"duration", "requests", "rate"}
	for _, flag := range unused {
		if given(cmd, flag) >= given(cmd, "stage") {
			return nil, usagef("--%s and --stage: stages have their own times and rates, so give one of the two", flag)
		}
	}
	plan.Stages, plan.Duration, plan.Requests, plan.Rate = v, time.Duration(0), 0, 0
	return unused, nil
}
