package reports

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The files in testdata/saved were written by programs built from the commits that they are named after (the suites' rules
// that were not run are left out, but two). They stay as they are, and are read for ever.
func TestSavedReportsAreRead(t *testing.T) {
	schema := compiled(t)
	paths, err := filepath.Glob("testdata/saved/*.json")
	if err != nil || len(paths) < 6 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(instance(t, b)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		r, err := Read(path)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, run := range r.Runs {
			total := run.Total()
			if n := run.Requests.Recorded; n < 200 || total.Count != n || total.Response.TotalCount() != n || total.Percentiles.P50 < 50_000 {
				t.Errorf("%s: the run has %d requests, %+v", path, n, total)
			}
		}
		for _, suite := range r.Suites {
			if n := tally(suite.Rules); n.Passed != 2 || n.Failed != 1 || n.NotRun != 2 || len(ofStatus(suite.Rules, Failed)[0].Transcript) == 0 {
				t.Errorf("%s: the suite has %+v", path, n)
			}
		}
		for _, f := range formats {
			if len(r.Runs) > 0 && !f.runs || len(r.Suites) > 0 && !f.suites {
				continue
			}
			var out bytes.Buffer
			if err := f.write(&out, r); err != nil || out.Len() == 0 {
				t.Errorf("%s as %s: %v", path, f.name, err)
			}
		}
		again := jsonOf(t, r)
		if _, err := parse(again); err != nil {
			t.Errorf("%s, written again: %v", path, err)
		}
	}
}
