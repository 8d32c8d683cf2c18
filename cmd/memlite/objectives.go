package main

import (
	"strings"

	"memlite/reports"
)

// objectives are SLOs as they are written, checked. A comma separates several, so that a variable can hold them too.
type objectives []string

func (v *objectives) Type() string       { return "SLO" }
func (v *objectives) String() string     { return strings.Join(*v, ",") }
func (v *objectives) GetSlice() []string { return *v }

// Set adds to what there is: the flag may be repeated.
func (v *objectives) Set(s string) error { return v.Append(s) }

// Append is Set in the words of pflag.SliceValue.
func (v *objectives) Append(s string) error {
	var list []string
	for text := range strings.SplitSeq(s, ",") {
		slo, err := reports.ParseSLO(text)
		if err != nil {
			return err
		}
		list = append(list, slo.Text)
	}
	*v = append(*v, list...)
	return nil
}

// Replace is how a plan file gives a list.
func (v *objectives) Replace(list []string) error {
	*v = nil
	for _, s := range list {
		if err := v.Append(s); err != nil {
			return err
		}
	}
	return nil
}
