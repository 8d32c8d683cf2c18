package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// arrows is the picture of the design: which part of the module may import which others.
//
//	cmd/memlite ──> conformance ──> reports
//	    ├─────────> loadgen ──────> reports
//	    │             ├───────────> server/netloop
//	    │             └─ fleet ───> loadgen, reports, server/netloop
//	    └─────────> server ───────> server/netloop, server/store
//
// The command also takes what the other packages hand it from reports, and it opens the store that its server gets. Mutants may start a server, and so may every
// test; only tests use mutants.
var arrows = map[string][]string{
	"cmd/memlite":        {"conformance", "loadgen", "loadgen/fleet", "reports", "server", "server/store"},
	"conformance":        {"reports"},
	"conformance/mutant": {"server"},
	"loadgen":            {"reports", "server/netloop"},
	"loadgen/fleet":      {"loadgen", "reports", "server/netloop"},
	"reports":            {},
	"server":             {"server/netloop", "server/store"},
	"server/netloop":     {},
	"server/store":       {},
}

// arrowsOfTests are those that tests have besides.
var arrowsOfTests = map[string][]string{
	"cmd/memlite": {"conformance/mutant"},
	"conformance": {"server", "server/store", "conformance/mutant"},
	// The suite is what tells whether a mutant is caught.
	"conformance/mutant": {"conformance", "reports"},
	"loadgen":            {"server"},
	"loadgen/fleet":      {"server"},
	"reports":            {"server"},
}

// foreign are modules that few may import: a NATS server is part of the program, for a fleet on one machine, but not of the library, whose
// users have one; Kubernetes' types are for the test of a manifest. Of each, the packages that may, and those whose tests may.
var foreign = map[string]struct{ program, tests []string }{
	"github.com/nats-io/nats-server": {[]string{"cmd/memlite"}, []string{"cmd/memlite", "loadgen/fleet"}},
	"github.com/nats-io/nats.go":     {[]string{"loadgen/fleet"}, []string{"cmd/memlite", "loadgen/fleet"}},
	"k8s.io":                         {nil, []string{"cmd/memlite"}},
	"sigs.k8s.io":                    {nil, []string{"cmd/memlite"}},
}

// wrongForeign says why from must not import a package of another module; "" if it may.
func wrongForeign(from, to string, inTest bool) string {
	for module, who := range foreign {
		may := who.program
		if inTest {
			may = who.tests
		}
		if strings.HasPrefix(to+"/", module+"/") && !slices.Contains(may, partOf(from)) {
			return module + " is not for it"
		}
	}
	return ""
}

// partOf is the part of the picture that a package belongs to: itself, or the nearest folder above that is in it.
func partOf(pkg string) string {
	for p := strings.TrimPrefix(pkg, "memlite/"); p != "."; p = path.Dir(p) {
		if _, ok := arrows[p]; ok {
			return p
		}
	}
	return ""
}

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

// packages lists those of the module as they are built for goos.
func packages(t *testing.T, goos string) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "memlite/...")
	cmd.Env = append(cmd.Environ(), "GOOS="+goos)
	out, err := cmd.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			t.Fatalf("go list: %v: %s", err, failed.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatalf("go list printed what is no JSON: %v", err)
		}
		all = append(all, p)
	}
}

// wrongArrow says why from must not import to; "" if it may.
func wrongArrow(from, to string, inTest bool) string {
	if to != "memlite" && !strings.HasPrefix(to, "memlite/") {
		return ""
	}
	a, b := partOf(from), partOf(to)
	switch {
	case a == "" || b == "":
		return "a package outside the picture"
	case a == b, slices.Contains(arrows[a], b), inTest && slices.Contains(arrowsOfTests[a], b):
		return ""
	}
	return "the picture has no arrow from " + a + " to " + b
}

func TestImportDirections(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, p := range packages(t, goos) {
			if partOf(p.ImportPath) == "" {
				t.Errorf("%s: not in the picture", p.ImportPath)
			}
			for _, to := range p.Imports {
				if why := cmp.Or(wrongArrow(p.ImportPath, to, false), wrongForeign(p.ImportPath, to, false)); why != "" {
					t.Errorf("%s imports %s (%s): %s", p.ImportPath, to, goos, why)
				}
			}
			for _, to := range slices.Concat(p.TestImports, p.XTestImports) {
				if why := cmp.Or(wrongArrow(p.ImportPath, to, true), wrongForeign(p.ImportPath, to, true)); why != "" {
					t.Errorf("the tests of %s import %s (%s): %s", p.ImportPath, to, goos, why)
				}
			}
			for _, vague := range []string{"util", "utils", "common", "helper", "helpers", "misc"} {
				if slices.Contains(strings.Split(p.ImportPath, "/"), vague) {
					t.Errorf("%s: %s says nothing about what is in it", p.ImportPath, vague)
				}
			}
		}
	}
}

// The check itself finds what it is there for.
func TestWrongArrowsAreFound(t *testing.T) {
	for _, c := range []struct {
		from, to string
		inTest   bool
		wrong    bool
	}{
		{"memlite/cmd/memlite", "memlite/loadgen", false, false},
		{"memlite/conformance/rules", "memlite/conformance/wire", false, false},
		{"memlite/conformance/rules", "memlite/server", false, true},
		{"memlite/conformance/rules", "memlite/server", true, false},
		{"memlite/conformance", "memlite/conformance/mutant", false, true},
		{"memlite/loadgen", "memlite/server/netloop", false, false},
		{"memlite/loadgen", "memlite/server/store", false, true},
		{"memlite/loadgen", "memlite/loadgen/fleet", true, true},
		{"memlite/loadgen/fleet", "memlite/loadgen", false, false},
		{"memlite/loadgen/fleet", "memlite/server", false, true},
		{"memlite/loadgen/fleet", "github.com/nats-io/nats-server/v2/server", false, true},
		{"memlite/loadgen/fleet", "github.com/nats-io/nats-server/v2/server", true, false},
		{"memlite/loadgen", "github.com/nats-io/nats.go", false, true},
		{"memlite/cmd/memlite", "k8s.io/api/apps/v1", false, true},
		{"memlite/cmd/memlite", "k8s.io/api/apps/v1", true, false},
		{"memlite/loadgen", "memlite/conformance/wire", true, true},
		{"memlite/server", "memlite/loadgen", true, true},
		{"memlite/server/netloop", "memlite/server", false, true},
		{"memlite/reports", "memlite/loadgen", false, true},
		{"memlite/reports", "memlite/tools", false, true},
		{"memlite/reports", "encoding/json", false, false},
	} {
		if got := cmp.Or(wrongArrow(c.from, c.to, c.inTest), wrongForeign(c.from, c.to, c.inTest)); (got != "") != c.wrong {
			t.Errorf("%s to %s (test: %t): %q", c.from, c.to, c.inTest, got)
		}
	}
}

// What git knows at the top level, or would if it were asked to.
func TestTopLevel(t *testing.T) {
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Skip("not a git checkout: ", err)
	}
	allowed := []string{"server", "conformance", "loadgen", "reports", "cmd", "go.mod", "go.sum", "Makefile", "README.md"}
	for file := range strings.Lines(string(out)) {
		top, _, _ := strings.Cut(strings.TrimSpace(file), "/")
		if !strings.HasPrefix(top, ".") && !slices.Contains(allowed, top) {
			t.Errorf("%s does not belong at the top level", top)
		}
	}
}
