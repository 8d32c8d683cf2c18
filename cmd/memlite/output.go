package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"memlite/reports"
)

// outputs are the reports to write, each FORMAT=PATH.
type outputs []reports.Output

func (v *outputs) Type() string { return "FORMAT=PATH" }

func (v *outputs) String() string {
	words := make([]string, len(*v))
	for i, o := range *v {
		words[i] = o.Format + "=" + o.Path
	}
	return strings.Join(words, " ")
}

func (v *outputs) Set(s string) error {
	o, err := reports.ParseOutput(s)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(*v, func(other reports.Output) bool { return other.Path == o.Path }) {
		return fmt.Errorf("two reports to %s: the second would overwrite the first", o.Path)
	}
	*v = append(*v, o)
	return nil
}

// add defines --report with those formats that can show what the command makes.
func (v *outputs) add(cmd *cobra.Command, formats []string) {
	cmd.Flags().Var(&outputsOf{v, formats}, "report", "write a report ("+strings.Join(formats, ", ")+"); repeatable; PATH - is standard output")
	_ = cmd.RegisterFlagCompletionFunc("report", reportWords(formats))
}

// outputsOf are outputs of a command that cannot show all formats. One that it cannot is refused before the work, not
// after it.
type outputsOf struct {
	*outputs
	formats []string
}

func (v *outputsOf) Set(s string) error {
	if o, err := reports.ParseOutput(s); err == nil && !slices.Contains(v.formats, o.Format) {
		return fmt.Errorf("%s does not show what this command finds out: one of %s", o.Format, strings.Join(v.formats, ", "))
	}
	return v.outputs.Set(s)
}

// prepare fails if one of the reports could not be written: before the work is done, not after it.
func (v outputs) prepare(cmd *cobra.Command) error {
	for i := range v {
		v[i].Stdout = cmd.OutOrStdout()
		if err := v[i].Prepare(); err != nil {
			return err
		}
	}
	return nil
}

// finish prints the summary and writes every report, going on after an error: each that can be had is worth having.
func (v outputs) finish(cmd *cobra.Command, r *reports.Report) error {
	w := v.results(cmd)
	if err := terminal(w).Summary(w, r); err != nil {
		return err
	}
	return v.write(r)
}

// results is where the summary goes: to standard output, unless a report goes there.
func (v outputs) results(cmd *cobra.Command) io.Writer {
	if slices.ContainsFunc(v, func(o reports.Output) bool { return o.Path == "-" }) {
		return cmd.ErrOrStderr()
	}
	return cmd.OutOrStdout()
}

func (v outputs) write(r *reports.Report) error {
	var first error
	for _, o := range v {
		if err := o.Write(r); err != nil && first == nil {
			first = err
		}
	}
	return first
}
