package reports

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestParseOutput(t *testing.T) {
	for in, want := range map[string]Output{
		"html=out/x.html": {Format: "html", Path: "out/x.html"},
		"json=-":          {Format: "json", Path: "-"},
		"md=a=b.md":       {Format: "md", Path: "a=b.md"},
	} {
		if got, err := ParseOutput(in); err != nil || got != want {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "html", "html=", "=x", "HTML=x", "pdf=x.pdf"} {
		if got, err := ParseOutput(in); err == nil {
			t.Errorf("%q: taken as %+v", in, got)
		} else if !strings.Contains(err.Error(), "html") {
			t.Errorf("%q: the error does not say what would do: %v", in, err)
		}
	}
	for _, name := range Formats() {
		if _, ok := format(name); !ok {
			t.Errorf("format %s is listed and not there", name)
		}
	}
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestOutputWritesWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine, long")
	}
	r := load(t)
	r.Runs = r.Runs[2:] // an hgrm holds one
	for _, name := range Formats() {
		dir := t.TempDir()
		o := Output{Format: name, Path: filepath.Join(dir, "report")}
		for range 2 { // the second time over the first
			if err := o.Prepare(); err != nil {
				t.Fatal(err)
			}
			if err := o.Write(r); err != nil {
				t.Fatal(err)
			}
		}
		if got := entries(t, dir); len(got) != 1 || got[0] != "report" {
			t.Errorf("%s left %v", name, got)
		}
		var b bytes.Buffer
		o.Path, o.Stdout = "-", &b
		if err := o.Prepare(); err != nil {
			t.Fatal(err)
		}
		if err := o.Write(r); err != nil {
			t.Fatal(err)
		}
		if file, _ := os.ReadFile(filepath.Join(dir, "report")); !bytes.Equal(file, b.Bytes()) {
			t.Errorf("%s: standard output has something else than the file", name)
		}
	}
}

func TestPrepareTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r.json")
	o := Output{Format: "json", Path: path}
	if err := o.Prepare(); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, dir); len(got) != 0 {
		t.Errorf("left %v", got)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := o.Prepare(); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(path); string(b) != "mine" || len(entries(t, dir)) != 1 {
		t.Errorf("the file is now %q beside %v", b, entries(t, dir))
	}
}

func TestOutputThatCanNotBe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	r := load(t)
	for name, c := range map[string]struct{ path, want string }{
		"folder":        {dir, "is a folder: name a file in it"},
		"no folder":     {filepath.Join(dir, "none", "r.html"), "create it first"},
		"file's folder": {filepath.Join(file, "r.html"), ""},
	} {
		o := Output{Format: "html", Path: c.path}
		for _, err := range []error{o.Prepare(), o.Write(r)} {
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: error %v, want %q", name, err, c.want)
			}
		}
	}
	if b, _ := os.ReadFile(file); string(b) != "mine" || len(entries(t, dir)) != 1 {
		t.Errorf("something was left or lost: %q, %v", b, entries(t, dir))
	}
	if err := (Output{Format: "pdf", Path: file}).Prepare(); err == nil {
		t.Error("an unknown format was prepared")
	}
}

func TestOutputInAFolderThatMayNotBeWritten(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("permissions do not hold this user")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	o := Output{Format: "html", Path: filepath.Join(dir, "r.html")}
	if err := o.Prepare(); err == nil || !strings.Contains(err.Error(), "cannot write in folder") {
		t.Errorf("error %v", err)
	}
}

// TestFailedRenderingLeavesTheOldReport: what stood there stands there.
func TestFailedRenderingLeavesTheOldReport(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r.png")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := (Output{Format: "png", Path: path}).Write(&Report{Suites: []*Suite{fixtureSuite()}}); err == nil {
		t.Error("a picture of no run was written")
	}
	if b, _ := os.ReadFile(path); string(b) != "old" || len(entries(t, dir)) != 1 {
		t.Errorf("now %q beside %v", b, entries(t, dir))
	}
}

// TestFailedWritingLeavesNoFile: the disk is full in the middle.
func TestFailedWritingLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r.html")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	err := replace(path, func(f *os.File) error {
		if _, err := f.WriteString("half"); err != nil {
			t.Fatal(err)
		}
		return &os.PathError{Op: "write", Path: f.Name(), Err: full}
	})
	if err == nil || !strings.Contains(err.Error(), "nothing was written: no space left on device") || strings.Contains(err.Error(), ".tmp") {
		t.Errorf("error %v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "old" || len(entries(t, dir)) != 1 {
		t.Errorf("now %q beside %v", b, entries(t, dir))
	}
}

func TestOutputThroughALink(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real.json"), filepath.Join(dir, "link.json")
	if err := os.WriteFile(real, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if err := (Output{Format: "json", Path: link}).Write(load(t)); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is no longer one")
	}
	if _, err := Read(real); err != nil {
		t.Error(err)
	}
}
