package conformance

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"memlite/conformance/detect"
	"memlite/conformance/rules"
	"memlite/conformance/wire"
	"memlite/reports"
)

// Auto is the profile that is found out by asking the endpoint.
const Auto = "auto"

// hintFor is how long it may take to find out why so much has failed.
const hintFor = 5 * time.Second

// profile is the one that Profile names. For Auto that is what the detection starts from: nothing is asked here.
func (c Config) profile() (rules.Profile, error) {
	switch {
	case c.Profile == "" || c.Profile == Auto:
		return rules.Profiles()[0], nil
	case strings.HasSuffix(c.Profile, ".yaml"):
		return rules.ReadProfile(c.Profile)
	}
	return rules.ProfileByName(c.Profile)
}

// resolve returns the profile that the endpoint is asked in, and what is to be said of it: what was found out, or how it is otherwise
// than a built-in one, because what a profile allows is no failure any more.
func (c Config) resolve(ctx context.Context, addr string) (detect.Found, error) {
	if c.Profile == Auto {
		found, err := detect.Detect(ctx, addr, c.timeout()/4)
		if err != nil {
			return found, dialError(addr, err)
		}
		return found, nil
	}
	p, err := c.profile()
	found := detect.Found{Profile: p, Understood: true}
	if differs := p.Differences(); len(differs) > 0 {
		found.Observed = []string{fmt.Sprintf("The profile %s declares: as %s, but the endpoint %s. What it declares is not asked.",
			p.Name, p.Base, strings.Join(differs, "; "))}
	}
	return found, err
}

// WriteProfile writes the profile that a run with the configuration would use as a file that Profile can name. For Auto the endpoint is
// asked; otherwise Addr is not needed.
func WriteProfile(ctx context.Context, w io.Writer, cfg Config) error {
	if cfg.Profile == Auto {
		if _, _, err := wire.ParseAddr(cfg.Addr); err != nil {
			return err
		}
	}
	found, err := cfg.resolve(ctx, cfg.Addr)
	switch {
	case err != nil:
		return err
	case !found.Understood:
		return fmt.Errorf("no profile for %s: %s", cfg.Addr, found.Observed[0])
	}
	return rules.WriteProfile(w, found.Profile, found.Observed)
}

// hint says why so many rules have failed, if that has one cause: another way to speak than the profile's.
func (s *Session) hint() {
	ran, failed, alike := s.tally()
	if 2*s.target.Dismiss() > failed { // that is the cause
		return
	}
	if s.cfg.Profile == Auto || failed < 5 || 3*failed < ran && alike < 4 || s.target.RoundTrip == 0 || s.ctx.Err() != nil {
		return
	}
	found, err := detect.Detect(s.ctx, s.target.Endpoint(), hintFor)
	if err != nil || s.ctx.Err() != nil {
		return
	}
	said := fmt.Sprintf("%d of %d rules failed, probably most of them for one cause: ", failed, ran) + strings.TrimSuffix(found.Observed[0], ".")
	switch {
	case !found.Understood:
		s.warnings = append(s.warnings, said)
	case found.Profile.Name != s.profile.Name:
		s.warnings = append(s.warnings, fmt.Sprintf("%s; with --profile %s the rules are asked in the endpoint's own words, and what fails then has another cause", said, found.Profile.Name))
	}
}

// tally returns how many rules have run and how many have failed; alike is how many of these wanted the same and got the same.
func (s *Session) tally() (ran, failed, alike int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pairs := map[[2]string]int{}
	for _, r := range s.results {
		switch r.Status {
		case reports.Failed:
			failed++
			ran++
			pair := [2]string{r.Want, r.Got}
			pairs[pair]++
			alike = max(alike, pairs[pair])
		case reports.Passed:
			ran++
		}
	}
	return ran, failed, alike
}
