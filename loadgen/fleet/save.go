package fleet

import (
	"fmt"
	"path/filepath"

	"memlite/reports"
)

// save puts an agent's own report of its part of a run into the folder for them. The run goes on without it.
func (a *agent) save(id string, run *reports.Run) {
	run.Title, run.Environment = a.Name, a.environment
	path := filepath.Join(a.Save, fmt.Sprintf("%s-%s-%s.json", run.Started.UTC().Format("20060102T150405Z"), id, a.id))
	if err := (reports.Output{Format: "json", Path: path}).Write(&reports.Report{Runs: []*reports.Run{run}}); err != nil {
		a.Log(fmt.Sprintf("run %s: %v", id, err))
	}
}
