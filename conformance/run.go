package conformance

import (
	"context"
	"io"
	"sync"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/extensions/globals"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/types"

	"memlite/reports"
)

// one guards Ginkgo, whose suite and output are variables of its packages.
var one sync.Mutex

// Run asks the endpoint and returns what it found. The error means that the run could not be; whatever a reachable
// endpoint does is in the Suite. When ctx ends, or Config.Timeout, the rules that were not reached are inconclusive
// and the Suite is marked CutShort. It may be called again and from several goroutines, which then wait for one
// another.
func Run(ctx context.Context, cfg Config) (*reports.Suite, error) {
	one.Lock()
	defer one.Unlock()
	s, err := Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	s.beside()

	globals.Reset()
	defer globals.Reset()
	s.Register()

	stdout := formatter.ColorableStdOut
	formatter.ColorableStdOut = io.Discard
	defer func() { formatter.ColorableStdOut = stdout }()

	// Not ginkgo.GinkgoConfiguration: the flags of the surrounding program are not this run's.
	suite, reporter := types.NewDefaultSuiteConfig(), types.NewDefaultReporterConfig()
	suite.LabelFilter = cfg.LabelFilter
	suite.RandomSeed = cfg.Seed
	suite.FailOnEmpty = true
	suite.Timeout = 2 * cfg.timeout() // Config.Timeout comes first, and leaves a report
	reporter.Succinct, reporter.NoColor = true, true
	ginkgo.RunSpecs(failing{}, "memlite conformance", suite, reporter)

	s.hint()
	s.Close()
	return s.Suite()
}
