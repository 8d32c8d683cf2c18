package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// What every shell is told: the words behind a command line, and what else to do (the number is cobra's).
func TestCompletion(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"old.html", ".hidden", "folder/in.html"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	const (
		none     = ":4" // nothing else
		noSpace  = ":6"
		byEnding = ":8"
		inFolder = ":16"
		anything = ":0" // files, as a shell would
	)
	folder := "html=folder" + string(filepath.Separator)
	for _, c := range []struct {
		line string // the last word is the one being typed
		has  []string
		not  []string
		how  string
	}{
		{"", []string{"serve", "conform", "load", "report", "man", "help", "completion"}, []string{"__complete"}, none},
		{"help ", []string{"load", "man"}, nil, none},
		{"man ", []string{"load"}, []string{"help"}, none},
		{"man load ", nil, []string{"load"}, none},
		{"conform ", nil, nil, none},
		{"conform --lev", []string{"--level"}, nil, none},
		{"conform --level ", []string{"must", "should", "may"}, nil, none},
		{"conform --profile ", []string{"report", "auto"}, nil, anything},
		{"conform --report ", []string{"html=", "junit=", "badge="}, []string{"hgrm="}, noSpace},
		{"load :1 --report ", []string{"html=", "hgrm="}, nil, noSpace},
		{"report a.json --report html=", []string{"html=old.html", folder}, []string{"html=.hidden"}, noSpace},
		{"report a.json --report html=o", []string{"html=old.html"}, []string{folder}, none},
		{"report a.json --report html=folder/", []string{"html=folder/in.html"}, nil, none},
		{"report a.json --report html=nosuch/", nil, nil, none},
		{"report ", []string{"json"}, nil, byEnding},
		{"conform --explain ", []string{"SET-04", "all"}, nil, none},
		{"conform --explain SET-04,GET-01,", []string{"SET-04,GET-01,SET-05"}, []string{"SET-04,GET-01,SET-04", "all"}, none},
		{"conform --label-filter ", []string{"set", "1-client", "LIM-07"}, nil, none},
		{"conform --targets ", []string{"yaml"}, nil, byEnding},
		{"load --workload ", []string{"yaml"}, nil, byEnding},
		{"load --replay ", []string{"csv", "zst"}, nil, byEnding},
		{"load --key-dist ", []string{"uniform", "zipf:0.99"}, nil, none},
		{"load --clients ", nil, nil, none},
		{"load --tls-ca ", nil, nil, anything},
		{"load --fleet ", []string{"local:4", "nats://"}, nil, none},
		{"load --on-agent-loss ", []string{"stop", "continue"}, nil, none},
		{"load --nats-creds ", nil, nil, anything},
		{"agent --allow ", []string{"10.0.0.0/8", "unix"}, nil, none},
		{"agent --files ", nil, nil, inFolder},
		{"agent ", nil, nil, none},
		{"serve --data ", nil, nil, inFolder},
		{"demo --out ", nil, nil, inFolder},
		{"client :1 ", []string{"get", "set", "end"}, nil, none},
		{"client :1 get ", nil, []string{"get"}, none},
	} {
		_, out, _ := runFor(append([]string{"__complete"}, strings.Split(c.line, " ")...)...)
		var words []string
		lines := strings.Split(strings.TrimSpace(out), "\n")
		for _, line := range lines {
			word, _, _ := strings.Cut(line, "\t")
			words = append(words, word)
		}
		for _, w := range c.has {
			if !slices.Contains(words, w) {
				t.Errorf("%q: %s is missing in %s", c.line, w, words)
			}
		}
		for _, w := range c.not {
			if slices.Contains(words, w) {
				t.Errorf("%q: %s is in %s", c.line, w, words)
			}
		}
		if got := lines[len(lines)-1]; got != c.how {
			t.Errorf("%q: %s, want %s", c.line, got, c.how)
		}
	}
}

// A name in the tables of completions is a flag or a command: one that is gone, or misspelt, would be dead weight.
func TestCompletionsAreUsed(t *testing.T) {
	flags, commands := map[string]bool{}, map[string]bool{}
	for _, c := range newRoot(nil).Commands() {
		commands[c.Name()] = true
		c.Flags().VisitAll(func(f *pflag.Flag) { flags[f.Name] = true })
	}
	for name := range valuesOf {
		if !flags[name] {
			t.Errorf("no flag --%s", name)
		}
	}
	for name := range argumentsOf {
		if !commands[name] {
			t.Errorf("no command %s", name)
		}
	}
}

// TestCompletionInBash has a real bash load the script and complete a line with it. What the package bash-completion does there,
// splitting the line at spaces only, is done by hand.
func TestCompletionInBash(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("bash is not everywhere, and on a Mac one of 2007")
	}
	bash := needBash(t)
	const script = `
PATH=$1:$PATH
source <(memlite completion bash) || exit 1
_init_completion() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${words[cword]}; prev=${words[cword-1]}; }
compopt() { :; }
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMPREPLY=(); __start_memlite; echo "$* -> ${COMPREPLY[*]}"; }
try memlite conf
try memlite conform --level m
try memlite load --slo
try memlite conform --explain SET-01,SET-20
try memlite load --arrival p
`
	folder := t.TempDir()
	test, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The test binary is the program if that is its name (testscript.Main).
	if err := os.Symlink(test, filepath.Join(folder, "memlite")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, bash, "--norc", "--noprofile", "-c", script, "bash", folder)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := []string{
		"memlite conf -> conform",
		"memlite conform --level m -> must may",
		"memlite load --slo -> --slo",
		`memlite conform --explain SET-01,SET-20 -> SET-01\,SET-20`,
		"memlite load --arrival p -> poisson",
	}
	var got []string
	for line := range strings.Lines(string(out)) {
		got = append(got, strings.TrimSpace(line))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// needBash is where bash is; a test without it is skipped, unless MEMLITE_REQUIRE names it.
func needBash(t *testing.T) string {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		if slices.Contains(strings.Split(os.Getenv("MEMLITE_REQUIRE"), ","), "bash") {
			t.Fatal("MEMLITE_REQUIRE names bash: ", err)
		}
		t.Skip("run by bash: ", err)
	}
	return bash
}
