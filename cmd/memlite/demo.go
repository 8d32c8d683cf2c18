package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"memlite/conformance"
	"memlite/loadgen"
	"memlite/reports"
	"memlite/server"
)

const aboutDemo = `The main job in one go: start the reference server on a free port of this
machine, run the whole suite, then load with 1, 64 and 1024 clients, write a
page to look at (index.html) and the figures to keep (demo.json), and print the
summary. It takes less than a minute.`

// The loads of the demo: a closed loop with each number of clients.
var demoClients = []int{1, 64, 1024}

const (
	demoWarmup   = time.Second
	demoDuration = 5 * time.Second
)

func newDemo(command []string) *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:   "demo [flags]",
		Short: "server, suite and load in one go, with a page to look at",
		Long: aboutDemo + exitHelp("0 all held", "1 a rule failed", "2 could not run",
			"3 cut short by Ctrl-C (what there is by then is written)"),
		Example: `  memlite demo
  memlite demo --out /tmp/demo`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := os.MkdirAll(folder, 0o777); err != nil {
				return fmt.Errorf("--out: %w", err)
			}
			page := filepath.Join(folder, "index.html")
			out := outputs{{Format: "html", Path: page}, {Format: "json", Path: filepath.Join(folder, "demo.json")}}
			if err := out.prepare(cmd); err != nil {
				return err
			}
			// What the suite does to the server on purpose, the server would warn of.
			s, err := server.New(server.Config{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				return err
			}
			ln, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
			if err != nil {
				return err
			}
			ended := make(chan error, 1)
			go func() { ended <- s.Serve(ln) }()
			d := demo{target: ln.Addr().String(), command: command, progress: newProgress(cmd.ErrOrStderr())}
			report, verdict := d.run(cmd.Context())
			d.progress.done()
			ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
			defer cancel()
			if err := errors.Join(s.Shutdown(ctx), <-ended); err != nil && verdict == nil {
				verdict = fmt.Errorf("stop the server: %w", err)
			}
			if len(report.Suites)+len(report.Runs) == 0 {
				return verdict
			}
			if err := out.finish(cmd, report); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "\nLook at %s; the figures are in %s.\n", page, out[1].Path)
			return verdict
		},
	}
	cmd.Flags().StringVar(&folder, "out", "out", "folder `DIR` for index.html and demo.json")
	return cmd
}

// demo is the suite and the loads on one endpoint.
type demo struct {
	target   string
	command  []string
	progress *progress
}

// run returns what there is to report, and how the demo ends.
func (d demo) run(ctx context.Context) (*reports.Report, error) {
	report := &reports.Report{}
	suite, err := conformance.Run(ctx, conformance.Config{
		Addr: d.target, Profile: "report", Level: conformance.May, Seed: 1, Timeout: 2 * time.Minute,
		Command: d.command, Version: version(),
		Progress: func(done, total int, _ *reports.Rule) {
			d.progress.show(fmt.Sprintf("suite: %d of %d rules", done, total))
		},
	})
	if err != nil {
		return report, err
	}
	report.Suites = append(report.Suites, suite)
	verdict := suiteVerdict(suite)
	for _, clients := range demoClients {
		plan := loadgen.Plan{
			Target: d.target, Profile: "report", Clients: clients, Duration: demoDuration, Warmup: demoWarmup,
			Sets: 0.1, Preload: true, Seed: 1,
		}
		title := fmt.Sprintf("%d clients", clients)
		if clients == 1 {
			title = "1 client"
		}
		run, err := loadgen.Local{}.Execute(ctx, plan, &liveRun{progress: d.progress, plan: plan, label: title + ": "})
		if run != nil {
			run.Title, run.Command, run.Environment = title, d.command, reports.ThisEnvironment(version())
			report.Runs = append(report.Runs, run)
		}
		if err := runVerdict(run, err); err != nil {
			return report, err
		}
	}
	return report, verdict
}
