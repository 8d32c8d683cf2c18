package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"memlite/conformance/process"
	"memlite/conformance/rules"
	"memlite/reports"
)

// process is the server that Start asks for.
func (c Config) process() process.Config {
	return process.Config{Command: c.Start, Addr: c.Addr, Dir: c.Dir, Env: c.Env}
}

// name is the endpoint as people know it: its address, or the command that was given instead.
func (c Config) name() string {
	if c.Start != "" {
		return c.Start
	}
	return c.Addr
}

// arguments are those of the command line that choose the endpoint, as a shell reads them, and what has to stand before the command.
func (c Config) arguments() (before, arguments string) {
	if c.Start == "" {
		return "", shellQuote(c.Addr)
	}
	if c.Dir != "" {
		before = "cd " + shellQuote(c.Dir) + " && "
	}
	for _, v := range c.Env {
		name, value, _ := strings.Cut(v, "=")
		before += name + "=" + shellQuote(value) + " "
	}
	arguments = "--start " + shellQuote(c.Start)
	if c.Addr != "" {
		arguments = shellQuote(c.Addr) + " " + arguments
	}
	return before, arguments
}

// start has the server of Config.Start run, where there is one.
func (s *Session) start() error {
	if s.cfg.Start == "" {
		return nil
	}
	server, err := process.New(s.cfg.process())
	if err != nil {
		return err
	}
	if err := server.Start(s.ctx); err != nil {
		err = errors.Join(err, server.Close())
		if s.ctx.Err() != nil {
			return fmt.Errorf("%s while the server was starting: %w", rules.CutShort(s.ctx), err)
		}
		return err
	}
	s.target.Server = server
	return nil
}

// measure takes the round trip. A server that was started and does not take a client any more is a finding, not an endpoint
// that is not there.
func (s *Session) measure(ctx context.Context) error {
	err := s.target.Measure(ctx, s.cfg.timeout()/4)
	switch {
	case err == nil || s.target.Server != nil:
		return nil
	case s.cfg.Profile == Auto: // there was somebody, who has not survived a few ordinary requests
		s.observed = append(s.observed, "Nobody can connect any more, after one client had sent a few requests at a time and left.")
		return nil
	}
	return dialError(s.cfg.Addr, err)
}

// stop ends the server, if the suite has started it.
func (s *Session) stop() {
	if s.target != nil && s.target.Server != nil {
		s.target.Exits() // the last end, if nobody has noticed it
		_ = s.target.Server.Close()
	}
}

// crashes adds to the results the ends of the server that were noticed only when a rule had held already.
func (s *Session) crashes() (failed []string) {
	for _, exit := range s.target.Exits() {
		r := s.results[exit.Rule]
		if !exit.Late || r == nil || r.Status != reports.Passed {
			continue
		}
		r.Status, r.Kind, r.Want, r.Got = reports.Failed, "closed", "the server to go on", "it "+exit.How
		r.Reason = fmt.Sprintf("the server %s although nobody had told it to, in this rule or just after it", exit.How)
		for _, rule := range s.table {
			if rule.ID == r.ID {
				r.Rerun = s.rerun(rule)
			}
		}
		failed = append(failed, r.ID)
	}
	return failed
}

// noData is a warning about a command that does not say where values are to be kept.
func (c Config) noData() string {
	if c.Start == "" || strings.Contains(c.Start, "{data}") {
		return ""
	}
	return "the command of --start has no {data}: the server may keep its values in a folder of its own, which was not emptied before; one that keeps them nowhere fails the durability rules"
}
