package mutant

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"memlite/conformance/process"
	"memlite/conformance/rules"
	"memlite/reports"
)

// This program is also what mutants with a folder run in.
func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

// The kill matrix: every mutant fails every rule that it names. Each pair has a server of its own, because a fault that one rule has
// set off (a crash, a wedge) would fail the next for nothing. Pairs run side by side, since most of the time goes into waiting
// for servers that hang, the longest first: those that are restarted, at the end of the list; those whose rule needs the machine for itself follow one by one, and so does who has survived beside
// others: two packets are one for a server that gets to read late. With -short nobody has to die: rules ask less of what the race
// detector has made slow, and what it looks for are races of ours.
func TestMutantsAreKilled(t *testing.T) {
	byID := table()
	var shown killed
	var (
		waiting sync.Mutex
		again   []func() // those that have survived beside others
	)
	var kill func(m Mutant, id string, tries int)
	kill = func(m Mutant, id string, tries int) {
		out, err := judge(m, byID[id])
		// Who is not decided on in time, on a machine that others use, has not been asked.
		survived := func() bool {
			return !testing.Short() && err == nil && (out.Status == reports.Passed || out.Status == reports.Inconclusive)
		}
		// Whether a race shows is a matter of chance, and of how busy the machine is; a user's run has it once, at other rules too.
		for try := 2; try <= tries && survived(); try++ {
			if out, err = judge(m, byID[id]); err == nil && out.Status == reports.Failed {
				t.Logf("%s is killed by %s only at try %d", m.Name, id, try)
			}
		}
		if tries == 1 && survived() {
			t.Logf("%s survives %s beside others: asked again alone", m.Name, id)
			waiting.Lock()
			defer waiting.Unlock()
			again = append(again, func() { kill(m, id, 2) }) // three in all, as for the others
			return
		}
		shown.add(m.Name, id, err == nil && out.Status == reports.Failed)
		switch {
		case err != nil:
			t.Errorf("%s on %s: %v", id, m.Name, err)
		case out.Status != reports.Failed && testing.Short():
			t.Logf("%s survives %s, slow as both are: %s", m.Name, id, out.Status)
		case out.Status != reports.Failed:
			t.Errorf("%s survives %s (%s %s): %s", m.Name, id, out.Status, out.Reason, m.Fault)
		default:
			t.Logf("%-30s %s %6dms  %s", m.Name, id, out.Elapsed.Milliseconds(), out.Reason)
		}
	}
	var (
		beside sync.WaitGroup
		slots  = make(chan bool, 12)
		alone  []func()
	)
	for _, m := range slices.Backward(some(All())) {
		for _, id := range m.Rules {
			rule, ok := byID[id]
			switch {
			case !ok:
				t.Errorf("%s names rule %s, which is not in the table", m.Name, id)
			case rule.Alone && !rule.Restarts: // what restarts is in a process of its own
				alone = append(alone, func() { kill(m, id, 3) })
			default:
				slots <- true
				beside.Go(func() { defer func() { <-slots }(); kill(m, id, 1) })
			}
		}
	}
	beside.Wait()
	for _, kill := range append(alone, again...) {
		kill()
	}
	if *printTable {
		shown.print(os.Stdout, len(byID))
	}
}

// some is all of list, and with -short, as the race detector has it run, every eighth: the rest finds no other races.
func some[E any](list []E) (out []E) {
	for i, e := range list {
		if !testing.Short() || i%8 == 0 {
			out = append(out, e)
		}
	}
	return out
}

var printTable = flag.Bool("table", false, "print the kill matrix")

// killed is what the matrix has found: by mutant, the rules that it names and whether each failed on it.
type killed struct {
	mu    sync.Mutex
	rules map[string][]string
	alive map[string]bool
}

func (k *killed) add(mutant, rule string, died bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rules == nil {
		k.rules, k.alive = map[string][]string{}, map[string]bool{}
	}
	if !died {
		k.alive[mutant] = true
		rule += " (survives)"
	}
	k.rules[mutant] = append(k.rules[mutant], rule)
}

func (k *killed) print(w io.Writer, known int) {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "MUTANT\tFAILED BY\tFAULT")
	used := map[string]bool{}
	for _, m := range All() {
		slices.Sort(k.rules[m.Name])
		for _, id := range m.Rules {
			used[id] = true
		}
		fmt.Fprintf(columns, "%s\t%s\t%s\n", m.Name, strings.Join(k.rules[m.Name], ", "), m.Fault)
	}
	columns.Flush()
	fmt.Fprintf(w, "\n%d mutants: %d killed, %d survivors; %d of %d rules kill\n", len(All()), len(All())-len(k.alive), len(k.alive), len(used), known)
}

// A rule that no mutant names has not been shown to catch anything.
func TestEveryRuleKills(t *testing.T) {
	var named []string
	for _, m := range All() {
		named = append(named, m.Rules...)
	}
	for id := range table() {
		if !slices.Contains(named, id) {
			t.Errorf("no mutant names %s", id)
		}
	}
}

// The fault is what the rules fail on: without it none does, one after the other on one server as in a user's run.
func TestGoodPassesEveryRule(t *testing.T) {
	target, stop, err := start(Good())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, rule := range rules.All() {
		if !rule.In(rules.Lite) || rule.Restarts {
			continue
		}
		out := target.Run(t.Context(), rule)
		if out.Status != reports.Passed {
			t.Errorf("%s: %s, want %s, got %s: %s", rule.ID, out.Status, out.Want, out.Got, out.Reason)
		}
	}
}

// Nor on the one with a folder, killed and started again from rule to rule.
func TestGoodDurablePassesEveryRule(t *testing.T) {
	target, stop, err := start(GoodDurable())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, rule := range rules.All() {
		if !rule.Restarts {
			continue
		}
		out := target.Run(t.Context(), rule)
		t.Log(rule.ID, out.Elapsed)
		if out.Status != reports.Passed {
			t.Errorf("%s: %s, want %s, got %s: %s", rule.ID, out.Status, out.Want, out.Got, out.Reason)
		}
	}
}

// table is the rules of the lite dialect by their IDs.
func table() map[string]rules.Rule {
	byID := map[string]rules.Rule{}
	for _, rule := range rules.All() {
		if rule.In(rules.Lite) {
			byID[rule.ID] = rule
		}
	}
	return byID
}

// judge runs one rule on a fresh server.
func judge(m Mutant, rule rules.Rule) (*reports.Rule, error) {
	target, stop, err := start(m)
	if err != nil {
		return nil, err
	}
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return target.Run(ctx, rule), nil
}

// start has a server run and its round trip measured.
func start(m Mutant) (*rules.Target, func(), error) {
	profile, err := rules.ProfileByName("report")
	if err != nil {
		return nil, nil, err
	}
	addr, server, stop, err := launch(m)
	if err != nil {
		return nil, nil, err
	}
	target := rules.NewTarget(addr, profile, 1)
	target.Server = server
	if err := target.Measure(context.Background(), time.Second); err != nil {
		stop()
		return nil, nil, fmt.Errorf("measure: %w", err)
	}
	return target, stop, nil
}

// launch starts a mutant, in a process of its own where it has a folder.
func launch(m Mutant) (addr string, server *process.Server, stop func(), err error) {
	if !m.Process() {
		addr, stop, err = m.Start()
		return addr, nil, stop, err
	}
	if server, err = process.New(process.Config{Command: m.Command(os.Args[0])}); err != nil {
		return "", nil, nil, err
	}
	if err := server.Start(context.Background()); err != nil {
		return "", nil, nil, errors.Join(err, server.Close())
	}
	return server.Addr(), server, func() { _ = server.Close() }, nil
}
