package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"memlite/reports"
)

// An Endpoint is one of several to be asked, as a file of targets names it.
type Endpoint struct {
	Name    string        // unique, for people
	Addr    string        // where it listens, or will; may be left out where Start has {port}
	Start   string        // Config.Start, Dir and Env
	Dir     string        //
	Env     []string      //
	Profile string        // "" is the run's
	Timeout time.Duration // 0 is the run's
}

// of is the run's configuration for the endpoint.
func (e Endpoint) of(run Config) Config {
	run.Addr, run.Start, run.Dir, run.Env = e.Addr, e.Start, e.Dir, e.Env
	if e.Profile != "" {
		run.Profile = e.Profile
	}
	if e.Timeout != 0 {
		run.Timeout = e.Timeout
	}
	return run
}

// RunAll asks one endpoint after the other. Each has Config.Timeout, or its own, and its Suite, titled with its name; one that could not
// be asked has a Suite that says why (Failure), and the next is asked all the same. When ctx ends, those that were not reached are marked
// CutShort. Next is called before each endpoint. An error means that there is no rule to ask any of them.
func RunAll(ctx context.Context, run Config, list []Endpoint, next func(i int, e Endpoint)) (*reports.Report, error) {
	for i, e := range list {
		_, err := Select(e.of(run))
		if err == nil {
			break
		}
		if i == len(list)-1 {
			return nil, err
		}
	}
	report := &reports.Report{}
	for i, e := range list {
		cfg := e.of(run)
		began := time.Now()
		var suite *reports.Suite
		err := errors.New(notReached + "the run was cut short")
		if ctx.Err() == nil {
			next(i, e)
			suite, err = Run(ctx, cfg)
		}
		if err != nil {
			suite = cfg.notAsked(err, began)
			suite.CutShort = ctx.Err() != nil
		}
		suite.Title = e.Name
		report.Suites = append(report.Suites, suite)
	}
	return report, nil
}

// notAsked is the result of a run that could not be.
func (c Config) notAsked(err error, began time.Time) *reports.Suite {
	profile, _ := c.profile() // for auto: what it starts from
	return &reports.Suite{
		Schema: reports.SuiteSchema, Target: c.name(), Profile: profile.Name, Dialect: profile.Dialect,
		Level: c.level().String(), Filter: c.LabelFilter, Seed: c.Seed, Command: c.Command,
		Started: began, Elapsed: time.Since(began), Environment: reports.ThisEnvironment(c.Version),
		Failure: strings.Join(strings.Fields(err.Error()), " "),
	}
}

// check says what is wrong with the endpoint, for a run with this configuration.
func (e Endpoint) check(run Config) error {
	switch {
	case e.Name == "":
		return errors.New("a target needs a name")
	case e.Addr == "" && e.Start == "":
		return fmt.Errorf("%s: where is it? Give its addr, or start, a command that runs it", e.Name)
	case e.Start == "" && (e.Dir != "" || len(e.Env) > 0):
		return fmt.Errorf("%s: dir and env are for start, which it does not have", e.Name)
	}
	if err := e.of(run).Validate(); err != nil {
		return fmt.Errorf("%s: %w", e.Name, err)
	}
	return nil
}
