package mutant

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"memlite/conformance/detect"
	"memlite/conformance/rules"
	"memlite/reports"
)

// bulky are rules about quantities: they use no word that the others do not, and most of the time.
var bulky = []string{"SET-19", "FRM-13", "LIM-06", "LIM-07", "CON-01", "CON-02", "CON-03", "CON-09", "CON-11", "CON-12", "FRM-15", "RND-02"}

// An odd server is told in one sentence and tested for the rest: asked in its own words it fails what its oddity breaks, and no more.
func TestVariants(t *testing.T) {
	beside(t, some(Variants()), func(v Variant) {
		began := time.Now()
		target, said := detected(t, v.Mutant())
		if target == nil {
			return
		}
		asked := time.Now()
		if !strings.Contains(said, v.Says) {
			t.Errorf("%s: does not say %q: %s", v.Odd, v.Says, said)
		}
		var failed []string
		for _, rule := range askable(v, target) {
			out := target.Run(t.Context(), rule)
			for again := 0; again < 2 && out.Status != reports.Passed && !slices.Contains(v.Fails, rule.ID); again++ {
				out = target.Run(t.Context(), rule) // a busy machine joins what was to arrive apart
			}
			if out.Status == reports.Passed {
				continue
			}
			failed = append(failed, rule.ID)
			if !slices.Contains(v.Fails, rule.ID) {
				t.Errorf("%s: %s: %s %s: %s", v.Odd, rule.ID, rule.Title, out.Status, out.Reason)
			}
		}
		for _, id := range v.Fails {
			if !slices.Contains(failed, id) {
				t.Errorf("%s: %s has not failed", v.Odd, id)
			}
		}
		t.Logf("%-22s detected in %4.1fs, asked in %4.1fs: %s", v.Name, asked.Sub(began).Seconds(), time.Since(asked).Seconds(), said)
	})
}

// askable are the rules that a variant is asked.
func askable(v Variant, target *rules.Target) (list []rules.Rule) {
	slow := slices.Contains([]string{"set-in-two-writes", "sleeper"}, v.Name) // a pause, or a sleep, in each request
	for _, rule := range rules.All() {
		switch {
		case rule.Level > rules.Should, rule.Alone, !rule.In(target.Profile.Dialect), target.Profile.CannotAsk(rule) != "":
		case slices.Contains(v.Fails, rule.ID):
			list = append(list, rule)
		case slices.Contains(bulky, rule.ID), slow && !slices.Contains([]string{"SET-01", "GET-01", "END-01"}, rule.ID):
		default:
			list = append(list, rule)
		}
	}
	return list
}

// A fault is still caught where the server is odd too.
func TestMutantsOfVariantsAreKilled(t *testing.T) {
	variants, mutants := map[string]Variant{}, map[string]Mutant{}
	for _, v := range Variants() {
		variants[v.Name] = v
	}
	for _, m := range All() {
		mutants[m.Name] = m
	}
	var list []Mutant
	for _, pair := range [][2]string{
		{"stored-and-end", "short-block-stored"}, {"miss-underscore", "keys-by-prefix"}, {"set-line-with-size", "set-keeps-first"},
		{"set-line-without-size", "set-appends"}, {"value-without-key", "get-deletes"}, {"greeting", "store-per-connection"},
		{"leave-by-quit", "store-leaves-with-client"}, {"lf-only", "keys-case-insensitive"}, {"one-request", "set-keeps-first"},
		{"miss-as-nothing", "get-creates"}, {"size-of-characters", "value-cut-at-4095"}, {"set-in-one-write", "value-cut-at-1023"},
		{"block-without-line-end", "keys-cut-at-128"}, {"value-alone", "set-keeps-first"}, {"mismatch-underscore", "refused-set-stores"},
		{"space-before-line-end", "get-extra-token-ignored"}, {"extra-line-end", "long-block-stored"}, {"refused-as-invalid", "unknown-silent"},
	} {
		v, known := variants[pair[0]]
		m, too := mutants[pair[1]]
		if !known || !too {
			t.Errorf("there is no %q", pair)
			continue
		}
		list = append(list, v.With(m))
	}
	caught(t, list)
}

// What is no spelling is not taken for one: asked in the words that detection has found, these still fail.
func TestDetectionForgivesNoFault(t *testing.T) {
	names := []string{"missing-as-error", "missing-as-empty-value", "stored-silent", "mismatch-stored", "unknown-silent", "unknown-twice", "end-unknown",
		"end-says-bye", "found-size-off-by-two", "found-without-crlf", "packet-is-request", "connection-for-one-request", "size-in-characters",
		"value-size-in-characters", "get-deletes", "short-block-waited-for", "get-bare-is-missing", "set-bare-crashes-client", "equal-replies-merged",
		"set-memcached-form", "set-one-line", "request-per-packet", "set-in-one-packet"}
	var list []Mutant
	for _, m := range All() {
		if slices.Contains(names, m.Name) {
			m.Rules = m.Rules[:1] // the one that is about it
			list = append(list, m)
		}
	}
	if len(list) != len(names) {
		t.Errorf("%d of %d mutants", len(list), len(names))
	}
	caught(t, list)
}

// caught has every mutant detected, and then asked, on a fresh server, for the rules that name its fault: one must fail.
func caught(t *testing.T, list []Mutant) {
	beside(t, some(list), func(m Mutant) {
		first, said := detected(t, m)
		if first == nil {
			return
		}
		byID, seen := table(), false
		for _, id := range m.Rules {
			rule := byID[id]
			if first.Profile.CannotAsk(rule) != "" {
				continue
			}
			addr, stop, err := m.Start()
			if err != nil {
				t.Error(err)
				return
			}
			fresh := rules.NewTarget(addr, first.Profile, 1)
			_ = fresh.Measure(t.Context(), 0)
			seen = seen || fresh.Run(t.Context(), rule).Status == reports.Failed
			stop()
		}
		if !seen {
			t.Errorf("%s survives %s: %s", m.Name, m.Rules, said)
		}
	})
}

// beside runs a test for each of a list, some at a time: most of the time goes into waiting.
func beside[V any](t *testing.T, list []V, test func(V)) {
	t.Helper()
	var wg sync.WaitGroup
	slots := make(chan bool, 12)
	for _, v := range list {
		slots <- true
		wg.Go(func() { defer func() { <-slots }(); test(v) })
	}
	wg.Wait()
}

// detected is the server as detection has found it, with what was said, which a file can say too. It is nil where that went wrong.
func detected(t *testing.T, m Mutant) (*rules.Target, string) {
	addr, stop, err := m.Start()
	if err != nil {
		t.Error(err)
		return nil, ""
	}
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	found, err := detect.Detect(ctx, addr, 0)
	if err != nil || len(found.Observed) == 0 {
		t.Errorf("%s: %v %+v", m.Name, err, found)
		return nil, ""
	}
	var file bytes.Buffer
	if err := rules.WriteProfile(&file, found.Profile, found.Observed); err != nil {
		t.Error(err)
	}
	if _, err := rules.ParseProfile(file.Bytes(), "found"); err != nil {
		t.Errorf("%s: %v\n%s", m.Name, err, file.String())
	}
	target := rules.NewTarget(addr, found.Profile, 1)
	if err := target.Measure(ctx, 0); err != nil {
		t.Errorf("%s: %v", m.Name, err)
		return nil, ""
	}
	return target, strings.Join(found.Observed, " ")
}
