package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// runFor runs a command line in process.
func runFor(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = run(context.Background(), args, strings.NewReader(""), &out, &err)
	return status, out.String(), err.String()
}

func TestRun(t *testing.T) {
	status, out, err := runFor("version")
	if status != exitHeld || !strings.HasPrefix(out, "memlite ") || err != "" {
		t.Errorf("version: %d %q %q", status, out, err)
	}
	status, out, err = runFor("versoin")
	if want := "memlite: there is no command \"versoin\", did you mean version? (see: memlite --help)\n"; status != exitNotRun || out != "" || err != want {
		t.Errorf("versoin: %d %q %q", status, out, err)
	}
}

// What the help of every command must have.
func TestHelpIsWhole(t *testing.T) {
	root := newRoot(nil)
	for _, c := range append(root.Commands(), root) {
		if examples := strings.Count(c.Example, "\n") + 1; examples < 2 {
			t.Errorf("%s has %d examples", c.CommandPath(), examples)
		}
		for line := range strings.Lines(c.Long + "\n" + c.Example) {
			if len([]rune(line)) > 110 {
				t.Errorf("%s: a line of its help is too long: %s", c.CommandPath(), line)
			}
		}
		for line := range strings.Lines(c.Example) {
			if err := parses(line); err != nil && c.Name() != "completion" { // whose commands cobra has yet to add
				t.Errorf("%s: its example %q is refused: %v", c.CommandPath(), line, err)
			}
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Shorthand != "" && f.Name != "help" {
				t.Errorf("%s --%s has a short form", c.CommandPath(), f.Name)
			}
			if f.Usage == "" {
				t.Errorf("%s --%s says nothing", c.CommandPath(), f.Name)
			}
		})
	}
}

// parses says what is wrong with the flags and arguments of a command line.
func parses(line string) error {
	line, _, _ = strings.Cut(strings.TrimSpace(line), " # ")
	if i := strings.Index(line, "| memlite"); i > 0 {
		line = line[i+2:]
	}
	line, _, _ = strings.Cut(line, " | ")
	line, _, _ = strings.Cut(line, " > ")
	c, args, err := newRoot(nil).Find(words(line)[1:])
	if err != nil {
		return err
	}
	if err := c.ParseFlags(args); err != nil {
		return err
	}
	return c.ValidateArgs(c.Flags().Args())
}

// words are those of a line as a shell takes them: what stands in single quotes is one.
func words(line string) (list []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			list = append(list, part)
		} else {
			list = append(list, strings.Fields(part)...)
		}
	}
	return list
}

func TestEnvironment(t *testing.T) {
	type flags struct {
		maxClients natural
		port       natural
	}
	parse := func(args ...string) (f flags, cmd *cobra.Command, err error) {
		f = flags{maxClients: 7, port: 8}
		cmd = &cobra.Command{}
		cmd.Flags().Var(&f.maxClients, "max-clients", "")
		cmd.Flags().Var(&f.port, "port", "")
		if err := cmd.ParseFlags(args); err != nil {
			return f, cmd, err
		}
		err = setFromEnvironment(cmd)
		return f, cmd, err
	}

	f, cmd, err := parse()
	if err != nil || f.maxClients != 7 || given(cmd, "max-clients") != 0 || overriding(cmd, "port", "max-clients") != "port" {
		t.Errorf("nothing given: %+v, %v", f, err)
	}
	t.Setenv("MEMLITE_MAX_CLIENTS", "64")
	f, cmd, err = parse()
	if err != nil || f.maxClients != 64 || given(cmd, "max-clients") != 1 || overriding(cmd, "port", "max-clients") != "max-clients" {
		t.Errorf("given in the environment: %+v, %v", f, err)
	}
	f, cmd, err = parse("--port", "1")
	if err != nil || overriding(cmd, "port", "max-clients") != "port" || overriding(cmd, "max-clients", "port") != "port" {
		t.Errorf("a flag does not win: %+v, %v", f, err)
	}
	if f, _, err = parse("--max-clients", "9"); err != nil || f.maxClients != 9 {
		t.Errorf("given twice: %+v, %v", f, err)
	}
	if _, cmd, _ = parse("--max-clients", "9", "--port", "1"); overriding(cmd, "port", "max-clients") != "" {
		t.Error("two flags that exclude each other pass")
	}
	t.Setenv("MEMLITE_MAX_CLIENTS", "0")
	if _, cmd, _ = parse(); refuseZero(cmd, "port", "max-clients") == nil {
		t.Error("0 passes")
	}
	t.Setenv("MEMLITE_MAX_CLIENTS", "x")
	if _, _, err = parse(); err == nil || !strings.Contains(err.Error(), "MEMLITE_MAX_CLIENTS: ") {
		t.Errorf("a bad value: %v", err)
	}
}

func TestNearest(t *testing.T) {
	words := []string{"serve", "conform", "load", "report", "clients"}
	for word, want := range map[string]string{
		"laod": "load", "conf": "conform", "reports": "report", "clinets": "clients", "xyz": "", "": "", "SERVE": "",
	} {
		if got := nearest(word, words); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestWarnOfVariables(t *testing.T) {
	root := newRoot(nil)
	load, _, err := root.Find([]string{"load"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ setting, want string }{
		{"MEMLITE_CLEINTS=5", "memlite load: warning: no flag has the variable MEMLITE_CLEINTS, did you mean MEMLITE_CLIENTS?\n"},
		{"MEMLITE_maxclients=5", "memlite load: warning: no flag has the variable MEMLITE_maxclients\n"},
		{"MEMLITE_SOMETHING=5", "memlite load: warning: no flag has the variable MEMLITE_SOMETHING\n"},
		{"MEMLITE_CLIENTS=5", ""},
		{"MEMLITE_MAX_VALUE=5", ""}, // another command's
		{"MEMLITE_CLEINTS=", ""},    // is not set either
		{"MEMLITE_REQUIRE=memcached", ""},
		{"MEMLITE=5", ""},
		{"XMEMLITE_CLEINTS=5", ""},
	} {
		var out bytes.Buffer
		root.SetErr(&out)
		warnOfVariables(load, []string{"PATH=/bin", c.setting})
		if out.String() != c.want {
			t.Errorf("%s: %q, want %q", c.setting, out.String(), c.want)
		}
	}
}

// The variables that this project reads elsewhere, in its tests, are not taken for mistyped flags.
func TestNotFlagsAreComplete(t *testing.T) {
	variables := regexp.MustCompile(`"(MEMLITE_[A-Z_]+)["=]`)
	found := 0
	for _, folder := range []string{"conformance", "loadgen", "reports", "server"} {
		err := filepath.WalkDir("../../"+folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range variables.FindAllStringSubmatch(string(text), -1) {
				found++
				if !slices.Contains(notFlags, m[1]) {
					t.Errorf("%s reads %s, which is not in notFlags", path, m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if found == 0 {
		t.Error("no variable was found")
	}
}
