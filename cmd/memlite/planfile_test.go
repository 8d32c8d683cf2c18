package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"pgregory.net/rapid"
)

// values are those of all flags.
func values(fields *pflag.FlagSet) (all []string) {
	fields.VisitAll(func(f *pflag.Flag) { all = append(all, f.Name+"="+f.Value.String()) })
	return all
}

// drawn makes a value that a flag takes.
func drawn(t *rapid.T, f *pflag.Flag) string {
	whole := rapid.Map(rapid.IntRange(0, 1<<31-1), func(n int) string { return fmt.Sprint(n) })
	decimal := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("%d.%d", rapid.IntRange(0, 99999).Draw(t, "whole"), rapid.IntRange(0, 1<<40).Draw(t, "part"))
	})
	of := map[string]*rapid.Generator[string]{
		"N":      whole,
		"RATE":   decimal,
		"SHARE":  rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("%v", rapid.Float64Range(0.001, 1).Draw(t, "share")) }),
		"TIME":   rapid.Custom(func(t *rapid.T) string { return whole.Draw(t, "time") + "us" }),
		"SLO":    rapid.SampledFrom([]string{"p99<5ms", "errors==0,get.p99.9<=20ms", "hits>=99%"}),
		"bool":   rapid.SampledFrom([]string{"true", "false"}),
		"int64":  rapid.Map(rapid.Int64(), func(n int64) string { return fmt.Sprint(n) }),
		"string": rapid.SampledFrom([]string{"", "a", "64-4KiB", "hot:0.2/0.8", "null", "~", "# x", "a: b", "[1", "0x10", "1e3", "true", " b ", "é\n", "- c", "\"", "'", "%d", "*"}),
	}
	if _, ok := f.Value.(*stageList); ok {
		return rapid.SampledFrom([]string{"10s", "1.5s@0.5/s,poisson,name=a b", "1h@1-20k/s:7", "requests=12@5/s", "3s@0-5/s,unrecorded", "1s,think=7ms"}).Draw(t, f.Name)
	}
	if c, ok := f.Value.(*choice); ok {
		return rapid.SampledFrom(c.choices).Draw(t, f.Name)
	}
	g, ok := of[f.Value.Type()]
	if !ok {
		return ""
	}
	return g.Draw(t, f.Name)
}

// A plan that was printed and is read back has every flag at the value that it had.
func TestPrintedPlanReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields := planFlags(newLoad(nil))
		fields.VisitAll(func(f *pflag.Flag) {
			if value := drawn(t, f); value != "" && rapid.Bool().Draw(t, "give "+f.Name) {
				if err := f.Value.Set(value); err != nil {
					t.Fatalf("--%s %s: %v", f.Name, value, err)
				}
			}
		})
		var text bytes.Buffer
		if err := printPlan(&text, "[::1]:5001", fields); err != nil {
			t.Fatal(err)
		}
		again := planFlags(newLoad(nil))
		target, err := parsePlan(text.Bytes(), again)
		if err != nil || target != "[::1]:5001" {
			t.Fatalf("target %q, %v of\n%s", target, err, &text)
		}
		if want, got := values(fields), values(again); !slices.Equal(got, want) {
			t.Fatalf("\ngot  %s\nwant %s\nfrom\n%s", got, want, &text)
		}
	})
}

func TestPlanFileIsStrict(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "an empty file is no plan"},
		{"# nothing", "an empty file is no plan"},
		{"clients", "line 1: a plan is a list of fields"},
		{"- clients", "line 1: a plan is a list of fields"},
		{"\nclient: 5", `line 2: a plan has no field "client", did you mean clients?`},
		{"report: html=x", `line 1: a plan has no field "report"`},
		{"Clients: 5", `line 1: a plan has no field "Clients", did you mean clients?`},
		{"rate: 5\nclients: 5\nrate: 6", "line 3: rate is given twice"},
		{"clients: many", `line 1: clients: "many" is not a whole number`},
		{"clients: [1, 2]", "line 1: clients is not one value"},
		{"clients: {}", "line 1: clients is not one value"},
		{"clients:", "line 1: clients has no value"},
		{"clients: ~", `line 1: clients: "~" is not a whole number`},
		{"arrival: poison", `line 1: arrival: there is no arrival "poison", did you mean poisson?`},
		{"rate: 1\n---\nrate: 2", "this one goes on"},
		{"stages: 10s", "line 1: stages is a list of them"},
		{"stages: []\nstage: []", "line 2: stage is given twice"},
		{"stage:\n- duration: 1s\n- duraton: 1s", `line 3: a stage has no field "duraton", did you mean duration?`},
		{"stage:\n- duration: 1s\n  rate: x", `line 3: rate: "x" is not a rate`},
		{"stage:\n- 10s@1k/s\n- 10", `line 3: stage "10"`},
		{"stage:\n- duration: 1s\n  duration: 2s", "line 3: duration is given twice"},
		{"rate: [", "not YAML: line 1"},
		{"rate: &x [*x]", "not one value"},
		{"? [a]\n: b", `has no field ""`},
	} {
		if _, err := parsePlan([]byte(c.text), planFlags(newLoad(nil))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want an error with %q", c.text, err, c.want)
		}
	}
	_, err := parsePlan([]byte("clints: 5\nrate: fast\nsets: 10%"), planFlags(newLoad(nil)))
	if n := strings.Count(fmt.Sprint(err), "line "); n != 2 {
		t.Errorf("want both problems, got %v", err)
	}
}

// The command line wins over the file, and the file over the environment.
func TestPlanFileAndFlags(t *testing.T) {
	t.Setenv("MEMLITE_CLIENTS", "1")
	t.Setenv("MEMLITE_KEYS", "1")
	t.Setenv("MEMLITE_PIPELINE", "1")
	cmd := newLoad(nil)
	if err := cmd.ParseFlags([]string{"--clients", "3"}); err != nil {
		t.Fatal(err)
	}
	if err := setFromEnvironment(cmd); err != nil {
		t.Fatal(err)
	}
	if _, err := parsePlan([]byte("clients: 2\nkeys: 2"), planFlags(cmd)); err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]struct {
		value string
		given int
	}{"clients": {"3", 3}, "keys": {"2", 2}, "pipeline": {"1", 1}, "sets": {"10%", 0}} {
		if got := cmd.Flags().Lookup(flag).Value.String(); got != want.value || given(cmd, flag) != want.given {
			t.Errorf("%s is %s, given at %d; want %+v", flag, got, given(cmd, flag), want)
		}
	}
}

func FuzzParsePlan(f *testing.F) {
	for _, text := range []string{"", "clients: 5", "a: &a b\nclients: *a", "rate: 1k/s\nsets: 10%\n", "? x", "- - -", "key-dist: |\n  a", "key-dist: \"\"", "stage:\n- 10s@1k-2k/s:3\n- duration: 5s\n  to: 7/s\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		fields := planFlags(newLoad(nil))
		target, err := parsePlan(text, fields)
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := printPlan(&again, target, fields); err != nil {
			t.Fatal(err)
		}
		back := planFlags(newLoad(nil))
		if to, err := parsePlan(again.Bytes(), back); err != nil || to != target || !slices.Equal(values(fields), values(back)) {
			t.Errorf("read back from\n%s: %q, %v", &again, to, err)
		}
	})
}
