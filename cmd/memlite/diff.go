package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"memlite/conformance"
	"memlite/conformance/diff"
)

const aboutDiff = `Send the same random requests to two endpoints until they answer otherwise, make
the sequence on which they differ as small as it can be, and print it with a
command for the shell that sends it again. Nothing needs to be known of what is
right: for that, see conform.

Answers are compared byte by byte. With --profile, two answers that the profile
counts as the same outcome (two spellings of ERROR) are the same. How an answer
ends counts in any case: one that closes, waits for more, or says nothing where
the other answers, differs.

After each request a get of a key of its own is sent to both, to see where the
answer ends. Keys are new ones; the endpoints may have others.`

func newDiff() *cobra.Command {
	var (
		config  diff.Config
		profile = choice{value: "report", choices: conformance.Profiles(), name: "profile"}
		timeout = span(diff.DefaultTimeout)
	)
	cmd := &cobra.Command{
		Use:   "diff ADDR ADDR [flags]",
		Short: "find what two endpoints answer otherwise",
		Long: aboutDiff + exitHelp("0 no difference was seen in the time", "1 a difference", "2 could not run",
			"3 cut short, or an endpoint answers the same request now so, now so"),
		Example: `  memlite diff 127.0.0.1:5001 127.0.0.1:5002
  memlite diff :11211 :11212 --profile memcached --timeout 2m --seed 7`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 2:
				return usagef("unexpected argument %q: there are two ADDR", args[2])
			case len(args) < 2:
				return usagef("two addresses are needed, not %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var pair [2]string
			for i := range pair {
				target, err := parseAddress(args[i])
				if err != nil {
					return &usageError{err}
				}
				pair[i] = target.String()
			}
			if timeout == 0 {
				return usagef("--timeout must be more than 0")
			}
			config.A, config.B, config.Timeout = pair[0], pair[1], time.Duration(timeout)
			config.Profile, config.ByOutcome = profile.value, cmd.Flags().Changed("profile")
			return compareEndpoints(cmd, config)
		},
	}
	profile.add(cmd, "profile", "how both are spoken to, and which answers are the same: "+strings.Join(profile.choices, ", "))
	cmd.Flags().Int64Var(&config.Seed, "seed", 1, "random choices start from this `NUMBER`")
	cmd.Flags().Var(&timeout, "timeout", "longest time to look for a difference; making it smaller may take as long again")
	return cmd
}

func compareEndpoints(cmd *cobra.Command, config diff.Config) error {
	p := newProgress(cmd.ErrOrStderr())
	config.Progress = func(sequences int) { p.show(number(sequences, "sequence")) }
	r, err := diff.Run(cmd.Context(), config)
	p.done()
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	tried := fmt.Sprintf("%s (%s to each) in %v", number(r.Sequences, "sequence"), number(r.Requests, "request"), r.Elapsed.Round(10*time.Millisecond))
	switch {
	case r.Difference != nil:
		size := "The smallest sequence:"
		if gone := r.Difference.Gone; gone != "" {
			size = gone + " has taken no connection since, so the sequence could not be made smaller:"
		}
		fmt.Fprintf(w, "✗ %s and %s differ, found with %s. %s\n\n", config.A, config.B, tried, size)
		showSteps(w, r.Difference.Steps, config.A, config.B)
		fmt.Fprintf(w, "\nThe same by hand:\n  %s\n  %s\n", r.Difference.PasteA, r.Difference.PasteB)
		return exitWith(exitFinding)
	case r.Unsteady != nil:
		showUnsteady(w, r.Unsteady)
		return &failure{exitInconclusive, fmt.Errorf("inconclusive: %s answers the same requests now so, now so, and cannot be compared with anything", r.Unsteady.Addr)}
	case r.CutShort:
		fmt.Fprintf(w, "No difference was seen in %s.\n", tried)
		return errCutShort
	case r.Once != nil:
		fmt.Fprintf(w, "A difference came once and not again, in %s:\n\n", tried)
		showSteps(w, r.Once.Steps, config.A, config.B)
		return &failure{exitInconclusive, errors.New("inconclusive: a difference that did not come again when the same was sent again")}
	}
	fmt.Fprintf(w, "✓ no difference between %s and %s was seen: %s, seed %d\n", config.A, config.B, tried, config.Seed)
	return nil
}

// number writes a count and its noun: 1 sequence, 2 sequences.
func number(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// showSteps prints what was sent and what both answered; the last step is the one in which they differ.
func showSteps(w io.Writer, steps []diff.Step, a, b string) {
	clients := map[int]bool{}
	for _, s := range steps {
		clients[s.Client] = true
	}
	width := max(len(a), len(b), len("both"))
	for i, s := range steps {
		who := ""
		if len(clients) > 1 {
			who = fmt.Sprintf("client %d: ", s.Client+1)
		}
		what := s.Words
		if what == "" {
			what = "nothing more"
		}
		fmt.Fprintf(w, "  %d. %s%s\n", i+1, who, what)
		if s.Request != "" {
			fmt.Fprintf(w, "     %-*s  > %s\n", width, "both", quoteBrief(s.Request))
		}
		if i < len(steps)-1 {
			if s.Whole {
				fmt.Fprintf(w, "     %-*s  < %s\n", width, "both", s.A)
			}
			continue
		}
		fmt.Fprintf(w, "     %-*s  < %s\n     %-*s  < %s\n", width, a, s.A, width, b, s.B)
	}
}

func showUnsteady(w io.Writer, u *diff.Unsteady) {
	fmt.Fprintf(w, "%s answers the same requests now so, now so:\n\n", u.Addr)
	for i, s := range u.Steps {
		fmt.Fprintf(w, "  %d. %s\n     > %s\n", i+1, s.Words, quoteBrief(s.Request))
	}
	fmt.Fprintf(w, "     < %s\n  and with other keys\n     < %s\n\nThe same by hand:\n  %s\n", u.First, u.Then, u.Paste)
}

// quoteBrief quotes s, cut where it is long.
func quoteBrief(s string) string {
	const most = 300
	if len(s) <= most {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q… (%d bytes)", s[:most], len(s))
}
