package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"memlite/conformance"
	"memlite/reports"
)

// conformAll asks every endpoint that a file lists.
func conformAll(cmd *cobra.Command, config conformance.Config, file string, out outputs, wire bool) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("--targets: %w", err)
	}
	list, err := conformance.ReadTargets(file, text, config)
	if err != nil {
		return fmt.Errorf("--targets: %w", err)
	}
	if err := out.prepare(cmd); err != nil {
		return err
	}
	p := newProgress(cmd.ErrOrStderr())
	endpoint, failed := "", 0
	config.Progress = func(done, total int, r *reports.Rule) {
		if r.Status == reports.Failed {
			failed++
		}
		p.show(endpoint + ": " + ruleProgress(done, total, failed, r))
	}
	report, err := conformance.RunAll(cmd.Context(), config, list, func(i int, e conformance.Endpoint) {
		endpoint, failed = fmt.Sprintf("%d of %d, %s", i+1, len(list), e.Name), 0
		p.show(endpoint)
	})
	p.done()
	if err != nil {
		return err
	}
	w := out.results(cmd)
	for _, suite := range report.Suites {
		if wire {
			fmt.Fprintln(w, suite.Title)
			showRules(w, suite, wire)
		}
	}
	if err := terminal(w).Outcome(w, report); err != nil {
		return err
	}
	if err := out.write(report); err != nil {
		return err
	}
	return reportVerdict(report)
}

// reportVerdict is how several suites end together: a finding in one weighs more than another that could not be asked, and that more than
// what stayed open.
func reportVerdict(report *reports.Report) error {
	missing, cut, open := 0, false, false
	for _, suite := range report.Suites {
		switch err := suiteVerdict(suite); {
		case suite.Failure != "" && !suite.CutShort:
			missing++
		case statusOf(err) == exitFinding:
			return err
		case suite.CutShort:
			cut = true
		case err != nil:
			open = true
		}
	}
	switch {
	case missing > 0:
		return fmt.Errorf("%d of %d endpoints could not be asked", missing, len(report.Suites))
	case cut:
		return errCutShort
	case open:
		return &failure{exitInconclusive, errors.New("inconclusive: a rule could be neither confirmed nor refuted")}
	}
	return nil
}
