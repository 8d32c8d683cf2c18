package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"memlite/loadgen/fleet"
)

const aboutAgent = `Wait on NATS for work, and make load when memlite load --fleet says so. One agent
on each machine is enough: it takes as many cores as it finds. It has one run at a
time, and refuses others meanwhile. Ctrl-C or SIGTERM ends it, and a run that goes
on, which the report then says. It prints a line when it is ready, and on standard
error one when a run begins, when it ends, and when it refuses one.

Whoever may use the NATS may order load: let nobody else in (a token, users, TLS),
and say with --allow where load may be made to. Without --allow that is only this
machine itself: 127.0.0.0/8, ::1 and Unix sockets. A plan for anywhere else is
refused before anything is sent there; names are resolved first, and all their
addresses must be allowed. An agent opens no files but those under --files.

A NATS that is not there yet is waited for. While its own connection is down, an agent goes
on with a run for at most --nats-grace, and keeps what it measures. Where the
connection is up and nothing is heard of who ordered the run, it stops within 5
seconds.`

func newAgent() *cobra.Command {
	var (
		nats    natsFlags
		options fleet.AgentOptions
		url     string
		allow   networks
		eof     bool
	)
	cmd := &cobra.Command{
		Use:   "agent --nats URL [flags]",
		Short: "wait on NATS for load to make",
		Long:  aboutAgent + exitHelp("0 stopped by a signal", "2 could not start: wrong usage, or NATS does not let it in"),
		Example: `  memlite agent --nats nats://10.0.0.1:4222 --allow 10.0.0.0/8
  memlite agent --nats nats://127.0.0.1:4222 --name left --save runs
  memlite agent --nats tls://nats.example.com --nats-creds agent.creds --allow 192.0.2.7
  memlite load 10.0.0.7:11211 --profile memcached --fleet nats://10.0.0.1:4222 --agents 2`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unexpected argument %q: what an agent loads is said by memlite load --fleet", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if url == "" {
				return usagef("no NATS given: --nats nats://host:4222 (a NATS server is one program: https://nats.io; to try a fleet here, memlite load --fleet local:4)")
			}
			if err := refuseZero(cmd, "nats-grace"); err != nil {
				return err
			}
			var err error
			if options.Connect, err = nats.at(url); err != nil {
				return err
			}
			options.Allow, options.Grace, options.Version = allow, time.Duration(nats.grace), version()
			if err := options.Validate(); err != nil {
				return &usageError{err}
			}
			return agent(cmd, options, eof)
		},
	}
	f := cmd.Flags()
	f.StringVar(&url, "nats", "", "wait for work on the NATS at `URL`: nats://host:4222; several of a cluster with commas")
	f.StringVar(&options.Name, "name", "", "`NAME` that reports have for it (default: this machine's)")
	f.Var(&allow, "allow", "make load to this network (10.0.0.0/8), address, unix or unix:///path, and nowhere else; repeatable (default: this machine)")
	f.StringVar(&options.Files, "files", "", "open the files that plans name (traces, certificates) in the folder `DIR`; without it such plans are refused")
	f.StringVar(&options.Save, "save", "", "keep a report (JSON) of its own part of each run in the folder `DIR`")
	nats.add(cmd)
	f.BoolVar(&eof, "until-eof", false, "end when standard input ends, too: with the ssh, or whatever else, that started it")
	return cmd
}

// agent serves until a signal comes, or standard input ends.
func agent(cmd *cobra.Command, options fleet.AgentOptions, eof bool) error {
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	if eof {
		go func() {
			_, _ = io.Copy(io.Discard, cmd.InOrStdin())
			stop()
		}()
	}
	options.Ready = func(line string) { fmt.Fprintln(cmd.OutOrStdout(), line) }
	options.Log = newNotices(cmd).that
	return fleet.Serve(ctx, options)
}

// networks are where an agent may make load to. A comma separates several, so that a variable can hold them too.
type networks []string

func (v *networks) Type() string   { return "NETWORK" }
func (v *networks) String() string { return strings.Join(*v, ",") }

// Set adds to what there is: the flag may be repeated.
func (v *networks) Set(s string) error {
	list := strings.Split(s, ",")
	if _, err := fleet.ParseAllowed(list); err != nil {
		return err
	}
	*v = append(*v, list...)
	return nil
}
