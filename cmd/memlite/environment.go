package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// variable is the environment variable of a flag: MEMLITE_MAX_CLIENTS for --max-clients.
func variable(flag string) string {
	return "MEMLITE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// setFromEnvironment gives the flags that are not on the command line the values of their variables. They do not
// count as changed, so that a flag that contradicts them can win.
func setFromEnvironment(cmd *cobra.Command) error {
	var errs []error
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		value := os.Getenv(variable(f.Name))
		if f.Changed || f.Name == "help" || value == "" {
			return
		}
		if err := f.Value.Set(value); err != nil {
			errs = append(errs, usagef("%s: %w", variable(f.Name), err))
		}
		_ = cmd.Flags().SetAnnotation(f.Name, fromEnvironment, nil)
	})
	return errors.Join(errs...)
}

// notFlags are the variables that begin like those of flags and are something else: this project's tests', and the
// completion's.
var notFlags = []string{"MEMLITE_REQUIRE", "MEMLITE_SHOTS", "MEMLITE_LINEARIZE", "MEMLITE_KILL_ROUNDS", "MEMLITE_CHURN", "MEMLITE_TEST_KILL",
	"MEMLITE_MUTANT", "MEMLITE_STARTED_BY", "MEMLITE_TEST_PROCESS", "MEMLITE_ACTIVE_HELP", "MEMLITE_COMPLETION_DESCRIPTIONS"}

// warnOfVariables says which of environment's variables, each NAME=value, look like those of flags and are none's: a
// name mistyped would otherwise do nothing, in silence. One that belongs to another command is no mistake.
func warnOfVariables(cmd *cobra.Command, environment []string) {
	if strings.HasPrefix(cmd.Name(), "__") { // a shell asks how to complete a word
		return
	}
	const prefix = "MEMLITE_"
	var known []string
	for _, c := range cmd.Root().Commands() {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) { known = append(known, strings.TrimPrefix(variable(f.Name), prefix)) })
	}
	for _, setting := range environment {
		name, value, _ := strings.Cut(setting, "=")
		flag, ours := strings.CutPrefix(name, prefix)
		if !ours || value == "" || slices.Contains(known, flag) || slices.Contains(notFlags, name) {
			continue
		}
		hint := ""
		if near := nearest(flag, known); near != "" {
			hint = ", did you mean " + prefix + near + "?"
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: warning: no flag has the variable %s%s\n", cmd.CommandPath(), name, hint)
	}
}

// fromEnvironment marks a flag whose value is its variable's.
const fromEnvironment = "environment"

// given is how loudly a flag was asked for: 3 on the command line, 2 in a plan file, 1 in the environment, 0 not at all.
func given(cmd *cobra.Command, flag string) int {
	f := cmd.Flags().Lookup(flag)
	if f.Changed {
		return 3
	}
	if _, ok := f.Annotations[fromFile]; ok {
		return 2
	}
	if _, ok := f.Annotations[fromEnvironment]; ok {
		return 1
	}
	return 0
}

// overriding is which of two flags that exclude each other counts: the command line wins over the environment, the
// first flag's default over nothing. "" means that both were asked for in the same place.
func overriding(cmd *cobra.Command, first, second string) string {
	a, b := given(cmd, first), given(cmd, second)
	switch {
	case b > a:
		return second
	case a > b || a == 0:
		return first
	}
	return ""
}

// refuseZero refuses the flags that were set to nothing.
func refuseZero(cmd *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if value := cmd.Flags().Lookup(name).Value.String(); given(cmd, name) > 0 && (value == "0" || value == "0s") {
			return usagef("--%s must be more than 0", name)
		}
	}
	return nil
}
