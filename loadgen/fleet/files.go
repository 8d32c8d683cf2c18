package fleet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"memlite/loadgen"
)

// A plan names files: a trace, certificates. They are an agent's own, and whoever may use the NATS could otherwise have it open any file that
// it may read, and learn from what it says about them. So it opens what is under one folder, and nothing by itself.

// errNoFiles is said where an agent was started without a folder for them.
var errNoFiles = errors.New("the plan names files, which must be on every agent's machine, in the folder that it was started with: memlite agent --files DIR")

// filesOf are the fields of a plan that name files.
func filesOf(p *loadgen.Plan) (list []*string) {
	if p.Replay != "" {
		list = append(list, &p.Replay)
	}
	if p.TLS == nil {
		return list
	}
	own := *p.TLS // the caller's stays as it is
	p.TLS = &own
	for _, f := range []*string{&own.CA, &own.Cert, &own.Key} {
		if *f != "" {
			list = append(list, f)
		}
	}
	return list
}

// locate replaces the names of a plan's files by where they are in the folder: a relative name is one in it, an absolute one must lead
// there. A name, or a link, that leads out of it is refused.
func locate(p *loadgen.Plan, folder string) error {
	list := filesOf(p)
	if len(list) == 0 {
		return nil
	}
	if folder == "" {
		return errNoFiles
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	stat := func(name string) (os.FileInfo, error) { return os.Stat(filepath.Join(folder, name)) }
	if folder != filepath.VolumeName(folder)+string(filepath.Separator) { // a Root refuses absolute links, which nothing leads out of there
		root, err := os.OpenRoot(folder)
		if err != nil {
			return err
		}
		defer root.Close()
		stat = root.Stat
	}
	for _, f := range list {
		name := *f
		if filepath.IsAbs(name) {
			if name, err = filepath.Rel(folder, name); err != nil {
				return fmt.Errorf("%s is not in this agent's --files %s", clean(*f), folder)
			}
		}
		info, err := stat(name)
		if err != nil {
			return fmt.Errorf("%w (this agent opens what is in its --files %s)", err, folder)
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is no file", clean(*f))
		}
		*f = filepath.Join(folder, name)
	}
	return nil
}

// absolute makes the names of a plan's files absolute, from this process's own folder.
func absolute(p *loadgen.Plan) error {
	for _, f := range filesOf(p) {
		full, err := filepath.Abs(*f)
		if err != nil {
			return err
		}
		*f = full
	}
	return nil
}
