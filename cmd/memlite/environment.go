package main

import (
	"errors"
	"os"
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

// fromEnvironment marks a flag whose value is its variable's.
const fromEnvironment = "environment"

// given is how loudly a flag was asked for: 2 on the command line, 1 in the environment, 0 not at all.
func given(cmd *cobra.Command, flag string) int {
	f := cmd.Flags().Lookup(flag)
	if f.Changed {
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
