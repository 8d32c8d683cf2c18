package conformance_test

import (
	"context"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"memlite/conformance"
	"memlite/conformance/mutant"
	"memlite/reports"
)

// The rules up to should are TestConformance's.
func TestReferencePassesTheRest(t *testing.T) {
	suite := run(t, conformance.Config{Addr: reference(t), Level: conformance.May, LabelFilter: "may || 1-client", Seed: time.Now().UnixNano(),
		Command: []string{"memlite", "conform"}, Version: "v1"}, 60*time.Second)
	everyRule(t, suite, "")
	for _, r := range suite.Rules {
		if r.Status == reports.Passed && (len(r.Transcript) == 0 || len(r.Transcript) > 40) {
			t.Errorf("%s: a passed rule has %d events", r.ID, len(r.Transcript))
		}
	}
	if len(suite.Rules) != len(conformance.Rules()) || suite.CutShort || suite.RoundTrip <= 0 || suite.Dialect != "lite" ||
		suite.Level != "may" || suite.Profile != "report" || suite.Schema != reports.SuiteSchema || suite.Environment.Version != "v1" {
		t.Errorf("suite %+v", suite)
	}
}

// Seeds and reruns: an endpoint that keeps its values is asked again, with the same seed, and passes again.
func TestRunAgain(t *testing.T) {
	addr := reference(t)
	for range 3 {
		everyRule(t, run(t, conformance.Config{Addr: addr, LabelFilter: "set || get"}, time.Minute), "")
	}
}

func TestRunsSideBySide(t *testing.T) {
	addr := reference(t)
	done := make(chan *reports.Suite)
	for range 3 {
		go func() {
			suite, err := conformance.Run(context.Background(), conformance.Config{Addr: addr, LabelFilter: "n-client"})
			if err != nil {
				t.Error(err)
			}
			done <- suite
		}()
	}
	for range 3 {
		if suite := <-done; suite != nil {
			everyRule(t, suite, "")
		}
	}
}

func TestSelection(t *testing.T) {
	addr := reference(t)
	for filter, want := range map[string]string{
		"1-client":              "GET-03 SET-01 SET-04 SET-05 SET-09",
		"n-client":              "CON-01 CON-02 CON-03",
		"SET-03":                "SET-03",
		"end && !should":        "END-01 END-02 END-03 END-05",
		"/^FRM-0[12]$/ || GET-": "FRM-01 FRM-02",
		"must && get":           "GET-01 GET-02 GET-03 GET-04 GET-05 GET-06",
	} {
		var ran []string
		total := 0
		suite := run(t, conformance.Config{Addr: addr, LabelFilter: filter, Progress: func(_, n int, r *reports.Rule) {
			ran, total = append(ran, r.ID), n
		}}, 20*time.Second)
		slices.Sort(ran)
		if got := strings.Join(ran, " "); got != want || total != len(ran) {
			t.Errorf("%s: ran %s of %d, want %s", filter, got, total, want)
		}
		selected, err := conformance.Select(conformance.Config{LabelFilter: filter})
		if got := ids(selected); got != want || err != nil {
			t.Errorf("%s: Select gives %s, %v; want %s", filter, got, err, want)
		}
		for _, r := range suite.Rules {
			if (r.Status == reports.NotRun) != !strings.Contains(want, r.ID) || r.Status == reports.NotRun && r.Reason == "" {
				t.Errorf("%s: %s is %s (%s)", filter, r.ID, r.Status, r.Reason)
			}
		}
	}
}

// ids are those of rules, sorted.
func ids(rules []conformance.Rule) string {
	var ids []string
	for _, r := range rules {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// Green by accident is the one thing a suite must never be.
func TestNothingToRun(t *testing.T) {
	addr := reference(t)
	for _, c := range []struct {
		cfg  conformance.Config
		want []string
	}{
		{conformance.Config{LabelFilter: "SET-99"}, []string{`"SET-99"`, "1-client", "n-client", "limits", "must", "SET-01"}},
		{conformance.Config{LabelFilter: "SET-4"}, []string{"did you mean SET-04?"}},
		{conformance.Config{LabelFilter: "con13"}, []string{"did you mean CON-13?"}},
		{conformance.Config{LabelFilter: "1-client && n-client"}, []string{"no rule matches"}},
		{conformance.Config{LabelFilter: "FRM-06"}, []string{"no rule is left", "--level may"}},
		{conformance.Config{LabelFilter: "SET-07", Profile: "memcached"}, []string{"no rule is left", "classic dialect"}},
		{conformance.Config{LabelFilter: "a &&"}, []string{"label filter", "a &&"}},
		{conformance.Config{LabelFilter: "(a"}, []string{"label filter"}},
		{conformance.Config{Profile: "lenient"}, []string{`"lenient"`, "report, transcript, course, memcached"}},
		{conformance.Config{Level: 7}, []string{"level 7"}},
		{conformance.Config{Timeout: -1}, []string{"timeout"}},
	} {
		c.cfg.Addr = addr
		suite, err := conformance.Run(context.Background(), c.cfg)
		if err == nil {
			t.Errorf("%+v: no error, suite %+v", c.cfg, suite)
			continue
		}
		if c.cfg.Level <= conformance.May && c.cfg.Timeout >= 0 {
			if rules, again := conformance.Select(c.cfg); len(rules) > 0 || again == nil || again.Error() != err.Error() {
				t.Errorf("%+v: Select gives %s, %v; Run %v", c.cfg, ids(rules), again, err)
			}
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%+v: %q does not say %q in one line", c.cfg, err, want)
			}
		}
	}
}

func TestUnreachable(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	for addr, want := range map[string]string{
		ln.Addr().String():                "connection refused",
		"unix://" + t.TempDir() + "/none": "no such file",
		"127.0.0.1":                       "want host:port",
		"localhost:x":                     "port",
	} {
		if want == "connection refused" && os.PathSeparator == '\\' {
			continue // Windows has other words
		}
		_, err := conformance.Run(context.Background(), conformance.Config{Addr: addr})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(strings.TrimPrefix(err.Error(), "dial "), addr) && !strings.HasPrefix(err.Error(), "address") {
			t.Errorf("%s: %v, want %q", addr, err, want)
		}
	}
}

func TestTimeRunsOut(t *testing.T) {
	suite := run(t, conformance.Config{Addr: reference(t), Timeout: 1200 * time.Millisecond}, 10*time.Second)
	cutShort(t, suite, "time ran out")
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	suite, err := conformance.Run(ctx, conformance.Config{Addr: reference(t), Progress: func(done, _ int, _ *reports.Rule) {
		if done == 20 {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	cutShort(t, suite, "cut short")
}

// A rule that hangs when the run is cancelled ends at once, and is no failure of the endpoint.
func TestCancelWhileHanging(t *testing.T) {
	for _, rule := range []string{"GET-06", "CON-01"} {
		var first sync.Once // is answered, so that its round trip is known and waits are long
		addr := endpoint(t, func(c net.Conn) {
			first.Do(func() { _, _ = io.WriteString(c, strings.Repeat("x\r\n", 100)) })
			_, _ = io.Copy(io.Discard, c)
		})
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(500*time.Millisecond, cancel)
		began := time.Now()
		suite, err := conformance.Run(ctx, conformance.Config{Addr: addr, LabelFilter: rule})
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 1900*time.Millisecond { // a wait is 2s
			t.Errorf("%s: took %v", rule, took)
		}
		for _, r := range suite.Rules {
			if r.ID == rule && (r.Status != reports.Inconclusive || r.Reason != "the run was cut short" || !suite.CutShort) {
				t.Errorf("%s: %s %s, cut short: %v", r.ID, r.Status, r.Reason, suite.CutShort)
			}
		}
	}
}

func cutShort(t *testing.T, suite *reports.Suite, why string) {
	t.Helper()
	count := map[reports.Status]int{}
	for _, r := range suite.Rules {
		count[r.Status]++
		if r.Status == reports.Inconclusive && !strings.Contains(r.Reason, why) {
			t.Errorf("%s: %s", r.ID, r.Reason)
		}
	}
	for _, w := range suite.Warnings {
		if why == "cut short" && strings.Contains(w, "longer --timeout") {
			t.Errorf("time did not run out, but: %s", w)
		}
	}
	if !suite.CutShort || count[reports.Failed] > 0 || count[reports.Passed] == 0 || count[reports.Inconclusive] == 0 {
		t.Errorf("cut short: %v, %v", suite.CutShort, count)
	}
}

// Side by side or one by one, the verdicts are the same: also on an endpoint that serves one client at a time, where every rule
// but one would find that it gets no answer beside others.
func TestProcsGiveTheSameVerdicts(t *testing.T) {
	i := slices.IndexFunc(mutant.All(), func(m mutant.Mutant) bool { return m.Name == "one-client-at-a-time" })
	bad, stop, err := mutant.All()[i].Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, addr := range []string{reference(t), bad} {
		verdicts := func(procs int) map[string]reports.Status {
			suite := run(t, conformance.Config{Addr: addr, LabelFilter: "SET-01 || SET-02 || SET-06 || GET-01 || GET-02 || GET-05 || CON-05", Procs: procs}, time.Minute)
			got := map[string]reports.Status{}
			for _, r := range suite.Rules {
				got[r.ID] = r.Status
			}
			return got
		}
		one, many := verdicts(1), verdicts(8)
		if !maps.Equal(one, many) {
			t.Errorf("%s: one by one %v, side by side %v", addr, one, many)
		}
		if (addr == bad) != (one["CON-05"] == reports.Failed) || one["GET-02"] != reports.Passed {
			t.Errorf("%s: not what this test is about: %v", addr, one)
		}
	}
}
