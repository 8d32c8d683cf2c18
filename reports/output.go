package reports

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Output is one place that a report goes to.
type Output struct {
	Format string    // one of Formats
	Path   string    // a file; "-" is Stdout
	Stdout io.Writer // nil means os.Stdout
}

// ParseOutput reads FORMAT=PATH, as --report takes it: "html=out.html", "json=-".
func ParseOutput(s string) (Output, error) {
	name, path, ok := strings.Cut(s, "=")
	if !ok || name == "" || path == "" {
		return Output{}, fmt.Errorf("report %q: want FORMAT=PATH, for instance html=report.html", s)
	}
	if _, ok := format(name); !ok {
		return Output{}, fmt.Errorf("report %q: unknown format %q: one of %s", s, name, strings.Join(Formats(), ", "))
	}
	return Output{Format: name, Path: path}, nil
}

// Prepare fails now if Write could not write to the path later, so that nobody waits for a run whose report is lost.
// It leaves no file behind and does not touch what is there.
func (o Output) Prepare() error {
	if _, ok := format(o.Format); !ok {
		return fmt.Errorf("unknown report format %q: one of %s", o.Format, strings.Join(Formats(), ", "))
	}
	if o.Path == "-" {
		return nil
	}
	place, err := locate(o.Path)
	if err != nil {
		return err
	}
	if place.direct {
		return nil // a pipe's reader would see us come and go
	}
	f, err := temporary(place.file)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Write renders the report and puts it at the path whole or not at all: to a temporary name in the same folder, to the
// disk, and then over the final name. What can not be taken back, on standard output or a pipe, is rendered before the
// first byte of it is written.
func (o Output) Write(r *Report) error {
	render, ok := format(o.Format)
	if !ok {
		return fmt.Errorf("unknown report format %q: one of %s", o.Format, strings.Join(Formats(), ", "))
	}
	if o.Path == "-" {
		w := o.Stdout
		if w == nil {
			w = os.Stdout
		}
		page, err := o.page(render, r)
		if err != nil {
			return err
		}
		if _, err := w.Write(page); err != nil {
			return fmt.Errorf("report %s to standard output: %w", o.Format, err)
		}
		return nil
	}
	place, err := locate(o.Path)
	if err != nil {
		return err
	}
	if place.direct {
		page, err := o.page(render, r)
		if err != nil {
			return err
		}
		return writeDirect(o.Path, page)
	}
	return replace(place.file, func(f *os.File) error {
		b := bufio.NewWriterSize(f, 64<<10)
		if err := render(b, r); err != nil {
			return err
		}
		return b.Flush()
	})
}

// page is a rendering in memory.
func (o Output) page(render Format, r *Report) ([]byte, error) {
	var b bytes.Buffer
	if err := render(&b, r); err != nil {
		return nil, fmt.Errorf("report %s=%s: %w", o.Format, o.Path, err)
	}
	return b.Bytes(), nil
}

// place is where a path leads. A device or a pipe is written directly: a rename would put a file in its place.
type place struct {
	file   string
	direct bool
}

func locate(path string) (place, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return place{file: path}, checkFolder(path)
	case err != nil:
		return place{}, fmt.Errorf("report: %w", err)
	case info.IsDir():
		return place{}, fmt.Errorf("report %s: is a folder: name a file in it", path)
	case info.Mode()&fs.ModeNamedPipe != 0:
		return place{direct: true}, nil // not tried: opening it waits for its reader
	case !info.Mode().IsRegular() || strings.HasPrefix(path, "/dev/"):
		// /dev/stdout may lead to a regular file, which the shell opened and which must stay the same file.
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return place{}, fmt.Errorf("report %s: %s", path, cause(err))
		}
		return place{direct: true}, f.Close()
	}
	// Through a link to the file it names, so that the link stays one.
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return place{}, fmt.Errorf("report: %w", err)
	}
	// A rename would overwrite a read-only file all the same. Whoever made it read-only did not want that.
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return place{}, fmt.Errorf("report %s: cannot be overwritten (%s): choose another name", path, cause(err))
	}
	return place{file: file}, f.Close()
}

func checkFolder(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("report %s: there is no folder %s: create it first", path, dir)
	case err != nil:
		return fmt.Errorf("report: %w", err)
	case !info.IsDir():
		return fmt.Errorf("report %s: %s is not a folder", path, dir)
	}
	return nil
}

// temporary creates a hidden file beside the final one. Not os.CreateTemp, whose files nobody else may read: a
// report is to be sent on, and has the permissions that the umask gives.
func temporary(path string) (*os.File, error) {
	for n := range 100 {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d-%d.tmp", filepath.Base(path), os.Getpid(), n))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("report %s: cannot write in folder %s: %s", path, filepath.Dir(path), cause(err))
		}
		return f, nil
	}
	return nil, fmt.Errorf("report %s: a hundred temporary files of it are in %s: remove them", path, filepath.Dir(path))
}

// replace puts what write writes in the place of path, or leaves everything as it was.
func replace(path string, write func(*os.File) error) (err error) {
	f, err := temporary(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("report %s: nothing was written: %s", path, cause(err))
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func writeDirect(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("report %s: %s", path, cause(err))
	}
	return nil
}

// cause is the error without the operation and the temporary name, which mean nothing to the reader.
func cause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		err = l.Err
	}
	return err.Error()
}
