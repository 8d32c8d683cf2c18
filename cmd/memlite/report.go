package main

import (
	"io"

	"github.com/spf13/cobra"

	"memlite/reports"
)

const aboutReport = `Render saved reports (--report json=FILE of conform, load and demo) again, in
any format. Several files are put into one report, in the order given; several
suites become a matrix, implementations × rules. Without --report the summary is
printed. A file is written whole or not at all.

Of load runs, csv has a row per interval and operation (starts that were never
sent stand in a row without one), times in milliseconds; hgrm has the response
times of one run, all operations, recorded stages, in milliseconds; hlog has a
histogram in nanoseconds per interval, tagged OPERATION.response and
OPERATION.service, with the stage before it where that was not recorded.

prom has the final figures for a textfile collector of Prometheus: a folder of
last night's runs is in the same dashboards as the servers.

json has everything. Its form has a version and a JSON Schema (--print-schema);
files of earlier versions can be read. What is cut off, misspelt or cannot be is
refused, with its place in the file.`

func newReport() *cobra.Command {
	var out outputs
	var schema bool
	cmd := &cobra.Command{
		Use:   "report RUN.json… [flags]",
		Short: "render saved reports again",
		Long:  aboutReport + exitHelp("0 rendered", "2 a file cannot be read or written"),
		Example: `  memlite report run.json
  memlite report run.json --report html=run.html --report png=run.png
  memlite report monday.json tuesday.json --report md=-
  memlite report suite.json --report badge=badge.svg
  memlite report --print-schema > memlite.schema.json`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case schema && (len(args) > 0 || len(out) > 0):
				return usagef("--print-schema stands alone")
			case !schema && len(args) == 0:
				return usagef("no file given; conform and load write one with --report json=FILE")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if schema {
				_, err := io.WriteString(cmd.OutOrStdout(), reports.Schema)
				return err
			}
			var all reports.Report
			for _, path := range args {
				r, err := reports.Read(path)
				if err != nil {
					return err
				}
				all.Runs = append(all.Runs, r.Runs...)
				all.Suites = append(all.Suites, r.Suites...)
				if r.Comparison != nil && len(args) > 1 {
					return usagef("%s is a comparison: it can be rendered only by itself", path)
				}
				all.Comparison = r.Comparison
			}
			if len(out) == 0 {
				return terminal(cmd.OutOrStdout()).Summary(cmd.OutOrStdout(), &all)
			}
			if err := out.prepare(cmd); err != nil {
				return err
			}
			return out.write(&all)
		},
	}
	out.add(cmd, reports.Formats())
	cmd.Flags().BoolVar(&schema, "print-schema", false, "print the JSON Schema of saved reports, and nothing else")
	return cmd
}
