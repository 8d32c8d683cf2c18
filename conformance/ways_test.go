package conformance_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"memlite/conformance"
	"memlite/reports"
	"memlite/server"
)

// go test and ginkgo give the verdicts that Run gives, on a server that keeps some rules and breaks others, and show
// what was wanted, what came and the transcript.
func TestSameVerdicts(t *testing.T) {
	addr, _ := start(t, server.Config{MaxValue: 3000})
	const filter = "set || LIM-06 || FRM-06"
	suite := run(t, conformance.Config{Addr: addr, LabelFilter: filter, Seed: 1}, 30*time.Second)
	want := map[string]reports.Status{}
	for _, r := range suite.Rules {
		want[r.ID] = r.Status
	}
	if want["SET-14"] != reports.Failed || want["LIM-06"] != reports.Failed || want["SET-03"] == reports.NotRun {
		t.Fatalf("not the mixture that this test is about: %v", want)
	}

	report := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.Command(os.Args[0], "-test.v", "-ginkgo.no-color", "-ginkgo.label-filter="+filter, "-ginkgo.json-report="+report, "-addr="+addr)
	out, err := cmd.CombinedOutput()
	if _, ok := err.(*exec.ExitError); !ok {
		t.Fatalf("exit status 0 although rules failed: %v\n%s", err, out)
	}
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got []types.Report
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	states := map[types.SpecState]reports.Status{types.SpecStatePassed: reports.Passed, types.SpecStateFailed: reports.Failed, types.SpecStateSkipped: reports.NotRun}
	seen := 0
	for _, spec := range got[0].SpecReports {
		id, _, _ := strings.Cut(spec.LeafNodeText, " ")
		if spec.LeafNodeType != types.NodeTypeIt {
			continue
		}
		seen++
		if status := states[spec.State]; status != want[id] {
			t.Errorf("%s: %s as a spec (%v), %s by Run", id, status, spec.State, want[id])
		}
	}
	if seen != len(want) {
		t.Errorf("%d specs, %d rules", seen, len(want))
	}
	for _, part := range []string{"want", "got", `"STORED\r\n"`, `"ERROR\r\n"`, "transcript", "client 1 send", "memlite conform " + addr, "--label-filter SET-14", "memlite conform --explain SET-14", "rules/set_value.go"} {
		if !strings.Contains(string(out), part) {
			t.Errorf("the output does not have %q:\n%.6000s", part, out)
		}
	}
}

// What is green by accident in Ginkgo is red here.
func TestSuiteIsNotGreenByAccident(t *testing.T) {
	addr := reference(t)
	for _, args := range [][]string{
		{"-addr=" + addr, "-ginkgo.label-filter=SET-99"},
		{"-addr=" + addr, "-ginkgo.focus=no such rule"},
		{"-addr=127.0.0.1:1"},
		{"-addr=" + addr, "-level=most"},
		{"-addr=" + addr, "-profile=lenient"},
	} {
		out, err := exec.Command(os.Args[0], args...).CombinedOutput()
		if err == nil {
			t.Errorf("%q: exit status 0\n%s", args, out)
		}
	}
	if out, err := exec.Command(os.Args[0], "-addr="+addr, "-ginkgo.label-filter=1-client").CombinedOutput(); err != nil {
		t.Errorf("1-client: %v\n%s", err, out)
	}
}
