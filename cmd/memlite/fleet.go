package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"memlite/loadgen"
	"memlite/loadgen/fleet"
)

const aboutFleet = `

--fleet has the load made by agents on other machines (memlite agent), told over
NATS: together they carry out the one plan, with --clients, --rate and --keys for
all of them together, and the report is of all, with each agent's part. Without
--agents those take part who answer within a second. --fleet local:4 needs neither
NATS nor machines: it starts both here, four agents, for this one command. An agent
opens the files that a plan names (--replay, --tls-ca) on its own machine.`

// localFleetOf begins the --fleet that is started on this machine; the number of its agents follows.
const localFleetOf = "local:"

// mostLocalAgents is more than one machine has a use for.
const mostLocalAgents = 256

// fleetFlags have load made by a fleet of agents instead of this process.
type fleetFlags struct {
	where  string // NATS, or local:N; "" for this process
	agents natural
	wait   span
	loss   choice
	nats   natsFlags
}

func (x *fleetFlags) add(cmd *cobra.Command) {
	x.wait = span(10 * time.Second)
	x.loss = choice{value: "stop", choices: []string{"stop", "continue"}, name: "choice"}
	f := cmd.Flags()
	f.StringVar(&x.where, "fleet", "", "have agents make the load, told over the NATS at `URL` (nats://host:4222), or started here: local:4")
	f.Var(&x.agents, "agents", "of a fleet: how many agents are to take part")
	f.Var(&x.wait, "agent-wait", "how long so many are waited for")
	x.loss.add(cmd, "on-agent-loss", "when an agent is lost in mid-run: stop it for all, or continue without its share")
	x.nats.add(cmd)
}

// fleetOnly are the flags that say nothing without --fleet. They are no part of a plan: the same plan runs here, and on any fleet.
var fleetOnly = []string{"agents", "agent-wait", "on-agent-loss", "nats-user", "nats-password", "nats-token", "nats-creds", "nats-ca", "nats-cert", "nats-key", "nats-grace"}

// check refuses what does not go together, before anything is started.
func (x *fleetFlags) check(cmd *cobra.Command) error {
	if x.where == "" {
		for _, name := range fleetOnly {
			if given(cmd, name) == 3 {
				return usagef("--%s says how --fleet is run: give --fleet URL or --fleet local:N too", name)
			}
		}
		return nil
	}
	if err := refuseZero(cmd, "agents", "agent-wait", "nats-grace"); err != nil {
		return err
	}
	n, err := x.onThisMachine()
	if err != nil {
		return err
	}
	if n == 0 {
		_, err := x.nats.at(x.where)
		return err
	}
	if given(cmd, "agents") == 3 && int(x.agents) != n {
		return usagef("--fleet %s starts its own agents: leave --agents out", x.where)
	}
	for _, name := range fleetOnly {
		if name != "nats-grace" && strings.HasPrefix(name, "nats-") && given(cmd, name) == 3 {
			return usagef("--fleet %s has a NATS of its own: leave --%s out", x.where, name)
		}
	}
	return nil
}

// onThisMachine is the N of local:N; 0 for a fleet that is elsewhere.
func (x *fleetFlags) onThisMachine() (agents int, err error) {
	if x.where != "local" && !strings.HasPrefix(x.where, localFleetOf) {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimPrefix(x.where, localFleetOf))
	if err != nil || n < 1 || n > mostLocalAgents {
		return 0, usagef("--fleet %s: want local:N, with N agents from 1 to %d", x.where, mostLocalAgents)
	}
	return n, nil
}

// errNoFleet is a signal that came before there was anything to run.
var errNoFleet = &failure{exitInconclusive, errors.New("cut short while the fleet was waited for: nothing was run")}

// dial gets the fleet together. say is told how that goes, and later what becomes of the agents. closed lets the agents go.
func (x *fleetFlags) dial(ctx context.Context, loops int, say func(string)) (executor loadgen.Executor, closed func(), err error) {
	options := fleet.Options{
		Agents: int(x.agents), Wait: time.Duration(x.wait), OnLoss: x.loss.value, Grace: time.Duration(x.nats.grace), Loops: loops, Version: version(), Notices: say,
	}
	n, err := x.onThisMachine()
	if err != nil {
		return nil, nil, err
	}
	var here *localFleet
	if n == 0 {
		if options.Connect, err = x.nats.at(x.where); err != nil {
			return nil, nil, err
		}
	} else {
		if here, err = startLocalFleet(ctx, n, options.Grace, say); err != nil {
			return nil, nil, fmt.Errorf("--fleet %s: %w", x.where, orCutShort(ctx, err))
		}
		options.Agents, options.Connect, options.Loops, options.SameMachine = n, here.connect, loopsOf(n, loops), true
	}
	f, err := fleet.Dial(ctx, options)
	if err != nil {
		here.close()
		return nil, nil, orCutShort(ctx, err)
	}
	return f, func() { _ = f.Close(); here.close() }, nil
}

// orCutShort is what ended the wait for a fleet: err, unless a signal did.
func orCutShort(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errNoFleet
	}
	return err
}

// loopsOf is how many event loops each of n agents on this machine has, if not asked for: together one per core, as one process has.
func loopsOf(n, asked int) int {
	if asked > 0 {
		return asked
	}
	return max(1, runtime.GOMAXPROCS(0)/n)
}
