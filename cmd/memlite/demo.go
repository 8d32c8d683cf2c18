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
summary. Beside them lie the suite and each load alone, in every format; the page
links them all. It takes less than a minute.`

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
			return demo{
				folder: folder, clients: demoClients, warmup: demoWarmup, duration: demoDuration,
				suite: conformance.Config{Profile: "report", Level: conformance.May, Seed: 1, Timeout: 2 * time.Minute, Command: command, Version: version()},
			}.run(cmd)
		},
	}
	cmd.Flags().StringVar(&folder, "out", "out", "folder `DIR` for index.html, demo.json and what they link")
	return cmd
}

// demo is the suite and the loads on a server of their own, and where the reports go.
type demo struct {
	folder           string
	suite            conformance.Config
	clients          []int
	warmup, duration time.Duration
}

func (d demo) run(cmd *cobra.Command) error {
	if err := os.MkdirAll(d.folder, 0o777); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	out := outputs{d.file("html", "index"), d.file("json", "demo")}
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
	p := newProgress(cmd.ErrOrStderr())
	report, verdict := d.measure(cmd.Context(), ln.Addr().String(), p)
	p.done()
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	if err := errors.Join(s.Shutdown(ctx), <-ended); err != nil && verdict == nil {
		verdict = fmt.Errorf("stop the server: %w", err)
	}
	if len(report.Suites)+len(report.Runs) == 0 {
		return verdict
	}
	if report.Beside, err = d.parts(report); err != nil {
		return err
	}
	if err := out.finish(cmd, report); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "\nLook at %s, which links everything else; the figures are in %s.\n", out[0].Path, out[1].Path)
	return verdict
}

// measure returns what there is to report of the server at target, and how the demo ends.
func (d demo) measure(ctx context.Context, target string, p *progress) (*reports.Report, error) {
	report := &reports.Report{}
	d.suite.Addr = target
	d.suite.Progress = func(done, total int, _ *reports.Rule) {
		p.show(fmt.Sprintf("suite: %d of %d rules", done, total))
	}
	suite, err := conformance.Run(ctx, d.suite)
	if err != nil {
		return report, err
	}
	report.Suites = append(report.Suites, suite)
	verdict := suiteVerdict(suite)
	for _, clients := range d.clients {
		plan := loadgen.Plan{
			Target: target, Profile: d.suite.Profile, Clients: clients, Duration: d.duration, Warmup: d.warmup,
			Sets: 0.1, Preload: true, Seed: d.suite.Seed,
		}
		title := fmt.Sprintf("%d clients", clients)
		if clients == 1 {
			title = "1 client"
		}
		run, err := loadgen.Local{}.Execute(ctx, plan, &liveRun{progress: p, plan: plan, label: title + ": "})
		if run != nil {
			run.Title, run.Command, run.Environment = title, d.suite.Command, reports.ThisEnvironment(version())
			report.Runs = append(report.Runs, run)
		}
		if err := runVerdict(run, err); err != nil {
			return report, err
		}
	}
	return report, verdict
}

// parts writes the suite and each run alone, in every format, and says what lies beside the page then, itself included.
func (d demo) parts(whole *reports.Report) ([]reports.Beside, error) {
	list := []reports.Beside{{
		Name:  "all of it",
		Paths: []string{"index.html", "demo.json"},
		Again: []string{"memlite demo"},
	}}
	write := func(name, title string, r *reports.Report, formats []string, again ...string) error {
		part := reports.Beside{Name: title, Again: again}
		for _, format := range formats {
			o := d.file(format, name)
			if err := o.Write(r); err != nil {
				return err
			}
			part.Paths = append(part.Paths, filepath.Base(o.Path))
		}
		list = append(list, part)
		return nil
	}
	for _, suite := range whole.Suites {
		again := fmt.Sprintf("memlite conform :5001 --profile %s --level %s --seed %d", d.suite.Profile, d.suite.Level, d.suite.Seed)
		err := write("suite", "suite", &reports.Report{Suites: []*reports.Suite{suite}}, reports.SuiteFormats(), "memlite serve 5001 --memory &", again)
		if err != nil {
			return nil, err
		}
	}
	for i, run := range whole.Runs {
		warmup, duration := span(d.warmup), span(d.duration)
		again := fmt.Sprintf("memlite load :5001 --clients %d --sets 10%% --preload --warmup %s --duration %s --seed %d", d.clients[i], &warmup, &duration, d.suite.Seed)
		err := write(fmt.Sprintf("load-%d", d.clients[i]), run.Title, &reports.Report{Runs: []*reports.Run{run}}, reports.RunFormats(), again)
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// file is a report in the folder. Where a format is not called as its files are by others, those have their ending.
func (d demo) file(format, name string) reports.Output {
	ending := format
	switch format {
	case "junit":
		ending = "xml"
	case "badge":
		ending = "svg"
	}
	return reports.Output{Format: format, Path: filepath.Join(d.folder, name+"."+ending)}
}
