package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// The values of flags as people write them. Each type's Set is its parser, and its String is something that Set
// reads back as the same value.

// unit is what may stand behind a number. Longer names that end in a shorter one stand first.
type unit struct {
	name   string
	factor float64
}

var (
	sizeUnits = []unit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}
	siUnits   = []unit{{"M", 1e6}, {"k", 1e3}}
)

// scale reads a decimal number that is not negative, with one of the units or none.
func scale(s string, units []unit) (float64, bool) {
	factor := 1.0
	for _, u := range units {
		if number, ok := strings.CutSuffix(s, u.name); ok {
			s, factor = number, u.factor
			break
		}
	}
	// ParseFloat reads more than people should write: exponents, hexadecimal, underscores, "Inf".
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f * factor, err == nil
}

// whole is scale for what must be a whole number that an int64 and a float64 both hold exactly.
func whole(s string, units []unit) (int64, bool) {
	f, ok := scale(s, units)
	if !ok || f != math.Trunc(f) || f > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// size is a number of bytes: 100, 64KiB, 1.5MiB. IEC units only: with MB beside MiB people mix them up.
type size int64

func (v *size) Type() string { return "SIZE" }

func (v *size) Set(s string) error {
	n, ok := whole(s, sizeUnits)
	if !ok {
		return fmt.Errorf("%q is not a size such as 100, 64KiB or 1MiB", s)
	}
	*v = size(n)
	return nil
}

func (v *size) String() string {
	for _, u := range sizeUnits[:3] {
		if n := int64(u.factor); *v != 0 && int64(*v)%n == 0 {
			return fmt.Sprintf("%d%s", int64(*v)/n, u.name)
		}
	}
	return strconv.FormatInt(int64(*v), 10)
}

// count is a number of things: 50, 100k, 1.5M.
type count int64

func (v *count) Type() string { return "N" }

func (v *count) Set(s string) error {
	n, ok := whole(s, siUnits)
	if !ok {
		return fmt.Errorf("%q is not a whole number such as 50, 100k or 1.5M", s)
	}
	*v = count(n)
	return nil
}

func (v *count) String() string { return short(int64(*v)) }

// short is n with the largest unit that divides it.
func short(n int64) string {
	for _, u := range siUnits {
		if factor := int64(u.factor); n != 0 && n%factor == 0 {
			return fmt.Sprintf("%d%s", n/factor, u.name)
		}
	}
	return strconv.FormatInt(n, 10)
}

// natural is a count that an int holds: clients, loops, the depth of a pipeline.
type natural int

func (v *natural) Type() string   { return "N" }
func (v *natural) String() string { return short(int64(*v)) }

func (v *natural) Set(s string) error {
	n, ok := whole(s, siUnits)
	if !ok || n > math.MaxInt32 {
		return fmt.Errorf("%q is not a whole number such as 4 or 1024", s)
	}
	*v = natural(n)
	return nil
}

// rate is in requests per second: 500/s, 20k/s, 1.5M/s. The /s may be left out.
type rate float64

func (v *rate) Type() string { return "RATE" }

func (v *rate) Set(s string) error {
	f, ok := scale(strings.TrimSuffix(s, "/s"), siUnits)
	if !ok {
		return fmt.Errorf("%q is not a rate such as 500/s or 20k/s", s)
	}
	*v = rate(f)
	return nil
}

func (v *rate) String() string {
	if *v == 0 {
		return "0"
	}
	return strconv.FormatFloat(float64(*v), 'f', -1, 64) + "/s"
}

// share is a part of a whole, from 0 to 1: 10%, 0.1.
type share float64

func (v *share) Type() string { return "SHARE" }

func (v *share) Set(s string) error {
	number, percent := strings.CutSuffix(s, "%")
	f, ok := scale(number, nil)
	if ok && percent {
		f, _ = strconv.ParseFloat(number+"e-2", 64) // 0.7 * 0.01 is not 0.007
	}
	if !ok || f > 1 {
		return fmt.Errorf("%q is not a share from 0%% to 100%%", s)
	}
	*v = share(f)
	return nil
}

func (v *share) String() string {
	// Ten digits hide what 100 as a factor adds in the seventeenth.
	text := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(float64(*v)*100, 'f', 10, 64), "0"), ".") + "%"
	var back share
	if _ = back.Set(text); back != *v {
		return strconv.FormatFloat(float64(*v), 'f', -1, 64)
	}
	return text
}

// span is a length of time that is not negative: 500ms, 10s, 1m30s.
type span time.Duration

func (v *span) Type() string { return "TIME" }

func (v *span) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return fmt.Errorf("%q is not a duration such as 500ms, 10s or 1m30s", s)
	}
	*v = span(d)
	return nil
}

func (v *span) String() string {
	s := time.Duration(*v).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// choice is one of a few words, or the name of a file.
type choice struct {
	value   string
	choices []string
	name    string // what the words are: "profile"
	files   string // the ending of files that may be named instead; "" for none
}

func (v *choice) Type() string   { return strings.ToUpper(v.name) }
func (v *choice) String() string { return v.value }

func (v *choice) Set(s string) error {
	if file := v.files != "" && strings.HasSuffix(s, v.files); !file && !slices.Contains(v.choices, s) {
		hint := ""
		if near := nearest(s, v.choices); near != "" {
			hint = fmt.Sprintf(", did you mean %s?", near)
		}
		words := strings.Join(v.choices, ", ")
		if v.files != "" {
			words += " or FILE" + v.files
		}
		return fmt.Errorf("there is no %s %q%s (%s)", v.name, s, hint, words)
	}
	v.value = s
	return nil
}

// add defines the flag and completes its words in the shell.
func (v *choice) add(cmd *cobra.Command, flag, usage string) {
	cmd.Flags().Var(v, flag, usage)
	directive := cobra.ShellCompDirectiveNoFileComp
	if v.files != "" {
		directive = cobra.ShellCompDirectiveDefault
	}
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(v.choices, directive))
}
