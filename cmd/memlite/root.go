package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const about = `memlite is a reference server, a conformance suite and a load generator for the
memcached-lite protocol, and for the part of memcached's own protocol that
corresponds to it.

Addresses are host:port, :port (on 127.0.0.1) or unix:///path. Durations are
written 10s or 1m30s, sizes 64KiB or 1MiB. Every flag can also be set in the
environment: MEMLITE_ and its name in capitals, with _ for -. A flag on the
command line wins over the environment.

Exit status of every command: 0 all held · 1 a finding (a failed rule, a missed
SLO, a refusal, a miss) · 2 could not run · 3 inconclusive (cut short, time ran
out, a rule or SLO that could not be decided).`

// run executes one command line and returns its exit status. ctx is cancelled by the first signal.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot(args)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && err.Error() != "" {
		fmt.Fprintf(stderr, "%s: %s\n", cmd.CommandPath(), describe(cmd.CommandPath(), err))
	}
	return statusOf(err)
}

// newRoot makes the command tree. args is the command line, which reports repeat.
func newRoot(args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "memlite",
		Short: "serve, check and load memcached-lite endpoints",
		Long:  about,
		Example: `  memlite demo                              # everything at once, on the built-in server
  memlite serve 5001                        # run the reference server
  memlite conform 127.0.0.1:5001            # does an endpoint keep the protocol?
  memlite load 127.0.0.1:5001 --clients 64  # how fast and how steady is it?`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          needsCommand,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			warnOfVariables(cmd, os.Environ())
			return setFromEnvironment(cmd)
		},
	}
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp(root))
	command := append([]string{"memlite"}, withoutSecrets(args)...)
	root.AddCommand(
		newServe(),
		newClient(),
		newConform(command),
		newDiff(),
		newLoad(command),
		newAgent(),
		newCompare(command),
		newReport(),
		newDemo(command),
		newMan(),
		newVersion(),
	)
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			describeCompletion(c)
		}
		c.Flags().SortFlags = false
		c.DisableFlagsInUseLine = true // their Use lines say [flags] where flags stand
		if names := flagNames(c); len(names) > 0 {
			c.SetUsageTemplate(c.UsageTemplate() + fmt.Sprintf("\nEvery flag can be set in the environment too: %s for --%s. The command line wins.\n",
				variable(names[0]), names[0]))
		}
		complete(c)
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.DefValue == "0" || f.DefValue == "0s" {
				f.DefValue = "" // help then says nothing rather than "(default 0s)"
			}
		})
	}
	return root
}

// needsCommand runs a command that is nothing without a subcommand. It prints the help, but not as if all were well:
// an empty variable in a script must not turn a build green.
func needsCommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	cmd.SetOut(cmd.ErrOrStderr())
	_ = cmd.Help()
	return exitWith(exitNotRun)
}

// newHelp is cobra's help command, but for a command that does not exist it fails.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "help about a command",
		Example: `  memlite help load
  memlite load --help`,
		ValidArgsFunction: commandWords,
		RunE: func(_ *cobra.Command, args []string) error {
			about, _, err := root.Find(args)
			if err != nil || about == root && len(args) > 0 {
				return unknownCommand(root, args[0])
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

func unknownCommand(root *cobra.Command, name string) error {
	hint := ""
	if near := nearest(name, commandNames(root)); near != "" {
		hint = ", did you mean " + near + "?"
	}
	return usagef("there is no command %q%s", name, hint)
}

// flagError says what is wrong with a flag on one line, with the flag that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		hint := "flags are long, with two dashes" + longFor(cmd, unknown.GetSpecifiedShortnames())
		if cmd.Name() == "client" {
			hint += "; a value that begins with - goes behind --"
		}
		return usagef("unknown flag -%s: %s", unknown.GetSpecifiedShortnames(), hint)
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		hint := ""
		if near := nearest(name, flagNames(cmd)); near != "" {
			hint = ", did you mean --" + near + "?"
		}
		return usagef("unknown flag --%s%s", name, hint)
	case errors.As(err, &invalid):
		why := invalid.Unwrap()
		var number *strconv.NumError
		if errors.As(why, &number) { // it names a function of Go
			why = fmt.Errorf("%q is not a whole number such as 1 or 42", number.Num)
		}
		return usagef("--%s: %w", invalid.GetFlag().Name, why)
	}
	return &usageError{err}
}

// longFor asks whether one of the flags that begin with the letter was meant.
func longFor(cmd *cobra.Command, letter string) string {
	var long []string
	for _, name := range flagNames(cmd) {
		if strings.HasPrefix(name, letter) {
			long = append(long, "--"+name)
		}
	}
	if len(long) == 0 {
		return ""
	}
	return ", did you mean " + strings.Join(long, " or ") + "?"
}

func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	return names
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}
