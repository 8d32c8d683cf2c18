package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"memlite/conformance/detect"
	"memlite/conformance/rules"
	"memlite/reports"
)

// byFilter is the reason of a rule that was not asked for.
const byFilter = "left out by the label filter"

// notReached begins the reason of a rule that was to run and did not.
const notReached = "not reached: "

// A Session is one run of the table against one endpoint.
type Session struct {
	cfg      Config
	profile  rules.Profile
	observed []string // of the endpoint, before the rules
	warnings []string
	target   *rules.Target
	table    []Rule
	left     map[string]string // rule ID: why it is not run
	ctx      context.Context
	cancel   context.CancelFunc
	started  time.Time

	running sync.WaitGroup // a check may outlive the spec that Ginkgo gave up on
	mu      sync.Mutex
	ahead   map[string]*reports.Rule // asked beside others, and not yet taken by their specs
	results map[string]*reports.Rule
	cut     bool // a rule was not reached, or not finished
}

// Open checks the configuration, selects the rules and measures the endpoint's round trip. An error means that the
// run cannot be: bad configuration, nothing to run, no connection. ctx and Config.Timeout bound everything that
// follows; Close releases it.
func Open(ctx context.Context, cfg Config) (*Session, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	filter, _ := cfg.filter()
	s := &Session{
		cfg: cfg, table: Rules(), left: map[string]string{}, ahead: map[string]*reports.Rule{}, results: map[string]*reports.Rule{},
		started: time.Now(),
	}
	s.ctx, s.cancel = context.WithTimeout(ctx, cfg.timeout())
	if err := s.open(filter); err != nil {
		s.Close()
		return nil, err
	}
	if s.left["CON-11"] == "" {
		s.target.Sow(s.ctx)
	}
	return s, nil
}

// open finds out what is to be asked, and how. Nothing is started for a run that would be empty.
func (s *Session) open(filter types.LabelFilter) (err error) {
	if s.profile, err = s.cfg.profile(); err != nil {
		return err
	}
	s.target = rules.NewTarget(s.cfg.Addr, s.profile, s.cfg.Seed)
	if s.cfg.Profile != Auto {
		if err := s.choose(filter); err != nil {
			return err
		}
	}
	if err := s.start(); err != nil {
		return err
	}
	found, err := s.cfg.resolve(s.ctx, s.target.Endpoint())
	if err != nil && (s.target.Server == nil || s.ctx.Err() != nil) {
		return err
	}
	if err != nil { // it ran a moment ago, and is started again for the rules
		found = detect.Found{Profile: s.profile, Observed: []string{"The server did not live until it was found out how it speaks: " + err.Error() + "."}}
	}
	s.profile, s.observed = found.Profile, found.Observed
	s.target.Profile = s.profile
	if s.cfg.Profile == Auto {
		if err := s.choose(filter); err != nil {
			return err
		}
	}
	return s.measure(s.ctx)
}

// choose selects the rules that are asked.
func (s *Session) choose(filter types.LabelFilter) error {
	counts := map[string]int{}
	for _, r := range s.table {
		if why := leftOut(r, filter(r.Labels), s.cfg, &s.profile); why != "" {
			s.left[r.ID] = why
			counts[why]++
		}
	}
	if len(s.left) == len(s.table) {
		return nothing(s.cfg, counts)
	}
	return nil
}

// dialError is about an endpoint that nobody can connect to.
func dialError(addr string, err error) error {
	return fmt.Errorf("dial %s: %w", addr, errors.Unwrap(err))
}

// Close ends what is still running and waits for it.
func (s *Session) Close() {
	s.cancel()
	s.running.Wait()
	s.stop()
}

// leftOut returns why a rule is not run, "" if it is.
func leftOut(r Rule, asked bool, cfg Config, profile *rules.Profile) string {
	switch level := cfg.level(); {
	case !asked:
		return byFilter
	case r.Level > level:
		return fmt.Sprintf("above level %s (--level %s runs it)", level, r.Level)
	case !r.In(profile.Dialect):
		return fmt.Sprintf("not a rule of the %s dialect", profile.Dialect)
	case r.Restarts && cfg.Start == "":
		return rules.NeedsStart
	}
	return profile.CannotAsk(r)
}

// check returns what came of one rule, and keeps it.
func (s *Session) check(rule Rule) *reports.Rule {
	s.mu.Lock()
	r, early := s.ahead[rule.ID]
	delete(s.ahead, rule.ID)
	s.mu.Unlock()
	if !early {
		r = s.ask(rule)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results[rule.ID] = r
	if s.cfg.Progress != nil && !early {
		s.cfg.Progress(len(s.results)+len(s.ahead), len(s.table)-len(s.left), r)
	}
	return r
}

// ask runs one rule, unless time is up.
func (s *Session) ask(rule Rule) *reports.Rule {
	s.running.Add(1)
	defer s.running.Done()
	r := rule.Report()
	if s.ctx.Err() != nil {
		r.Status, r.Reason = reports.Inconclusive, notReached+rules.CutShort(s.ctx)
	} else {
		r = s.target.Run(s.ctx, rule)
	}
	if r.Status == reports.Failed || r.Status == reports.Inconclusive {
		r.Rerun = s.rerun(rule)
	}
	if r.Status == reports.Inconclusive && s.ctx.Err() != nil {
		s.interrupt()
	}
	return r
}

// interrupt notes that rules were left out because somebody ended the run from outside.
func (s *Session) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = true
}

// Suite is the outcome of the whole table, in its order. An error means that rules which should have run did not,
// although nobody cut the run short: then nothing can be said.
func (s *Session) Suite() (*reports.Suite, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &reports.Suite{
		Schema: reports.SuiteSchema, Target: s.cfg.name(), Profile: s.profile.Name, Dialect: s.profile.Dialect,
		Level: s.cfg.level().String(), Filter: s.cfg.LabelFilter, Seed: s.cfg.Seed, Command: s.cfg.Command,
		Started: s.started, Elapsed: time.Since(s.started), RoundTrip: s.target.RoundTrip, CutShort: s.cut,
		Environment: reports.ThisEnvironment(s.cfg.Version), Observed: s.observed, Warnings: slices.Clone(s.warnings),
	}
	if s.target.RoundTrip == 0 {
		out.Warnings = append(out.Warnings, "the endpoint answered none of the first requests, so its round trip is not known")
	}
	if why := s.cfg.noData(); why != "" {
		out.Warnings = append(out.Warnings, why)
	}
	s.crashes()
	out.Warnings = append(out.Warnings, s.target.Warnings()...)
	unreached, late := 0, false
	missing := 0
	for _, rule := range s.table {
		r := s.results[rule.ID]
		if r == nil {
			r = rule.Report()
			if why := s.left[rule.ID]; why != "" {
				r.Status, r.Reason = reports.NotRun, why
			} else {
				r.Status, r.Reason, r.Rerun = reports.Inconclusive, notReached+"the run was cut short", s.rerun(rule)
				missing++
			}
		}
		if strings.HasPrefix(r.Reason, notReached) {
			unreached++
			late = late || r.Reason == notReached+rules.TimeRanOut
		}
		out.Rules = append(out.Rules, r)
	}
	if unreached > 0 && !late { // somebody wanted no more
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d rules were not reached: the run was cut short after %v", unreached, out.Elapsed.Round(time.Millisecond)))
	} else if unreached > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d rules were not reached in %v (a longer --timeout may reach them, and --procs 8 more in the same time: a request takes the endpoint about %v)",
			unreached, out.Elapsed.Round(time.Millisecond), out.RoundTrip.Round(10*time.Microsecond)))
	}
	if sampled := s.target.Sampled(); len(sampled) > 0 {
		which := ""
		if len(sampled) <= 10 {
			which = ": " + strings.Join(sampled, ", ")
		}
		out.Warnings = append(out.Warnings, fmt.Sprintf("the endpoint was slow to answer, so %d rules asked less than they ask one that answers at once%s", len(sampled), which))
	}
	if missing > 0 && !s.cut {
		return nil, fmt.Errorf("only %d of %d rules were run", len(s.results), len(s.table)-len(s.left))
	}
	return out, nil
}
