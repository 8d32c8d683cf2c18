package reports

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files again")

// saved and savedFleet are the fixtures as files. The goldens are made from the file and not from the code: the compressor of another
// Go release may write other bytes for the same histogram.
const (
	saved      = "testdata/report.json"
	savedFleet = "testdata/fleet.json"
)

func load(t testing.TB) *Report { return loadFrom(t, saved, fixture) }

func loadFleet(t testing.TB) *Report { return loadFrom(t, savedFleet, fixtureFleet) }

func loadFrom(t testing.TB, path string, fixture func() *Report) *Report {
	t.Helper()
	if *update {
		var b bytes.Buffer
		if err := JSON(&b, fixture()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s is not as it was; -update writes it again. Diff (-want +got):\n%s", path, cmp.Diff(string(want), string(got)))
	}
}

func TestGolden(t *testing.T) {
	r, m, fleet := load(t), fixtureMatrix(), loadFleet(t)
	lost := &Report{Runs: fleet.Runs[1:]}
	for _, c := range []struct {
		name   string
		format Format
		report *Report
	}{
		{"report.html", HTML, r},
		{"suite.html", HTML, &Report{Suites: r.Suites}},
		{"run.html", HTML, &Report{Runs: r.Runs[2:]}},
		{"report.junit", JUnit, r},
		{"report.md", Markdown, r},
		{"summary.txt", Summary, r},
		{"summary-suite.txt", Summary, &Report{Suites: r.Suites}},
		{"matrix.html", HTML, m},
		{"matrix.junit", JUnit, m},
		{"matrix.md", Markdown, m},
		{"matrix.json", JSON, m},
		{"matrix.txt", Summary, m},
		{"matrix-80.txt", Terminal{Width: 80}.Summary, m},
		{"summary-60.txt", Terminal{Width: 60, Colour: true}.Summary, &Report{Suites: r.Suites}},
		{"suite.badge.svg", Badge, &Report{Suites: r.Suites}},
		{"matrix.badge.svg", Badge, m},
		{"summary-run.txt", Summary, &Report{Runs: r.Runs[:1]}},
		{"report.csv", CSV, r},
		{"run.badge.svg", Badge, &Report{Runs: r.Runs[2:]}},
		{"report.prom", Prometheus, r},
		{"run.hgrm", HGRM, &Report{Runs: r.Runs[2:]}},
		{"run.hlog", HLog, &Report{Runs: r.Runs[2:]}},
		{"fleet.html", HTML, fleet},
		{"fleet.md", Markdown, fleet},
		{"fleet.txt", Summary, &Report{Runs: fleet.Runs[:1]}},
		{"fleet-lost.txt", Summary, lost},
		{"fleet.junit", JUnit, fleet},
		{"fleet.prom", Prometheus, fleet},
		{"fleet-lost.csv", CSV, lost},
		{"fleet-lost.hgrm", HGRM, lost},
		{"fleet-lost.badge.svg", Badge, lost},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := c.format(&b, c.report); err != nil {
				t.Fatal(err)
			}
			golden(t, c.name, b.Bytes())
			var again bytes.Buffer
			if err := c.format(&again, c.report); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.Bytes(), again.Bytes()) {
				t.Error("the second time it wrote something else")
			}
		})
	}
}
